/** Chapter 3: the bytes of a module, and ranges on threads. */
import { i32, kernel } from '../../../../packages/tensor/dist/wasm/asm.js';
import { encodeModule } from '../../../../packages/tensor/dist/wasm/encode.js';
import { Drawing } from '../drawing.js';
import type { Hue } from '../drawing.js';

/** Sections by their numbers, in the order of the module. */
const SECTIONS: readonly (readonly [id: number, what: string, hue: Hue])[] = [
  [1, 'types: one, (i32) → ()', 'a'], [2, 'import: env.memory, shared, 1 to 2 pages', 'b'],
  [3, 'functions: one, of type 0', 'd'], [7, 'export: function 0 as "f"', 'c'], [10, 'code: a ← a + 1', 'a'],
];

export const moduleBytes = (): Drawing => {
  const drawing = new Drawing(
    880, 324, 'A module, byte by byte',
    'The bytes of a module with one kernel, in hexadecimal: the magic number and version, then the sections ' +
      'for types, imports, functions, exports and code, a line each.',
  );
  const increment = kernel('f', { a: 'i32' }, ({ a }, $) => $.set(a, i32.add(a, i32.const(1))));
  const bytes = encodeModule([increment.emit()], { module: 'env', name: 'memory', shared: true, maximum: 2 });
  const row = (index: number, part: Uint8Array, what: string, hue: Hue): void => {
    const y = 36 + 42 * index;
    part.forEach((byte, i) => {
      const isHead = i < 2 && index > 0;
      drawing.cell([30 + 26 * i, y], 25, 28, byte.toString(16).padStart(2, '0'), hue, isHead ? 'full' : 'soft', 12);
    });
    drawing.text([30 + 26 * part.length + 14, y + 19], what, { size: 13, colour: 'faint' });
  };
  row(0, bytes.subarray(0, 8), '"\\0asm", version 1', 'ink');
  let at = 8;
  SECTIONS.forEach(([id, what, hue], i) => {
    if (bytes[at] !== id) throw new Error(`moduleBytes: section ${id} expected at byte ${at}`);
    const end = at + 2 + bytes[at + 1];
    row(i + 1, bytes.subarray(at, end), what, hue);
    at = end;
  });
  if (at !== bytes.length) throw new Error('moduleBytes: bytes are left over');
  drawing.note([30, 306], 'in full colour: number and length of a section');
  return drawing;
};

/** Whose it is, and the ranges it takes from `begin` on: their numbers and how long they last. */
type Lane = readonly [
  name: string, y: number, hue: Hue, begin: number, takes: readonly (readonly [range: number, width: number])[],
];

/** A job of ten ranges on a caller and one worker. Lengths are made up; the order of events is that of threads/. */
export const ranges = (): Drawing => {
  const drawing = new Drawing(
    880, 300, 'One job on two threads',
    'Two lanes of time, the caller and a worker. The caller opens the door and takes ranges; the worker ' +
      'wakes, enters, and takes ranges, too. When none are left the caller closes the door and waits until the ' +
      'worker has left.',
  );
  const lanes: readonly Lane[] = [
    ['caller', 96, 'a', 160, [[0, 84], [1, 90], [3, 80], [5, 96], [7, 84], [9, 84]]],
    ['worker', 172, 'b', 250, [[2, 92], [4, 84], [6, 88], [8, 92]]],
  ];
  drawing.box([158, 40], 522, 22, 'c', 'soft');
  drawing.text([419, 56], 'the door is open', { size: 13, anchor: 'middle', colour: 'c' });
  for (const [name, y, hue, begin, takes] of lanes) {
    drawing.text([36, y + 22], name, { bold: true, colour: hue });
    let x = begin;
    for (const [range, width] of takes) {
      drawing.cell([x, y], width - 4, 34, `range ${range}`, hue, 'soft', 12);
      x += width;
    }
    if (name === 'caller') drawing.cell([684, y], 58, 34, 'waits', 'ink', 'ghost', 12);
    else drawing.cell([x, y], 84, 34, 'leaves', 'ink', 'ghost', 12);
  }
  drawing.cell([174, 172], 72, 34, 'wakes', 'ink', 'ghost', 12);
  drawing.line([[60, 236], [840, 236]], { arrow: true });
  drawing.text([840, 228], 'time', { size: 13, anchor: 'end', colour: 'faint' });
  drawing.note([60, 262], 'Who takes which range depends on the day; which elements are in range 5 does not.');
  drawing.note([60, 282], 'So sums over ranges, added in their order, are the same bits on any number of threads.');
  return drawing;
};
