/**
 * Reads the fixtures that tests/fixtures/make.py wrote with PyTorch. It imports nothing of Vitrine, so that a mistake
 * in Vitrine's own reader cannot hide another mistake.
 *
 * All tensors are in Vitrine's layouts: images [N, H, W, C], convolution weights [kH, kW, C/groups, O], linear weights
 * [in, out]. Every expected value was computed in float64 from the float32 inputs and rounded to float32 once.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Fixture<Case> {
  readonly cases: readonly Case[];
  readonly tensors: ReadonlyMap<string, FixtureTensor>;
  /** The script that made the file and the versions it ran with. */
  readonly madeBy: MadeBy;
  /** The tensor of that name; throws, naming the file, if there is none. */
  get(name: string): FixtureTensor;
  /** The tensors whose names start with `prefix` and a slash, under the rest of their names. */
  under(prefix: string): Map<string, FixtureTensor>;
}

/** Only the options of the case's op are there. */
export interface OpOptions {
  /** sum, mean, max; null means all. */
  readonly axes?: number | readonly number[] | null;
  readonly keepDims?: boolean;
  /** softmax, logSoftmax. */
  readonly axis?: number;
  /** conv2d, averagePool2d: [vertical, horizontal]. */
  readonly stride?: readonly [number, number];
  readonly padding?: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
  readonly groups?: number;
  /** averagePool2d; padding is not counted in the mean. */
  readonly kernel?: readonly [number, number];
  /** batchNorm, batchNormEval. */
  readonly eps?: number;
  /** crossEntropy: the mean over the batch; labels are class indices. */
  readonly labelSmoothing?: number;
}

/** One op: names of tensors, and options. `inputs` are in the order of the op's arguments. */
export interface OpCase<Options = OpOptions> {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly options: Options;
  readonly output: string;
  /** null where no input takes a gradient. */
  readonly cotangent: string | null;
  /** The gradient of ⟨cotangent, output⟩ by each input; null where none is taken. */
  readonly grads: readonly (string | null)[];
  /** batchNorm: the batch's own mean and (biased) variance. */
  readonly extras?: { readonly mean: string; readonly variance: string };
}

/** `tensorflow` pads SAME, the odd pixel at bottom/right; `pytorch` pads (k − 1)/2 on all sides. */
export type Convention = 'tensorflow' | 'pytorch';

interface NormOptions {
  readonly eps: number;
  /** PyTorch's: running ← (1 − momentum)·running + momentum·batch, with the batch's unbiased variance. */
  readonly momentum: number;
}

/**
 * An MBConv block. Tensors: `name/input`; `name/state/KEY`, parameters and running statistics; `name/evalOutput`, with
 * those statistics; of one training pass `name/output`, `name/cotangent`, `name/inputGrad`, `name/grad/KEY`, and
 * `name/after/KEY`, the running statistics after it.
 */
export interface BlockCase extends NormOptions {
  readonly name: string;
  readonly convention: Convention;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly expandRatio: number;
  readonly kernel: number;
  readonly stride: number;
  readonly squeezeChannels: number;
  readonly residual: boolean;
}

export interface NetworkStage {
  readonly kernel: number;
  readonly stride: number;
  readonly expandRatio: number;
  readonly outputChannels: number;
  readonly repeats: number;
}

/**
 * A whole network. Tensors: `name/` + input, labels, evalLogits; `name/state/KEY`; `name/activation/LAYER` of the first
 * image in evaluation (stem, blocks.N, head); of one training pass trainLogits, loss, `name/grad/KEY`, `name/after/KEY`
 * (running statistics after it); and for each optimizer, of three steps on the same batch from `state`,
 * `name/OPTIMIZER/losses` (each before its step) and `name/OPTIMIZER/state/KEY` after the third.
 */
export interface NetworkCase extends NormOptions {
  readonly name: string;
  readonly convention: Convention;
  readonly stem: number;
  readonly head: number;
  readonly classes: number;
  readonly stages: readonly NetworkStage[];
  readonly labelSmoothing: number;
  /**
   * Parameters whose training gradient is zero by construction: a projection's bias shifts whole channels, and the
   * batch norm behind the next 1x1 convolution takes the shift away. What is computed for them is rounding noise, so
   * compare with an absolute tolerance.
   */
  readonly zeroGradients: readonly string[];
  readonly optimizers: {
    readonly sgd: { readonly lr: number; readonly momentum: number };
    /** Decay applies to every parameter. */
    readonly adamW: {
      readonly lr: number;
      readonly betas: readonly [number, number];
      readonly eps: number;
      readonly weightDecay: number;
    };
    readonly rmsprop: { readonly lr: number; readonly decay: number; readonly momentum: number; readonly eps: number };
  };
}

export const opFixtures = (): Fixture<OpCase> => readFixture('ops.safetensors');
export const blockFixtures = (): Fixture<BlockCase> => readFixture('blocks.safetensors');
export const networkFixtures = (): Fixture<NetworkCase> => readFixture('networks.safetensors');

interface MadeBy {
  readonly script: string;
  readonly torch: string;
  readonly torchvision: string;
}

interface Metadata extends MadeBy {
  readonly cases: string;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

interface Header {
  readonly __metadata__: Metadata;
  readonly [name: string]: Entry | Metadata;
}

/** A safetensors file: 8 bytes little-endian header length, JSON header, data. Only float32 tensors. */
export function readFixture<Case>(file: string): Fixture<Case> {
  const bytes = readFileSync(fileURLToPath(new URL(`../../fixtures/${file}`, import.meta.url)));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Header;
  const tensors = new Map<string, FixtureTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (!('dtype' in entry)) continue; // the metadata
    const [from, to] = entry.data_offsets;
    const size = entry.shape.reduce((product, n) => product * n, 1);
    if (entry.dtype !== 'F32' || to - from !== 4 * size || start + to > bytes.length) {
      throw new Error(`readFixture: ${file}: ${name}: ${entry.dtype} [${entry.shape.join(',')}] at ${from} to ${to}; ` +
        'expected float32 of that shape, inside the file; run tests/fixtures/make.py again');
    }
    const data = Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(start + from + 4 * i));
    tensors.set(name, { shape: entry.shape, data });
  }
  const { cases, ...madeBy } = header.__metadata__;
  return {
    cases: JSON.parse(cases) as Case[],
    tensors,
    madeBy,
    get: (name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`readFixture: ${file}: no tensor named ${name}`);
      return tensor;
    },
    under: (prefix) => new Map([...tensors].flatMap(([name, tensor]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor] as const] : [])),
  };
}
