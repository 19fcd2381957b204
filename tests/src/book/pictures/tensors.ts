/** Chapter 1: three ways of looking at one storage; and a stride of zero. */
import { add, arange, broadcastTo, formatShape, mT, reshape, scope, slice, tensor } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { Drawing } from '../drawing.js';
import type { Hue } from '../drawing.js';

const CELL = 34;

/** The elements of a matrix, row by row. */
const rowsOf = (matrix: Tensor): number[][] => {
  const [rows, columns] = matrix.shape;
  const values = Array.from(matrix.toFloat32Array());
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns));
};

/** Every element holds its own position in the storage, so that a view shows where it reads. */
export const strides = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 348, 'One storage, three tensors',
    'Twelve numbers in a row; below them the 3 by 4 matrix they are, its transpose and a 2 by 2 slice, each ' +
      'with its shape, strides and offset. Every element shows the position in the storage at which it is read.',
  );
  const x = reshape(arange(0, 12), [3, 4]);
  const part = slice(slice(x, 0, 1, 3), 1, 1, 3);
  const inPart = new Set(part.toFloat32Array());
  const tape = 880 / 2 - 6 * 46;
  drawing.text([tape, 34], 'the storage: 12 numbers in a row, each holding its position', { colour: 'faint' });
  for (let i = 0; i < 12; i++) {
    drawing.cell([tape + 46 * i, 46], 46, 34, String(i), inPart.has(i) ? 'b' : 'ink', 'soft');
  }
  const views: readonly (readonly [name: string, view: Tensor, hue: Hue, left: number])[] = [
    ['x', x, 'a', 70], ['mT(x)', mT(x), 'c', 380], ['a slice of x', part, 'b', 660],
  ];
  for (const [name, view, hue, left] of views) {
    drawing.text([left, 128], name, { colour: hue, bold: true, mono: true });
    rowsOf(view).forEach((row, i) => row.forEach((value, j) =>
      drawing.cell([left + CELL * j, 160 + CELL * i], CELL, CELL, String(value), hue, 'soft')));
    const [down, right] = view.strides;
    drawing.line([[left + 4, 150], [left + CELL + 8, 150]], { hue, arrow: true });
    drawing.text([left + CELL + 14, 155], `+${right}`, { colour: hue, size: 13, mono: true });
    drawing.line([[left - 12, 164], [left - 12, 164 + CELL]], { hue, arrow: true });
    drawing.text([left - 18, 188], `+${down}`, { colour: hue, size: 13, mono: true, anchor: 'end' });
    const foot = 160 + CELL * view.shape[0] + 22;
    drawing.note([left, foot], `shape ${formatShape(view.shape)}`);
    drawing.note([left + 92, foot], `strides ${formatShape(view.strides)}`);
    if (view.offset > 0) drawing.note([left, foot + 19], `offset ${view.offset}`);
  }
  return drawing;
});

export const broadcasting = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 246, 'Broadcasting',
    'A column of three numbers and a row of four are each repeated to 3 by 4 by a stride of zero, and added. ' +
      'Repeated elements are drawn dashed: they are not in memory.',
  );
  const column = tensor([[10], [20], [30]]);
  const row = tensor([1, 2, 3, 4]);
  const operands = [column, row].map((operand) => broadcastTo(operand, [3, 4]));
  const panels: readonly (readonly [matrix: Tensor, hue: Hue, left: number, label: string])[] = [
    [operands[0], 'a', 40, `[3,1], read with strides ${formatShape(operands[0].strides)}`],
    [operands[1], 'b', 340, `[4], read with strides ${formatShape(operands[1].strides)}`],
    [add(column, row), 'c', 640, 'their sum, [3,4]'],
  ];
  for (const [matrix, hue, left, label] of panels) {
    drawing.text([left, 40], label, { colour: hue, size: 13, bold: true });
    rowsOf(matrix).forEach((values, i) => values.forEach((value, j) => {
      // Of the places that read one element, the first is its own.
      const own = (i === 0 || matrix.strides[0] !== 0) && (j === 0 || matrix.strides[1] !== 0);
      drawing.cell([left + 48 * j, 60 + 48 * i], 48, 48, String(value), hue, own ? 'soft' : 'ghost');
    }));
  }
  drawing.text([286, 140], '+', { size: 26, anchor: 'middle' });
  drawing.text([586, 140], '=', { size: 26, anchor: 'middle' });
  drawing.note([40, 230], 'dashed: not in memory, the same element read again');
  return drawing;
});
