/**
 * Functions of one or two numbers over whole tensors, in SIMD.
 *
 * Every kernel computes a range begin ≤ i < end of the output's elements, in reading order. The output is contiguous
 * and seen as rows of C elements, R rows to a plane; an operand is reached by a stride a plane and a stride a row
 * (bytes; 0 broadcasts). So `[N, HW, C] × [N, 1, C]` is one call, and a range may begin and end anywhere within a row.
 *
 * Measured (Node 20, Zen 3, one thread, 1 M elements in cache, ns an element): silu 0.89, exp 1.0, siluGrad 1.3, add
 * 0.17; `[N, HW, C] × [N, 1, C]` 0.27 at C = 16, 0.19 at 32, 0.15 from 96 up; a transposition 0.25 to 0.7, 1.2 where
 * the leading dimension is a power of 2.
 */
import type { BinaryName, UnaryName } from '../../kernels/elementwise.js';
import { at, bytesOf, f32, f32x4, i32, kernel, range } from '../asm.js';
import type { Body, Expr, Lanes, Local, Type, KernelSource } from '../asm.js';
import { clamp, exp, log, sigmoid, silu, tanh } from '../math.js';

type Address = Local<'i32'>;

/** A function of one number, or of two, on whatever lanes there are. */
type Unary = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, x: Local<F>) => Expr<F>;
type Binary = <F extends Type, I extends Type>($: Body, v: Lanes<F, I>, a: Local<F>, b: Local<F>) => Expr<F>;

/** Formulas of kernels/elementwise.ts, except the ones no model spends time in. */
export const unaryFormulas = {
  neg: (_$, v, x) => v.neg(x),
  abs: (_$, v, x) => v.abs(x),
  square: (_$, v, x) => v.mul(x, x),
  sqrt: (_$, v, x) => v.sqrt(x),
  rsqrt: (_$, v, x) => v.div(v.const(1), v.sqrt(x)),
  reciprocal: (_$, v, x) => v.div(v.const(1), x),
  sign: (_$, v, x) => v.select(v.const(1), v.select(v.const(-1), x, v.lt(x, v.const(0))), v.gt(x, v.const(0))),
  relu: (_$, v, x) => v.max(x, v.const(0)),
  exp, log, sigmoid, tanh, silu,
  relu6: ($, v, x) => clamp($, v, x, 0, 6),
  hardsigmoid: ($, v, x) => v.mul(clamp($, v, $.let(v.add(x, v.const(3))), 0, 6), v.const(1 / 6)),
  hardswish: ($, v, x) => v.mul(x, v.mul(clamp($, v, $.let(v.add(x, v.const(3))), 0, 6), v.const(1 / 6))),
} as const satisfies Partial<Record<UnaryName, Unary>>;

/** Those of two numbers. */
export const binaryFormulas = {
  add: (_$, v, a, b) => v.add(a, b),
  sub: (_$, v, a, b) => v.sub(a, b),
  mul: (_$, v, a, b) => v.mul(a, b),
  div: (_$, v, a, b) => v.div(a, b),
  maximum: (_$, v, a, b) => v.max(a, b),
  minimum: (_$, v, a, b) => v.min(a, b),
  /** σ(x) is 0 below −88.4 (in float64, below −745): against it an infinite g gives NaN. */
  siluGrad: ($, v, g, x) => {
    const s = $.let(sigmoid($, v, x));
    return v.mul(v.mul(g, s), v.add(v.const(1), v.mul(x, v.sub(v.const(1), s))));
  },
  sigmoidGrad: (_$, v, g, y) => v.mul(v.mul(g, y), v.sub(v.const(1), y)),
  /** 1 − y² as (1 − y)(1 + y): y² would be rounded, and could overflow. */
  tanhGrad: (_$, v, g, y) => v.mul(v.mul(g, v.sub(v.const(1), y)), v.add(v.const(1), y)),
  reluGrad: (_$, v, g, y) => v.select(g, v.const(0), v.gt(y, v.const(0))),
  relu6Grad: (_$, v, g, y) => v.select(v.const(0), v.select(v.const(0), g, v.le(v.const(6), y)), v.le(y, v.const(0))),
  hardsigmoidGrad: (_$, v, g, x) => v.select(v.mul(g, v.const(1 / 6)), v.const(0), v.lt(v.abs(x), v.const(3))),
  hardswishGrad: ($, v, g, x) => {
    const inside = $.let(v.mul(g, v.add(v.mul(x, v.const(1 / 3)), v.const(0.5))));
    return v.select(v.const(0), v.select(inside, g, v.lt(x, v.const(3))), v.lt(x, v.const(-3)));
  },
} as const satisfies Partial<Record<BinaryName, Binary>>;

export type FastBinary = keyof typeof binaryFormulas;
const binaryNames = Object.keys(binaryFormulas) as FastBinary[];

/** Where an operand's elements are: strides in bytes. */
export interface Operand {
  readonly base: Address;
  readonly planeBytes: Address;
  readonly rowBytes: Address;
  readonly stepBytes: Expr<'i32'>;
}

interface Range {
  readonly C: Address;
  readonly R: Address;
  readonly begin: Address;
  readonly end: Address;
}

/**
 * Calls `segment(addresses, n)` for every piece of a row in the range: `addresses` are where the operands' elements of
 * the piece begin, n is its length. Divides once, counts from there on.
 */
export function eachSegment(
  $: Body, { C, R, begin, end }: Range, operands: readonly Operand[],
  segment: (addresses: Address[], n: Address) => void,
): void {
  const i = $.let(begin);
  const firstRow = $.let(i32.divU(begin, C));
  const column = $.let(i32.sub(begin, i32.mul(firstRow, C)));
  const plane = $.let(i32.divU(firstRow, R));
  const row = $.let(i32.sub(firstRow, i32.mul(plane, R)));
  const planes = operands.map(({ base, planeBytes }) => $.let(i32.add(base, i32.mul(plane, planeBytes))));
  const rows = operands.map(({ rowBytes }, k) => $.let(i32.add(planes[k], i32.mul(row, rowBytes))));
  const n = $.let(i32.const(0));
  $.while(i32.ltU(i, end), () => {
    $.set(n, i32.sub(C, column));
    $.set(n, i32.select(n, i32.sub(end, i), i32.ltU(n, i32.sub(end, i))));
    segment(operands.map(({ stepBytes }, k) => $.let(i32.add(rows[k], i32.mul(column, stepBytes)))), n);
    $.set(i, i32.add(i, n));
    $.set(column, i32.const(0));
    $.set(row, i32.add(row, i32.const(1)));
    $.if(i32.eq(row, R), () => {
      $.set(row, i32.const(0));
      operands.forEach(({ planeBytes }, k) => {
        $.set(planes[k], i32.add(planes[k], planeBytes));
        $.set(rows[k], planes[k]);
      });
    }, () => operands.forEach(({ rowBytes }, k) => $.set(rows[k], i32.add(rows[k], rowBytes))));
  });
}

/** A body over any lanes; the inner loop below emits it on four, then on one. */
type OnLanes = <F extends Type, I extends Type>(v: Lanes<F, I>, offset: number) => void;

/**
 * Emits `body` for n elements: `unroll` vectors at a time, then one vector, then single elements; the addresses in
 * `moving` go along. Two vectors for one test and one step: 10 to 15 % where the body is short, nothing where it is
 * long; four are no better than two, and rows of 16 channels suffer.
 */
export function eachLane($: Body, n: Expr<'i32'>, moving: readonly Address[], unroll: 1 | 2, body: OnLanes): void {
  const left = $.let(n);
  const loop = (count: number, emit: () => void): void =>
    $.while(i32.leU(i32.const(count), left), () => {
      emit();
      for (const address of moving) $.set(address, i32.add(address, i32.const(4 * count)));
      $.set(left, i32.sub(left, i32.const(count)));
    });
  if (unroll === 2) loop(8, () => [0, 16].forEach((offset) => body(f32x4, offset)));
  loop(4, () => body(f32x4, 0));
  loop(1, () => body(f32, 0));
}

/** Functions that take about 1 ns an element to compute; the others wait for memory. */
export const LONG: ReadonlySet<string> = new Set(['exp', 'log', 'sigmoid', 'tanh', 'silu', 'siluGrad']);
const unrollOf = (name: string): 1 | 2 => (LONG.has(name) ? 1 : 2);

/** out[i] = f(x[i]), begin ≤ i < end. */
const unaryFunc = (name: string, f: Unary): KernelSource =>
  kernel(
    `unary-${name}`,
    { C: 'i32', R: 'i32', x: 'i32', xPlane: 'i32', xRow: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
    ({ C, R, x, xPlane, xRow, out, begin, end }, $) => {
      const to = $.let(at(out, begin));
      const operand: Operand = { base: x, planeBytes: xPlane, rowBytes: xRow, stepBytes: i32.const(4) };
      eachSegment($, { C, R, begin, end }, [operand], ([from], n) => {
        eachLane($, n, [from, to], unrollOf(name), (v, offset) => {
          const value = $.let(v.load(from, offset));
          $.do(v.store(to, f($, v, value), offset));
        });
      });
    },
  );

/**
 * out[i] = f(a[i], b[i]), begin ≤ i < end. Along a row an operand is a vector or one scalar, v or s in `steps`: 'vs'
 * multiplies every row by a number of its own.
 */
function binaryFunc(name: FastBinary, steps: string): KernelSource {
  const [aStep, bStep] = steps;
  const f: Binary = binaryFormulas[name];
  return kernel(
    `binary-${name}-${steps}`,
    {
      C: 'i32', R: 'i32', a: 'i32', aPlane: 'i32', aRow: 'i32', b: 'i32', bPlane: 'i32', bRow: 'i32', out: 'i32',
      begin: 'i32', end: 'i32',
    },
    ({ C, R, a, aPlane, aRow, b, bPlane, bRow, out, begin, end }, $) => {
      const to = $.let(at(out, begin));
      const operands: Operand[] = [
        { base: a, planeBytes: aPlane, rowBytes: aRow, stepBytes: i32.const(aStep === 'v' ? 4 : 0) },
        { base: b, planeBytes: bPlane, rowBytes: bRow, stepBytes: i32.const(bStep === 'v' ? 4 : 0) },
      ];
      eachSegment($, { C, R, begin, end }, operands, ([aAt, bAt], n) => {
        const aValue = aStep === 's' ? $.let(f32.load(aAt)) : null;
        const bValue = bStep === 's' ? $.let(f32.load(bAt)) : null;
        const moving = [to, ...(aValue === null ? [aAt] : []), ...(bValue === null ? [bAt] : [])];
        eachLane($, n, moving, unrollOf(name), (v, offset) => {
          const x = $.let(aValue === null ? v.load(aAt, offset) : v.splat(aValue));
          const y = $.let(bValue === null ? v.load(bAt, offset) : v.splat(bValue));
          $.do(v.store(to, f($, v, x, y), offset));
        });
      });
    },
  );
}

/** One value a row: for arithmetic only; a commutative function swaps its operands where the first one is scalar. */
export function stepsOf(name: FastBinary): readonly string[] {
  switch (name) {
    case 'add': case 'mul': case 'maximum': case 'minimum': return ['vv', 'vs'];
    case 'sub': case 'div': return ['vv', 'vs', 'sv'];
    default: return ['vv'];
  }
}

/** The 4×4 transpose of four vectors: two rounds of interleaving. */
function transpose4($: Body, [a, b, c, d]: readonly Local<'f32x4'>[]): Expr<'f32x4'>[] {
  const low = (x: Local<'f32x4'>, y: Local<'f32x4'>): Local<'f32x4'> => $.let(shuffle(x, y, [0, 4, 1, 5]));
  const high = (x: Local<'f32x4'>, y: Local<'f32x4'>): Local<'f32x4'> => $.let(shuffle(x, y, [2, 6, 3, 7]));
  const [ac, acHigh, bd, bdHigh] = [low(a, c), high(a, c), low(b, d), high(b, d)];
  return [low(ac, bd), high(ac, bd), low(acHigh, bdHigh), high(acHigh, bdHigh)];
}

/** Lanes 0–3 are those of x, 4–7 those of y (`i8x16.shuffle`, four bytes a lane). */
export function shuffle(x: Expr<'f32x4'>, y: Expr<'f32x4'>, lanes: readonly number[]): Expr<'f32x4'> {
  const bytes = lanes.flatMap((lane) => range(4).map((byte) => 4 * lane + byte));
  return { type: 'f32x4', code: [x.code, y.code, 0xfd, 0x0d, bytes] };
}

/**
 * out[p,r,c] = x[p,c,r]: planes of R×C gathered from planes of C×R with `xColumn` bytes from one row to the next. The
 * range counts groups of four rows of out, Q = ⌈R/4⌉ to a plane. 4×4 blocks are turned in registers; what is left over
 * at the edges is copied one by one.
 */
const transpose: KernelSource = kernel(
  'copy-transposed',
  { C: 'i32', R: 'i32', x: 'i32', xPlane: 'i32', xColumn: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
  ({ C, R, x, xPlane, xColumn, out, begin, end }, $) => {
    const Q = $.let(i32.shrU(i32.add(R, i32.const(3)), i32.const(2)));
    const rowBytes = $.let(bytesOf(C));
    const group = $.let(begin);
    $.for(group, end, i32.const(1), () => {
      const plane = $.let(i32.divU(group, Q));
      const row = $.let(i32.shl(i32.sub(group, i32.mul(plane, Q)), i32.const(2)));
      const from = $.let(i32.add(at(x, row), i32.mul(plane, xPlane)));
      const to = $.let(i32.add(out, i32.mul(i32.add(i32.mul(plane, R), row), rowBytes)));
      const rows = $.let(i32.sub(R, row));
      const left = $.let(C);
      $.if(i32.leU(i32.const(4), rows), () => {
        $.while(i32.leU(i32.const(4), left), () => {
          const columns = range(4).map(() => {
            const column = $.let(f32x4.load(from));
            $.set(from, i32.add(from, xColumn));
            return column;
          });
          const outRow = $.let(to);
          for (const turned of transpose4($, columns)) {
            $.do(f32x4.store(outRow, turned));
            $.set(outRow, i32.add(outRow, rowBytes));
          }
          $.set(to, i32.add(to, i32.const(16)));
          $.set(left, i32.sub(left, i32.const(4)));
        });
        $.set(rows, i32.const(4));
      });
      $.while(left, () => {
        const [source, target, r] = [$.let(from), $.let(to), $.let(rows)];
        $.while(r, () => {
          $.do(f32.store(target, f32.load(source)));
          $.set(source, i32.add(source, i32.const(4)));
          $.set(target, i32.add(target, rowBytes));
          $.set(r, i32.sub(r, i32.const(1)));
        });
        $.set(from, i32.add(from, xColumn));
        $.set(to, i32.add(to, i32.const(4)));
        $.set(left, i32.sub(left, i32.const(1)));
      });
    });
  },
);

/** out[i] = x[i], begin ≤ i < end, where neighbours in a row of x lie `step` bytes apart. */
const copyStrided: KernelSource = kernel(
  'copy-strided',
  { C: 'i32', R: 'i32', x: 'i32', xPlane: 'i32', xRow: 'i32', step: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
  ({ C, R, x, xPlane, xRow, step, out, begin, end }, $) => {
    const to = $.let(at(out, begin));
    const operand: Operand = { base: x, planeBytes: xPlane, rowBytes: xRow, stepBytes: step };
    eachSegment($, { C, R, begin, end }, [operand], ([from], n) => {
      const left = $.let(n);
      $.while(left, () => {
        $.do(f32.store(to, f32.load(from)));
        $.set(from, i32.add(from, step));
        $.set(to, i32.add(to, i32.const(4)));
        $.set(left, i32.sub(left, i32.const(1)));
      });
    });
  },
);

export const elementwiseFuncs: readonly KernelSource[] = [
  ...Object.entries(unaryFormulas).map(([name, f]) => unaryFunc(name, f)),
  ...binaryNames.flatMap((name) => stepsOf(name).map((steps) => binaryFunc(name, steps))),
  unaryFunc('copy', (_$, _v, x) => x),
  transpose,
  copyStrided,
];
