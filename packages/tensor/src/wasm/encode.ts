/**
 * The WebAssembly binary format, as far as kernels need it, under the names of the specification.
 * Source: WebAssembly Core Specification 2.0, chapter 5, "Binary Format".
 */

/** Bytes, nested as they were put together; flattened once, at the end. */
export type Code = number | Uint8Array | readonly Code[];

/**
 * Bytes in a buffer that grows. (Indexed loops: this runs once, cold, at start-up, and for…of costs it half as much
 * again.)
 */
class Writer {
  private bytes = new Uint8Array(1024);
  private length = 0;

  write(code: Code): void {
    if (typeof code === 'number') {
      if (this.length === this.bytes.length) this.grow(1);
      this.bytes[this.length++] = code;
    } else if (code instanceof Uint8Array) {
      if (this.length + code.length > this.bytes.length) this.grow(code.length);
      this.bytes.set(code, this.length);
      this.length += code.length;
    } else {
      for (let i = 0; i < code.length; i++) this.write(code[i]);
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + by));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

export function flatten(code: Code): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.write(code);
  return writer.finish();
}

/** Unsigned LEB128: seven bits a byte, lowest first, the top bit set on all but the last. */
export function u32(n: number): Code {
  if (!Number.isInteger(n) || n < 0 || n > 0xffff_ffff) {
    throw new RangeError(`u32: takes a whole number from 0 to 2^32 - 1; got ${n}`);
  }
  if (n <= 0x7f) return n;
  const bytes: number[] = [];
  let rest = n;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128: as `u32`, but the last byte's bit 6 is the sign. */
export function s32(n: number): Code {
  if (!Number.isInteger(n) || n < -(2 ** 31) || n >= 2 ** 31) {
    throw new RangeError(`s32: takes a whole number from -2^31 to 2^31 - 1; got ${n}`);
  }
  if (n >= -64 && n <= 63) return n & 0x7f;
  const bytes: number[] = [];
  let rest = n;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** IEEE 754 single, little-endian. */
export const f32Bytes = (x: number): Code => new Uint8Array(Float32Array.of(x).buffer);

/** A list: its length, then its items. */
export const vec = (items: readonly Code[]): Code => [u32(items.length), items];

/** A name: UTF-8, as a list of bytes. */
export const name = (text: string): Code => {
  const bytes = new TextEncoder().encode(text);
  return [u32(bytes.length), bytes];
};

export const valtype = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValType = keyof typeof valtype;

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

export interface Func {
  readonly name: string;
  readonly type: FuncType;
  /** Types of the locals after the parameters. */
  readonly locals: readonly ValType[];
  /** The instructions, without the closing `end`. */
  readonly body: Code;
}

export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly shared: boolean;
  /** Largest size in pages; must equal the memory's own. */
  readonly maximum: number;
}

const END = 0x0b;
const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const VERSION = [0x01, 0x00, 0x00, 0x00];

const sized = (code: Code): Code => {
  const bytes = flatten(code);
  return [u32(bytes.length), bytes];
};

const section = (id: number, content: Code): Code => [id, sized(content)];

const functype = ({ params, results }: FuncType): Code =>
  [0x60, vec(params.map((t) => [valtype[t]])), vec(results.map((t) => [valtype[t]]))];

/** Locals are declared in runs of equal types. */
function localRuns(locals: readonly ValType[]): Code {
  const runs: { type: ValType; count: number }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  return vec(runs.map(({ type, count }) => [u32(count), valtype[type]]));
}

/** A whole module: functions over one imported memory, all of them exported under their names. */
export function encodeModule(funcs: readonly Func[], memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const types = new Map<string, number>();
  const distinct: FuncType[] = [];
  const typeIndex = funcs.map(({ type }) => {
    const key = JSON.stringify(type);
    let index = types.get(key);
    if (index === undefined) {
      types.set(key, (index = distinct.length));
      distinct.push(type);
    }
    return index;
  });
  const limits = [memory.shared ? 0x03 : 0x01, u32(1), u32(memory.maximum)];
  return flatten([
    MAGIC,
    VERSION,
    section(1, vec(distinct.map(functype))),
    section(2, vec([[name(memory.module), name(memory.name), 0x02, limits]])),
    section(3, vec(typeIndex.map((index) => u32(index)))),
    section(7, vec(funcs.map((func, i) => [name(func.name), 0x00, u32(i)]))),
    section(10, vec(funcs.map(({ locals, body }) => sized([localRuns(locals), body, END])))),
  ]);
}
