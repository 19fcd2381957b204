/**
 * Files under Node. The twin for pages, with the same exports, is files.browser.ts.
 *
 * A file is written beside its place and renamed into it: a reader sees the old content or the new, never half of it,
 * and a process that dies while writing destroys nothing.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

/** All bytes of the file at `path`, at most 2 GiB. Throws an Error naming the path, the reason and what to do. */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await fs.readFile(path);
    // A plain Uint8Array: Buffer's `slice` shares memory where Uint8Array's copies.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw explain('readFile', path, error, 'no such file; check the path');
  }
}

/** As {@link readFile}, but undefined if there is no such file. */
export async function readFileIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Writes `content` (a string as UTF-8) to `path`, replacing what is there: all of it or, on an error, nothing, and no
 * temporary file is left. The folder must exist; a symbolic link at `path` is itself replaced.
 * Throws an Error naming the path, the reason and what to do.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await fs.open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw explain('writeFileAtomic', path, error, missingFolder(path));
  }
}

/** As {@link writeFileAtomic}, before it returns: for handlers of signals and of process exit. */
export function writeFileAtomicSync(path: string, content: Uint8Array | string): void {
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, 'wx');
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // The first error is the one to report.
    }
    throw explain('writeFileAtomicSync', path, error, missingFolder(path));
  }
}

/**
 * Beside `path`, because a rename is atomic within one file system only; unique, so that two writers do not meet. (Not
 * by `node:crypto`, whose loading costs every start-up 3 ms.)
 */
const temporaryName = (path: string): string => `${path}.tmp-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;

const missingFolder = (path: string): string => `folder ${dirname(path)} does not exist; create it first`;

const advice = new Map<string, string>([
  ['EACCES', 'permission denied; check who may read and write it'],
  ['EPERM', 'operation not permitted; check who may read and write it'],
  ['EROFS', 'the file system is read-only; choose another place'],
  ['EISDIR', 'this is a folder; name a file'],
  ['ENOTDIR', 'part of the path is a file, not a folder; check the path'],
  ['ENOSPC', 'no space left; free some or choose another place'],
  ['ERR_FS_FILE_TOO_LARGE', 'larger than 2 GiB, which Node does not read in one piece; split the file'],
]);

function explain(op: string, path: string, cause: unknown, missing: string): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = code === 'ENOENT' ? missing : advice.get(code);
  const reason = known ?? (cause instanceof Error ? cause.message : String(cause));
  return new Error(`${op}: ${path}: ${reason}${code === '' ? '' : ` (${code})`}`, { cause });
}
