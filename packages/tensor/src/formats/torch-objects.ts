/**
 * What the pickles of PyTorch's files may build: tensors, which are strided views of storages, and the containers
 * around them. A pickle of a few bytes can ask for any amount of both, so they are counted over the whole file.
 */
import { formatShape, isContiguous, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { PickleObject, PickleTuple, describe } from './pickle-values.js';
import type { PickleValue } from './pickle-values.js';
import type { PickleOptions } from './pickle.js';
import { decodeArray, elementBytes, gather } from './raw-array.js';
import type { DType, RawArray } from './raw-array.js';

/** PyTorch's storage classes. */
const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: 'F32', DoubleStorage: 'F64', HalfStorage: 'F16', BFloat16Storage: 'BF16', LongStorage: 'I64',
  IntStorage: 'I32', ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
};

/**
 * Tensors may repeat elements (stride 0), and several may be made of the same ones: all copies of a file's elements
 * together may be as many as the file has bytes, and this many more, 256 MiB.
 */
const MOST_REPEATED = 2 ** 26;

/** PyTorch's longest name of a kind of device has 11 letters. */
const LONGEST_DEVICE = 32;

/** A tensor of the file: a strided view of a storage, which may be shared with others. */
export class TorchTensor extends PickleObject {
  private array: RawArray | null = null;

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
   * allow. Made once: a pickle may name a tensor any number of times.
   */
  toArray(): RawArray {
    return (this.array ??= this.read());
  }

  private read(): RawArray {
    const { offset, shape, strides } = this;
    const { dtype, file, where } = this.storage;
    const bytes = this.storage.bytes();
    const width = elementBytes[dtype];
    const size = sizeOf(shape);
    if (!isContiguous(shape, strides)) {
      file.countCopies(size);
      return decodeArray(where, dtype, shape, gather(bytes, width, offset, shape, strides));
    }
    const array = decodeArray(where, dtype, shape, bytes.subarray(width * offset, width * (offset + size)));
    if (array.data.buffer !== bytes.buffer) file.countCopies(size);
    return array;
  }
}

/** One storage of the file: a run of elements. */
class TorchStorage extends PickleObject {
  constructor(readonly file: TorchFile, readonly key: string, readonly dtype: DType, readonly length: number) {
    super();
  }

  get where(): string {
    return `${this.file.where}: storage '${describe(this.key)}'`;
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
export class TorchFile {
  readonly storages = new Map<string, TorchStorage>();
  private copies = 0;
  private pairs = 0;

  constructor(
    readonly where: string, private readonly fileBytes: number,
    readonly contents: (key: string) => Uint8Array | undefined,
  ) {}

  readonly options: PickleOptions = {
    global: (name) => this.globals.get(name) ?? storageType(name),
    persistent: (id) => this.storage(id),
  };

  private readonly globals: ReadonlyMap<string, PickleObject> = new Map<string, PickleObject>([
    ['collections.OrderedDict', new Callable((args) => this.orderedDict(args))],
    ['torch._utils._rebuild_tensor', new Callable((args) => this.tensor(args))],
    ['torch._utils._rebuild_tensor_v2', new Callable((args) => this.tensor(args))],
    ['torch._utils._rebuild_parameter', new Callable(([tensor]) => tensor)],
    ['torch.Size', new Callable(([sizes]) => sizes)],
    ['torch.device', new Callable(device)],
  ]);

  /** The persistent id of a storage: ('storage', type, key, device, number of elements, and in old files a view). */
  private storage(id: PickleValue): TorchStorage {
    const [kind, type, name, , length, view] = id instanceof PickleTuple ? id.items : [];
    if (kind !== 'storage' || !(type instanceof StorageType) || !isCount(length)) {
      throw new Error(`${this.where}: a persistent id is not that of a storage`);
    }
    const key = keyOf(this.where, name);
    if (view instanceof PickleTuple) {
      throw new Error(
        `${this.where}: storage '${describe(key)}' is a view of another, ` +
          'as only PyTorch before 0.4 wrote; save it anew',
      );
    }
    const known = this.storages.get(key);
    if (known !== undefined && (known.dtype !== type.dtype || known.length !== length)) {
      throw new Error(`${known.where} is described in two ways`);
    }
    const storage = known ?? new TorchStorage(this, key, type.dtype, length);
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
      const key = describe(storage.key);
      throw new Error(
        `a tensor ${formatShape(shape)} reaches past the ${storage.length} elements of storage '${key}'`,
      );
    }
    return new TorchTensor(storage, offset, shape, steps);
  }

  /** OrderedDict(), or of a list of pairs. A few bytes can ask for any number of copies of a list. */
  private orderedDict([pairs]: readonly PickleValue[]): PickleValue {
    const dict = new Map<PickleValue, PickleValue>();
    if (pairs === undefined) return dict;
    if (!Array.isArray(pairs)) throw new Error('an OrderedDict is made of a list of pairs');
    this.pairs += pairs.length;
    if (this.pairs > this.fileBytes) {
      throw new Error(`its OrderedDicts have more pairs in all than the file has bytes, ${this.fileBytes}`);
    }
    for (const pair of pairs) {
      const items = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
      if (items.length !== 2) throw new Error('an OrderedDict is made of a list of pairs');
      dict.set(items[0], items[1]);
    }
    return dict;
  }

  /** A few bytes can ask for any number of copies of elements: they are counted over the whole file. */
  countCopies(elements: number): void {
    this.copies += elements;
    if (this.copies > this.fileBytes + MOST_REPEATED) {
      throw new Error(
        `${this.where}: its tensors repeat more than ${MOST_REPEATED} elements ` +
          '(by stride 0, or many of one storage); save them contiguous, as clones',
      );
    }
  }
}

/** A storage is called by a string, or by a number. */
export function keyOf(where: string, key: PickleValue | undefined): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return String(key);
  throw new Error(`${where}: a storage is called by ${describe(key ?? null)}; expected a string or a number`);
}

const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** `torch.FloatStorage`, or as PyTorch 2 writes some, `torch.storage.FloatStorage`. */
function storageType(name: string): StorageType | undefined {
  const found = /^torch\.(?:storage\.)?(?:cuda\.)?(\w+Storage)$/.exec(name)?.[1];
  return found !== undefined && Object.hasOwn(STORAGES, found) ? new StorageType(STORAGES[found]) : undefined;
}

/** `cpu`, `cuda:0`. */
function device([kind, index]: readonly PickleValue[]): string {
  const isKind = typeof kind === 'string' && kind.length <= LONGEST_DEVICE;
  if (!isKind || !(index === undefined || index === null || isCount(index))) {
    throw new Error('a device is made of a short name and a number');
  }
  return typeof index === 'number' ? `${kind}:${index}` : kind;
}
