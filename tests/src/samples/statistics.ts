/** Rows for products, norms, variances, the logarithm of a sum of exponentials, and what holds of any or all. */
import * as t from '@vitrine/tensor';
import { build } from '../support/dense.js';
import { foldRowsOf } from './reduce.js';
import { given } from './sample.js';
import type { Operand, Sample } from './sample.js';

type Numbers = readonly number[];

const total = (values: Numbers): number => values.reduce((a, b) => a + b, 0);
const product = (values: Numbers): number => values.reduce((a, b) => a * b, 1);

const normOf = (p: number) => (values: Numbers): number =>
  (p === Infinity ? Math.max(0, ...values.map(Math.abs)) : total(values.map((x) => Math.abs(x) ** p)) ** (1 / p));

/** By another formula than the kernel's: the mean of the squared differences of all pairs. */
const varianceOf = (correction: number) => (values: Numbers): number => {
  const pairs = values.flatMap((a) => values.map((b) => (a - b) ** 2));
  return total(pairs) / 2 / values.length / Math.max(0, values.length - correction);
};

/** Without a shift, which the numbers of these rows do not need. */
const logSumExpOf = (values: Numbers): number => Math.log(total(values.map(Math.exp)));

const whole = (op: string, name: string, input: Operand, run: (x: t.Tensor) => t.Tensor, want: number): Sample =>
  ({ op, name, inputs: [input], run: ([x]) => run(x), want: () => build([], () => want) });

const prodRows: readonly Sample[] = [
  ...foldRowsOf('prod', t.prod, product, true),
  whole('prod', 'one zero', given([2, 0, 3]), t.prod, 0),
  whole('prod', 'infinity', given([2, Infinity, -3]), t.prod, -Infinity),
  whole('prod', 'zero times infinity', given([0, Infinity]), t.prod, NaN),
  whole('prod', 'whose part overflows float32', given([2 ** 100, 2 ** 100, 2 ** -100, 2 ** -90]), t.prod, 2 ** 10),
];

const normRows: readonly Sample[] = [
  ...[1, 2, 3, 0.5].flatMap((p) => foldRowsOf('norm', (x, options) => t.norm(x, { ...options, p }), normOf(p), true)
    .map((row) => ({ ...row, name: `p ${p} ${row.name}` }))),
  ...foldRowsOf('norm', (x, options) => t.norm(x, { ...options, p: Infinity }), normOf(Infinity), false)
    .map((row) => ({ ...row, name: `p ∞ ${row.name}` })),
  whole('norm', 'p 2 unless told', given([3, -4]), t.norm, 5),
  whole('norm', 'zero', given([0, 0]), t.norm, 0),
  whole('norm', 'infinity', given([1, -Infinity]), t.norm, Infinity),
  whole('norm', 'whose squares overflow float32', given([3 * 2 ** 100, 4 * 2 ** 100]), t.norm, 5 * 2 ** 100),
];

const varianceRows = ([['variance', t.variance, (x: number) => x], ['std', t.std, Math.sqrt]] as const)
  .flatMap(([op, run, f]) => [
    ...[undefined, 0, 2].flatMap((correction) => {
      const want = varianceOf(correction ?? 1);
      return foldRowsOf(op, (x, options) => run(x, { ...options, correction }), (values) => f(want(values)), true)
        .map((row) => ({ ...row, name: `correction ${correction} ${row.name}` }));
    }),
    whole(op, 'all alike', given([7, 7, 7]), run, 0),
    whole(op, 'one', given([7]), run, NaN),
    whole(op, 'infinity', given([1, Infinity]), run, NaN),
    // In one pass, Σx² − n·mean², nothing would be left of it in float32.
    whole(op, 'far from zero', given([4096, 4097, 4098, 4099, 4100]), run, f(2.5)),
  ]);

const logSumExpRows: readonly Sample[] = [
  ...foldRowsOf('logSumExp', t.logSumExp, logSumExpOf, true),
  whole('logSumExp', 'whose exponentials overflow', given([1000, 1000]), t.logSumExp, 1000 + Math.LN2),
  whole('logSumExp', 'whose exponentials underflow', given([-1000, -1000]), t.logSumExp, -1000 + Math.LN2),
  whole('logSumExp', '−∞ among others', given([-Infinity, 3]), t.logSumExp, 3),
  whole('logSumExp', 'nothing but −∞', given([-Infinity, -Infinity]), t.logSumExp, -Infinity),
  whole('logSumExp', '∞', given([Infinity, 1, -Infinity]), t.logSumExp, Infinity),
  whole('logSumExp', '∞ and NaN', given([Infinity, NaN]), t.logSumExp, NaN),
];

const logicRows = ([['any', t.any, (v: Numbers) => v.some((x) => x !== 0)],
  ['all', t.all, (v: Numbers) => v.every((x) => x !== 0)]] as const).flatMap(([op, run, holds]) => {
  const want = (values: Numbers): number => (holds(values) ? 1 : 0);
  return [
    ...foldRowsOf(op, run, want, true),
    ...[[0, 0, 0], [0, 1, 0], [1, 2, -3], [-0, 0], [0, NaN], [0, Infinity], [0, 2 ** -149]].map((values) =>
      whole(op, values.join(), given(values), run, want(values))),
    ...foldRowsOf(op, (x, options) => run(t.maximum(x, 0), options), (v) => want(v.map((x) => Math.max(x, 0))), true)
      .filter(({ inputs }) => inputs[0].values === 'normal')
      .map((row) => ({ ...row, name: `half of it zero ${row.name}` })),
  ];
});

export const statisticsSamples: readonly Sample[] = [
  ...prodRows, ...normRows, ...varianceRows, ...logSumExpRows, ...logicRows,
];
