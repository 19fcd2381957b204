/**
 * The safetensors format: named arrays in one file, with nothing in it that could run.
 *
 *   8 bytes    N, the length of the header: an unsigned little-endian integer
 *   N bytes    JSON in UTF-8: {"name": {"dtype": "F32", "shape": [2,3], "data_offsets": [begin, end]}, …}
 *              and perhaps "__metadata__": {"key": "text", …}; spaces may follow
 *   the rest   elements, little-endian, C order; offsets count from here, `end` is one past the last byte
 *
 * The arrays fill the rest of the file exactly: no holes, no overlaps. Their order there is free.
 * Source: https://github.com/huggingface/safetensors#format, and its safetensors/src/tensor.rs for the limits.
 */
import { formatShape, type Shape } from '../shape.js';
import { toFloat16 } from './float16.js';
import { parseJson, quote, type Json } from './json.js';
import {
  byteLengthOf, decodeArray, elementBytes, encodeArray, isDType, type DType, type RawArray,
} from './raw-array.js';

/** The longest header the reference implementation reads. */
const maxHeaderLength = 100_000_000;

const metadataKey = '__metadata__';

/** What a safetensors file holds. Both maps keep the order of the header. */
export interface Safetensors {
  readonly tensors: Map<string, RawArray>;
  readonly metadata: Map<string, string>;
  /** Element types as they stand in the file, where F16 and BF16 are themselves. */
  readonly dtypes: Map<string, DType>;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads all arrays of a safetensors file. F16 and BF16 come back as F32; see {@link RawArray} for the others. Where
 * alignment allows, `data` is a view of `bytes`, no copy.
 *
 * Every header is treated as hostile. Throws an Error naming `name` (the file), the tensor, what was expected and what
 * was found: for a file cut short or too long, a header beyond its limit, JSON that is invalid or names a key twice,
 * and dtype, shape and offsets that do not fit each other or the file.
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const where = `parseSafetensors: ${name}`;
  const { header, dataStart } = readHeader(where, bytes);
  const dataLength = bytes.length - dataStart;
  let metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [key, value] of header) {
    if (key === metadataKey) metadata = readMetadata(where, value);
    else entries.push(readEntry(where, key, value, dataLength));
  }
  checkCoverage(where, entries, dataLength);
  const tensors = new Map<string, RawArray>();
  for (const { name: key, dtype, shape, begin, end } of entries) {
    const elements = bytes.subarray(dataStart + begin, dataStart + end);
    tensors.set(key, decodeArray(`${where}: tensor ${quote(key)}`, dtype, shape, elements));
  }
  return { tensors, metadata, dtypes: new Map(entries.map(({ name: key, dtype }) => [key, dtype])) };
}

function readHeader(where: string, bytes: Uint8Array): { header: ReadonlyMap<string, Json>; dataStart: number } {
  if (bytes.length < 8) {
    throw new Error(`${where}: ${bytes.length} bytes; expected at least 8 (the header's length). Is it complete?`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderLength) {
    throw new Error(
      `${where}: header length ${length} exceeds the format's limit of ${maxHeaderLength}; not a safetensors file?`,
    );
  }
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) {
    throw new Error(`${where}: header ends at byte ${dataStart}, the file at ${bytes.length}: it is cut short`);
  }
  if (length === 0n || bytes[8] !== 0x7b) {
    const start = length === 0n ? 'is empty' : `begins with byte 0x${bytes[8].toString(16).padStart(2, '0')}`;
    throw new Error(`${where}: header ${start}; expected "{"`);
  }
  const header = parseJson(`${where}: header`, decodeUtf8(where, bytes.subarray(8, dataStart)));
  if (!(header instanceof Map)) throw new Error(`${where}: header is not an object`);
  return { header, dataStart };
}

function decodeUtf8(where: string, bytes: Uint8Array): string {
  try {
    // A copy: browsers decode no bytes of shared memory.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw new Error(`${where}: header is not valid UTF-8`, { cause });
  }
}

function readMetadata(where: string, value: Json): Map<string, string> {
  if (!(value instanceof Map)) {
    throw new Error(`${where}: ${metadataKey} is ${show(value)}; expected an object of strings`);
  }
  const metadata = new Map<string, string>();
  for (const [key, text] of value as ReadonlyMap<string, Json>) {
    if (typeof text !== 'string') {
      throw new Error(`${where}: ${metadataKey} ${quote(key)} is ${show(text)}; expected a string`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

/** One row of the header, checked by itself: its dtype and shape must fill its offsets, which must be in the file. */
function readEntry(where: string, name: string, value: Json, dataLength: number): Entry {
  const here = `${where}: tensor ${quote(name)}`;
  if (!(value instanceof Map)) {
    throw new Error(`${here} is ${show(value)}; expected an object with dtype, shape and data_offsets`);
  }
  const row: ReadonlyMap<string, Json> = value;
  const dtype = row.get('dtype');
  if (typeof dtype !== 'string' || !isDType(dtype)) {
    throw new Error(`${here}: dtype is ${show(dtype)}; expected one of ${Object.keys(elementBytes).join(', ')}`);
  }
  const shape = wholeNumbers(row.get('shape'));
  if (shape === undefined) {
    throw new Error(`${here}: shape is ${show(row.get('shape'))}; expected an array of whole numbers >= 0`);
  }
  const offsets = wholeNumbers(row.get('data_offsets'));
  if (offsets === undefined || offsets.length !== 2) {
    const found = show(row.get('data_offsets'));
    throw new Error(`${here}: data_offsets is ${found}; expected two whole numbers [begin, end]`);
  }
  const [begin, end] = offsets;
  const range = `data_offsets [${begin},${end}]`;
  if (begin > end) throw new Error(`${here}: ${range} are out of order; expected begin <= end`);
  const expected = byteLengthOf(here, dtype, shape);
  if (end - begin !== expected) {
    throw new Error(`${here}: ${dtype} ${formatShape(shape)} takes ${expected} bytes; ${range} hold ${end - begin}`);
  }
  if (end > dataLength) {
    throw new Error(`${here}: ${range} end past the file's ${dataLength} bytes of data; it is cut short`);
  }
  return { name, dtype, shape, begin, end };
}

/** In order of their offsets, each array begins where the one before ends, and the last ends with the file. */
function checkCoverage(where: string, entries: readonly Entry[], dataLength: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const problem = begin < covered ? 'overlap the tensor before' : 'leave a hole before';
      const range = `data_offsets [${begin},${end}]`;
      throw new Error(`${where}: tensor ${quote(name)}: ${range} ${problem}; expected begin = ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw new Error(`${where}: the tensors fill ${covered} bytes; expected all ${dataLength} bytes of the file's data`);
  }
}

const isWholeNumber = (value: Json): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);

const wholeNumbers = (value: Json | undefined): readonly number[] | undefined =>
  Array.isArray(value) && value.every(isWholeNumber) ? value : undefined;

/** A JSON value for an error message. */
function show(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return quote(value);
  if (value instanceof Map) return 'an object';
  if (!Array.isArray(value)) return String(value);
  return `[${value.slice(0, 8).map(show).join(',')}${value.length > 8 ? ',…' : ''}]`;
}

/**
 * A safetensors file holding `tensors` in the order given, each as its dtype says (a Float64Array may be F64, I64 or
 * U64). The header is padded with spaces so that the data begins at a multiple of 8 bytes.
 *
 * `float32As: 'F16'` writes F32 arrays in half the space, each number rounded to the nearest.
 *
 * Throws when a name comes twice or is `__metadata__`, when a name or metadata text is not well-formed Unicode, when
 * an array is not what its dtype and shape say, and when a number is too large for F16.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, RawArray]>,
  metadata?: ReadonlyMap<string, string>,
  { float32As = 'F32' }: { readonly float32As?: 'F32' | 'F16' } = {},
): Uint8Array {
  const where = 'serializeSafetensors';
  const rows: string[] = [];
  if (metadata !== undefined) {
    const pairs = Array.from(metadata, ([key, text]) => `${jsonString(where, key)}:${jsonString(where, text)}`);
    rows.push(`"${metadataKey}":{${pairs.join(',')}}`);
  }
  const names = new Set<string>([metadataKey]);
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, array] of tensors) {
    const key = jsonString(where, name);
    if (names.has(name)) {
      const problem = name === metadataKey ? 'is the name of the metadata' : 'comes twice; names are unique';
      throw new Error(`${where}: tensor name ${quote(name)} ${problem}`);
    }
    names.add(name);
    const here = `${where}: tensor ${quote(name)}`;
    const whole = encodeArray(here, array);
    const halved = array.dtype === 'F32' && float32As === 'F16';
    const part = halved ? new Uint8Array(toFloat16(here, array.data).buffer) : whole;
    const begin = end;
    end += part.length;
    parts.push(part);
    rows.push(
      `${key}:{"dtype":"${halved ? 'F16' : array.dtype}","shape":${formatShape(array.shape)},` +
        `"data_offsets":[${begin},${end}]}`,
    );
  }
  // Rows are joined by hand: a plain object would put names such as "10" first and lose "__proto__".
  const json = new TextEncoder().encode(`{${rows.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderLength) {
    throw new Error(`${where}: header of ${length} bytes; the limit is ${maxHeaderLength}: write fewer tensors a file`);
  }
  const bytes = new Uint8Array(8 + length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + length);
  let at = 8 + length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function jsonString(where: string, text: string): string {
  if (typeof text !== 'string') throw new Error(`${where}: names and metadata are strings; found ${String(text)}`);
  if (/\p{Surrogate}/u.test(text)) {
    throw new Error(`${where}: ${quote(text)} holds half a surrogate pair; UTF-8 cannot spell it`);
  }
  return JSON.stringify(text);
}
