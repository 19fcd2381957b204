/** In-place updates in SIMD against the reference: every array afterwards, tails, nothing beyond the end. */
import { Random } from '@vitrine/tensor';
import * as reference from '../../packages/tensor/dist/kernels/update.js';
import { updateFace, updateFuncs } from '../../packages/tensor/dist/wasm/simd/update.js';
import { expectClose } from './support/close.js';
import { grounds } from './support/runners.js';

type Kernels = ReturnType<typeof updateFace>;

interface Row {
  readonly name: string;
  /** How many arrays, and which of them hold squares. */
  readonly arrays: number;
  readonly squares: readonly number[];
  readonly call: (k: Kernels, n: number, arrays: Float32Array[]) => void;
}

const rows: readonly Row[] = [
  { name: 'addUpdate', arrays: 2, squares: [], call: (k, n, [a, b]) => k.addUpdate(n, a, b) },
  { name: 'lerpUpdate', arrays: 2, squares: [], call: (k, n, [a, b]) => k.lerpUpdate(n, a, b, 0.01) },
  { name: 'sgdUpdate', arrays: 3, squares: [], call: (k, n, [p, g, v]) => k.sgdUpdate(n, p, g, v, 0.1, 0.9, 1e-2) },
  {
    name: 'adamwUpdate', arrays: 4, squares: [3],
    call: (k, n, [p, g, m, v]) =>
      k.adamwUpdate(n, p, g, m, v, 0.02, 0.9, 0.999, 1e-8, 0.05, 1 - 0.9 ** 3, 1 - 0.999 ** 3),
  },
  {
    name: 'rmspropUpdate', arrays: 4, squares: [2],
    call: (k, n, [p, g, s, b]) => k.rmspropUpdate(n, p, g, s, b, 0.016, 0.9, 0.8, 1e-3, 1e-2),
  },
];

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1001];

for (const { name: ground, runner, place } of grounds(updateFuncs, 5)) {
  describe(`simd: updates, ${ground}`, () => {
    const face = updateFace(runner);
    const random = new Random(3);
    for (const { name, arrays, squares, call } of rows) {
      it(name, () => {
        for (const n of SIZES) {
          const draw = (k: number): number => (squares.includes(k) ? 0.1 + random.uniform() : random.normal());
          const before = Array.from({ length: arrays }, (_, k) => Float32Array.from({ length: n + 3 }, () => draw(k)));
          const want = before.map((array) => Float32Array.from(array));
          const got = before.map(place);
          call(reference, n, want);
          call(face, n, got);
          const shape = [n + 3];
          got.forEach((data, k) =>
            expectClose({ shape, data }, { shape, data: want[k] }, 1e-6, `${name} of ${n}, array ${k}`));
        }
      });
    }
  });
}
