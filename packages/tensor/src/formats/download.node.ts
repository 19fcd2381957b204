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
import { checkDigest, expectedDigest, sha256Of, transfer } from './transfer.js';
import type { FetchFileOptions, FetchedFile } from './transfer.js';

/**
 * The file at `url` (http, https, or file: as it is), from the cache if it is there and has the SHA-256 asked for. A
 * connection that is cut is taken up where it ended. Throws an Error naming the URL and the reason: the server's
 * refusal, too many attempts without progress, a SHA-256 other than asked for or written in the file's name. What was
 * received is then not in the cache.
 */
export async function fetchFile(url: string | URL, options: FetchFileOptions = {}): Promise<FetchedFile> {
  const address = new URL(url);
  const { cacheFolder = defaultFolder(), sha256 } = options;
  const isLocal = address.protocol === 'file:';
  const path = isLocal ? fileURLToPath(address) : await cachePath(cacheFolder, address);
  const file = (cached: boolean): FetchedFile => ({ path, cached, read: () => readFile(path) });
  const expected = expectedDigest(address.href, sha256);
  // What is in the cache was verified when it came: only digits that the caller gives are looked at again.
  const asked = typeof sha256 === 'string' ? sha256.toLowerCase() : '';
  if (isLocal) {
    if (asked !== '') checkDigest(`fetchFile: ${path}`, await digestOf(path), asked);
    return file(true);
  }
  if (await exists(path) && (asked === '' || (await digestOf(path)).startsWith(asked))) return file(true);
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
    if (expected !== null) {
      checkDigest(`fetchFile: ${address.href}`, await digestOf(part), expected.digits, expected.source);
    }
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

/** File systems take 255 bytes; a part's name has 30 more than the file's. */
const LONGEST_NAME = 200;

/**
 * As the URL reads, host first: many models are called `model.safetensors`. The query, which may hold anything, belongs
 * to the last name, and none leads out of the folder.
 */
async function cachePath(folder: string, { host, pathname, search }: URL): Promise<string> {
  const segments = [host, ...`${pathname}${search.replaceAll('/', '_')}`.split('/')]
    .filter((segment) => !['', '.', '..'].includes(segment));
  if (segments.length < 2) throw new Error(`fetchFile: ${host}${pathname} names no file; give the address of one`);
  return join(folder, ...await Promise.all(segments.map(nameOf)));
}

/** A name that every file system takes; a long one, such as a signed address has, by its beginning and its digest. */
async function nameOf(segment: string): Promise<string> {
  const name = segment.replace(/[^\w.+-]/g, '_');
  if (name.length <= LONGEST_NAME) return name;
  const digest = await sha256Of(new TextEncoder().encode(segment));
  return `${name.slice(0, LONGEST_NAME - 33)}-${digest.slice(0, 32)}`;
}

const exists = (path: string): Promise<boolean> => fs.stat(path).then((found) => found.isFile(), () => false);

/** (Loaded here alone: node:crypto costs every start-up 3 ms.) */
async function digestOf(path: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
