/** Tensors as text: aligned columns, long axes shortened, in the manner of NumPy and PyTorch. */
import { contiguousStrides, formatShape } from './shape.js';
import type { Tensor } from './tensor.js';

/** Above this many elements an axis longer than 2·EDGE shows its first and last EDGE entries. */
const SUMMARISE_ABOVE = 1000;
const EDGE = 3;

/** `tensor([[1, 2], [3, 4]], shape=[2,2])`; a meta or released tensor prints its state instead of values. */
export function formatTensor(tensor: Tensor): string {
  const dtype = tensor.dtype === 'float32' ? '' : `, ${tensor.dtype}`;
  const tail = `shape=${formatShape(tensor.shape)}${dtype})`;
  if (tensor.storage.isReleased) return `tensor(released, ${tail}`;
  if (tensor.isMeta) return `tensor(meta, ${tail}`;
  const values = tensor.toFloat64Array();
  const strides = contiguousStrides(tensor.shape);
  const shorten = tensor.size > SUMMARISE_ABOVE;

  const lines = (axis: number, start: number, format: (value: number) => string): string => {
    if (axis === tensor.rank) return format(values[start]);
    const length = tensor.shape[axis];
    const parts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (shorten && length > 2 * EDGE && i === EDGE) {
        parts.push('…');
        i = length - EDGE;
      }
      parts.push(lines(axis + 1, start + i * strides[axis], format));
    }
    const innermost = axis === tensor.rank - 1;
    const separator = innermost
      ? ', '
      : `,${'\n'.repeat(tensor.rank - axis - 1)}${' '.repeat('tensor('.length + axis + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  const shown: number[] = [];
  lines(0, 0, (value) => String(shown.push(value)));
  return `tensor(${lines(0, 0, numberFormat(shown))}, ${tail}`;
}

/**
 * One width and number of decimals for all values that are shown; whole numbers stay whole, extremes are written with
 * an exponent.
 */
function numberFormat(values: readonly number[]): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const largest = finite.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const smallest = finite.reduce((least, v) => (v === 0 ? least : Math.min(least, Math.abs(v))), Infinity);
  const whole = finite.every(Number.isInteger) && largest < 1e7;
  const exponent = !whole && (largest >= 1e5 || smallest < 1e-4);
  const write = (v: number): string => {
    if (!Number.isFinite(v)) return Number.isNaN(v) ? 'nan' : v > 0 ? 'inf' : '-inf';
    return whole ? String(v) : exponent ? v.toExponential(3) : v.toFixed(4);
  };
  const width = values.reduce((most, value) => Math.max(most, write(value).length), 0);
  return (v) => write(v).padStart(width);
}
