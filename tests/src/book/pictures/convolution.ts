/** Chapter 2: windows of an image. */
import { im2col as im2colKernel } from '../../../../packages/tensor/dist/kernels/conv2d.js';
import { Drawing } from '../drawing.js';
import type { Hue } from '../drawing.js';

const HUES: readonly Hue[] = ['a', 'b', 'd'];

/** A 4×5 image of two channels whose elements hold their positions in memory, through the kernel itself. */
export const im2col = (): Drawing => {
  const drawing = new Drawing(
    880, 430, 'im2col, channels last',
    'A 4 by 5 image of two channels with a 3 by 3 window; the window written out as a row of eighteen ' +
      'numbers, in three runs that are neighbours in memory; and that row times the 18 by O weight matrix, ' +
      'which is one output pixel.',
  );
  const [H, W, C, K] = [4, 5, 2, 3];
  const geometry = {
    N: 1, H, W, C, kH: K, kW: K, O: 4, groups: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1,
    padTop: 0, padLeft: 0, outH: 2, outW: 3,
  };
  const image = Float32Array.from({ length: H * W * C }, (_, i) => i);
  const row = new Float32Array(K * K * C);
  im2colKernel(geometry, image, 0, 4, 1, row); // output pixel (1, 1)
  drawing.text([40, 36], 'the image [4,5,2]: a pixel is two neighbours in memory', { bold: true });
  for (let h = 0; h < H; h++) {
    for (let w = 0; w < W; w++) {
      const inside = h >= 1 && w >= 1 && w < 4;
      const at: [number, number] = [40 + 72 * w, 52 + 38 * h];
      for (let c = 0; c < C; c++) {
        const [hue, fill] = inside ? [HUES[h - 1], 'soft' as const] : ['ink' as const, 'none' as const];
        drawing.cell([at[0] + 32 * c, at[1]], 32, 30, String((h * W + w) * C + c), hue, fill);
      }
    }
  }
  drawing.note([440, 76], 'The window of output pixel (1, 1): three rows of');
  drawing.note([440, 96], 'three pixels. In each row the 3·2 numbers are');
  drawing.note([440, 116], 'neighbours: all in all, three runs to copy.');
  drawing.text([40, 244], 'its row of columns: kH·kW·C = 18 numbers', { bold: true });
  row.forEach((value, i) => drawing.cell([40 + 40 * i, 258], 40, 32, String(value), HUES[Math.floor(i / 6)], 'soft'));
  drawing.text([40, 328], 'times the weight [3,3,2,O], an 18×O matrix as it stands', { bold: true });
  drawing.box([40, 342], 320, 32, 'ink', 'soft');
  drawing.text([200, 363], 'the row, 1×18', { size: 13, anchor: 'middle' });
  drawing.text([382, 365], '·', { size: 22, anchor: 'middle' });
  drawing.box([404, 342], 150, 64, 'ink', 'soft');
  drawing.text([479, 379], 'weight, 18×O', { size: 13, anchor: 'middle' });
  drawing.text([578, 365], '=', { size: 20, anchor: 'middle' });
  drawing.box([602, 342], 150, 32, 'c', 'soft');
  drawing.text([677, 363], 'out pixel, 1×O', { size: 13, anchor: 'middle', colour: 'c' });
  return drawing;
};

/** Outputs of a tile. */
export const TILE_OUTPUTS = 4;

/** The tile of wasm/simd/depthwise.ts for three taps and stride 1. */
export const depthwise = (): Drawing => {
  const drawing = new Drawing(
    880, 334, 'Depthwise convolution, four outputs at a time',
    'Six adjacent pixels above, four outputs below; a line from a pixel to every output whose window it ' +
      'belongs to, in the colour of the tap.',
  );
  const [T, kW] = [TILE_OUTPUTS, 3];
  const span = T - 1 + kW;
  const pixel = (m: number): number => 60 + 96 * m;
  const output = (t: number): number => pixel(t + (kW - 1) / 2);
  drawing.text([40, 34], 'six pixels of a row, four channels of each in one register', { bold: true });
  for (let t = 0; t < T; t++) {
    for (let s = 0; s < kW; s++) {
      drawing.line([[pixel(t + s) + 38, 106], [output(t) + 30 + 8 * s, 206]], { hue: HUES[s], width: 2 });
    }
  }
  for (let m = 0; m < span; m++) {
    for (let c = 0; c < 4; c++) drawing.box([pixel(m) + 19 * c, 74], 19, 30, 'ink', 'soft', 1);
    drawing.text([pixel(m) + 38, 66], `x${m}`, { size: 13, mono: true, anchor: 'middle' });
  }
  for (let t = 0; t < T; t++) {
    for (let c = 0; c < 4; c++) drawing.box([output(t) + 19 * c, 210], 19, 30, 'c', 'soft', 1);
    drawing.text([output(t) + 38, 256], `y${t}`, { size: 13, mono: true, anchor: 'middle' });
  }
  HUES.forEach((hue, s) => {
    for (let c = 0; c < 4; c++) drawing.box([690 + 19 * c, 74 + 48 * s], 19, 30, hue, 'soft', 1);
    drawing.text([780, 94 + 48 * s], `tap w${s}`, { size: 13, mono: true, colour: hue });
  });
  drawing.note([40, 292], `a row of the kernel: ${span} pixels and ${kW} taps loaded, ${T * kW} multiply-adds made`);
  drawing.note([40, 314], 'channels do not mix: the next four are the same sum again, with weights of their own');
  return drawing;
};
