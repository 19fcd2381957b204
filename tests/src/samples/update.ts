/** Rows for updates in place; every row reads back one of the arrays that change. */
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Dense } from '../support/dense.js';
import { given, layouts, normal, positive } from './sample.js';
import type { Operand, Sample } from './sample.js';

const each = (x: Dense, f: (i: number) => number): Dense =>
  ({ shape: x.shape, data: Array.from(x.data, (_, i) => f(i)) });

/** The target dense or offset, since it must be contiguous; the source in every layout. */
const pairs: readonly (readonly Operand[])[] = [
  ...[0, 1, 2, 3, 4, 5, 9, 67].map((n) => [normal([n]), normal([n])]),
  ...layouts.map((layout) => [normal([3, 4, 5]), normal([3, 4, 5], layout)]),
  [normal([3, 4], 'offset'), normal([3, 4], 'permuted')],
  [normal([]), normal([])],
  [given([NaN, Infinity, 1]), given([1, 1, NaN])],
];
const after = (update: (target: Tensor, source: Tensor) => void) => ([target, source]: readonly Tensor[]): Tensor => {
  update(target, source);
  return target;
};
const pairRows = pairs.flatMap((inputs): Sample[] => [
  { op: 'copyInto', name: '', inputs, inPlace: true, run: after(t.copyInto), want: ([, b]) => b },
  { op: 'addInto', name: '', inputs, inPlace: true, run: after(t.addInto), want: ([a, b]) =>
    each(a, (i) => a.data[i] + b.data[i]) },
  { op: 'lerpInto', name: '', inputs, inPlace: true, run: after((a, b) => t.lerpInto(a, b, 0.3)), want: ([a, b]) =>
    each(a, (i) => a.data[i] + 0.3 * (b.data[i] - a.data[i])) },
]);

/** The truth of one optimizer for one element: [parameter, ...state] after the step. */
type Step = (p: number, g: number, a: number, b: number) => readonly [number, number, number];

const SGD = { lr: 0.1, momentum: 0.9, weightDecay: 0.01 };
const sgd: Step = (p, g, velocity) => {
  const v = SGD.momentum * velocity + g + SGD.weightDecay * p;
  return [p - SGD.lr * v, v, 0];
};

const ADAMW = { lr: 0.02, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.05, step: 3 };
const adamw: Step = (p, g, first, second) => {
  const m = ADAMW.beta1 * first + (1 - ADAMW.beta1) * g;
  const v = ADAMW.beta2 * second + (1 - ADAMW.beta2) * g ** 2;
  const mHat = m / (1 - ADAMW.beta1 ** ADAMW.step);
  const vHat = v / (1 - ADAMW.beta2 ** ADAMW.step);
  return [p - ADAMW.lr * ADAMW.weightDecay * p - ADAMW.lr * mHat / (Math.sqrt(vHat) + ADAMW.eps), m, v];
};

const RMSPROP = { lr: 0.02, decay: 0.9, momentum: 0.9, eps: 1e-3, weightDecay: 1e-2 };
const rmsprop: Step = (p, g, meanSquare, buffer) => {
  const decayed = g + RMSPROP.weightDecay * p;
  const s = RMSPROP.decay * meanSquare + (1 - RMSPROP.decay) * decayed ** 2;
  const b = RMSPROP.momentum * buffer + RMSPROP.lr * decayed / Math.sqrt(s + RMSPROP.eps);
  return [p - b, s, b];
};

/** Parameter, gradient, state, state. The parameter stands first, so all that may change is inputs 0, 2 and 3. */
type Run = (p: Tensor, g: Tensor, a: Tensor, b: Tensor) => void;
const optimizers: readonly (readonly [op: string, run: Run, step: Step, state: readonly ('normal' | 'positive')[]])[] =
  [
  ['sgdInto', (p, g, v) => t.sgdInto(p, g, v, SGD), sgd, ['normal']],
  ['adamwInto', (p, g, m, v) => t.adamwInto(p, g, m, v, ADAMW), adamw, ['normal', 'positive']],
  ['rmspropInto', (p, g, s, b) => t.rmspropInto(p, g, s, b, RMSPROP), rmsprop, ['positive', 'normal']],
];

/** The state is copied, so that the row leaves its other operands as they were; the copy may be what is read. */
const optimizerRows = optimizers.flatMap(([op, run, step, state]) => pairs.slice(0, -1).flatMap(([p, g]) =>
  ['parameter', ...state.map((_, i) => `state ${i}`)].map((what, which): Sample => ({
    op, name: what, inPlace: true,
    inputs: [p, g, ...state.map((kind) => (kind === 'normal' ? normal : positive)(p.shape))],
    run: ([parameter, gradient, ...given]) => {
      const copies = given.map(t.clone);
      run(parameter, gradient, copies[0], copies[1]);
      return which === 0 ? parameter : copies[which - 1];
    },
    want: ([parameter, gradient, a, b]) => each(parameter, (i) =>
      step(parameter.data[i], gradient.data[i], a.data[i], b === undefined ? 0 : b.data[i])[which]),
  }))));

export const updateSamples: readonly Sample[] = [...pairRows, ...optimizerRows];
