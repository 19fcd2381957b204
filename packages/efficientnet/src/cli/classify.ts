/** Logits of many inputs, a batch at a time, through the network made ready for inference. */
import { OutOfMemoryError, copyInto, formatShape, fromArray, scope, softmax, topK } from '@vitrine/tensor';
import type { Plan } from '@vitrine/nn';
import { fuse } from '../fuse.js';
import type { FusedEfficientNet } from '../fuse.js';
import type { EfficientNet } from '../model.js';
import type { Preprocessing } from '../weights/preprocessing.js';
import { readImagesTensor, readPixels } from './inputs.js';
import type { Input } from './inputs.js';
import { messageOf } from './output.js';

type ImagesShape = readonly [n: number, height: number, width: number, channels: number];

/** Batches of at most `most` for n images, all of one size, with as little left over as can be: of 17, 9 and 8. */
export const evenBatch = (n: number, most: number): number => Math.ceil(n / Math.max(1, Math.ceil(n / most)));

class Classifier {
  private readonly fused: FusedEfficientNet;
  /** The latest shape's alone: every plan has its buffers and its copy of the weights. */
  private plan: { readonly shape: string; readonly plan: Plan } | null = null;

  constructor(model: EfficientNet) {
    this.fused = fuse(model);
  }

  /** `[count, classes]` of the first `count` images of a batch; those behind are computed, too, and may be anything. */
  logits(pixels: Float32Array, shape: ImagesShape, count: number): Float32Array {
    const key = formatShape(shape);
    if (this.plan?.shape !== key) {
      this.plan = null;
      this.plan = { shape: key, plan: this.fused.plan(shape) };
    }
    const { plan } = this.plan;
    return scope(() => {
      copyInto(plan.input, fromArray(pixels, shape));
      const [n, classes] = plan.output.shape;
      return plan.run().toFloat32Array().subarray(0, Math.min(count, n) * classes);
    });
  }
}

/** What became of one picture, of one image of a `.npy`, or of a file that cannot be read. */
export interface Outcome extends Input {
  /** Which image of a `.npy`, from 0. */
  readonly image?: number;
  /** `[classes]`, or why there are none. */
  readonly result: Float32Array | Error;
}

export interface ClassifyOptions {
  readonly batchSize: number;
  /** How pictures are prepared; null if there are none. */
  readonly preprocessing: Preprocessing | null;
}

/** Outcomes in the order of the inputs. Pictures that follow each other share batches, of which one is in memory. */
export async function* classify(
  model: EfficientNet, inputs: readonly Input[], options: ClassifyOptions,
): AsyncGenerator<Outcome> {
  const classifier = new Classifier(model);
  const { inChannels, numClasses } = model.config;
  try {
    for (let at = 0; at < inputs.length;) {
      if (inputs[at].kind === 'tensor') {
        yield* classifyTensor(classifier, inputs[at++], inChannels, numClasses, options.batchSize);
        continue;
      }
      const next = inputs.findIndex(({ kind }, i) => i > at && kind === 'tensor');
      const end = next === -1 ? inputs.length : next;
      yield* classifyPictures(classifier, inputs.slice(at, end), numClasses, options);
      at = end;
    }
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    throw new Error(`${error.message}; a --batch-size below ${options.batchSize} takes less`, { cause: error });
  }
}

async function* classifyPictures(
  classifier: Classifier, pictures: readonly Input[], classes: number, { batchSize, preprocessing }: ClassifyOptions,
): AsyncGenerator<Outcome> {
  if (preprocessing === null) throw new Error('classify: pictures, and no preparation for them');
  const { crop, mean: { length: channels } } = preprocessing;
  const batch = evenBatch(pictures.length, batchSize);
  const each = crop * crop * channels;
  const pixels = new Float32Array(batch * each);
  for (let start = 0; start < pictures.length; start += batch) {
    const errors: (Error | null)[] = [];
    let count = 0;
    const some = pictures.slice(start, start + batch);
    for (const { path } of some) {
      try {
        pixels.set(await readPixels(path, preprocessing), count * each);
        count++;
        errors.push(null);
      } catch (error) {
        errors.push(error instanceof Error ? error : new Error(messageOf(error)));
      }
    }
    const logits = count === 0 ? new Float32Array(0) : classifier.logits(pixels, [batch, crop, crop, channels], count);
    let row = 0;
    for (const [i, input] of some.entries()) {
      yield { ...input, result: errors[i] ?? logits.subarray(row * classes, ++row * classes) };
    }
  }
}

async function* classifyTensor(
  classifier: Classifier, input: Input, channels: number, classes: number, batchSize: number,
): AsyncGenerator<Outcome> {
  const images = await readImagesTensor(input.path, channels).catch((error: unknown) =>
    (error instanceof Error ? error : new Error(messageOf(error))));
  if (images instanceof Error) {
    yield { ...input, result: images };
    return;
  }
  const { data, shape: [n, height, width] } = images;
  const each = height * width * channels;
  const batch = evenBatch(n, batchSize);
  for (let start = 0; start < n; start += batch) {
    const count = Math.min(batch, n - start);
    const pixels = new Float32Array(batch * each);
    pixels.set(data.subarray(start * each, (start + count) * each));
    const logits = classifier.logits(pixels, [batch, height, width, channels], count);
    for (let row = 0; row < count; row++) {
      yield { ...input, image: start + row, result: logits.subarray(row * classes, (row + 1) * classes) };
    }
  }
}

export interface Guess {
  readonly index: number;
  readonly label: string | null;
  readonly probability: number;
}

/** Of the logits `[classes]` the k likeliest classes, the likeliest first, by softmax. */
export function bestGuesses(logits: Float32Array, k: number, labels: readonly string[] | null): Guess[] {
  const [probabilities, indices] = scope(() => {
    const best = topK(softmax(fromArray(logits, [logits.length])), Math.min(k, logits.length));
    return [best.values.toFloat32Array(), best.indices.toFloat32Array()];
  });
  return Array.from(indices, (index, rank) =>
    ({ index, label: labels?.[index] ?? null, probability: probabilities[rank] }));
}
