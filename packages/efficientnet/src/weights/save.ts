/** A network's weights as a file that other libraries load. */
import { serializeSafetensors } from '@vitrine/tensor';
import type { RawArray } from '@vitrine/tensor';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { conventionsFor } from '../config.js';
import type { EfficientNet, EfficientNetConfig } from '../model.js';
import { toTorch } from './axes.js';
import { countersOf, keysOf } from './layouts.js';
import type { LayoutName } from './layouts.js';
import { ONLY_CONVENTION, epsIn } from './lineages.js';

export interface SaveWeightsOptions {
  /** Whose names and axes. Default 'vitrine'. */
  readonly layout?: LayoutName;
  /** 'float16' halves the file; a number keeps 3 digits and may be at most 65504. Default 'float32'. */
  readonly dtype?: 'float32' | 'float16';
  /**
   * Texts to stand in the file beside its own two, `format` and `model`. `fromPretrained` looks for `classes`, a JSON
   * array of their names, and `preprocessing`, a `Preprocessing` in JSON.
   */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Told that the other library computes the network differently. Default `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** What the library's network of the same name does differently. A file of this library's own says how it is done. */
function differences(layout: LayoutName, { convention, name, batchNormEps }: EfficientNetConfig): string[] {
  if (layout === 'vitrine') return [];
  const theirs = ONLY_CONVENTION[layout] ?? convention;
  const eps = batchNormEps ?? conventionsFor(convention, name).batchNormEps;
  const theirEps = epsIn(layout, theirs, name);
  return [
    ...(theirs === convention ? [] : [`pads as in '${theirs}', this network as in '${convention}'`]),
    ...(theirEps === eps ? [] : [`adds ${theirEps} to batch norm's variances (eps), this network ${eps}`]),
  ];
}

/** The bytes of a safetensors file: see `saveWeights`. */
export function encodeWeights(model: EfficientNet, options: SaveWeightsOptions = {}): Uint8Array {
  const { layout = 'vitrine', dtype = 'float32', warn = (message: string) => console.warn(message) } = options;
  const different = differences(layout, model.config);
  if (different.length > 0) {
    warn(`saveWeights: ${layout} ${different.join('; it ')}: the weights will load there, but the logits differ`);
  }
  const own = layout === 'vitrine';
  const keys = keysOf(model, layout);
  const state = model.stateDict();
  const tensors: [string, RawArray][] = [];
  for (const [name, key] of keys) {
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`saveWeights: no '${name}'`);
    tensors.push([key, own ? { dtype: 'F32', shape: tensor.shape, data: tensor.toFloat32Array() } : toTorch(tensor)]);
  }
  if (!own) {
    for (const key of countersOf(keys.values())) {
      tensors.push([key, { dtype: 'I64', shape: [], data: Float64Array.of(0) }]);
    }
  }
  const metadata = new Map(options.metadata).set('format', 'pt').set('model', JSON.stringify(model.config));
  return serializeSafetensors(tensors, metadata, { float32As: dtype === 'float16' ? 'F16' : 'F32' });
}

/**
 * Writes the network's parameters and statistics as safetensors, beside its place and then renamed. In PyTorch,
 * `model.load_state_dict(safetensors.torch.load_file(path))` takes them, strictly, in the library the layout is of. The
 * file also carries the configuration, by which `fromPretrained` makes the same network again, whatever the layout.
 * Throws an Error if the layout has no such network, and a RangeError if a number is too large for float16.
 */
export const saveWeights = (model: EfficientNet, path: string, options: SaveWeightsOptions = {}): Promise<void> =>
  writeFileAtomic(path, encodeWeights(model, options));
