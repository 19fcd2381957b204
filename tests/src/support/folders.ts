/** Folders of files for a test, gone afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs `use` with a folder that holds `files`, by path; a path ending in '/' is an empty folder. */
export async function withFolder<T>(
  files: Readonly<Record<string, Uint8Array | string>>, use: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-data-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(dir, path.endsWith('/') ? path : dirname(path)), { recursive: true });
      if (!path.endsWith('/')) await writeFile(join(dir, path), content);
    }
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
