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
  /** Means whose squares are far below those; nearer, their difference cancels, and the faces round it differently. */
  readonly means?: readonly number[];
  readonly call: (k: Kernels, n: number, arrays: Float32Array[]) => void;
}

const rows: readonly Row[] = [
  { name: 'addUpdate', arrays: 2, squares: [], call: (k, n, [a, b]) => k.addUpdate(n, a, b) },
  { name: 'lerpUpdate', arrays: 2, squares: [], call: (k, n, [a, b]) => k.lerpUpdate(n, a, b, 0.01) },
  { name: 'scaleUpdate', arrays: 1, squares: [], call: (k, n, [a]) => k.scaleUpdate(n, a, 0.3) },
  { name: 'clampUpdate', arrays: 1, squares: [], call: (k, n, [a]) => k.clampUpdate(n, a, -0.5, 0.7) },
  ...([[1, false], [0.7, false], [0.7, true]] as const).map(([gain, nesterov]): Row => ({
    name: `sgdUpdate, gain ${gain}${nesterov ? ', nesterov' : ''}`, arrays: 3, squares: [],
    call: (k, n, [p, g, v]) => k.sgdUpdate(n, p, g, v, 0.1, 0.9, 1e-2, gain, nesterov),
  })),
  ...([true, false] as const).flatMap((coupled) => [4, 5].map((arrays): Row => ({
    name: `adamwUpdate, ${coupled ? 'coupled' : 'decoupled'}${arrays === 5 ? ', amsgrad' : ''}`,
    arrays, squares: [3, 4],
    call: (k, n, [p, g, m, v, largest]) => k.adamwUpdate(
      n, p, g, m, v, arrays === 5 ? largest : null,
      0.02, 0.9, 0.999, 1e-8, 0.05, coupled, 1 - 0.9 ** 3, 1 - 0.999 ** 3),
  }))),
  {
    name: 'adamwUpdate without decay', arrays: 4, squares: [3],
    call: (k, n, [p, g, m, v]) =>
      k.adamwUpdate(n, p, g, m, v, null, 0.02, 0.9, 0.999, 1e-8, 0, true, 1 - 0.9 ** 3, 1 - 0.999 ** 3),
  },
  {
    name: 'rmspropUpdate', arrays: 4, squares: [2],
    call: (k, n, [p, g, s, b]) => k.rmspropUpdate(n, p, g, s, b, null, 0.016, 0.9, 0.8, 1e-3, 1e-2),
  },
  {
    name: 'rmspropUpdate, centred', arrays: 5, squares: [2], means: [4],
    call: (k, n, [p, g, s, b, mean]) => k.rmspropUpdate(n, p, g, s, b, mean, 0.016, 0.9, 0.8, 1e-3, 1e-2),
  },
  {
    name: 'rmspropTFUpdate', arrays: 4, squares: [2],
    call: (k, n, [p, g, s, b]) => k.rmspropTFUpdate(n, p, g, s, b, 0.016, 0.9, 0.8, 1e-3, 1e-2),
  },
];

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1001];

for (const { name: ground, runner, place } of grounds(updateFuncs, 5)) {
  describe(`simd: updates, ${ground}`, () => {
    const face = updateFace(runner);
    const random = new Random(3);
    for (const { name, arrays, squares, means = [], call } of rows) {
      it(name, () => {
        for (const n of SIZES) {
          const draw = (k: number): number =>
            (squares.includes(k) ? 0.1 + random.uniform() : (means.includes(k) ? 0.1 : 1) * random.normal());
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
