import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomicSync } from '@vitrine/tensor/files';

/**
 * The folder of one training run and the numbers written into it.
 *
 *     runs/2026-03-14_15-09-26/metrics.jsonl     one JSON object a line, appended as the run goes on
 *
 * Everything is synchronous: a line is a few dozen bytes beside a training step of milliseconds, and what `append`
 * has returned from is with the operating system, whatever happens to this process next.
 */
export class RunLog {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a new folder `<root>/<yyyy-mm-dd_hh-mm-ss>`, local time. Never one that exists: see `createRunFolder`. */
  static create(root: string, when: Date = new Date()): RunLog {
    return new RunLog(createRunFolder(root, when));
  }

  /**
   * Goes on in the folder of an earlier run. If that run was cut off in the middle of a line, the piece gets its
   * newline now, so that it spoils no line that follows. Throws if there is no such folder.
   */
  static open(folder: string): RunLog {
    if (!existsSync(folder)) throw new Error(`RunLog.open: ${folder}: no such folder; RunLog.create makes a new one`);
    const log = new RunLog(folder);
    const written = readIfThere(log.path('metrics.jsonl'));
    if (written.length > 0 && written.at(-1) !== 0x0a) appendFileSync(log.path('metrics.jsonl'), '\n');
    return log;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /**
   * Adds one line to metrics.jsonl, in one write at the end of the file. JSON has no NaN and no infinities, and a
   * diverged loss must not read as null: they are written as the strings "NaN", "Infinity" and "-Infinity".
   */
  append(record: object): void {
    appendFileSync(this.path('metrics.jsonl'), lineOf(record));
  }

  /**
   * Takes out of metrics.jsonl the records that `keep` refuses, and torn lines, and returns the others: a training that
   * goes on from a checkpoint makes its later steps again. Without the file there are none.
   */
  trim(keep: (record: Record<string, unknown>) => boolean): Record<string, unknown>[] {
    const path = this.path('metrics.jsonl');
    const records = existsSync(path) ? readMetrics(path).records.filter(keep) : [];
    this.write('metrics.jsonl', records.map(lineOf).join(''));
    return records;
  }

  /** Writes a whole file of the run (a report, say): beside its place, then renamed, so that nobody sees half of it. */
  write(name: string, contents: string | Uint8Array): void {
    writeFileAtomicSync(this.path(name), contents);
  }
}

/** JSON without NaN and infinities: see `append`. */
const lineOf = (record: object): string => `${JSON.stringify(record, (_key, value: unknown) =>
  (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))}\n`;

/**
 * Makes and returns `<root>/<yyyy-mm-dd_hh-mm-ss>` (local time), and `root` if need be. If that name is taken (two runs
 * within a second), `-2`, `-3`, … is added: mkdir either makes a folder or fails, so no two runs can share one.
 */
export function createRunFolder(root: string, when: Date = new Date()): string {
  if (Number.isNaN(when.getTime())) throw new RangeError('createRunFolder: not a valid date; leave it out to use now');
  mkdirSync(root, { recursive: true });
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = [String(when.getFullYear()).padStart(4, '0'), two(when.getMonth() + 1), two(when.getDate())].join('-');
  const time = [when.getHours(), when.getMinutes(), when.getSeconds()].map(two).join('-');
  for (let n = 1; ; n++) {
    const folder = join(root, n === 1 ? `${day}_${time}` : `${day}_${time}-${n}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Reads a metrics.jsonl. "NaN", "Infinity" and "-Infinity" become numbers again. Lines that are no JSON object (a run
 * was killed while writing) are left out, and their numbers, counted from 1, given in `torn`.
 */
export function readMetrics(path: string): { records: Record<string, unknown>[]; torn: number[] } {
  const records: Record<string, unknown>[] = [];
  const torn: number[] = [];
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line === '') continue;
    const record = parseRecord(line);
    if (record === undefined) torn.push(i + 1);
    else records.push(record);
  }
  return { records, torn };
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line, (_key, item: unknown) =>
      item === 'NaN' || item === 'Infinity' || item === '-Infinity' ? Number(item) : item,
    );
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readIfThere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Uint8Array(0);
    throw error;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
