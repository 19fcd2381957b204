/** Chapter 2: the register tile, and the blocks around it. */
import { NARROW, WIDE } from '../../../../packages/tensor/dist/wasm/simd/gemm.js';
import { Drawing } from '../drawing.js';
import type { Hue } from '../drawing.js';

/** One step of k in the two faces: a column of a times a row of b, added to sums that stay in registers. */
export const tile = (): Drawing => {
  const drawing = new Drawing(
    880, 326, 'A register tile',
    'Left: the 4 by 4 tile of the reference kernel: four values of a and four of b make sixteen products. ' +
      'Right: the 2 by 16 tile of the SIMD kernel: two values of a, each in all four lanes of a register, and ' +
      'four vectors of b make eight vectors of products.',
  );
  const panel = (left: number, rows: number, columns: number, lanes: number, width: number): void => {
    const top = 96;
    for (let j = 0; j < columns; j++) {
      const label = lanes === 1 ? `b${j}` : `b${lanes * j}…${lanes * j + lanes - 1}`;
      drawing.cell([left + 60 + width * j, top - 42], width - 4, 30, label, 'b', 'soft');
    }
    for (let i = 0; i < rows; i++) {
      drawing.cell([left, top + 40 * i], 48, 34, `a${i}`, 'a', 'soft');
      for (let j = 0; j < columns; j++) {
        const label = lanes === 1 ? `c${i}${j}` : `c${i},${lanes * j}…${lanes * j + lanes - 1}`;
        drawing.cell([left + 60 + width * j, top + 40 * i], width - 4, 34, label, 'c', 'soft', 12);
      }
    }
  };
  drawing.text([40, 34], 'reference: 4×4 numbers', { bold: true });
  panel(40, 4, 4, 1, 56);
  drawing.note([40, 290], '8 loads for 16 multiply-adds');
  const { MR, NR } = WIDE;
  const columns = NR / 4;
  drawing.text([384, 34], `SIMD: ${MR}×${NR} numbers, four to a register`, { bold: true });
  panel(384, MR, columns, 4, 100);
  const registers = MR * columns + columns + 1;
  drawing.note([384, 206], `${MR * columns} sums, ${columns} vectors of b, 1 value of a: ${registers} of 16 registers`);
  drawing.note([384, 226], `${columns + MR} loads for ${MR * NR} multiply-adds`);
  const [narrowSums, narrowColumns] = [(NARROW.MR * NARROW.NR) / 4, NARROW.NR / 4];
  drawing.note([384, 268], `(the last columns: ${NARROW.MR}×${NARROW.NR}, ` +
    `${narrowSums} + ${narrowColumns} + 1 = ${narrowSums + narrowColumns + 1} registers)`);
  drawing.note([384, 290], 'over all steps of k, no sum leaves its register');
  return drawing;
};

/** The sizes of blocks in kernels/gemm.ts. */
export const BLOCKS = { MC: 64, NC: 64, KC: 256 };

/** The loops of gemmStrided in kernels/gemm.ts, from the outside in. */
export const blocks = (): Drawing => {
  const drawing = new Drawing(
    880, 572, 'The blocked matrix product',
    'Matrices a, b and out with the blocks that the loops jc, ic and pc cut from them; below, the same two ' +
      'blocks packed into panels of four rows of a and four columns of b, from which one 4 by 4 tile of the ' +
      'sums is computed.',
  );
  const { MC, NC, KC } = BLOCKS;
  const outer = (at: readonly [number, number], width: number, height: number, name: string): void => {
    drawing.box(at, width, height, 'ink', 'soft');
    drawing.text([at[0] + width - 8, at[1] + height - 8], name, { mono: true, anchor: 'end', colour: 'faint' });
  };
  // a: M×K below b: K×N, so that out stands where their rows and columns meet.
  outer([300, 40], 200, 130, 'b: K×N');
  outer([80, 196], 200, 130, 'a: M×K');
  outer([300, 196], 200, 130, 'out: M×N');
  drawing.cell([360, 92], 52, 52, 'KC×NC', 'b', 'soft', 12);
  drawing.cell([160, 230], 72, 46, 'MC×KC', 'a', 'soft', 12);
  drawing.cell([360, 230], 52, 46, 'sums', 'c', 'soft', 12);
  drawing.line([[386, 144], [386, 228]], { hue: 'b', dashed: true });
  drawing.line([[232, 253], [358, 253]], { hue: 'a', dashed: true });
  drawing.line([[164, 216], [230, 216]], { hue: 'a', arrow: true });
  drawing.text([150, 220], 'pc', { mono: true, size: 13, anchor: 'end', colour: 'a' });
  drawing.line([[346, 96], [346, 142]], { hue: 'b', arrow: true });
  drawing.text([340, 124], 'pc', { mono: true, size: 13, anchor: 'end', colour: 'b' });
  drawing.line([[364, 76], [410, 76]], { hue: 'c', arrow: true });
  drawing.text([416, 80], 'jc', { mono: true, size: 13, colour: 'c' });
  drawing.line([[142, 234], [142, 274]], { hue: 'c', arrow: true });
  drawing.text([136, 258], 'ic', { mono: true, size: 13, anchor: 'end', colour: 'c' });

  const legend: readonly (readonly [loop: string, text: string, hue: Hue])[] = [
    ['jc', `NC = ${NC} columns of out`, 'c'],
    [' ic', `MC = ${MC} rows of it`, 'c'],
    ['  pc', `KC = ${KC} of k: pack both`, 'b'],
    ['   jr', 'a panel of b: 4 columns', 'b'],
    ['    ir', 'a panel of a: 4 rows', 'a'],
    ['     k', 'one update of 16 sums', 'ink'],
  ];
  legend.forEach(([loop, text, hue], i) => {
    const indent = loop.length - loop.trimStart().length;
    drawing.text([530 + 12 * indent, 64 + 26 * i], loop.trim(), { mono: true, colour: hue, bold: true });
    drawing.text([626, 64 + 26 * i], text, { size: 13, colour: 'faint' });
  });
  drawing.note([530, 244], `Six loops. A block is ${(MC * KC * 8) / 1024} KiB of float64,`);
  drawing.note([530, 264], `the sums ${(MC * NC * 8) / 1024} KiB. Edges are filled up with`);
  drawing.note([530, 284], 'zeros; only the final rounding into out');
  drawing.note([530, 304], 'meets the true ones.');

  // The two blocks, packed.
  drawing.text([40, 366], 'packed: the order in which the tile reads', { bold: true });
  const panels = (left: number, hue: Hue, name: string, current: number): void => {
    drawing.text([left, 392], name, { size: 13, colour: hue });
    for (let p = 0; p < 4; p++) {
      const top = 402 + 34 * p;
      drawing.box([left, top], 250, 28, hue, p === current ? 'soft' : 'none');
      for (let k = 0; k < 7; k++) {
        const [x, y] = [left + 18 + 30 * k, top + 18];
        if (p === current) drawing.text([x, y], '⁞', { mono: true, colour: hue, anchor: 'middle' });
        drawing.line([[left + 33 + 30 * k, top], [left + 33 + 30 * k, top + 28]], { hue, width: 0.7 });
      }
      if (p === current) drawing.text([left + 230, top + 18], '…', { mono: true, colour: hue, anchor: 'middle' });
    }
  };
  panels(40, 'a', 'a: panels of 4 rows, k after k', 1);
  panels(330, 'b', 'b: panels of 4 columns, k after k', 2);
  drawing.text([640, 392], 'sums: MC×NC', { size: 13, colour: 'c' });
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      drawing.box([640 + 34 * j, 402 + 34 * i], 30, 28, 'c', i === 1 && j === 2 ? 'full' : 'none');
    }
  }
  drawing.text([790, 450], 'ir', { mono: true, size: 13, colour: 'a' });
  drawing.text([723, 552], 'jr', { mono: true, size: 13, colour: 'b', anchor: 'middle' });
  return drawing;
};
