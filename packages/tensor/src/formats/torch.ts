/**
 * PyTorch's `.pth` and `.pt` files, read without Python: the zip archives of torch.save since 1.6, and the stream of
 * pickles before it.
 *
 *   zip      archive/data.pkl, a pickle in which storages are persistent ids; archive/data/KEY, the bytes of each
 *            storage
 *   legacy   pickles of a magic number, a protocol number, facts about the writer, the object, the list of storage
 *            keys; then for each key the number of elements (8 bytes) and the elements
 *
 * Storages are little-endian, as every machine PyTorch is commonly run on. Only tensors and containers are built: see
 * torch-objects.ts and pickle.ts. Source: PyTorch `torch/serialization.py`, `_save`, `_legacy_save`, and their readers.
 */
import { describe } from './pickle-values.js';
import type { PickleValue } from './pickle-values.js';
import { readPickle } from './pickle.js';
import { elementBytes } from './raw-array.js';
import { TorchFile, keyOf } from './torch-objects.js';
import { isZip, readZip } from './zip.js';

/**
 * 0x1950a86a20f9469cfc6c as pickle writes it: a whole number of ten bytes. A legacy file begins with it, after pickle's
 * own header.
 */
const MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** PROTO and its version; from protocol 4 on, FRAME and its length. */
const magicStart = (bytes: Uint8Array): number => (bytes[2] === 0x95 ? 11 : 2);

const isLegacy = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x80 && MAGIC.every((byte, i) => bytes[magicStart(bytes) + i] === byte);

export const isTorchFile = (bytes: Uint8Array): boolean => isZip(bytes) || isLegacy(bytes);

/** What torch.save was given: tensors, and Python's containers, numbers and strings around them. */
export type TorchValue = PickleValue;

/**
 * Reads a file of torch.save; `name` is for errors. Throws an Error naming it for whatever is damaged or not allowed.
 */
export function parseTorch(bytes: Uint8Array, name: string): TorchValue {
  const where = `parseTorch: ${name}`;
  return isZip(bytes) ? parseZip(where, bytes) : parseLegacy(where, bytes);
}

function parseZip(where: string, bytes: Uint8Array): TorchValue {
  const entries = readZip(where, bytes);
  const main = [...entries.keys()].find((entry) => entry === 'data.pkl' || entry.endsWith('/data.pkl'));
  if (main === undefined) {
    throw new Error(
      `${where}: the archive has no data.pkl; it holds ${[...entries.keys()].slice(0, 5).join(', ') || 'nothing'}`,
    );
  }
  const folder = main.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && String.fromCharCode(...order.subarray(0, 6)) !== 'little') {
    throw new Error(`${where}: its numbers are big-endian; save it on a little-endian machine`);
  }
  const file = new TorchFile(where, bytes.length, (key) => entries.get(`${folder}data/${key}`));
  return readPickle(where, entries.get(main)!, 0, file.options).value;
}

function parseLegacy(where: string, bytes: Uint8Array): TorchValue {
  if (!isLegacy(bytes)) {
    throw new Error(
      `${where}: neither a zip archive nor a stream that begins with PyTorch's magic number; ` +
        `is it a file of torch.save?`,
    );
  }
  const contents = new Map<string, Uint8Array>();
  const file = new TorchFile(where, bytes.length, (key) => contents.get(key));
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = readPickle(where, bytes, at, file.options);
    at = end;
    return value;
  };
  next(); // the magic number, compared above
  const protocol = next();
  if (protocol !== 1001) throw new Error(`${where}: protocol ${describe(protocol)}; 1001 is read`);
  const facts = next();
  if (facts instanceof Map && facts.get('little_endian') === false) {
    throw new Error(`${where}: its numbers are big-endian; save it on a little-endian machine`);
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error(`${where}: the list of storages is missing`);
  for (const name of keys) {
    const key = keyOf(where, name);
    const storage = file.storages.get(key);
    if (storage === undefined) throw new Error(`${where}: storage '${describe(key)}' belongs to no tensor`);
    const length = storage.length * elementBytes[storage.dtype];
    if (8 + length > bytes.length - at) {
      throw new Error(`${storage.where} reaches past the file's end: it is cut short`);
    }
    const said = new DataView(bytes.buffer, bytes.byteOffset + at).getBigInt64(0, true);
    if (said !== BigInt(storage.length)) {
      throw new Error(`${storage.where} has ${said} elements, its tensors say ${storage.length}`);
    }
    contents.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return value;
}
