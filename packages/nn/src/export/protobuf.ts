/**
 * Protocol buffers, as far as writing needs them. A message is its fields, one after the other; a field is a key, which
 * is its number · 8 + its wire type, and a value:
 *
 *   type 0  varint            integers
 *   type 2  length-delimited  a length as varint, then so many bytes: text, arrays, and messages within messages
 *   type 5  four bytes        float32, little-endian
 *
 * The field numbers belong to the format that is written; nothing here knows it.
 * Source: protobuf.dev/programming-guides/encoding.
 */
import { joinBytes } from '@vitrine/tensor/internal';

/** Encoded fields in pieces, so that a large array is copied only once, when all is joined. */
export interface Fields {
  /** Bytes in all pieces. */
  readonly length: number;
  readonly pieces: readonly Uint8Array[];
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FOUR_BYTES = 5;

/**
 * Seven bits a byte, lowest first, the top bit set on all but the last. A negative number is its two's complement in 64
 * bits, which takes ten bytes. Throws a RangeError for what is no whole number of at most 53 bits.
 */
export function varint(n: number): number[] {
  if (!Number.isSafeInteger(n)) throw new RangeError(`varint: a whole number of at most 53 bits; got ${n}`);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(n));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const key = (field: number, type: number): number[] => varint(field * 8 + type);

const single = (piece: Uint8Array): Fields => ({ length: piece.length, pieces: [piece] });

/** An integer field of 64 bits or fewer, or an enumeration. */
export const integer = (field: number, value: number): Fields =>
  single(Uint8Array.from([...key(field, VARINT), ...varint(value)]));

/** A `float` field. */
export function float(field: number, value: number): Fields {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return single(Uint8Array.from([...key(field, FOUR_BYTES), ...bytes]));
}

/** A `bytes` field. The bytes are not copied before `join`. */
export const bytes = (field: number, value: Uint8Array): Fields => message(field, single(value));

/** A `string` field. */
export const text = (field: number, value: string): Fields => bytes(field, new TextEncoder().encode(value));

/** A field that is itself a message. */
export function message(field: number, ...parts: readonly Fields[]): Fields {
  const inner = sequence(parts);
  return sequence([single(Uint8Array.from([...key(field, LENGTH_DELIMITED), ...varint(inner.length)])), inner]);
}

/** Fields one after the other. */
export const sequence = (parts: readonly Fields[]): Fields => ({
  length: parts.reduce((sum, { length }) => sum + length, 0),
  pieces: parts.flatMap(({ pieces }) => pieces),
});

/** The outermost message, in one piece. */
export const join = (parts: readonly Fields[]): Uint8Array<ArrayBuffer> => joinBytes(sequence(parts).pieces);
