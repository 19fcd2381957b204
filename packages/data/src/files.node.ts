import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The browser's twin is files.browser.ts: the same names, by fetch.

/** The path of a file in a directory. */
export const filePath = (dir: string | URL, name: string): string =>
  join(dir instanceof URL ? fileURLToPath(dir) : dir, name);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** A file's bytes, or undefined if there is no such file. */
export const readBytes = async (path: string): Promise<Uint8Array | undefined> => {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    // A plain Uint8Array: Buffer's `slice` shares memory where Uint8Array's copies.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};
