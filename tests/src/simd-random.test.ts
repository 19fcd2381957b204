/** Kernels of random numbers: the reference against `Random` itself, the SIMD face against the reference. */
import { Random } from '@vitrine/tensor';
import type { RandomState } from '@vitrine/tensor';
import { expect } from 'chai';
import * as reference from '../../packages/tensor/dist/kernels/random.js';
import { randomFace, randomFuncs } from '../../packages/tensor/dist/wasm/simd/random.js';
import { expectClose } from './support/close.js';
import { grounds } from './support/runners.js';

type Kernels = ReturnType<typeof randomFace>;

interface Row {
  readonly name: string;
  readonly words: 1 | 2;
  readonly tolerance: number;
  readonly call: (k: Kernels, n: number, out: Float32Array, from: RandomState) => void;
  readonly one: (random: Random) => number;
}

const rows: readonly Row[] = [
  {
    name: 'uniform on [0, 1)', words: 1, tolerance: 0,
    call: (k, n, out, from) => k.uniform(n, out, from, 0, 1), one: (r) => r.uniform(),
  },
  {
    name: 'uniform on [−0.3, 0.7)', words: 1, tolerance: 1.2e-7,
    call: (k, n, out, from) => k.uniform(n, out, from, -0.3, 0.7), one: (r) => -0.3 + (0.7 - -0.3) * r.uniform(),
  },
  ...[0, 1 / 3, 0.8, 1].map((p): Row => ({
    name: `bernoulli ${p.toFixed(2)}`, words: 1, tolerance: 0,
    call: (k, n, out, from) => k.bernoulli(n, out, from, p, 1.25), one: (r) => (r.uniform() < p ? 1.25 : 0),
  })),
  {
    name: 'normal', words: 2, tolerance: 1e-6,
    call: (k, n, out, from) => k.normal(n, out, from, 0.5, 2), one: (r) => 0.5 + 2 * r.normal(),
  },
];

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17, 40, 5001];
/** Odd ones begin with the second word of a pair; around 2³³ the number of the pair outgrows 32 bits. */
const COUNTERS = [0, 1, 2, 5, 1000, 2 ** 33 - 6, 2 ** 33 + 3, 2 ** 40 + 2];
const keyOf = (seed: number): RandomState['key'] => new Random(seed).state.key;

describe('kernels: random', () => {
  for (const { name, words, call, one } of rows) {
    it(`${name}: what Random draws one by one, and take() steps over as much`, () => {
      for (const counter of COUNTERS) {
        for (const n of SIZES) {
          const from = { key: keyOf(7), counter };
          const out = new Float32Array(n);
          call(reference, n, out, from);
          const random = new Random(from);
          expect(out).to.deep.equal(Float32Array.from({ length: n }, () => one(random)));
          const stepped = new Random(from);
          expect(stepped.take(words * n)).to.deep.equal(from);
          expect(stepped.word()).to.equal(random.word());
        }
      }
    });
  }
});

for (const { name: ground, runner, place } of grounds(randomFuncs, 6)) {
  describe(`simd: random, ${ground}`, () => {
    const face = randomFace(runner);
    for (const { name, tolerance, call } of rows) {
      it(name, () => {
        for (const counter of COUNTERS) {
          for (const n of SIZES) {
            const from = { key: keyOf(2 ** 40 + 3), counter };
            const want = new Float32Array(n);
            call(reference, n, want, from);
            const out = place(new Float32Array(n + 2).fill(7));
            call(face, n, out.subarray(0, n), from);
            // The 1 is the size of the interval, of which errors are a part: a single number may be close to 0.
            const [got, wanted] = [out.subarray(0, n), want].map((data) => ({ shape: [n + 1], data: [...data, 1] }));
            expectClose(got, wanted, tolerance, `${name}, ${n} from ${counter}`);
            expect(Array.from(out.subarray(n)), 'beyond the end').to.deep.equal([7, 7]);
          }
        }
      });
    }

    it('normal numbers near 0, where the logarithm is nearly 0', () => {
      const n = 200_000;
      const [want, out] = [new Float32Array(n), place(new Float32Array(n))];
      const from = { key: keyOf(1), counter: 0 };
      reference.normal(n, want, from, 0, 1);
      face.normal(n, out, from, 0, 1);
      // 2e-6 in all: the largest number is about 4.5.
      expectClose({ shape: [n], data: out }, { shape: [n], data: want }, 4e-7, 'normal');
    });
  });
}
