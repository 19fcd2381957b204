/**
 * NumPy's NPY format: one array in a file.
 *
 *   6 bytes    the magic \x93NUMPY
 *   2 bytes    major and minor version
 *   2 bytes    header length, unsigned little-endian (version 1.0; 4 bytes in 2.0 and 3.0)
 *   header     a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, spaces and a newline;
 *              Latin-1 (3.0: UTF-8). Spaces make the data begin at a multiple of 64 bytes
 *   the rest   elements
 *
 * Source: NumPy enhancement proposal 1, https://numpy.org/neps/nep-0001-npy-format.html, and for versions 2.0 and 3.0
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { type Shape } from '../shape.js';
import { quote } from './json.js';
import { byteLengthOf, decodeArray, elementBytes, encodeArray, gather } from './raw-array.js';
import type { DType, RawArray } from './raw-array.js';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy reads no longer headers from files it does not trust; those of plain arrays take 128 bytes. */
const maxHeaderLength = 10_000;

/** Element types by their NumPy names, without the mark of byte order. */
const dtypes = new Map<string, DType>([
  ['f2', 'F16'], ['f4', 'F32'], ['f8', 'F64'], ['b1', 'BOOL'],
  ['i1', 'I8'], ['i2', 'I16'], ['i4', 'I32'], ['i8', 'I64'],
  ['u1', 'U8'], ['u2', 'U16'], ['u4', 'U32'], ['u8', 'U64'],
]);

type Groups = Readonly<Record<string, string | undefined>>;

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
}

/**
 * Reads an NPY file of version 1.0, 2.0 or 3.0: floats, integers and booleans of either byte order, C or Fortran order.
 * The result is in C order. f2 comes back as F32; see {@link RawArray} for the others. Where alignment allows and
 * nothing has to be moved, `data` is a view of `bytes`, no copy.
 *
 * Throws an Error naming `name` (the file), what was expected and what was found: for a wrong magic or version, a
 * file cut short or too long, a header that is not exactly the three fields, and element types that are no plain
 * numbers (objects, strings, records, complex numbers).
 */
export function parseNpy(bytes: Uint8Array, name: string): RawArray {
  const where = `parseNpy: ${name}`;
  const { text, dataStart } = readHeaderText(where, bytes);
  const { descr, fortranOrder, shape } = parseHeader(`${where}: header`, text);
  const { dtype, bigEndian } = readDescr(where, descr);
  const width = elementBytes[dtype];
  const expected = byteLengthOf(where, dtype, shape);
  let elements = bytes.subarray(dataStart);
  if (elements.length !== expected) {
    const problem = elements.length < expected ? 'it is cut short' : 'something follows the array';
    const want = `${quote(descr)} of shape ${tuple(shape)} takes ${expected} bytes`;
    throw new Error(`${where}: ${want}; found ${elements.length}: ${problem}`);
  }
  if (bigEndian) elements = swapBytes(elements, width);
  if (fortranOrder) elements = fortranToC(elements, shape, width);
  return decodeArray(where, dtype, shape, elements);
}

function readHeaderText(where: string, bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.length < 12) throw new Error(`${where}: ${bytes.length} bytes; an NPY file has more. Is it complete?`);
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    const found = Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new Error(`${where}: begins with bytes ${found}; expected 93 4e 55 4d 50 59 (\\x93NUMPY). Not an NPY file?`);
  }
  const [major, minor] = bytes.subarray(6, 8);
  if (major < 1 || major > 3 || minor !== 0) {
    throw new Error(`${where}: format version ${major}.${minor}; expected 1.0, 2.0 or 3.0`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerStart = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderLength) {
    throw new Error(`${where}: header of ${length} bytes; a plain array's has at most ${maxHeaderLength}`);
  }
  const dataStart = headerStart + length;
  if (dataStart > bytes.length) {
    throw new Error(`${where}: header ends at byte ${dataStart}, the file at ${bytes.length}: it is cut short`);
  }
  // What may stand in the header is ASCII in every version: read byte by byte, other bytes fail in the parser.
  return { text: String.fromCharCode(...bytes.subarray(headerStart, dataStart)), dataStart };
}

/**
 * header := '{' field (',' field)* ','? '}', field := key ':' value; exactly the three keys, in any order.
 * A tuple of one is `(3,)`. The `L` after a number comes from Python 2. Strings have no escapes.
 */
function parseHeader(where: string, text: string): Header {
  const pattern = /[ \t]*(?:(?<number>\d+)L?|(['"])(?<string>[^'"\\]*)\2|(?<word>True|False)|(?<mark>[{}(),:]))/y;
  const rest = () => text.slice(pattern.lastIndex).trim();
  const fail = (expected: string, found = rest()) => new Error(`${where}: expected ${expected}; found ${quote(found)}`);

  /** Steps over the next token if `read` makes something of it. */
  const token = (expected: string, read: (groups: Groups) => string | undefined): string => {
    const start = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    const value = groups === undefined ? undefined : read(groups);
    if (value !== undefined) return value;
    pattern.lastIndex = start;
    throw fail(expected);
  };
  const expectMark = (mark: string) => token(`"${mark}"`, (groups) => (groups['mark'] === mark ? mark : undefined));
  const take = (mark: string): boolean => {
    if (!text.slice(pattern.lastIndex).trimStart().startsWith(mark)) return false;
    expectMark(mark);
    return true;
  };
  const string = (expected: string) => token(expected, (groups) => groups['string']);
  const truth = () => token('True or False for fortran_order', (groups) => groups['word']) === 'True';
  const axes = (): number[] => {
    const lengths: number[] = [];
    const start = pattern.lastIndex;
    expectMark('(');
    while (!take(')')) {
      lengths.push(Number(token('a whole number >= 0 in shape', (groups) => groups['number'])));
      if (take(',')) continue;
      expectMark(')');
      if (lengths.length === 1) throw fail(`a tuple (${lengths[0]},) for shape`, text.slice(start).trim());
      break;
    }
    return lengths;
  };

  let descr: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  const seen = new Set<string>();
  expectMark('{');
  while (!take('}')) {
    const key = string('a key');
    if (seen.has(key)) throw new Error(`${where}: field ${quote(key)} is there twice`);
    seen.add(key);
    expectMark(':');
    if (key === 'descr') descr = string('a plain number type such as "<f4" for descr (no records)');
    else if (key === 'fortran_order') fortranOrder = truth();
    else if (key === 'shape') shape = axes();
    else throw fail('the fields descr, fortran_order and shape only', key);
    if (take(',')) continue;
    expectMark('}');
    break;
  }
  if (rest() !== '') throw fail('only spaces after the dict');
  if (descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw fail('the fields descr, fortran_order and shape', text.trim());
  }
  return { descr, fortranOrder, shape };
}

function readDescr(where: string, descr: string): { dtype: DType; bigEndian: boolean } {
  const dtype = dtypes.get(descr.slice(1));
  // One byte has no order: NumPy marks it "|".
  if (dtype === undefined || !(elementBytes[dtype] === 1 ? '|<>' : '<>').includes(descr[0])) {
    const known = [...dtypes.keys()].join(', ');
    throw new Error(`${where}: descr is ${quote(descr)}; expected "<" or ">" ("|" for one byte) and one of ${known}`);
  }
  return { dtype, bigEndian: descr[0] === '>' };
}

function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < out.length; start += width) {
    for (let b = 0; b < width; b++) out[start + b] = bytes[start + width - 1 - b];
  }
  return out;
}

/** Elements whose first axis runs fastest, put in C order, whose last does. */
function fortranToC(bytes: Uint8Array, shape: Shape, width: number): Uint8Array {
  const strides: number[] = [];
  for (let axis = 0, step = 1; axis < shape.length; step *= shape[axis++]) strides.push(step);
  return gather(bytes, width, 0, shape, strides);
}

/** A shape as Python spells it: `()`, `(3,)`, `(2, 3)`. */
const tuple = (shape: Shape): string => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

/**
 * An NPY file of version 1.0 holding `array`: little-endian, C order, data at a multiple of 64 bytes, as `numpy.save`
 * writes and `numpy.load` reads. A Float64Array is written as f8, i8 or u8, as its dtype says.
 * Throws when the array is not what its dtype and shape say.
 */
export function serializeNpy(array: RawArray): Uint8Array {
  const elements = encodeArray('serializeNpy', array);
  const width = elementBytes[array.dtype];
  const [code] = [...dtypes].find(([, dtype]) => dtype === array.dtype) ?? [];
  const descr = `${width === 1 ? '|' : '<'}${code}`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple(array.shape)}, }`;
  const dataStart = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(dataStart - 11)}\n`;
  const bytes = new Uint8Array(dataStart + elements.length);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(elements, dataStart);
  return bytes;
}
