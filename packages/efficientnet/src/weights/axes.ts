/**
 * Between PyTorch's axes and those of this library:
 *
 *   convolution   [O, I/groups, kH, kW]   ↔   [kH, kW, I/groups, O]
 *   linear        [O, I]                  ↔   [I, O]
 *   vectors as they are
 *
 * Both are transposes of a matrix of O rows, whose columns, in a convolution, change places as well.
 */
import { allocate, elements } from '@vitrine/tensor/internal';
import type { RawArray, Shape, Tensor } from '@vitrine/tensor';

/** The shape here of what has `shape` in PyTorch. */
export const shapeFromTorch = (shape: Shape): Shape => {
  if (shape.length === 4) return [shape[2], shape[3], shape[1], shape[0]];
  return shape.toReversed();
};

/** The shape in PyTorch of what has `shape` here. */
export const shapeToTorch = (shape: Shape): Shape => {
  if (shape.length === 4) return [shape[3], shape[2], shape[0], shape[1]];
  return shape.toReversed();
};

/** For column i, kh, kw of PyTorch's matrix, in that order, the column kh, kw, i of ours. */
function columns([, I, kH, kW]: readonly [number, number, number, number]): Uint32Array {
  const out = new Uint32Array(I * kH * kW);
  let column = 0;
  for (let i = 0; i < I; i++) {
    for (let k = 0; k < kH * kW; k++) out[column++] = k * I + i;
  }
  return out;
}

const matrixOf = (torch: Shape): { rows: number; order: Uint32Array } => {
  const [O, I, kH = 1, kW = 1] = torch;
  return { rows: O, order: columns([O, I, kH, kW]) };
};

/** Rows at a time: what is written to them shares cache lines. */
const BLOCK = 16;

/** A float32 tensor with this library's axes, from an array with PyTorch's. Owned by the innermost open scope. */
export function fromTorch({ data, shape }: RawArray): Tensor {
  const out = allocate(shapeFromTorch(shape));
  const to = elements(out);
  if (shape.length < 2) {
    to.set(data);
    return out;
  }
  const { rows, order } = matrixOf(shape);
  const width = order.length;
  for (let first = 0; first < rows; first += BLOCK) {
    const end = Math.min(first + BLOCK, rows);
    for (let column = 0; column < width; column++) {
      const base = order[column] * rows;
      for (let row = first; row < end; row++) to[base + row] = data[row * width + column];
    }
  }
  return out;
}

/** The other way: a float32 array with PyTorch's axes. */
export function toTorch(tensor: Tensor): RawArray {
  const from = tensor.toFloat32Array();
  const shape = shapeToTorch(tensor.shape);
  if (shape.length < 2) return { dtype: 'F32', shape, data: from };
  const data = new Float32Array(from.length);
  const { rows, order } = matrixOf(shape);
  const width = order.length;
  for (let first = 0; first < rows; first += BLOCK) {
    const end = Math.min(first + BLOCK, rows);
    for (let column = 0; column < width; column++) {
      const base = order[column] * rows;
      for (let row = first; row < end; row++) data[row * width + column] = from[base + row];
    }
  }
  return { dtype: 'F32', shape, data };
}

/** An array that has this library's axes already. */
export function fromOwn({ data, shape }: RawArray): Tensor {
  const out = allocate(shape);
  elements(out).set(data);
  return out;
}
