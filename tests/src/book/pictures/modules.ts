/** Chapter 5: what batch norm averages over, the ways of four optimizers, and schedules. */
import { Variable, mul, square, sum } from '@vitrine/autograd';
import { Adam, BatchNorm2d, Parameter, RMSpropTF, SGD, cosine, cosineRestarts, exponential, warmup } from '@vitrine/nn';
import type { Optimizer, Schedule } from '@vitrine/nn';
import { moments, scope, tensor } from '@vitrine/tensor';
import { Drawing } from '../drawing.js';
import type { Hue, Point } from '../drawing.js';

/** A batch of two images of two pixels and three channels. All numbers are computed by the module itself. */
export const batchNorm = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 412, 'Batch normalisation',
    'A batch of two images of two pixels each as four rows of three channels. Every channel is a column, with a mean ' +
      'and a variance of its own. In training the column is normalised by these, and the running ' +
      'statistics move a tenth of the way towards them; in evaluation the running statistics stand in their place.',
  );
  const batch = [[3, -1, 10], [5, 1, 14], [7, -1, 12], [1, 1, 16]];
  const x = tensor(batch);
  const { mean, variance } = moments(x);
  const norm = new BatchNorm2d(3, { momentum: 0.1 });
  const trained = norm.call(x).value;
  const evaluated = norm.eval().call(x).value;
  const hues: readonly Hue[] = ['a', 'b', 'd'];
  const [width, height] = [58, 32];
  const number = (value: number): string =>
    (Math.round(100 * value) / 100 + 0).toFixed(Math.abs(value) >= 9.995 ? 1 : 2);
  const row = (left: number, top: number, values: ArrayLike<number>, fill: 'soft' | 'none'): void => {
    hues.forEach((hue, c) => drawing.cell([left + (width + 4) * c, top], width, height, number(values[c]), hue, fill));
  };
  const panel = (left: number, title: string, values: Float32Array): void => {
    drawing.text([left, 34], title, { bold: true });
    for (let i = 0; i < 4; i++) row(left, 50 + 36 * i, values.subarray(3 * i, 3 * i + 3), 'soft');
  };
  panel(150, 'the batch, [N,H,W,C]', x.toFloat32Array());
  for (const [i, name] of ['image 0', 'image 1'].entries()) {
    drawing.note([40, 76 + 72 * i], name);
    drawing.line([[134, 52 + 72 * i], [134, 116 + 72 * i]], { width: 2 });
  }
  panel(640, 'normalised in training', trained.toFloat32Array());
  const column = 150 + 3 * (width + 4);
  drawing.line([[column + 14, 114], [626, 114]], { hue: 'c', arrow: true });
  drawing.text([column + 150, 104], '(x − mean) / √variance', { size: 13, colour: 'c', anchor: 'middle' });
  drawing.text([130, 234], 'mean', { size: 13, anchor: 'end' });
  row(150, 214, mean.toFloat32Array(), 'none');
  drawing.text([130, 270], 'variance', { size: 13, anchor: 'end' });
  row(150, 250, variance.toFloat32Array(), 'none');
  drawing.line([[240, 286], [240, 310]], { hue: 'c', arrow: true });
  drawing.text([254, 304], 'a tenth of the way; variance times 4/3', { size: 13, colour: 'c' });
  drawing.text([130, 335], 'running mean', { size: 13, anchor: 'end', within: 120 });
  row(150, 316, norm.runningMean.value.toFloat32Array(), 'soft');
  drawing.text([130, 371], 'its variance', { size: 13, anchor: 'end', within: 120 });
  row(150, 352, norm.runningVar.value.toFloat32Array(), 'soft');
  drawing.text([640, 234], 'in evaluation', { bold: true });
  row(640, 250, evaluated.toFloat32Array().subarray(0, 3), 'soft');
  drawing.note([640, 304], 'the first pixel: after a single');
  drawing.note([640, 322], 'batch, the running statistics');
  drawing.note([640, 340], 'have far to go');
  drawing.line([[column + 14, 350], [590, 350], [590, 266], [626, 266]], { hue: 'c', arrow: true, dashed: true });
  return drawing;
});

/** Four optimizers of chapter 5, from (−4.5, 0.8) in the valley (x² + 25·y²)/2. */
const DESCENTS: readonly (readonly [name: string, formula: string, make: (p: Parameter[]) => Optimizer, hue: Hue])[] = [
  ['SGD', 'lr 0.07', (p) => new SGD(p, { lr: 0.07 }), 'a'],
  ['SGD with momentum', 'lr 0.04, momentum 0.7', (p) => new SGD(p, { lr: 0.04, momentum: 0.7 }), 'b'],
  ['Adam', 'lr 0.2', (p) => new Adam(p, { lr: 0.2 }), 'c'],
  ['RMSpropTF', 'lr 0.2, momentum 0.5', (p) => new RMSpropTF(p, { lr: 0.2, momentum: 0.5 }), 'd'],
];
const STEPS = 30;

const pathOf = (make: (parameters: Parameter[]) => Optimizer): Point[] => {
  const place = new Parameter(tensor([-4.5, 0.8]));
  const optimizer = make([place]);
  return Array.from({ length: STEPS + 1 }, () => {
    const [x, y] = place.value.toFloat32Array();
    optimizer.zeroGrad();
    scope(() => sum(mul(square(place), new Variable(tensor([0.5, 12.5])))).backward());
    optimizer.step();
    return [x, y] as const;
  });
};

export const descent = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 590, 'Four ways down',
    'Contours of a valley that is 25 times steeper across than along, four times; in each the path of an optimizer ' +
      'in thirty steps from the same place. Plain descent zigzags and creeps, momentum and RMSProp arrive, Adam ' +
      'swings.',
  );
  const [scale, left] = [56, 40];
  DESCENTS.forEach(([name, settings, make, hue], k) => {
    const centre: Point = [left + 5.1 * scale, 78 + 142 * k];
    const at = ([x, y]: Point): Point => [centre[0] + scale * x, centre[1] - scale * y];
    for (const radius of [1, 2, 3, 4, 5]) {
      const around = Array.from({ length: 49 }, (_, i): Point => {
        const angle = (Math.PI * i) / 24;
        return at([radius * Math.cos(angle), (radius / 5) * Math.sin(angle)]);
      });
      drawing.line(around, { width: 0.7 });
    }
    const path = pathOf(make).map(at);
    drawing.line(path, { hue, width: 1.6 });
    for (const [x, y] of path) drawing.box([x - 2.5, y - 2.5], 5, 5, hue, 'full', 2.5);
    drawing.box([centre[0] - 4, centre[1] - 4], 8, 8, 'ink', 'none', 4);
    drawing.text([650, centre[1] - 14], name, { bold: true, colour: hue });
    drawing.note([650, centre[1] + 6], settings);
    const [x, y] = pathOf(make)[STEPS];
    drawing.note([650, centre[1] + 26], `after ${STEPS}: f = ${((x * x + 25 * y * y) / 2).toPrecision(1)}`);
  });
  return drawing;
});

/** Learning rates over two hundred steps, as shares of the highest. */
export const schedules = (): Drawing => {
  const drawing = new Drawing(
    880, 270, 'Schedules',
    'Three curves over two hundred steps: a cosine after ten steps of warm-up, a staircase that falls by a tenth ' +
      'every twenty steps, and a cosine that starts again three times.',
  );
  const [steps, width, height] = [200, 240, 150];
  const panels: readonly (readonly [label: string, schedule: Schedule, hue: Hue])[] = [
    ['warmup(10, cosine(1, 200))', warmup(10, cosine(1, steps)), 'a'],
    ['exponential(1, 0.9, 20)', exponential(1, 0.9, 20), 'b'],
    ['cosineRestarts(1, 50)', cosineRestarts(1, 50), 'd'],
  ];
  panels.forEach(([label, schedule, hue], i) => {
    const [left, bottom] = [44 + 284 * i, 216];
    drawing.text([left, 36], label, { mono: true, size: 13, colour: hue });
    drawing.line([[left, bottom - height - 8], [left, bottom], [left + width + 6, bottom]], { width: 1 });
    const points = Array.from({ length: steps }, (_, step): Point =>
      [left + (width * step) / steps, bottom - height * schedule(step)]);
    drawing.line(points, { hue, width: 2 });
    drawing.text([left - 6, bottom - height + 4], '1', { size: 13, colour: 'faint', anchor: 'end' });
    drawing.text([left - 6, bottom + 4], '0', { size: 13, colour: 'faint', anchor: 'end' });
    drawing.text([left + width, bottom + 20], `step ${steps}`, { size: 13, colour: 'faint', anchor: 'end' });
  });
  return drawing;
};
