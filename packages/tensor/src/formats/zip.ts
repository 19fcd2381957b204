/**
 * Zip archives, as far as PyTorch's files need them: entries that are stored, not compressed.
 *
 *   entries                 each a local header, then the file's bytes
 *   central directory       for each entry its name, sizes, and where its local header is
 *   end of the directory    how many entries there are, and where the directory is; found from the file's end
 *
 * Files beyond 4 GiB, and those PyTorch writes in any case, say so in additional "zip64" records.
 * Source: PKWARE, APPNOTE.TXT, section 4.3.
 */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ZIP64_EXTRA = 0x0001;

/** The end record without its comment; the comment has at most 65,535 bytes. */
const END_LENGTH = 22;

export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/**
 * The entries by name, as views of `bytes`. Throws an Error that begins with `where` for whatever does not hold
 * together.
 */
export function readZip(where: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, offset } = directoryOf(where, view);
  const entries = new Map<string, Uint8Array>();
  let at = offset;
  for (let i = 0; i < count; i++) {
    const { name, contents, next } = readEntry(where, bytes, view, at);
    if (entries.has(name)) throw new Error(`${where}: zip: two entries are named '${name}'`);
    entries.set(name, contents);
    at = next;
  }
  return entries;
}

/** Throws unless `length` bytes from `at` lie in the file. */
function check(where: string, view: DataView, at: number, length: number, what: string): void {
  if (!Number.isSafeInteger(at) || at < 0 || length > view.byteLength - at) {
    throw new Error(
      `${where}: zip: ${what} at byte ${at} reaches past the file's end, ` +
        `${view.byteLength}: it is cut short or damaged`,
    );
  }
}

function expectSignature(
  where: string, view: DataView, at: number, length: number, signature: number, what: string,
): void {
  check(where, view, at, length, what);
  const found = view.getUint32(at, true);
  if (found !== signature) {
    throw new Error(`${where}: zip: ${what} expected at byte ${at}; found 0x${found.toString(16)}`);
  }
}

const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

function directoryOf(where: string, view: DataView): { count: number; offset: number } {
  const last = view.byteLength - END_LENGTH;
  for (let end = last; end >= Math.max(0, last - 0xffff); end--) {
    if (view.getUint32(end, true) !== END) continue;
    const [count, offset] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
    if (count !== 0xffff && offset !== 0xffffffff) return { count, offset };
    const locator = end - 20;
    expectSignature(where, view, locator, 20, END64_LOCATOR, 'the zip64 locator');
    const record = uint64(view, locator + 8);
    expectSignature(where, view, record, 56, END64, 'the zip64 end of the directory');
    return { count: uint64(view, record + 32), offset: uint64(view, record + 48) };
  }
  throw new Error(`${where}: zip: no end of the directory: the file is cut short`);
}

interface ZipEntry {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Where the next record of the directory begins. */
  readonly next: number;
}

function readEntry(where: string, bytes: Uint8Array, view: DataView, at: number): ZipEntry {
  expectSignature(where, view, at, 46, CENTRAL, 'an entry of the directory');
  const method = view.getUint16(at + 10, true);
  const [nameLength, extraLength, commentLength] = [
    view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true),
  ];
  check(where, view, at + 46, nameLength + extraLength + commentLength, 'an entry of the directory');
  const name = new TextDecoder().decode(bytes.slice(at + 46, at + 46 + nameLength));
  const place = {
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    local: view.getUint32(at + 42, true),
  };
  widen(view, place, at + 46 + nameLength, extraLength);
  if (method !== 0) {
    throw new Error(
      `${where}: zip: '${name}' is compressed (method ${method}); ` +
        `PyTorch stores its entries as they are, and so they are read`,
    );
  }
  if (place.packed !== place.size) {
    throw new Error(`${where}: zip: '${name}' takes ${place.packed} bytes and says it has ${place.size}`);
  }
  expectSignature(where, view, place.local, 30, LOCAL, `the entry '${name}'`);
  const start = place.local + 30 + view.getUint16(place.local + 26, true) + view.getUint16(place.local + 28, true);
  check(where, view, start, place.size, `the entry '${name}'`);
  return {
    name,
    contents: bytes.subarray(start, start + place.size),
    next: at + 46 + nameLength + extraLength + commentLength,
  };
}

/** Numbers that do not fit 32 bits stand in the extra field, in this order, and only those. */
function widen(
  view: DataView, place: { packed: number; size: number; local: number }, at: number, length: number,
): void {
  for (let field = at; field + 4 <= at + length; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== ZIP64_EXTRA) continue;
    let value = field + 4;
    const end = Math.min(at + length, value + view.getUint16(field + 2, true));
    for (const key of ['size', 'packed', 'local'] as const) {
      if (place[key] !== 0xffffffff || value + 8 > end) continue;
      place[key] = uint64(view, value);
      value += 8;
    }
  }
}
