/** Options declared once: of one table come what the command line takes, the names in a JSON file, and the help. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `body`; a name or number that it refuses (a RangeError) is wrong usage. */
export function asUsage<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** What a value may be. */
export interface Kind<T> {
  /** In words. */
  readonly rule: string;
  /** Of a text of the command line; undefined if it does not follow the rule. */
  readonly fromText: (text: string) => T | undefined;
  /** Of JSON. */
  readonly isValue: (value: unknown) => value is T;
}

export interface Option<T> extends Kind<T> {
  /** What stands for the value in the help; '' for a flag, which takes none. */
  readonly placeholder: string;
  readonly help: string;
}

export type Table = Readonly<Record<string, Option<unknown>>>;

/** The values of a table's options, by their names. */
export type Values<T extends Table> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never };

export const option = <T>(placeholder: string, kind: Kind<T>, help: string): Option<T> =>
  ({ ...kind, placeholder, help });

export const flag = (help: string): Option<boolean> => ({
  placeholder: '', help, rule: 'true or false', fromText: () => true, isValue: (value) => typeof value === 'boolean',
});

const numeric = (rule: string, fits: (n: number) => boolean): Kind<number> => {
  const isValue = (value: unknown): value is number => typeof value === 'number' && fits(value);
  const fromText = (text: string): number | undefined => {
    const value = text.trim() === '' ? NaN : Number(text);
    return isValue(value) ? value : undefined;
  };
  return { rule, fromText, isValue };
};

export const whole = (least: number): Kind<number> =>
  numeric(`a whole number >= ${least}`, (n) => Number.isSafeInteger(n) && n >= least);

export const number = (rule: string, fits: (n: number) => boolean): Kind<number> =>
  numeric(rule, (n) => Number.isFinite(n) && fits(n));

export const share = number('a number from 0 to 1', (n) => n >= 0 && n <= 1);

export const text: Kind<string> = {
  rule: 'a text', fromText: (value) => (value === '' ? undefined : value),
  isValue: (value): value is string => typeof value === 'string' && value !== '',
};

export const choice = <T extends string>(...choices: readonly T[]): Kind<T> => ({
  rule: choices.join(', ').replace(/, ([^,]*)$/, ' or $1'),
  fromText: (value) => choices.find((each) => each === value),
  isValue: (value): value is T => choices.some((each) => each === value),
});

/** `0.5,0.5,0.5`; in JSON an array. */
export const numbers = (rule: string, fits: (n: number) => boolean): Kind<readonly number[]> => {
  const isValue = (value: unknown): value is readonly number[] => Array.isArray(value) && value.length > 0
    && value.every((n: unknown) => typeof n === 'number' && Number.isFinite(n) && fits(n));
  const fromText = (value: string): readonly number[] | undefined => {
    const found = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
    return isValue(found) ? found : undefined;
  };
  return { rule: `${rule} with commas between`, fromText, isValue };
};

/** Or nothing: `none`, in JSON null. */
export const orNone = <T>({ rule, fromText, isValue }: Kind<T>): Kind<T | null> => ({
  rule: `${rule}, or none`,
  fromText: (value) => (value === 'none' ? null : fromText(value)),
  isValue: (value): value is T | null => value === null || isValue(value),
});

/** A text in a language of its own: `parse` throws an Error that says what is wrong with it. */
export const spec = (parse: (value: string) => unknown): Kind<string> => {
  const isValue = (value: unknown): value is string => {
    if (typeof value !== 'string') return false;
    parse(value);
    return true;
  };
  return { rule: 'a text', fromText: (value) => (isValue(value) ? value : undefined), isValue };
};

/** What stands in the arguments. Throws a UsageError for an unknown option, or a value that breaks its rule. */
export function readArguments<T extends Table>(table: T, args: readonly string[], most = 0): {
  readonly given: Partial<Values<T>>;
  readonly positionals: readonly string[];
} {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { placeholder }] of Object.entries(table)) {
    options[name] = { type: placeholder === '' ? 'boolean' : 'string' };
  }
  const { values, positionals } = parse(args, options);
  if (positionals.length > most) throw new UsageError(`unexpected argument '${positionals[most]}'`);
  const given = Object.entries(values).map(([name, value]) => {
    const { rule, fromText } = table[name];
    const found = explained(`--${name}`, () => fromText(String(value)));
    if (found === undefined) throw new UsageError(`--${name} takes ${rule}; got '${String(value)}'`);
    return [name, found];
  });
  return { given: checked(table, Object.fromEntries(given)), positionals };
}

function parse(
  args: readonly string[], options: NonNullable<ParseArgsConfig['options']>,
): { values: Record<string, unknown>; positionals: string[] } {
  // `pnpm run x -- --flag` passes the bare `--` on; it means nothing here.
  const own = args.filter((arg) => arg !== '--');
  try {
    return parseArgs({ args: own, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

/** The same from an object of JSON, of the file `name`. */
export function readObject<T extends Table>(table: T, object: Readonly<Record<string, unknown>>, name: string):
Partial<Values<T>> {
  for (const [key, value] of Object.entries(object)) {
    if (!Object.hasOwn(table, key)) {
      throw new UsageError(`${name}: there is no option '${key}'; known are ${Object.keys(table).join(', ')}`);
    }
    const { rule, isValue } = table[key];
    if (explained(`${name}: ${key}`, () => isValue(value))) continue;
    throw new UsageError(`${name}: ${key} takes ${rule.replace(/none$/, 'null')}; got ${JSON.stringify(value)}`);
  }
  return checked(table, object);
}

function explained<R>(where: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    throw error instanceof Error ? new UsageError(`${where}: ${error.message}`) : error;
  }
}

function checked<T extends Table>(table: T, values: unknown): Partial<Values<T>> {
  const fits = (candidate: unknown): candidate is Partial<Values<T>> => typeof candidate === 'object'
    && candidate !== null && Object.entries(candidate).every(([name, value]) => table[name].isValue(value));
  if (!fits(values)) throw new TypeError('an option has a value of another kind');
  return values;
}

const COLUMN = 25;
const WIDTH = 118;

/** A line or more an option. */
export function helpOf(table: Table): string {
  return Object.entries(table).map(([name, { placeholder, help }]) => {
    const head = `  --${name}${placeholder === '' ? '' : ` ${placeholder}`}`;
    const lines = wrap(help, WIDTH - COLUMN);
    const first = head.length < COLUMN ? `${head.padEnd(COLUMN)}${lines.shift() ?? ''}\n` : `${head}\n`;
    return first + lines.map((line) => `${' '.repeat(COLUMN)}${line}\n`).join('');
  }).join('');
}

function wrap(help: string, width: number): string[] {
  return help.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
