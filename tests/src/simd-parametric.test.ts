/** Functions with constants in SIMD against the reference: tails, views, both sides of every kink and the kinks. */
import { Random } from '@vitrine/tensor';
import * as reference from '../../packages/tensor/dist/kernels/parametric.js';
import type { ParametricName } from '../../packages/tensor/dist/kernels/parametric.js';
import { contiguousStrides, sizeOf } from '../../packages/tensor/dist/shape.js';
import type { Shape } from '../../packages/tensor/dist/shape.js';
import { parametricFace, parametricFuncs } from '../../packages/tensor/dist/wasm/simd/parametric.js';
import { expectClose } from './support/close.js';
import { grounds } from './support/runners.js';

const TOLERANCE = 1e-6;

/** Constants, as float32 numbers: an operation rounds them before. */
const CONSTANTS: Readonly<Record<ParametricName, readonly (readonly [a: number, b: number])[]>> = {
  clamp: [[-0.5, 1.25], [Math.fround(0.1), Math.fround(0.7)], [0, Infinity], [-Infinity, 0], [1, -1]],
  leakyRelu: [[Math.fround(0.01), 0], [-2, 0]],
  elu: [[1, 0]],
  softplus: [[1, 20]],
};

/** [2,3,2,3] has more axes than the emitted kernels; `of` makes a view of something larger. */
const SHAPES: readonly Shape[] =
  [[1], [3], [4], [5], [7], [8], [9], [33], [130], [5, 3], [4, 33], [2, 3, 5], [2, 3, 2, 3]];
const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, -0.5, 1.25, 0.1, 0.7, 1, -1, 1e38, -1e38, 1e-40, -1e-40, 0.75];
/** What stands behind an output, and must still stand there afterwards. */
const GUARD = [777, 778, 779, 780];

for (const { name: ground, runner, place } of grounds(parametricFuncs, 13)) {
  describe(`simd: parametric, ${ground}`, () => {
    const face = parametricFace(runner);
    const random = new Random(6);
    const normal = (n: number): Float32Array => Float32Array.from({ length: n }, () => 2 * random.normal());
    const special = (n: number): Float32Array =>
      Float32Array.from({ length: n }, (_, i) => SPECIAL[i % SPECIAL.length]);

    function compare(n: number, label: string, call: (kernels: typeof face, out: Float32Array) => void): void {
      const want = new Float32Array(n);
      call(reference, want);
      const out = place([...new Array<number>(n).fill(-999), ...GUARD]);
      call(face, out.subarray(0, n));
      expectClose({ shape: [n], data: out.subarray(0, n) }, { shape: [n], data: want }, TOLERANCE, label);
      expectClose({ shape: [4], data: out.subarray(n) }, { shape: [4], data: GUARD }, 0, `${label}: beyond the end`);
    }

    for (const name of Object.keys(CONSTANTS) as ParametricName[]) {
      for (const [a, b] of CONSTANTS[name]) {
        it(`${name} ${a} ${b}, and its gradient`, () => {
          for (const shape of SHAPES) {
            const n = sizeOf(shape);
            const larger = shape.map((length) => length + 1);
            const inputs = [[normal(n), shape], [normal(sizeOf(larger)), larger], [special(n), shape]] as const;
            for (const [values, of] of inputs) {
              const [x, g] = [place(values), place(normal(n))];
              const [strides, own] = [contiguousStrides(of), contiguousStrides(shape)];
              const label = `${name} [${shape}] of [${of}]`;
              compare(n, label, (k, out) => k.parametricKernel(name, shape, x, strides, a, b, out));
              compare(n, `${label}: gradient`, (k, out) =>
                k.parametricGradKernel(name, shape, g, own, x, strides, a, b, out));
              compare(n, `${label}: cotangent strided`, (k, out) =>
                k.parametricGradKernel(name, shape, x, strides, g, own, a, b, out));
            }
          }
        });
      }
    }

    it('strides of 0 and 2 along a row', () => {
      const [x, g] = [place(normal(20)), place(normal(20))];
      compare(10, 'every second', (k, out) => k.parametricKernel('clamp', [10], x, [2], -1, 1, out));
      compare(10, 'one cotangent for all', (k, out) =>
        k.parametricGradKernel('clamp', [10], g, [0], x, [1], -1, 1, out));
      compare(10, 'every second element', (k, out) =>
        k.parametricGradKernel('leakyRelu', [10], g, [1], x, [2], 0.5, 0, out));
    });

    it('in place: out may be an operand', () => {
      const [x, g] = [normal(37), normal(37)];
      const want = new Float32Array(37);
      reference.parametricGradKernel('leakyRelu', [37], g, [1], x, [1], 0.5, 0, want);
      const out = place(g);
      face.parametricGradKernel('leakyRelu', [37], out, [1], place(x), [1], 0.5, 0, out);
      expectClose({ shape: [37], data: out }, { shape: [37], data: want }, 0, 'leakyRelu in place');
    });
  });
}
