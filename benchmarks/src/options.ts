/** The command line. */
import { parseArgs } from 'node:util';

export const HELP = `pnpm bench [WORD …]: how fast the kernels and whole networks are

Runs what has all the words in its family or name (all of it without any): pointwise, depthwise, stem, gemm,
elementwise, reduce, norm, squeeze-excitation, loss, update, inference, training, memory, startup. Every benchmark is
checked against the reference kernels before it is timed.

  --quick          few and short samples: shows that everything runs, not how fast
  --threads N      threads of the many-threaded face; default all cores
  --json FILE      keeps all samples
  --compare FILE   says what has changed since that --json FILE, as far as chance does not explain it
  --markdown FILE  puts the tables into that page, such as docs/benchmarks.md
  --list           only lists what would run
  --help           this
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Options {
  readonly words: readonly string[];
  readonly quick: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly threads: number | undefined;
  readonly json: string | undefined;
  readonly compare: string | undefined;
  readonly markdown: string | undefined;
}

export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args.filter((arg) => arg !== '--')); // pnpm passes a bare `--` on
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new UsageError(`--threads takes a whole number >= 1; got '${String(values.threads)}'`);
  }
  const { quick = false, list = false, help = false, json, compare, markdown } = values;
  return { words: positionals.map((word) => word.toLowerCase()), quick, list, help, threads, json, compare, markdown };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        threads: { type: 'string' },
        json: { type: 'string' },
        compare: { type: 'string' },
        markdown: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

/** Whether something of this family and name is wanted. */
export const matches = (words: readonly string[], text: string): boolean =>
  words.every((word) => text.toLowerCase().includes(word));
