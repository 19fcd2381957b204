/** Reading options, with errors that name the option, its rule and what was found. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Parsed {
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  /** A whole number ≥ least, or undefined where the option is absent. */
  readonly whole: (name: string, least: number) => number | undefined;
  /** A number for which `fits` holds, or undefined; `rule` says the same in words. */
  readonly number: (name: string, rule: string, fits: (n: number) => boolean) => number | undefined;
  readonly positionals: readonly string[];
}

/** Options named in `texts` take a value, those in `flags` none. Throws a UsageError for unknown ones. */
export function parseOptions(args: readonly string[], texts: readonly string[], flags: readonly string[], most: number): Parsed {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const name of texts) options[name] = { type: 'string' };
  for (const name of flags) options[name] = { type: 'boolean' };
  const { values, positionals } = parse(args, options);
  if (positionals.length > most) throw new UsageError(`unexpected argument '${positionals[most]}'`);
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const checked = (name: string, rule: string, fits: (n: number) => boolean): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const n = value.trim() === '' ? NaN : Number(value);
    if (!fits(n)) throw new UsageError(`--${name} takes ${rule}; got '${value}'`);
    return n;
  };
  return {
    text,
    flag: (name) => values[name] === true,
    whole: (name, least) => checked(name, `a whole number >= ${least}`, (n) => Number.isSafeInteger(n) && n >= least),
    number: (name, rule, fits) => checked(name, rule, (n) => Number.isFinite(n) && fits(n)),
    positionals,
  };
}

function parse(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): { values: Record<string, unknown>; positionals: string[] } {
  // `pnpm run x -- --flag` passes the bare `--` on; it means nothing here.
  const own = args.filter((arg) => arg !== '--');
  try {
    return parseArgs({ args: own, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}
