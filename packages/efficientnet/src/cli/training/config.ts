/** Where a run's settings come from: the command line, else a file, else a preset; config.json has all of them. */
import { readFile } from '@vitrine/tensor/files';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { applyBackend } from '../backend-options.js';
import { UsageError, readArguments, readObject } from '../options.js';
import type { Table, Values } from '../options.js';
import { messageOf } from '../output.js';
import { COMMAND_OPTIONS } from './options.js';
import type { RUN_OPTIONS } from './options.js';

export const CONFIG_FILE = 'config.json';

/** Options that may stand beside `--resume`. */
const BESIDE_RESUME = ['resume', 'json', 'threads', 'checkpoint-minutes'];

export type RunTable = Table & typeof COMMAND_OPTIONS & typeof RUN_OPTIONS;

/**
 * The settings given in the arguments and, where they do not say, in the file of `--config`, or of the run that is
 * resumed. Backend and threads are set. Throws a UsageError for what does not exist, or does not go together.
 */
export async function readSettings<T extends RunTable>(
  command: string, table: T, args: readonly string[],
): Promise<Partial<Values<T>>> {
  const { given } = readArguments(table, args);
  const { config, resume }: Partial<Values<typeof COMMAND_OPTIONS>> = given;
  if (resume !== undefined) {
    const other = Object.keys(given).find((name) => !BESIDE_RESUME.includes(name));
    if (other !== undefined) {
      throw new UsageError(`--resume goes on as ${CONFIG_FILE} of the run says; --${other} would make it another one`);
    }
  }
  const path = resume === undefined ? config : join(resume, CONFIG_FILE);
  const written = path === undefined ? {} : await readConfig(command, table, path);
  checkPresets(given, written, path);
  const settings = { ...written, ...given };
  applyBackend(settings);
  return settings;
}

/** The config.json of a run has all that its preset says: another one beside it would change nothing. */
function checkPresets(given: object, written: object, path: string | undefined): void {
  if (!('preset' in given && 'preset' in written) || given.preset === written.preset) return;
  throw new UsageError(`--preset ${String(given.preset)} does not go with --config: ${path} is of preset ` +
    `${String(written.preset)}, and what it says would count; leave one of them out`);
}

async function readConfig<T extends RunTable>(command: string, table: T, path: string): Promise<Partial<Values<T>>> {
  const parsed = parse(path, new TextDecoder().decode(await readFile(path)));
  const { version: made, command: of, ...rest } = parsed;
  if (of !== undefined && of !== command) {
    throw new UsageError(`${path} is of the command ${String(of)}; efficientnet ${String(of)} takes it`);
  }
  if (made !== undefined && made !== version()) {
    const versions = `of version ${String(made)}, this is ${version()}`;
    process.stderr.write(`efficientnet: ${path} is ${versions}: results may differ\n`);
  }
  const misplaced = Object.keys(rest).find((name) => Object.hasOwn(COMMAND_OPTIONS, name));
  if (misplaced !== undefined) throw new UsageError(`${path}: ${misplaced} is for the command line alone`);
  return readObject(table, rest, path);
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: not valid JSON: ${messageOf(error)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(`${path}: expected a JSON object, { "name of an option": value, … }`);
}

/** The text of config.json. */
export const formatConfig = (command: string, values: object): string =>
  `${JSON.stringify({ version: version(), command, ...values }, null, 2)}\n`;

/** Of this package. */
function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** A folder in full, so that a configuration means the same wherever it is read. */
export const inFull = (path: string | null | undefined): string | null => (path == null ? null : resolve(path));
