/** The files of tests/fixtures/torch, and others that PyTorch would not have written. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('../../fixtures/torch/', import.meta.url));

export const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(`${folder}${file}`));

/** Opcodes and their arguments: bytes, and strings of which each character is one. */
export type Opcodes = readonly (number | string)[];

/** A legacy file whose object is this pickle; what follows it may follow here. */
export function legacyFile(...opcodes: Opcodes): Uint8Array {
  const head = bytesOf('plain-legacy.pth');
  return Buffer.concat([
    head.slice(0, mainPickle(head)),
    ...opcodes.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Buffer.from(part, 'latin1'))),
  ]);
}

/**
 * Where the third pickle of a legacy file ends: each of the first three ends with STOP before the next begins with
 * PROTO.
 */
function mainPickle(bytes: Uint8Array): number {
  let at = 0;
  for (let pickle = 0; pickle < 3; pickle++) {
    do at = bytes.indexOf(0x2e, at) + 1;
    while (!(bytes[at] === 0x80 && bytes[at + 1] === 2));
  }
  return at;
}
