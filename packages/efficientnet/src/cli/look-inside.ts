/** What a report shows of a network's inside, worked out once when training is over: as long as a few steps take. */
import { DataLoader, encodePng, imageAt } from '@vitrine/data';
import type { DataLoaderOptions, ImageDataset, RasterImage } from '@vitrine/data';
import { parameterHistograms, preserving, profile } from '@vitrine/nn';
import type { Batch, HistogramPanel, ProfileRow } from '@vitrine/nn';
import type { Variable } from '@vitrine/autograd';
import { indexSelect, reshape } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { gradCam } from '../grad-cam.js';
import { overlayHeat } from '../heat-overlay.js';
import type { EfficientNet } from '../model.js';
import { stagesOf } from '../stages.js';
import { stemFilters } from '../stem-filters.js';

/** A picture that a page holds itself. Grey and alpha, which PNG's writer does not know, does not occur here. */
export function dataUri({ width, height, channels, data }: RasterImage): string {
  if (channels === 2) throw new RangeError('dataUri: 1, 3 or 4 channels; got 2');
  return `data:image/png;base64,${Buffer.from(encodePng(width, height, channels, data)).toString('base64')}`;
}

/** One image of a data set. */
export function rasterAt(dataset: ImageDataset, i: number): RasterImage {
  const { width, height, channels } = dataset;
  return { width, height, channels: channels === 1 ? 1 : 3, data: imageAt(dataset, i) };
}

export interface Inside {
  readonly histograms: readonly HistogramPanel[];
  readonly filters: readonly string[];
  readonly profile: readonly ProfileRow[];
}

const RUNS = 3;

/** The weights, the gradients of one more step that is not taken, the stem's kernels, and where a step's time goes. */
export function lookInside(
  model: EfficientNet, { images, labels }: Batch, criterion: (logits: Variable, labels: Tensor) => Variable,
): Inside {
  const loss = (logits: Variable): Variable => criterion(logits, labels);
  return preserving(model, () => {
    model.train();
    loss(model.call(images)).backward();
    const histograms = parameterHistograms(stagesOf(model));
    model.zeroGrad();
    const rows = profile(model, images, { loss, runs: RUNS });
    return { histograms, filters: stemFilters(model).map(dataUri), profile: rows };
  });
}

/** How images become tensors: the same way as for evaluation. */
export type Preparation = Pick<DataLoaderOptions, 'size' | 'mean' | 'std'>;

/** Pictures of a few images under what spoke for `classes`, one class an image. */
export async function overlays(
  model: EfficientNet, dataset: ImageDataset, classes: readonly number[], preparation: Preparation,
): Promise<string[]> {
  if (dataset.length === 0) return [];
  const loader = new DataLoader({ ...preparation, dataset, batchSize: dataset.length });
  const pictures: string[] = [];
  for await (const { images } of loader) {
    const maps = gradCam(model, images, { classes });
    const [, h, w] = maps.shape;
    for (let i = 0; i < dataset.length; i++) {
      const map = reshape(indexSelect(maps, 0, [i]), [h, w]);
      pictures.push(dataUri(overlayHeat(rasterAt(dataset, i), map)));
    }
  }
  return pictures;
}
