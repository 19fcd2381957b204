/**
 * A small assembler: kernels as typed expressions that read as mathematics.
 *
 * An expression knows its type and its instructions, in the postfix order of a stack machine: the operands' code, then
 * the operation's. TypeScript checks the types; WebAssembly validates them again when the module is made.
 */
import { f32Bytes, s32, u32 } from './encode.js';
import type { Code, Func, ValType } from './encode.js';

/** f32x4 and i32x4 are two readings of one 128-bit register. */
export type Type = 'i32' | 'f32' | 'f32x4' | 'i32x4';

export interface Expr<T extends Type> {
  readonly type: T;
  readonly code: Code;
}

/** A variable: reading it is an expression; `$.set` writes it. */
export interface Local<T extends Type> extends Expr<T> {
  readonly index: number;
}

/** An instruction that leaves nothing on the stack. */
export interface Statement {
  readonly statement: Code;
}

const valTypeOf = (type: Type): ValType => (type === 'f32x4' || type === 'i32x4' ? 'v128' : type);

type Fn1<A extends Type, R extends Type> = (a: Expr<A>) => Expr<R>;
type Fn2<A extends Type, B extends Type, R extends Type> = (a: Expr<A>, b: Expr<B>) => Expr<R>;

const op1 = <A extends Type, R extends Type>(type: R, ...opcode: number[]): Fn1<A, R> => (a) =>
  ({ type, code: [a.code, opcode] });
const op2 = <A extends Type, B extends Type, R extends Type>(type: R, ...opcode: number[]): Fn2<A, B, R> => (a, b) =>
  ({ type, code: [a.code, b.code, opcode] });

/** Vector instructions: a prefix, then the opcode as LEB128. */
const simd = (opcode: number): number[] =>
  [0xfd, ...(opcode < 0x80 ? [opcode] : [(opcode & 0x7f) | 0x80, opcode >> 7])];

/** Alignment is a hint only: 2 means four bytes. */
const memarg = (offset: number): Code => [u32(2), u32(offset)];
const loadOp = <T extends Type>(type: T, ...opcode: number[]) => (address: Expr<'i32'>, offset = 0): Expr<T> =>
  ({ type, code: [address.code, opcode, memarg(offset)] });
const storeOp = <T extends Type>(...opcode: number[]) =>
  (address: Expr<'i32'>, value: Expr<T>, offset = 0): Statement =>
    ({ statement: [address.code, value.code, opcode, memarg(offset)] });

export const i32 = {
  const: (n: number): Expr<'i32'> => ({ type: 'i32', code: [0x41, s32(n)] }),
  add: op2<'i32', 'i32', 'i32'>('i32', 0x6a),
  sub: op2<'i32', 'i32', 'i32'>('i32', 0x6b),
  mul: op2<'i32', 'i32', 'i32'>('i32', 0x6c),
  divU: op2<'i32', 'i32', 'i32'>('i32', 0x6e),
  remU: op2<'i32', 'i32', 'i32'>('i32', 0x70),
  and: op2<'i32', 'i32', 'i32'>('i32', 0x71),
  shl: op2<'i32', 'i32', 'i32'>('i32', 0x74),
  shrU: op2<'i32', 'i32', 'i32'>('i32', 0x76),
  eq: op2<'i32', 'i32', 'i32'>('i32', 0x46),
  ne: op2<'i32', 'i32', 'i32'>('i32', 0x47),
  ltS: op2<'i32', 'i32', 'i32'>('i32', 0x48),
  ltU: op2<'i32', 'i32', 'i32'>('i32', 0x49),
  leU: op2<'i32', 'i32', 'i32'>('i32', 0x4d),
  geS: op2<'i32', 'i32', 'i32'>('i32', 0x4e),
  eqz: op1<'i32', 'i32'>('i32', 0x45),
  /** `a` where the condition is not 0, else `b`; both are computed. */
  select: (a: Expr<'i32'>, b: Expr<'i32'>, condition: Expr<'i32'>): Expr<'i32'> =>
    ({ type: 'i32', code: [a.code, b.code, condition.code, 0x1b] }),
  load: loadOp('i32', 0x28),
  store: storeOp<'i32'>(0x36),
};

/**
 * What scalars and vectors of floats have in common. A kernel body written against `Lanes` is emitted twice: on
 * f32x4 for whole vectors, on f32 for the tail.
 */
export interface Lanes<F extends Type, I extends Type> {
  /** Elements in one value. */
  readonly lanes: 1 | 4;
  readonly const: (x: number) => Expr<F>;
  /** One f32 in every lane. */
  readonly splat: (x: Expr<'f32'>) => Expr<F>;
  readonly load: (address: Expr<'i32'>, offset?: number) => Expr<F>;
  /** One element of memory in every lane. */
  readonly loadSplat: (address: Expr<'i32'>, offset?: number) => Expr<F>;
  readonly store: (address: Expr<'i32'>, value: Expr<F>, offset?: number) => Statement;
  readonly add: Fn2<F, F, F>;
  readonly sub: Fn2<F, F, F>;
  readonly mul: Fn2<F, F, F>;
  readonly div: Fn2<F, F, F>;
  readonly neg: Fn1<F, F>;
  readonly abs: Fn1<F, F>;
  readonly sqrt: Fn1<F, F>;
  readonly nearest: Fn1<F, F>;
  /** NaN if either operand is. */
  readonly min: Fn2<F, F, F>;
  readonly max: Fn2<F, F, F>;
  /** Comparisons make a mask for `select`. */
  readonly lt: Fn2<F, F, I>;
  readonly gt: Fn2<F, F, I>;
  readonly le: Fn2<F, F, I>;
  readonly eq: Fn2<F, F, I>;
  readonly select: (a: Expr<F>, b: Expr<F>, mask: Expr<I>) => Expr<F>;
  /** To the nearest whole number, saturating; the value is whole already. */
  readonly toInt: Fn1<F, I>;
  readonly fromInt: Fn1<I, F>;
  /** The same bits read the other way. */
  readonly bits: Fn1<F, I>;
  readonly fromBits: Fn1<I, F>;
  readonly intConst: (n: number) => Expr<I>;
  readonly intAdd: Fn2<I, I, I>;
  readonly intSub: Fn2<I, I, I>;
  readonly intAnd: Fn2<I, I, I>;
  readonly shl: (a: Expr<I>, n: number) => Expr<I>;
  readonly shr: (a: Expr<I>, n: number) => Expr<I>;
}

export const f32: Lanes<'f32', 'i32'> = {
  lanes: 1,
  const: (x) => ({ type: 'f32', code: [0x43, f32Bytes(x)] }),
  splat: (x) => x,
  load: loadOp('f32', 0x2a),
  loadSplat: loadOp('f32', 0x2a),
  store: storeOp<'f32'>(0x38),
  add: op2('f32', 0x92),
  sub: op2('f32', 0x93),
  mul: op2('f32', 0x94),
  div: op2('f32', 0x95),
  min: op2('f32', 0x96),
  max: op2('f32', 0x97),
  abs: op1('f32', 0x8b),
  neg: op1('f32', 0x8c),
  nearest: op1('f32', 0x90),
  sqrt: op1('f32', 0x91),
  eq: op2('i32', 0x5b),
  lt: op2('i32', 0x5d),
  gt: op2('i32', 0x5e),
  le: op2('i32', 0x5f),
  select: (a, b, mask) => ({ type: 'f32', code: [a.code, b.code, mask.code, 0x1b] }),
  toInt: op1('i32', 0xfc, 0x00), // i32.trunc_sat_f32_s
  fromInt: op1('f32', 0xb2),
  bits: op1('i32', 0xbc),
  fromBits: op1('f32', 0xbe),
  intConst: i32.const,
  intAdd: i32.add,
  intSub: i32.sub,
  intAnd: i32.and,
  shl: (a, n) => i32.shl(a, i32.const(n)),
  shr: (a, n) => i32.shrU(a, i32.const(n)),
};

export const f32x4: Lanes<'f32x4', 'i32x4'> &
  { readonly extract: (a: Expr<'f32x4'>, lane: 0 | 1 | 2 | 3) => Expr<'f32'> } = {
  lanes: 4,
  const: (x) => ({ type: 'f32x4', code: [simd(0x0c), f32Bytes(x), f32Bytes(x), f32Bytes(x), f32Bytes(x)] }),
  splat: op1('f32x4', ...simd(0x13)),
  load: loadOp('f32x4', ...simd(0x00)),
  loadSplat: loadOp('f32x4', ...simd(0x09)),
  store: storeOp<'f32x4'>(...simd(0x0b)),
  extract: (a, lane) => ({ type: 'f32', code: [a.code, simd(0x1f), lane] }),
  add: op2('f32x4', ...simd(0xe4)),
  sub: op2('f32x4', ...simd(0xe5)),
  mul: op2('f32x4', ...simd(0xe6)),
  div: op2('f32x4', ...simd(0xe7)),
  min: op2('f32x4', ...simd(0xe8)),
  max: op2('f32x4', ...simd(0xe9)),
  abs: op1('f32x4', ...simd(0xe0)),
  neg: op1('f32x4', ...simd(0xe1)),
  nearest: op1('f32x4', ...simd(0x6a)),
  sqrt: op1('f32x4', ...simd(0xe3)),
  eq: op2('i32x4', ...simd(0x41)),
  lt: op2('i32x4', ...simd(0x43)),
  gt: op2('i32x4', ...simd(0x44)),
  le: op2('i32x4', ...simd(0x45)),
  select: (a, b, mask) => ({ type: 'f32x4', code: [a.code, b.code, mask.code, simd(0x52)] }), // v128.bitselect
  toInt: op1('i32x4', ...simd(0xf8)), // i32x4.trunc_sat_f32x4_s
  fromInt: op1('f32x4', ...simd(0xfa)),
  bits: (a) => ({ type: 'i32x4', code: a.code }),
  fromBits: (a) => ({ type: 'f32x4', code: a.code }),
  intConst: (n) => ({ type: 'i32x4', code: [i32.const(n).code, simd(0x11)] }), // i32x4.splat
  intAdd: op2('i32x4', ...simd(0xae)),
  intSub: op2('i32x4', ...simd(0xb1)),
  intAnd: op2('i32x4', ...simd(0x4e)),
  shl: (a, n) => ({ type: 'i32x4', code: [a.code, i32.const(n).code, simd(0xab)] }),
  shr: (a, n) => ({ type: 'i32x4', code: [a.code, i32.const(n).code, simd(0xad)] }),
};

/** Writes the body of one kernel, statement by statement. */
export class Body {
  readonly locals: ValType[] = [];
  private code: Code[] = [];

  constructor(private readonly params: number) {}

  /** A new variable with a first value. */
  let<T extends Type>(value: Expr<T>): Local<T> {
    const index = this.params + this.locals.length;
    this.locals.push(valTypeOf(value.type));
    const local: Local<T> = { type: value.type, index, code: [0x20, u32(index)] };
    this.set(local, value);
    return local;
  }

  set<T extends Type>(local: Local<T>, value: Expr<NoInfer<T>>): void {
    this.code.push([value.code, 0x21, u32(local.index)]);
  }

  do(...statements: readonly Statement[]): void {
    for (const { statement } of statements) this.code.push(statement);
  }

  /** Runs `body` as long as the condition is not 0. The test stands at the top once, and at the bottom of the loop. */
  while(condition: Expr<'i32'>, body: () => void): void {
    const inner = this.collect(body);
    const [block, loop, brIf, end, empty] = [0x02, 0x03, 0x0d, 0x0b, 0x40];
    this.code.push([
      block, empty, i32.eqz(condition).code, brIf, 0, loop, empty, inner, condition.code, brIf, 0, end, end,
    ]);
  }

  if(condition: Expr<'i32'>, then: () => void, otherwise?: () => void): void {
    const [ifOp, elseOp, end, empty] = [0x04, 0x05, 0x0b, 0x40];
    const branch = this.collect(then);
    this.code.push([
      condition.code, ifOp, empty, branch,
      otherwise === undefined ? [] : [elseOp, this.collect(otherwise)],
      end,
    ]);
  }

  /** `variable` += by, as long as variable < end (unsigned): `body` runs for each value. */
  for(variable: Local<'i32'>, end: Expr<'i32'>, by: Expr<'i32'>, body: () => void): void {
    this.while(i32.ltU(variable, end), () => {
      body();
      this.set(variable, i32.add(variable, by));
    });
  }

  finish(): Code {
    return this.code;
  }

  private collect(body: () => void): Code {
    const outer = this.code;
    this.code = [];
    body();
    const inner = this.code;
    this.code = outer;
    return inner;
  }
}

export type Params = Readonly<Record<string, 'i32' | 'f32'>>;


/** A kernel that can be emitted. */
export interface KernelSource {
  readonly name: string;
  readonly emit: () => Func;
}

/**
 * A kernel without result, from its parameters, numbered in the order they are named, and its body, which is written
 * when the kernel is emitted.
 */
export function kernel<P extends Params>(
  name: string, params: P, write: (args: { [K in keyof P]: Local<P[K]> }, $: Body) => void,
): KernelSource {
  const emit = (): Func => {
    const names: (keyof P & string)[] = Object.keys(params);
    const $ = new Body(names.length);
    const args: Partial<{ [K in keyof P]: Local<P[K]> }> = {};
    names.forEach((key, index) => (args[key] = { type: params[key], index, code: [0x20, u32(index)] }));
    write(args as { [K in keyof P]: Local<P[K]> }, $);
    return { name, type: { params: names.map((key) => params[key]), results: [] }, locals: $.locals, body: $.finish() };
  };
  return { name, emit };
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** address + index·bytes. */
export const at = (address: Expr<'i32'>, index: Expr<'i32'>, bytes = 4): Expr<'i32'> =>
  i32.add(address, i32.mul(index, i32.const(bytes)));
/** n elements in bytes. */
export const bytesOf = (n: Expr<'i32'>): Expr<'i32'> => i32.shl(n, i32.const(2));
