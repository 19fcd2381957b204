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
 * pickle.ts. Source: PyTorch `torch/serialization.py`, `_save`, `_legacy_save`, and their readers.
 */
import { formatShape, isContiguous, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { PickleObject, PickleTuple, readPickle } from './pickle.js';
import type { PickleOptions, PickleValue } from './pickle.js';
import { decodeArray, elementBytes } from './raw-array.js';
import type { DType, RawArray } from './raw-array.js';
import { isZip, readZip } from './zip.js';

/** PyTorch's storage classes. */
const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: 'F32', DoubleStorage: 'F64', HalfStorage: 'F16', BFloat16Storage: 'BF16', LongStorage: 'I64',
  IntStorage: 'I32', ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
};

/**
 * 0x1950a86a20f9469cfc6c as pickle writes it: a whole number of ten bytes. A legacy file begins with it, after pickle's
 * own header.
 */
const MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** PROTO and its version; from protocol 4 on, FRAME and its length. */
const magicStart = (bytes: Uint8Array): number => (bytes[2] === 0x95 ? 11 : 2);

const isLegacy = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x80 && MAGIC.every((byte, i) => bytes[magicStart(bytes) + i] === byte);

/** Tensors may repeat their elements (stride 0), all of a file's together up to this many: 256 MiB. */
const MOST_REPEATED = 2 ** 26;

export const isTorchFile = (bytes: Uint8Array): boolean => isZip(bytes) || isLegacy(bytes);

/** A tensor of the file: a strided view of a storage, which may be shared with others. */
export class TorchTensor extends PickleObject {
  constructor(
    private readonly storage: TorchStorage, private readonly offset: number, readonly shape: Shape,
    private readonly strides: readonly number[],
  ) {
    super();
  }

  /** The element type in the file, by its safetensors name. */
  get dtype(): DType {
    return this.storage.dtype;
  }

  /**
   * The elements in reading order, F16 and BF16 as F32; a view of the file's bytes where their order and alignment
   * allow.
   */
  toArray(): RawArray {
    const { offset, shape, strides } = this;
    const { dtype, length, file, where } = this.storage;
    const bytes = this.storage.bytes();
    const width = elementBytes[dtype];
    const size = sizeOf(shape);
    if (isContiguous(shape, strides)) {
      return decodeArray(where, dtype, shape, bytes.subarray(width * offset, width * (offset + size)));
    }
    file.countRepeats(size - length);
    return decodeArray(where, dtype, shape, gather(bytes, width, offset, shape, strides));
  }
}

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
  const file = new TorchFile(where, (key) => entries.get(`${folder}data/${key}`));
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
  const file = new TorchFile(where, (key) => contents.get(key));
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = readPickle(where, bytes, at, file.options);
    at = end;
    return value;
  };
  next(); // the magic number, compared above
  const protocol = next();
  if (protocol !== 1001) throw new Error(`${where}: protocol ${String(protocol)}; 1001 is read`);
  const facts = next();
  if (facts instanceof Map && facts.get('little_endian') === false) {
    throw new Error(`${where}: its numbers are big-endian; save it on a little-endian machine`);
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error(`${where}: the list of storages is missing`);
  for (const key of keys) {
    const storage = file.storages.get(String(key));
    if (storage === undefined) throw new Error(`${where}: storage '${String(key)}' belongs to no tensor`);
    const length = storage.length * elementBytes[storage.dtype];
    if (8 + length > bytes.length - at) {
      throw new Error(`${where}: storage '${String(key)}' reaches past the file's end: it is cut short`);
    }
    const said = new DataView(bytes.buffer, bytes.byteOffset + at).getBigInt64(0, true);
    if (said !== BigInt(storage.length)) {
      throw new Error(`${where}: storage '${String(key)}' has ${said} elements, its tensors say ${storage.length}`);
    }
    contents.set(String(key), bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return value;
}

/** One storage of the file: a run of elements. */
class TorchStorage extends PickleObject {
  constructor(readonly file: TorchFile, readonly key: string, readonly dtype: DType, readonly length: number) {
    super();
  }

  get where(): string {
    return `${this.file.where}: storage '${this.key}'`;
  }

  bytes(): Uint8Array {
    const bytes = this.file.contents(this.key);
    if (bytes === undefined) throw new Error(`${this.where}: its bytes are missing`);
    const expected = this.length * elementBytes[this.dtype];
    if (bytes.length !== expected) {
      throw new Error(
        `${this.where}: ${this.length} elements of ${this.dtype} take ${expected} bytes; found ${bytes.length}`,
      );
    }
    return bytes;
  }
}

/** The bytes of a strided view, in reading order. */
function gather(
  bytes: Uint8Array, width: number, offset: number, shape: Shape, strides: readonly number[],
): Uint8Array {
  const out = new Uint8Array(width * sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0, from = offset; to < out.length; to += width) {
    for (let b = 0; b < width; b++) out[to + b] = bytes[width * from + b];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** A function that a pickle may call. */
class Callable extends PickleObject {
  constructor(private readonly body: (args: readonly PickleValue[]) => PickleValue) {
    super();
  }

  override call(args: readonly PickleValue[]): PickleValue {
    return this.body(args);
  }
}

/** A storage class: its name in a persistent id. */
class StorageType extends PickleObject {
  constructor(readonly dtype: DType) {
    super();
  }
}

/** What is known of one file while it is read: its storages, and the globals its pickle may name. */
class TorchFile {
  readonly storages = new Map<string, TorchStorage>();
  private repeats = 0;

  constructor(readonly where: string, readonly contents: (key: string) => Uint8Array | undefined) {}

  readonly options: PickleOptions = {
    global: (name) => this.globals.get(name) ?? storageType(name),
    persistent: (id) => this.storage(id),
  };

  private readonly globals: ReadonlyMap<string, PickleObject> = new Map<string, PickleObject>([
    ['collections.OrderedDict', new Callable(orderedDict)],
    ['torch._utils._rebuild_tensor', new Callable((args) => this.tensor(args))],
    ['torch._utils._rebuild_tensor_v2', new Callable((args) => this.tensor(args))],
    ['torch._utils._rebuild_parameter', new Callable(([tensor]) => tensor)],
    ['torch.Size', new Callable(([sizes]) => sizes)],
    ['torch.device', new Callable((args) => args.map(String).join(':'))],
  ]);

  /** The persistent id of a storage: ('storage', type, key, device, number of elements, and in old files a view). */
  private storage(id: PickleValue): TorchStorage {
    const [kind, type, key, , length, view] = id instanceof PickleTuple ? id.items : [];
    if (kind !== 'storage' || !(type instanceof StorageType) || !isCount(length)) {
      throw new Error(`${this.where}: a persistent id is not that of a storage`);
    }
    if (view instanceof PickleTuple) {
      throw new Error(
        `${this.where}: storage '${String(key)}' is a view of another, as only PyTorch before 0.4 wrote; save it anew`,
      );
    }
    const known = this.storages.get(String(key));
    if (known !== undefined && (known.dtype !== type.dtype || known.length !== length)) {
      throw new Error(`${this.where}: storage '${String(key)}' is described in two ways`);
    }
    const storage = known ?? new TorchStorage(this, String(key), type.dtype, length);
    this.storages.set(storage.key, storage);
    return storage;
  }

  /** _rebuild_tensor_v2(storage, offset, sizes, strides, …). */
  private tensor([storage, offset, sizes, strides]: readonly PickleValue[]): TorchTensor {
    if (
      !(storage instanceof TorchStorage) || !isCount(offset) ||
      !(sizes instanceof PickleTuple) || !(strides instanceof PickleTuple)
    ) {
      throw new Error('a tensor is not made of a storage, an offset, sizes and strides');
    }
    const [shape, steps] = [sizes.items, strides.items];
    if (!shape.every(isCount) || !steps.every(isCount) || shape.length !== steps.length || shape.length > 64) {
      throw new Error('a tensor has sizes and strides that are whole numbers >= 0, as many of one as of the other');
    }
    const size = sizeOf(shape);
    const last = size === 0 ? -1 : shape.reduce((sum, n, axis) => sum + (n - 1) * steps[axis], offset);
    if (!Number.isSafeInteger(size) || !(last < storage.length) || offset > storage.length) {
      throw new Error(
        `a tensor ${formatShape(shape)} reaches past the ${storage.length} elements of storage '${storage.key}'`,
      );
    }
    return new TorchTensor(storage, offset, shape, steps);
  }

  /** A few bytes can ask for any number of repeated elements: they are counted over the whole file. */
  countRepeats(elements: number): void {
    this.repeats += Math.max(0, elements);
    if (this.repeats > MOST_REPEATED) {
      throw new Error(
        `${this.where}: its tensors repeat more than ${MOST_REPEATED} elements (stride 0); save them contiguous`,
      );
    }
  }
}

const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** `torch.FloatStorage`, or as PyTorch 2 writes some, `torch.storage.FloatStorage`. */
function storageType(name: string): StorageType | undefined {
  const found = /^torch\.(?:storage\.)?(?:cuda\.)?(\w+Storage)$/.exec(name)?.[1];
  return found !== undefined && Object.hasOwn(STORAGES, found) ? new StorageType(STORAGES[found]) : undefined;
}

/** OrderedDict(), or of a list of pairs. */
function orderedDict([pairs]: readonly PickleValue[]): PickleValue {
  const dict = new Map<PickleValue, PickleValue>();
  if (pairs === undefined) return dict;
  if (!Array.isArray(pairs)) throw new Error('an OrderedDict is made of a list of pairs');
  for (const pair of pairs) {
    const items = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (items.length !== 2) throw new Error('an OrderedDict is made of a list of pairs');
    dict.set(items[0], items[1]);
  }
  return dict;
}
