/**
 * Pickle, Python's format for objects, as far as files of tensors need it.
 *
 * A pickle is a program for a machine with a stack: it pushes numbers and strings, gathers them into lists, tuples and
 * dicts, and may name a global (a class, a function) and call it. That last power is what makes pickles dangerous: here
 * a global is only ever looked up in the table that the caller gives, and every other is refused by its name.
 *
 * Source: CPython `Lib/pickletools.py`, which documents every opcode. Read are those of protocols 2 to 4 that
 * containers, numbers and strings need; the text opcodes of protocol 0 are not.
 */
import { PickleObject, PickleTuple, describe } from './pickle-values.js';
import type { PickleDict, PickleValue } from './pickle-values.js';

/**
 * Lists, tuples, dicts, results of calls, and values remembered, all together: a byte of the file makes one, and one
 * takes up to 200 bytes. The checkpoint of a large network, with its optimizer, has some tens of thousands.
 */
const MOST_OBJECTS = 1_000_000;

export interface PickleOptions {
  /** What `module.name` stands for; undefined for one that is not allowed. */
  readonly global: (name: string) => PickleObject | undefined;
  /** What a persistent id stands for: an object that is kept outside the pickle. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/** Reads one pickle from `bytes` at `start`. Every stream is treated as hostile; `where` begins each message. */
export function readPickle(
  where: string, bytes: Uint8Array, start: number, options: PickleOptions,
): { value: PickleValue; end: number } {
  return new Machine(where, bytes, start, options).run();
}

/** Stands in the stack where a sequence of unknown length begins. */
const MARK = Symbol('mark');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Machine {
  private stack: (PickleValue | typeof MARK)[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly view: DataView;
  private objects = 0;

  constructor(
    private readonly where: string, private readonly bytes: Uint8Array, private at: number,
    private readonly options: PickleOptions,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = this.byte();
      if (opcode === 0x2e) return { value: this.pop(), end: this.at }; // STOP
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      case 0x80: return this.checkProtocol(this.byte()); // PROTO
      case 0x95: return void this.take(8); // FRAME: a hint for buffered reading
      // Constants.
      case 0x4e: return this.push(null); // NONE
      case 0x88: return this.push(true); // NEWTRUE
      case 0x89: return this.push(false); // NEWFALSE
      // Numbers.
      case 0x4b: return this.push(this.byte()); // BININT1
      case 0x4d: return this.push(this.view.getUint16(this.take(2), true)); // BININT2
      case 0x4a: return this.push(this.view.getInt32(this.take(4), true)); // BININT
      case 0x8a: return this.push(this.long(this.byte())); // LONG1
      case 0x8b: return this.push(this.long(this.length4())); // LONG4
      case 0x47: return this.push(this.view.getFloat64(this.take(8), false)); // BINFLOAT: big-endian
      // Strings.
      case 0x8c: return this.push(this.text(this.byte())); // SHORT_BINUNICODE
      case 0x58: return this.push(this.text(this.length4())); // BINUNICODE
      case 0x8d: return this.push(this.text(this.length8())); // BINUNICODE8
      case 0x55: return this.push(this.text(this.byte())); // SHORT_BINSTRING: a str of Python 2
      case 0x54: return this.push(this.text(this.length4())); // BINSTRING
      case 0x43: return this.push(this.blob(this.byte())); // SHORT_BINBYTES
      case 0x42: return this.push(this.blob(this.length4())); // BINBYTES
      case 0x8e: return this.push(this.blob(this.length8())); // BINBYTES8
      // Containers.
      case 0x28: return void this.stack.push(MARK); // MARK
      case 0x5d: return this.pushNew([]); // EMPTY_LIST
      case 0x7d: return this.pushNew(new Map()); // EMPTY_DICT
      case 0x29: return this.pushNew(new PickleTuple([])); // EMPTY_TUPLE
      case 0x85: return this.tuple(1); // TUPLE1
      case 0x86: return this.tuple(2); // TUPLE2
      case 0x87: return this.tuple(3); // TUPLE3
      case 0x74: return this.pushNew(new PickleTuple(this.popToMark())); // TUPLE
      case 0x6c: return this.pushNew(this.popToMark()); // LIST
      case 0x64: return this.pushNew(this.pairs(new Map(), this.popToMark())); // DICT
      case 0x61: return this.append([this.pop()]); // APPEND
      case 0x65: return this.append(this.popToMark()); // APPENDS
      case 0x73: return this.setItems([this.pop(), this.pop()].reverse()); // SETITEM
      case 0x75: return this.setItems(this.popToMark()); // SETITEMS
      // The stack itself, and what is used again.
      case 0x30: return void this.stack.pop(); // POP
      case 0x31: return void this.popToMark(); // POP_MARK
      case 0x32: return this.push(this.top()); // DUP
      case 0x71: return this.remember(this.byte()); // BINPUT
      case 0x72: return this.remember(this.length4()); // LONG_BINPUT
      case 0x94: return this.remember(this.memo.size); // MEMOIZE
      case 0x68: return this.recall(this.byte()); // BINGET
      case 0x6a: return this.recall(this.length4()); // LONG_BINGET
      // Globals and what they make.
      case 0x63: return this.push(this.global(this.line(), this.line())); // GLOBAL
      case 0x93: return this.stackGlobal(); // STACK_GLOBAL
      case 0x52: case 0x81: return this.reduce(); // REDUCE, NEWOBJ
      case 0x62: return void this.pop(); // BUILD: attributes of an object; nothing here has any that matter
      case 0x51: return this.push(this.options.persistent(this.pop())); // BINPERSID
      default:
        throw this.error(`opcode 0x${opcode.toString(16).padStart(2, '0')} is none that files of tensors use`);
    }
  }

  private error(message: string, at = this.at): Error {
    return new Error(`${this.where}: pickle at byte ${at}: ${message}`);
  }

  private checkProtocol(version: number): void {
    if (version > 5) throw this.error(`protocol ${version} is unknown; 2 to 5 are read`);
  }

  /** Moves past `count` bytes; returns where they begin. */
  private take(count: number): number {
    const at = this.at;
    if (count > this.bytes.length - at) {
      throw this.error(`asks for ${count} bytes, ${this.bytes.length - at} are left: it is cut short`);
    }
    this.at += count;
    return at;
  }

  private byte(): number {
    return this.bytes[this.take(1)];
  }

  private length4(): number {
    return this.view.getUint32(this.take(4), true);
  }

  private length8(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  private blob(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.slice(at, at + length);
  }

  private text(length: number): string {
    try {
      return utf8.decode(this.blob(length));
    } catch (cause) {
      if (cause instanceof TypeError) throw this.error('a string is not valid UTF-8');
      throw cause;
    }
  }

  /** A whole number of any size: two's complement, little-endian. */
  private long(length: number): number | bigint {
    if (length > 1024) throw this.error(`a whole number of ${length} bytes is larger than any that is read`);
    const at = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i]);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** Up to the end of the line, without it. */
  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.error('a name has no end: it is cut short');
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  private push(value: PickleValue): void {
    this.stack.push(value);
  }

  /** Pushes what is made here, and not only read. */
  private pushNew(value: PickleValue): void {
    this.count();
    this.push(value);
  }

  private count(): void {
    if (++this.objects > MOST_OBJECTS) {
      throw this.error(`makes or remembers more than ${MOST_OBJECTS} values; no file of tensors needs so many`);
    }
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.error('takes a value that is not there');
    return value;
  }

  private top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  private popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.error('ends a sequence that was not begun');
    const values = this.stack.splice(mark).slice(1);
    return values.filter((value) => value !== MARK);
  }

  private tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop()).reverse();
    this.pushNew(new PickleTuple(items));
  }

  private append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.error('appends to what is no list');
    for (const value of values) list.push(value);
  }

  private setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw this.error('sets items of what is no dict');
    this.pairs(dict, values);
  }

  private pairs(dict: PickleDict, values: readonly PickleValue[]): PickleDict {
    if (values.length % 2 !== 0) throw this.error('a key of a dict has no value');
    for (let i = 0; i < values.length; i += 2) dict.set(values[i], values[i + 1]);
    return dict;
  }

  private remember(key: number): void {
    if (!this.memo.has(key)) this.count();
    this.memo.set(key, this.top());
  }

  private recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.error(`recalls value ${key}, which was never remembered`);
    this.push(value);
  }

  private stackGlobal(): void {
    const [name, module] = [this.pop(), this.pop()];
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw this.error(`asks for a global by ${describe(module)} and ${describe(name)}, which are not both strings`);
    }
    this.push(this.global(module, name));
  }

  private global(module: string, name: string): PickleObject {
    const full = `${module}.${name}`;
    const found = this.options.global(full);
    if (found === undefined) {
      throw this.error(
        `asks for ${describe(full)}, which is neither a tensor nor a container; refused, ` +
          'since a pickle could run anything',
      );
    }
    return found;
  }

  private reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickleObject) || !(args instanceof PickleTuple)) {
      throw this.error('calls what cannot be called');
    }
    try {
      this.pushNew(callee.call(args.items));
    } catch (cause) {
      throw this.error(cause instanceof Error ? cause.message : String(cause));
    }
  }
}
