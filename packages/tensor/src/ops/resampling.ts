/**
 * Which neighbours, with which weights, make an element of a resized axis: the tables of kernels/resize.ts. Numbers
 * only, no tensors.
 */
import type { Resampling, ResamplingRow } from '../kernels/resize.js';
import { formatShape } from '../shape.js';
import type { Shape } from '../shape.js';

/** The weight of a pixel at distance x from where the sample is taken; 0 from `support` on. */
export interface Filter {
  readonly support: number;
  readonly weight: (x: number) => number;
}

/**
 * The cubic convolution: piecewise cubic, smooth, 1 at 0 and 0 at all other whole numbers; a is its slope at 1.
 * Source: Keys 1981.
 */
const cubic = (a: number): Filter => ({
  support: 2,
  weight: (signed) => {
    const x = Math.abs(signed);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
});

const triangle: Filter = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** sin(πx)/(πx). */
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Under PIL's names, and with PIL's a. `Bicubic` without antialiasing has another: see `interpolated`. */
export const filters = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: triangle,
  bicubic: cubic(-0.5),
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Readonly<Record<string, Filter>>;

export type FilterName = keyof typeof filters;

/** Without antialiasing, as PyTorch and OpenCV have them. */
const interpolators = { bilinear: triangle, bicubic: cubic(-0.75) } as const satisfies Readonly<Record<string, Filter>>;

const table = (length: number, outLength: number, row: (i: number) => ResamplingRow): Resampling =>
  ({ length, rows: Array.from({ length: outLength }, (_, i) => row(i)) });

/**
 * Pixel ⌊i·length/outLength⌋, reckoned in float32 as PyTorch does: for some lengths the quotient rounds to the pixel
 * before.
 */
export function nearest(length: number, outLength: number): Resampling {
  const scale = Math.fround(length / outLength);
  return table(length, outLength, (i) =>
    ({ first: Math.min(length - 1, Math.floor(Math.fround(i * scale))), weights: Float64Array.of(1) }));
}

/**
 * The value at a point between pixels, from the 2 (bilinear) or 4 (bicubic) nearest; those beyond the edge are the
 * pixel at the edge. Making an axis much shorter skips pixels, and so aliases.
 * The point is (i + ½)·length/outLength − ½: pixels are squares, and the axis' ends stay ends. With `alignCorners` it
 * is i·(length − 1)/(outLength − 1): pixels are points, and the first and the last stay themselves.
 */
export function interpolated(
  mode: keyof typeof interpolators, length: number, outLength: number, alignCorners: boolean,
): Resampling {
  const { support, weight } = interpolators[mode];
  const sampleAt = (i: number): number => {
    if (!alignCorners) return ((i + 0.5) * length) / outLength - 0.5;
    return outLength > 1 ? (i * (length - 1)) / (outLength - 1) : 0;
  };
  const inside = (p: number): number => Math.min(length - 1, Math.max(0, p));
  return table(length, outLength, (i) => {
    const point = sampleAt(i);
    const start = Math.floor(point) - support + 1;
    const end = Math.floor(point) + support;
    const first = inside(start);
    const weights = new Float64Array(inside(end) - first + 1);
    for (let p = start; p <= end; p++) weights[inside(p) - first] += weight(point - p);
    return { first, weights };
  });
}

/**
 * The filter, laid over the pixels around (i + ½)·length/outLength and, where the axis gets shorter, stretched so
 * that every pixel has a say; weights add up to 1, also at the edges. The arithmetic is that of PIL, step by step,
 * since its 8-bit images hang on the last bit.
 * Source: Pillow's precompute_coeffs; PyTorch's antialias=True.
 */
export function filtered(name: FilterName, length: number, outLength: number): Resampling {
  const { support, weight } = filters[name];
  const scale = length / outLength;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return table(length, outLength, (i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(length, Math.trunc(center + reach + 0.5));
    const at = (k: number): number => (k + first - center + 0.5) * (1 / stretch);
    const weights = Float64Array.from({ length: end - first }, (_, k) => weight(at(k)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}

/**
 * The `n` cells that cover an axis: cell i goes from ⌊i·length/n⌋ up to but excluding ⌈(i + 1)·length/n⌉; they may
 * overlap by a pixel.
 */
export const windowsOf = (length: number, n: number): { start: number; end: number }[] =>
  Array.from({ length: n }, (_, i) =>
    ({ start: Math.floor((i * length) / n), end: Math.ceil(((i + 1) * length) / n) }));

/** The mean of every cell. */
export const cellMeans = (length: number, outLength: number): Resampling => ({
  length,
  rows: windowsOf(length, outLength).map(({ start, end }) =>
    ({ first: start, weights: new Float64Array(end - start).fill(1 / (end - start)) })),
});

/** The transposed matrix, which carries cotangents back. Banded too, since samples advance with their index. */
export function transposed({ length, rows }: Resampling): Resampling {
  const starts = new Array<number>(length).fill(rows.length);
  const ends = new Array<number>(length).fill(0);
  rows.forEach(({ first, weights }, i) => {
    for (let p = first; p < first + weights.length; p++) {
      starts[p] = Math.min(starts[p], i);
      ends[p] = i + 1;
    }
  });
  return table(rows.length, length, (p) => {
    if (starts[p] >= ends[p]) return { first: 0, weights: new Float64Array(0) }; // no sample reads this pixel
    const weights = Float64Array.from({ length: ends[p] - starts[p] }, (_, k) => {
      const row = rows[starts[p] + k];
      return row.weights[p - row.first] ?? 0;
    });
    return { first: starts[p], weights };
  });
}

/** Throws unless the input is an image `[N,H,W,C]` with pixels and the size two whole numbers. */
export function checkImageSize(op: string, input: Shape, size: readonly [number, number]): void {
  if (input.length !== 4) throw new RangeError(`${op}: input is [N,H,W,C]; got ${formatShape(input)}`);
  if (!Array.isArray(size) || size.length !== 2 || !size.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`${op}: the size is [outH, outW], two whole numbers >= 1; got ${JSON.stringify(size)}`);
  }
  if (input[1] === 0 || input[2] === 0) throw new RangeError(`${op}: ${formatShape(input)} NHWC has no pixels`);
}

export type ResizeMode = 'nearest' | 'bilinear' | 'bicubic';

export interface ResizeOptions {
  /** Default 'nearest', as in PyTorch. */
  readonly mode?: ResizeMode | undefined;
  /** Whether making an image smaller averages over all pixels; for 'bilinear' and 'bicubic'. Default false. */
  readonly antialias?: boolean | undefined;
  /**
   * Whether the corner pixels' centres stay corners; for 'bilinear' and 'bicubic' without antialiasing. Default
   * false.
   */
  readonly alignCorners?: boolean | undefined;
}

/** One table an axis; null where the axis keeps its length, which leaves every element as it is in all modes. */
export type AxisTables = readonly [rows: Resampling | null, columns: Resampling | null];

/** The shape rule of `resize`, shared by tensors and variables. */
export function resizeTables(
  op: string, input: Shape, size: readonly [number, number], options: ResizeOptions,
): AxisTables {
  const { mode = 'nearest', antialias = false, alignCorners = false } = options;
  checkImageSize(op, input, size);
  if (mode !== 'nearest' && mode !== 'bilinear' && mode !== 'bicubic') {
    throw new RangeError(`${op}: mode is 'nearest', 'bilinear' or 'bicubic'; got ${String(mode)}`);
  }
  if (mode === 'nearest' && (antialias || alignCorners)) {
    throw new RangeError(
      `${op}: antialias and alignCorners are for 'bilinear' and 'bicubic'; ` +
        `mode 'nearest' takes neither`,
    );
  }
  if (antialias && alignCorners) {
    throw new RangeError(`${op}: antialias and alignCorners exclude each other: a filter has no corners to align`);
  }
  const along = (length: number, outLength: number): Resampling | null => {
    if (length === outLength) return null;
    if (mode === 'nearest') return nearest(length, outLength);
    return antialias ? filtered(mode, length, outLength) : interpolated(mode, length, outLength, alignCorners);
  };
  return [along(input[1], size[0]), along(input[2], size[1])];
}

/** The shape rule of `adaptiveAveragePool2d`. */
export function cellTables(op: string, input: Shape, size: readonly [number, number]): AxisTables {
  checkImageSize(op, input, size);
  const along = (length: number, n: number): Resampling | null => (length === n ? null : cellMeans(length, n));
  return [along(input[1], size[0]), along(input[2], size[1])];
}
