/** Files that a command writes, and what it prints. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { flag } from './options.js';

export const OUTPUT_OPTIONS = { force: flag('replace the file if it exists') } as const;

/**
 * Looked at before the work is begun. Throws an Error unless a file can be written there: what exists is replaced only
 * with `--force`.
 */
export async function checkOutput(path: string, { force = false }: { readonly force?: boolean }): Promise<void> {
  const kind = async (at: string): Promise<'file' | 'folder' | null> =>
    stat(at).then((found) => (found.isDirectory() ? 'folder' : 'file'), () => null);
  const there = await kind(path);
  if (there === 'folder') throw new Error(`${path}: this is a folder; name a file`);
  if (there === 'file' && !force) {
    throw new Error(`${path}: exists already; --force replaces it, or choose another name`);
  }
  const folder = dirname(path);
  if (await kind(folder) !== 'folder') throw new Error(`${path}: there is no folder ${folder}; create it first`);
}

export const printJson = (result: object): void => void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** 5288548 → `5,288,548`. */
export const formatCount = (n: number): string => n.toLocaleString('en-US');

export const formatBytes = (n: number): string =>
  (n < 1e4 ? `${n} bytes` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`);
