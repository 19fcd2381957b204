/**
 * Files from the network, kept on disk. The twin for pages, with the same exports, is download.browser.ts.
 *
 * A file is received beside its place under a name of its own, verified, and then renamed: a process that is ended
 * halfway, or two that fetch the same file, leave nothing wrong in the cache.
 */
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFile } from './files.node.js';
import { checkDigest, expectedDigest, transfer } from './transfer.js';
import type { FetchFileOptions, FetchedFile } from './transfer.js';

/**
 * The file at `url` (http, https, or file: as it is), from the cache if it is there. A connection that is cut is taken
 * up where it ended. Throws an Error naming the URL and the reason: the server's refusal, too many attempts without
 * progress, a SHA-256 other than asked for or written in the file's name; the cache then has no such file.
 */
export async function fetchFile(url: string | URL, options: FetchFileOptions = {}): Promise<FetchedFile> {
  const address = new URL(url);
  const { cacheFolder = defaultFolder(), sha256 } = options;
  const path = address.protocol === 'file:' ? fileURLToPath(address) : cachePath(cacheFolder, address);
  const file = (cached: boolean): FetchedFile => ({ path, cached, read: () => readFile(path) });
  if (address.protocol === 'file:' || await exists(path)) {
    // What is in the cache was verified when it came.
    if (sha256 !== undefined) checkDigest(`fetchFile: ${path}`, await digestOf(path), sha256);
    return file(true);
  }
  const expected = expectedDigest(address.href, sha256);
  await fs.mkdir(dirname(path), { recursive: true });
  const part = join(dirname(path), `${basename(path)}.${process.pid}-${Math.random().toString(36).slice(2, 10)}.part`);
  try {
    const out = await fs.open(part, 'wx');
    try {
      await out.truncate(await transfer(address.href, (chunk, position) => writeAll(out, chunk, position), options));
      await out.sync();
    } finally {
      await out.close();
    }
    if (expected !== null) checkDigest(`fetchFile: ${address.href}`, await digestOf(part), expected);
    await fs.rename(part, path);
  } catch (error) {
    await fs.rm(part, { force: true });
    throw error;
  }
  return file(false);
}

async function writeAll(file: fs.FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

const defaultFolder = (): string => {
  const caches = process.env['XDG_CACHE_HOME'];
  return join(caches === undefined || caches === '' ? join(homedir(), '.cache') : caches, 'vitrine');
};

/** As the URL reads, host first: many models are called `model.safetensors`. */
function cachePath(folder: string, { host, pathname, search }: URL): string {
  const segments = [host, ...`${pathname}${search}`.split('/')]
    .map((segment) => segment.replace(/[^\w.+-]/g, '_'))
    .filter((segment) => segment !== '');
  if (segments.length < 2) throw new Error(`fetchFile: ${host}${pathname} names no file; give the address of one`);
  return join(folder, ...segments);
}

const exists = (path: string): Promise<boolean> => fs.stat(path).then((found) => found.isFile(), () => false);

/** (Loaded here alone: node:crypto costs every start-up 3 ms.) */
async function digestOf(path: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
