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

/** One operand: the target. */
const targets: readonly Operand[] = [
  ...[0, 1, 2, 3, 4, 5, 9, 67].map((n) => normal([n])), normal([3, 4, 5]), normal([3, 4], 'offset'), normal([]),
  given([NaN, Infinity, -Infinity, -0]),
];
const alone = (update: (target: Tensor) => void) => ([target]: readonly Tensor[]): Tensor => {
  update(target);
  return target;
};
const targetRows = targets.flatMap((target): Sample[] => [
  { op: 'scaleInto', name: '', inputs: [target], inPlace: true, run: alone((x) => t.scaleInto(x, -0.3)), want: ([x]) =>
    each(x, (i) => x.data[i] * -0.3) },
  { op: 'clampInto', name: '', inputs: [target], inPlace: true, run: alone((x) => t.clampInto(x, -1, 0.5)),
    want: ([x]) => each(x, (i) => (x.data[i] < -1 ? -1 : x.data[i] > 0.5 ? 0.5 : x.data[i])) },
  { op: 'clampInto', name: 'to one value', inputs: [target], inPlace: true, run: alone((x) => t.clampInto(x, 2, 2)),
    want: ([x]) => each(x, (i) => (Number.isNaN(x.data[i]) ? NaN : 2)) },
]);

/** The truth of one optimizer for one element: [parameter, ...state] after the step. */
type Step = (p: number, g: number, a: number, b: number, c: number) => readonly number[];

const SGD = { lr: 0.1, momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0.01, step: 1 };
const sgd = ({ lr, momentum, dampening, nesterov, weightDecay, step }: typeof SGD): Step => (p, g, velocity) => {
  const decayed = g + weightDecay * p;
  const v = momentum * velocity + (step === 1 || momentum === 0 ? decayed : decayed - dampening * decayed);
  return [nesterov ? p - lr * decayed - lr * momentum * v : p - lr * v, v];
};

const ADAM = { lr: 0.02, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.05, step: 3 };
const ADAMW = { ...ADAM, decay: 'decoupled' } as const;
const adam = (settings: t.AdamWSettings): Step => (p, given, first, second, most) => {
  const { lr, beta1, beta2, eps, weightDecay, decay, step } = settings;
  const g = decay === 'coupled' && weightDecay > 0 ? given + weightDecay * p : given;
  const m = beta1 * first + (1 - beta1) * g;
  const v = beta2 * second + (1 - beta2) * g ** 2;
  const largest = Number.isNaN(most) ? v : v > most || Number.isNaN(v) ? v : most;
  const change = (lr * m / (1 - beta1 ** step)) / (Math.sqrt(largest / (1 - beta2 ** step)) + eps);
  return [p - (decay === 'decoupled' ? lr * weightDecay * p : 0) - change, m, v, largest];
};

const RMSPROP = { lr: 0.02, alpha: 0.9, momentum: 0.9, eps: 1e-3, weightDecay: 1e-2 };
const rmsprop = (centered: boolean): Step => (p, g, meanSquare, buffer, mean) => {
  const decayed = g + RMSPROP.weightDecay * p;
  const s = RMSPROP.alpha * meanSquare + (1 - RMSPROP.alpha) * decayed ** 2;
  const a = RMSPROP.alpha * mean + (1 - RMSPROP.alpha) * decayed;
  const variance = centered && s < a * a ? 0 : centered ? s - a * a : s;
  const b = RMSPROP.momentum * buffer + decayed / (Math.sqrt(variance) + RMSPROP.eps);
  return [p - RMSPROP.lr * b, s, b, a];
};

const RMSPROP_TF = { lr: 0.02, decay: 0.9, momentum: 0.9, eps: 1e-3, weightDecay: 1e-2 };
const rmspropTF: Step = (p, g, meanSquare, buffer) => {
  const decayed = g + RMSPROP_TF.weightDecay * p;
  const s = RMSPROP_TF.decay * meanSquare + (1 - RMSPROP_TF.decay) * decayed ** 2;
  const b = RMSPROP_TF.momentum * buffer + RMSPROP_TF.lr * decayed / Math.sqrt(s + RMSPROP_TF.eps);
  return [p - b, s, b];
};

/** Parameter, gradient, up to three states. The parameter stands first, so all that may change is it and the states. */
type Run = (p: Tensor, g: Tensor, a: Tensor, b: Tensor, c: Tensor) => void;
type State = readonly ('normal' | 'positive')[];

const sgdRow = (name: string, options: Partial<typeof SGD>): OptimizerRow => {
  const settings = { ...SGD, ...options };
  return ['sgdInto', name, (p, g, v) => t.sgdInto(p, g, v, settings), sgd(settings), ['normal']];
};
const adamRow = (name: string, settings: t.AdamWSettings, amsgrad: boolean): OptimizerRow => [
  'adamwInto', name, (p, g, m, v, most) => t.adamwInto(p, g, m, v, settings, amsgrad ? most : null),
  (p, g, m, v, most) => adam(settings)(p, g, m, v, amsgrad ? most : NaN),
  amsgrad ? ['normal', 'positive', 'positive'] : ['normal', 'positive'],
];
type OptimizerRow = readonly [op: string, name: string, run: Run, step: Step, state: State];

const optimizers: readonly OptimizerRow[] = [
  sgdRow('', {}),
  sgdRow('dampened', { dampening: 0.3, step: 2 }),
  sgdRow('dampened, first step', { dampening: 0.3 }),
  sgdRow('dampened, without momentum', { dampening: 0.3, momentum: 0, step: 2 }),
  sgdRow('nesterov', { nesterov: true, step: 2 }),
  adamRow('decoupled', ADAMW, false),
  adamRow('decoupled, amsgrad', ADAMW, true),
  adamRow('coupled', { ...ADAM, decay: 'coupled' }, false),
  adamRow('coupled, amsgrad', { ...ADAM, decay: 'coupled' }, true),
  adamRow('coupled, without decay', { ...ADAM, decay: 'coupled', weightDecay: 0 }, false),
  ['rmspropInto', '', (p, g, s, b) => t.rmspropInto(p, g, s, b, RMSPROP), rmsprop(false), ['positive', 'normal']],
  [
    'rmspropInto', 'centred', (p, g, s, b, mean) => t.rmspropInto(p, g, s, b, RMSPROP, mean), rmsprop(true),
    ['positive', 'normal', 'normal'],
  ],
  ['rmspropTFInto', '', (p, g, s, b) => t.rmspropTFInto(p, g, s, b, RMSPROP_TF), rmspropTF, ['positive', 'normal']],
];

/** The state is copied, so that the row leaves its other operands as they were; the copy may be what is read. */
const optimizerRows = optimizers.flatMap(([op, name, run, step, state]) => pairs.slice(0, -1).flatMap(([p, g]) =>
  ['parameter', ...state.map((_, i) => `state ${i}`)].map((what, which): Sample => ({
    op, name: name === '' ? what : `${name}, ${what}`, inPlace: true,
    inputs: [p, g, ...state.map((kind) => (kind === 'normal' ? normal : positive)(p.shape))],
    run: ([parameter, gradient, ...given]) => {
      const copies = given.map(t.clone);
      run(parameter, gradient, copies[0], copies[1], copies[2]);
      return which === 0 ? parameter : copies[which - 1];
    },
    want: ([parameter, gradient, ...states]) => each(parameter, (i) => {
      const [a, b, c] = [0, 1, 2].map((k) => (k < states.length ? states[k].data[i] : NaN));
      return step(parameter.data[i], gradient.data[i], a, b, c)[which];
    }),
  }))));

export const updateSamples: readonly Sample[] = [...pairRows, ...targetRows, ...optimizerRows];
