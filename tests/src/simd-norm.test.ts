import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { Heap } from '../../packages/tensor/dist/heap/heap.js';
import * as reference from '../../packages/tensor/dist/kernels/index.js';
import { compileKernels } from '../../packages/tensor/dist/wasm/module.js';
import type { Runner } from '../../packages/tensor/dist/wasm/runner.js';
import { serialRunner } from '../../packages/tensor/dist/wasm/serial.js';
import { normFace } from '../../packages/tensor/dist/wasm/simd/norm-face.js';
import { normFuncs } from '../../packages/tensor/dist/wasm/simd/norm.js';
import { reduceFace } from '../../packages/tensor/dist/wasm/simd/reduce-face.js';
import { reduceFuncs } from '../../packages/tensor/dist/wasm/simd/reduce.js';
import { softmaxFace, softmaxFuncs } from '../../packages/tensor/dist/wasm/simd/softmax.js';
import { expectClose } from './support/close.js';
import { RestlessHeap } from './support/heaps.js';
import { onHeap } from './support/on-heap.js';

type Face = ReturnType<typeof normFace> & ReturnType<typeof reduceFace> & ReturnType<typeof softmaxFace>;

const TOLERANCE = 1e-6;
const EPS = 1e-3;

/** Arrays in, arrays out, and how a kernel is called with them. */
interface Case {
  readonly name: string;
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly number[];
  readonly call: (kernels: Face, inputs: readonly Float32Array[], outputs: readonly Float32Array[]) => void;
  readonly tolerance?: number;
}

const random = new Random(7);
const fill = (length: number, f: (i: number) => number): Float32Array => Float32Array.from({ length }, (_, i) => f(i));
const normal = (length: number, scale = 1, shift = 0): Float32Array =>
  fill(length, () => shift + scale * random.normal());
const positive = (length: number): Float32Array => fill(length, () => 0.5 + random.uniform());
/** Values set here and there: `[index, value]`. */
const withValues = (x: Float32Array, values: readonly (readonly [number, number])[]): Float32Array => {
  for (const [i, value] of values) x[i] = value;
  return x;
};

// Channels: tails of one to three, one to five vectors; rows: none to several chunks, blocks cut short.
const SIZES: readonly (readonly [rows: number, C: number])[] = [
  [1, 1], [3, 1], [5, 3], [7, 4], [31, 5], [32, 16], [33, 17], [65, 23], [100, 40], [3, 1153],
  [70_000, 1], [9_000, 19], [2_500, 96], [60, 2304], [0, 5],
];

function momentsCase(name: string, rows: number, C: number, x: Float32Array, tolerance = TOLERANCE): Case {
  return {
    name: `moments ${name}${rows}x${C}`, inputs: [x], outputs: [C, C], tolerance,
    call: (k, [a], [mean, variance]) => k.moments(rows, C, a, mean, variance),
  };
}

/** The moments of x stand among the inputs, so that both faces start from the same ones. */
function normCases(rows: number, C: number, x: Float32Array, { scale = 1, shift = 0 } = {}): Case[] {
  const [mean, variance] = [new Float32Array(C), new Float32Array(C)];
  reference.moments(rows, C, x, mean, variance);
  if (rows === 0) [mean, variance].forEach((vector) => vector.fill(1));
  const inputs = [
    x, mean, variance, normal(C, 1, 1), normal(C, 1, shift),
    fill(rows * C, (i) => random.normal() + x[i] / (2 * scale)),
  ];
  const size = `${rows}x${C}`;
  const gradients = [rows * C, C, C];
  return [
    {
      name: `batchNorm ${size}`, inputs, outputs: [rows * C],
      call: (k, [a, m, v, gamma, beta], [out]) => k.batchNorm(rows, C, a, m, v, gamma, beta, EPS, out),
    },
    {
      name: `batchNormSilu ${size}`, inputs, outputs: [rows * C],
      call: (k, [a, m, v, gamma, beta], [out]) => k.batchNormSilu(rows, C, a, m, v, gamma, beta, EPS, out),
    },
    {
      name: `batchNormGrad ${size}`, inputs, outputs: gradients,
      call: (k, [a, m, v, gamma, , dout], [dx, dgamma, dbeta]) =>
        k.batchNormGrad(rows, C, a, dout, m, v, gamma, EPS, dx, dgamma, dbeta),
    },
    {
      name: `batchNormSiluGrad ${size}`, inputs, outputs: gradients,
      call: (k, [a, m, v, gamma, beta, dout], [dx, dgamma, dbeta]) =>
        k.batchNormSiluGrad(rows, C, a, dout, m, v, gamma, beta, EPS, dx, dgamma, dbeta),
    },
  ];
}

/** Out and in at once, where the contract allows it. */
function aliasedCases(rows: number, C: number): Case[] {
  const x = normal(rows * C);
  const [mean, variance] = [normal(C), positive(C)];
  const inputs = [x, mean, variance, normal(C), normal(C), normal(rows * C)];
  const inPlace = (name: string, source: number, call: Case['call']): Case => ({
    name: `${name} in place`, inputs, outputs: source === 0 && !name.includes('Grad') ? [rows * C] : [rows * C, C, C],
    call: (k, ins, outs) => {
      outs[0].set(ins[source]);
      call(k, ins.map((input, i) => (i === source ? outs[0] : input)), outs);
    },
  });
  const grad: Case['call'] = (k, [a, m, v, gamma, , dout], [dx, dgamma, dbeta]) =>
    k.batchNormGrad(rows, C, a, dout, m, v, gamma, EPS, dx, dgamma, dbeta);
  return [
    inPlace('batchNorm', 0, (k, [a, m, v, gamma, beta], [out]) => k.batchNorm(rows, C, a, m, v, gamma, beta, EPS, out)),
    inPlace('batchNormSilu', 0, (k, [a, m, v, gamma, beta], [out]) =>
      k.batchNormSilu(rows, C, a, m, v, gamma, beta, EPS, out)),
    inPlace('batchNormGrad (dx is x)', 0, grad),
    inPlace('batchNormGrad (dx is dout)', 5, grad),
    inPlace('batchNormSiluGrad (dx is dout)', 5, (k, [a, m, v, gamma, beta, dout], [dx, dgamma, dbeta]) =>
      k.batchNormSiluGrad(rows, C, a, dout, m, v, gamma, beta, EPS, dx, dgamma, dbeta)),
    inPlace('softmax', 0, (k, [a], [out]) => k.softmax(rows, C, a, out)),
    inPlace('logSoftmax', 0, (k, [a], [out]) => k.logSoftmax(rows, C, a, out)),
  ];
}

const REDUCED: readonly (readonly [outer: number, n: number, inner: number])[] = [
  [1, 1, 1], [3, 0, 1], [2, 0, 5], [5, 3, 1], [4, 4, 1], [3, 35, 1], [2, 1023, 1], [3, 1025, 1],
  [1, 300_001, 1], [1, 1_100_000, 1], [50_000, 5, 1],
  [1, 1, 7], [2, 33, 3], [3, 49, 40], [1, 2049, 2], [2, 3, 4099], [1, 20_000, 19], [1, 700, 96], [4, 5, 70_000],
  [300, 49, 24],
];
function reduceCases(
  [outer, n, inner]: readonly [number, number, number], x = normal(outer * n * inner, 1, 0.5), note = '',
): Case[] {
  const names = n === 0 ? (['sum'] as const) : (['sum', 'max', 'min', 'argmax'] as const);
  return names.map((name) => ({
    name: `${name} ${outer}x${n}x${inner}${note}`, inputs: [x], outputs: [outer * inner],
    tolerance: name === 'sum' ? TOLERANCE : 0,
    call: (k, [a], [out]) => k[name](outer, n, inner, a, out),
  }));
}

function softmaxCases(rows: number, n: number, x = normal(rows * n, 4), note = ''): Case[] {
  return (['softmax', 'logSoftmax'] as const).map((name) => ({
    name: `${name} ${rows}x${n}${note}`, inputs: [x], outputs: [rows * n],
    call: (k, [a], [out]) => k[name](rows, n, a, out),
  }));
}

const [inf, nan] = [Infinity, NaN];
const strange = (length: number): Float32Array =>
  withValues(normal(length), [[3, inf], [length >> 1, nan], [length - 2, -inf]]);
// Data are shifted from 0: a sum that all but vanishes says nothing about the error of its terms.
const cases: readonly Case[] = [
  ...SIZES.flatMap(([rows, C]) => [
    momentsCase('', rows, C, normal(rows * C, 1, 0.5)),
    ...normCases(rows, C, normal(rows * C, 1, 0.5)),
  ]),
  // A mean that dwarfs the deviation; a first row far off; very many rows; rows all alike.
  momentsCase('mean 4096 deviation 0.1 ', 5_000, 24, normal(120_000, 0.1, 4096)),
  momentsCase(
    'first row 100 ', 5_000, 24,
    withValues(normal(120_000), Array.from({ length: 24 }, (_, c) => [c, 100] as const)), 3e-6,
  ),
  momentsCase('many rows ', 1_000_000, 2, normal(2_000_000, 2, 1)),
  momentsCase('constant ', 999, 5, fill(4995, () => 0.1)),
  momentsCase('not finite ', 40, 5, strange(200)),
  momentsCase('not finite first ', 40, 5, withValues(normal(200), [[0, inf], [1, nan], [2, -inf]])),
  ...normCases(40, 5, strange(200)),
  ...normCases(400, 12, normal(4800, 100), { scale: 100, shift: 30 }), // large arguments of silu
  ...aliasedCases(50, 11),
  ...REDUCED.flatMap((shape) => reduceCases(shape)),
  ...reduceCases([2, 3000, 1], strange(6000), ' not finite'),
  ...reduceCases([2, 300, 10], strange(6000), ' not finite'),
  ...reduceCases([1, 6, 1], fill(6, (i) => (i % 2 === 0 ? -0 : 0)), ' zeros'),
  ...reduceCases([2, 9, 1], fill(18, () => -inf), ' all −∞'),
  ...reduceCases([1, 500_000, 1], fill(500_000, () => 0.1), ' all 0.1'),
  ...softmaxCases(1, 1), ...softmaxCases(5, 3), ...softmaxCases(7, 10), ...softmaxCases(3, 129),
  ...softmaxCases(2, 1000), ...softmaxCases(5_000, 10), ...softmaxCases(2, 70_003), ...softmaxCases(0, 4),
  ...softmaxCases(2, 6, fill(12, (i) => (i < 6 ? i * 1000 : -1e30 * i)), ' large'),
  ...softmaxCases(5, 6, withValues(normal(30), [
    [1, -inf], [7, inf], [14, nan], ...Array.from({ length: 6 }, (_, i) => [18 + i, -inf] as const),
  ]), ' not finite'),
];

const POISON = 12345;

interface Machine {
  readonly name: string;
  readonly heap: Heap;
  readonly face: Face;
}

function machine(name: string, heap: Heap, wrap: (runner: Runner) => Runner = (runner) => runner): Machine {
  const { kernels } = compileKernels([...normFuncs, ...reduceFuncs, ...softmaxFuncs], heap);
  const runner = wrap(serialRunner(kernels, heap));
  return { name, heap, face: { ...normFace(runner), ...reduceFace(runner), ...softmaxFace(runner) } };
}

/** Ranges last to first: what comes out may not depend on their order. */
const backwards = (heap: Heap) => (runner: Runner): Runner => {
  const { kernels } = compileKernels([...normFuncs, ...reduceFuncs, ...softmaxFuncs], heap);
  return {
    scratch: runner.scratch,
    ranges(name, total, chunk, args) {
      for (let begin = chunk * (Math.ceil(total / chunk) - 1); begin >= 0; begin -= chunk) {
        kernels[name](...args, begin, Math.min(total, begin + chunk));
      }
    },
  };
};

/** Runs the case on the machine's heap; throws if anything beside the arrays was written. */
function runOn({ heap, face }: Machine, { inputs, outputs, call }: Case): Float32Array[] {
  const count = inputs.length;
  const arrays = [...inputs, ...outputs.map((length) => new Float32Array(length).fill(POISON))];
  return onHeap(heap, arrays, (...views) => call(face, views.slice(0, count), views.slice(count))).slice(count);
}

describe('SIMD: norm, reduce, softmax', () => {
  const shared = new Heap();
  const orders = new Heap();
  const machines = [
    machine('shared', shared),
    machine('backwards', orders, backwards(orders)),
    machine('private', new RestlessHeap()),
  ];

  for (const sample of cases) {
    it(sample.name, () => {
      const want = sample.outputs.map((length) => new Float32Array(length));
      sample.call(reference, sample.inputs, want);
      const [first, ...others] = machines.map((each) => runOn(each, sample));
      first.forEach((data, i) => {
        const shape = [data.length];
        expectClose(
          { shape, data }, { shape, data: want[i] }, sample.tolerance ?? TOLERANCE, `${sample.name}, output ${i}`,
        );
        for (const [j, other] of others.entries()) {
          expect(sameBits(other[i], data), `${machines[j + 1].name}: the same bits`).to.equal(true);
        }
      });
    });
  }
});

const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
