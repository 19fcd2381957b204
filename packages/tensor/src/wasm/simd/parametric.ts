/**
 * Functions of one number with up to two constants, and their gradients, in SIMD: those of kernels/parametric.ts that
 * networks spend time in. Ranges, rows and strides as in elementwise.ts. All wait for memory.
 */
import * as reference from '../../kernels/parametric.js';
import type { ParametricName } from '../../kernels/parametric.js';
import type { Kernels } from '../../runtime.js';
import { sizeOf } from '../../shape.js';
import { at, i32, kernel } from '../asm.js';
import type { Body, Expr, KernelSource, Lanes, Local, Type } from '../asm.js';
import { between } from '../math.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { CHUNK, outerBytes, rowsOf } from './elementwise-face.js';
import { eachLane, eachSegment } from './elementwise.js';
import type { Operand } from './elementwise.js';

interface Formulas {
  readonly value: <F extends Type, I extends Type>(
    $: Body, v: Lanes<F, I>, x: Local<F>, a: Expr<F>, b: Expr<F>,
  ) => Expr<F>;
  readonly grad: <F extends Type, I extends Type>(
    v: Lanes<F, I>, g: Local<F>, x: Local<F>, a: Expr<F>, b: Expr<F>,
  ) => Expr<F>;
}

const formulas = {
  clamp: {
    value: between,
    grad: (v, g, x, a, b) => v.select(v.select(g, v.const(0), v.le(x, b)), v.const(0), v.le(a, x)),
  },
  leakyRelu: {
    value: (_$, v, x, a) => v.select(x, v.mul(a, x), v.gt(x, v.const(0))),
    grad: (v, g, x, a) => v.select(g, v.mul(a, g), v.gt(x, v.const(0))),
  },
} as const satisfies Partial<Record<ParametricName, Formulas>>;

/** out[i] = f(x[i], a, b), begin ≤ i < end. */
const valueFunc = (name: string, { value }: Formulas): KernelSource =>
  kernel(
    `parametric-${name}`,
    {
      C: 'i32', R: 'i32', x: 'i32', xPlane: 'i32', xRow: 'i32', a: 'f32', b: 'f32', out: 'i32', begin: 'i32',
      end: 'i32',
    },
    ({ C, R, x, xPlane, xRow, a, b, out, begin, end }, $) => {
      const to = $.let(at(out, begin));
      const operand: Operand = { base: x, planeBytes: xPlane, rowBytes: xRow, stepBytes: i32.const(4) };
      eachSegment($, { C, R, begin, end }, [operand], ([from], n) => {
        eachLane($, n, [from, to], 2, (v, bytes) => {
          const element = $.let(v.load(from, bytes));
          $.do(v.store(to, value($, v, element, v.splat(a), v.splat(b)), bytes));
        });
      });
    },
  );

/** out[i] = f(g[i], x[i], a, b), begin ≤ i < end. */
const gradFunc = (name: string, { grad }: Formulas): KernelSource =>
  kernel(
    `parametric-${name}-grad`,
    {
      C: 'i32', R: 'i32', g: 'i32', gPlane: 'i32', gRow: 'i32', x: 'i32', xPlane: 'i32', xRow: 'i32', a: 'f32',
      b: 'f32', out: 'i32', begin: 'i32', end: 'i32',
    },
    ({ C, R, g, gPlane, gRow, x, xPlane, xRow, a, b, out, begin, end }, $) => {
      const to = $.let(at(out, begin));
      const operands: Operand[] = [
        { base: g, planeBytes: gPlane, rowBytes: gRow, stepBytes: i32.const(4) },
        { base: x, planeBytes: xPlane, rowBytes: xRow, stepBytes: i32.const(4) },
      ];
      eachSegment($, { C, R, begin, end }, operands, ([gAt, xAt], n) => {
        eachLane($, n, [gAt, xAt, to], 2, (v, bytes) => {
          const [cotangent, element] = [$.let(v.load(gAt, bytes)), $.let(v.load(xAt, bytes))];
          $.do(v.store(to, grad(v, cotangent, element, v.splat(a), v.splat(b)), bytes));
        });
      });
    },
  );

export const parametricFuncs: readonly KernelSource[] = Object.entries(formulas).flatMap(([name, f]) =>
  [valueFunc(name, f), gradFunc(name, f)]);

const isFast = (name: ParametricName): boolean => Object.hasOwn(formulas, name);

/** Rare, and left to the reference: rows that are not contiguous, and more than three axes that do not collapse. */
export const parametricFace = (run: Runner): Pick<Kernels, 'parametricKernel' | 'parametricGradKernel'> => ({
  parametricKernel(name, shape, x, xStrides, a, b, out) {
    if (!isFast(name) || shape.length > 3 || xStrides.at(-1) !== 1) {
      return reference.parametricKernel(name, shape, x, xStrides, a, b, out);
    }
    const { C, R } = rowsOf(shape);
    const args = [C, R, addressOf(x), ...outerBytes(xStrides), a, b, addressOf(out)];
    run.ranges(`parametric-${name}`, sizeOf(shape), CHUNK.short, args);
  },

  parametricGradKernel(name, shape, g, gStrides, x, xStrides, a, b, out) {
    if (!isFast(name) || shape.length > 3 || gStrides.at(-1) !== 1 || xStrides.at(-1) !== 1) {
      return reference.parametricGradKernel(name, shape, g, gStrides, x, xStrides, a, b, out);
    }
    const { C, R } = rowsOf(shape);
    const operands = [addressOf(g), ...outerBytes(gStrides), addressOf(x), ...outerBytes(xStrides)];
    run.ranges(`parametric-${name}-grad`, sizeOf(shape), CHUNK.short, [C, R, ...operands, a, b, addressOf(out)]);
  },
});
