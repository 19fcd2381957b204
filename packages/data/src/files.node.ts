import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The browser's twin is files.browser.ts: the same names, by URLs.

/** The path of a file in a directory. */
export const filePath = (dir: string | URL, name: string): string =>
  join(dir instanceof URL ? fileURLToPath(dir) : dir, name);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/**
 * The files in a folder and in the folders below it, '/' between names, sorted by code units: the same order on every
 * machine. A folder with nothing in it is listed, too, with a '/' at its end. Links are followed (a folder that
 * contains itself is entered once); names that begin with a dot, and links that lead nowhere, are passed over.
 * Throws an Error naming the folder if it cannot be listed.
 */
export const listFiles = async (dir: string): Promise<readonly string[]> => {
  const files: string[] = [];
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(join(dir, folder));
    if (above.includes(here)) return;
    const entries = (await readdir(here, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    if (entries.length === 0 && folder !== '') files.push(`${folder}/`);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await stat(join(dir, path)).catch(() => undefined) : entry;
      if (kind?.isDirectory() === true) await visit(path, [...above, here]);
      else if (kind?.isFile() === true) files.push(path);
    }
  };
  try {
    await visit('', []);
  } catch (error) {
    const reason = isMissing(error) ? 'there is no such folder; check the path' : String(error);
    throw new Error(`listFiles: ${dir}: ${reason}`, { cause: error });
  }
  return files.sort();
};
