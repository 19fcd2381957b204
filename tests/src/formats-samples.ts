/** What the tests of file formats share: bytes, one array of every element type, comparison bit for bit. */
import { expect } from 'chai';
import { type RawArray } from '../../packages/tensor/dist/formats/raw-array.js';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const concat = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** The bytes of a typed array as they stand in memory. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The same bytes starting at every residue of 8 in memory, so that alignment has its say. */
export const shifted = (bytes: Uint8Array, by: number): Uint8Array => {
  const copy = new Uint8Array(bytes.length + by);
  copy.set(bytes, by);
  return copy.subarray(by);
};

/** One array of every element type, with its extremes. */
export const everyType: readonly (readonly [name: string, array: RawArray])[] = [
  ['f32', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, -0, 1.5, NaN, Infinity, 1e-45) }],
  ['f64', { dtype: 'F64', shape: [2], data: Float64Array.of(Math.PI, -5e-324) }],
  ['i8', { dtype: 'I8', shape: [3], data: Int8Array.of(-128, 0, 127) }],
  ['u8', { dtype: 'U8', shape: [1, 3, 1], data: Uint8Array.of(0, 1, 255) }],
  ['i16', { dtype: 'I16', shape: [2], data: Int16Array.of(-32768, 32767) }],
  ['u16', { dtype: 'U16', shape: [1], data: Uint16Array.of(65535) }],
  ['i32', { dtype: 'I32', shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
  ['u32', { dtype: 'U32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) }],
  ['i64', { dtype: 'I64', shape: [2], data: Float64Array.of(Number.MIN_SAFE_INTEGER, 7) }],
  ['u64', { dtype: 'U64', shape: [1], data: Float64Array.of(Number.MAX_SAFE_INTEGER) }],
  ['bool', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(42) }],
  ['empty', { dtype: 'F64', shape: [3, 0, 2], data: new Float64Array(0) }],
];

/** Same type, shape and bits: NaN and −0 count. */
export function expectSame(got: RawArray | undefined, want: RawArray): void {
  if (got === undefined) throw new Error('no array of that name');
  expect(got.dtype).to.equal(want.dtype);
  expect(got.shape).to.deep.equal(want.shape);
  expect(got.data.constructor).to.equal(want.data.constructor);
  expect([...bytesOf(got.data)]).to.deep.equal([...bytesOf(want.data)]);
}

/** `action` throws an Error that begins with `prefix`, contains `message` and stays short, whatever the file holds. */
export function expectRefusal(action: () => unknown, prefix: string, message: string): void {
  let text = 'nothing was thrown';
  try {
    action();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    text = error.message;
  }
  expect(text.slice(0, prefix.length)).to.equal(prefix);
  expect(text).to.contain(message);
  expect(text.length).to.be.below(600);
}
