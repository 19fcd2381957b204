/** Elementwise kernels in SIMD against the reference: tails, every broadcast, views, ranges that begin within rows. */
import { Random } from '@vitrine/tensor';
import * as reference from '../../packages/tensor/dist/kernels/elementwise.js';
import type { BinaryName, UnaryName } from '../../packages/tensor/dist/kernels/elementwise.js';
import { broadcastStrides, collapseAxes, contiguousStrides, sizeOf } from '../../packages/tensor/dist/shape.js';
import type { Shape } from '../../packages/tensor/dist/shape.js';
import { elementwiseFace } from '../../packages/tensor/dist/wasm/simd/elementwise-face.js';
import { elementwiseFuncs } from '../../packages/tensor/dist/wasm/simd/elementwise.js';
import { expectClose } from './support/close.js';
import { grounds } from './support/runners.js';

const TOLERANCE = 1e-6;
/** (1 + x(1 − σ)) loses what cancels where silu has its minimum; 1e-6 is of the largest |g|. */
const toleranceOf = (name: string): number => (name === 'siluGrad' ? 1e-5 : TOLERANCE);

const SHAPES: readonly Shape[] = [
  [1], [2], [3], [4], [5], [7], [8], [9], [16], [33], [130],
  [5, 3], [3, 7], [4, 33], [2, 3, 5], [3, 4, 16], [2, 5, 1], [2, 1, 6], [2, 3, 2, 3],
];
const SPECIAL = [
  NaN, Infinity, -Infinity, 0, -0, 1, -1, 100, -100, 800, -800, 1e-40, -1e-40, 0.5, 1e38, -1e38, 88.5, -88.25, -87,
  3, -3, 6, // where the gradients of relu6, hardsigmoid and hardswish jump
];
/** d silu at −100 is 0 in float32 and not quite in float64, and infinities meet it. */
const GENTLE = [NaN, 0, -0, 1, -1, 0.5, 2, -3, 30, -30];
/** What stands behind an output, and must still stand there afterwards. */
const GUARD = [777, 778, 779, 780];

const names = <K extends string>(table: Readonly<Record<K, unknown>>): K[] => Object.keys(table) as K[];

for (const { name: ground, runner, place } of grounds(elementwiseFuncs, 13)) {
  describe(`simd: elementwise, ${ground}`, () => {
    const face = elementwiseFace(runner);
    const random = new Random(5);
    const normal = (n: number): Float32Array => Float32Array.from({ length: n }, () => 3 * random.normal());
    const cycle = (n: number, values: readonly number[]): Float32Array =>
      Float32Array.from({ length: n }, (_, i) => values[i % values.length]);

    /** Runs `call` with a guarded output and with a plain one, and compares. */
    function compare(
      shape: Shape, tolerance: number, label: string, call: (kernels: typeof face, out: Float32Array) => void,
    ): void {
      const n = sizeOf(shape);
      const want = new Float32Array(n);
      call(reference, want);
      const out = place([...new Array<number>(n).fill(-999), ...GUARD]);
      call(face, out.subarray(0, n));
      expectClose({ shape: [n], data: out.subarray(0, n) }, { shape: [n], data: want }, tolerance, label);
      expectClose({ shape: [4], data: out.subarray(n) }, { shape: [4], data: GUARD }, 0, `${label}: beyond the end`);
    }

    for (const name of names<UnaryName>(reference.unary)) {
      it(name, () => {
        for (const shape of SHAPES) {
          const full = shape.map((n) => n + 1); // a slice of something larger
          const sign = ['sqrt', 'rsqrt', 'log'].includes(name) ? Math.abs : (value: number) => value;
          const inputs: readonly (readonly [values: Float32Array, of: Shape])[] = [
            [normal(sizeOf(shape)).map(sign), shape],
            [normal(sizeOf(full)).map(sign), full],
            [cycle(sizeOf(shape), SPECIAL), shape],
          ];
          for (const [values, of] of inputs) {
            const x = place(values);
            const collapsed = collapseAxes(shape, [contiguousStrides(of)]);
            compare(shape, TOLERANCE, `${name} [${shape}] of [${of}]`, (k, out) =>
              k.unaryKernel(name, collapsed.shape, x, collapsed.strides[0], out));
          }
        }
      });
    }

    for (const name of names<BinaryName>(reference.binary)) {
      it(name, () => {
        for (const shape of SHAPES) {
          // Every subset of the axes broadcasts, in one operand and in the other.
          for (let mask = 0; mask < 2 ** shape.length; mask++) {
            const part = shape.map((n, axis) => ((mask >> axis) & 1 ? 1 : n));
            for (const [aShape, bShape] of [[shape, part], [part, shape]]) {
              for (const values of [null, name === 'siluGrad' ? GENTLE : SPECIAL]) {
                const [a, b] = [aShape, bShape].map((own, k) =>
                  place(values === null ? normal(sizeOf(own)) : cycle(sizeOf(own), values.slice(k))));
                const both = [aShape, bShape].map((own) => broadcastStrides(own, contiguousStrides(own), shape));
                const { shape: collapsed, strides } = collapseAxes(shape, both);
                compare(shape, toleranceOf(name), `${name} [${aShape}] [${bShape}]`, (k, out) =>
                  k.binaryKernel(name, collapsed, a, strides[0], b, strides[1], out));
              }
            }
          }
        }
      });
    }

    it('in place: out may be an operand', () => {
      const [a, b] = [normal(37), normal(37)];
      const want = new Float32Array(37);
      reference.binaryKernel('mul', [37], a, [1], b, [1], want);
      const out = place(a);
      face.binaryKernel('mul', [37], out, [1], place(b), [1], out);
      expectClose({ shape: [37], data: out }, { shape: [37], data: want }, 0, 'mul in place');
    });

    it('copy: 600 permuted, sliced, broadcast and empty views', () => {
      for (let round = 0; round < 600; round++) {
        const rank = 1 + random.integer(4);
        const base = Array.from({ length: rank }, () => 1 + random.integer(rank < 3 ? 40 : 9));
        const order = Array.from(random.permutation(rank));
        const shape = order.map((axis) => base[axis]);
        const strides = order.map((axis) => contiguousStrides(base)[axis]);
        const axis = random.integer(rank);
        if (round % 4 === 0) strides[axis] = 0;
        if (round % 4 === 1) shape[axis] = Math.max(1, shape[axis] - 2);
        if (round % 4 === 2) [shape[axis], strides[axis]] = [Math.ceil(shape[axis] / 2), 2 * strides[axis]];
        if (round % 50 === 3) shape[axis] = 0;
        const x = place(Float32Array.from({ length: sizeOf(base) }, (_, i) => i));
        compare(shape, 0, `copy [${shape}] strides [${strides}]`, (k, out) => k.copy(shape, x, strides, out));
      }
    });
  });
}
