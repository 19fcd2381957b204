/**
 * Runs the tests: all of them, or with an argument the files whose name contains it, or if there are none the tests
 * whose title does. With --update, pages that tests generate are written anew (docs/parity.md). Prints a line for every
 * outermost suite, every test that took long, and every failure; the last line counts them. Exit code 1 if a test
 * failed or none ran.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';

/** Ends what hangs. The longest take ten seconds, and where others have the cores ten times that. */
const TIMEOUT_MS = 300_000;
const SLOW_MS = 2_000;

/** One line an outermost suite. */
class Compact extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    let suite = '';
    let counts = { passed: 0, failed: 0, skipped: 0 };
    let started = 0;
    const flush = (): void => {
      const run = counts.passed + counts.failed + counts.skipped;
      if (run > 0) {
        const parts = [`${counts.passed} passed`, counts.failed > 0 ? `${counts.failed} FAILED` : '',
          counts.skipped > 0 ? `${counts.skipped} skipped` : ''];
        const summary = parts.filter((part) => part !== '').join(', ');
        console.log(`${counts.failed > 0 ? '✗' : '✓'} ${suite}: ${summary} (${Date.now() - started} ms)`);
      }
      counts = { passed: 0, failed: 0, skipped: 0 };
      started = Date.now();
    };
    runner.on('suite', (entered) => {
      if (entered.parent?.root !== true) return;
      flush();
      suite = entered.title;
    });
    runner.on('pass', (test) => {
      counts.passed++;
      if ((test.duration ?? 0) > SLOW_MS) console.log(`    slow: ${test.fullTitle()} (${test.duration} ms)`);
    });
    runner.on('pending', () => counts.skipped++);
    runner.on('fail', (test, error: unknown) => {
      counts.failed++;
      console.log(`    ✗ ${test.fullTitle()}\n      ${describe(error).replaceAll('\n', '\n      ')}`);
    });
    runner.on('end', flush);
  }
}

/** The message and where it was thrown, without the frames of the runner itself. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) =>
    /^\s+at /.test(line) && !/node_modules|node:internal/.test(line));
  return [`${error.name}: ${error.message}`, ...frames.slice(0, 6)].join('\n');
}

const here = fileURLToPath(new URL('.', import.meta.url));
const source = (file: string): string => join(here, '../src', file.replace(/\.js$/, '.ts'));

/** It reads what the others have measured. */
const isLast = (file: string): boolean => file === 'parity.test.js';

/** What is left over in dist from a test that has been removed is not run. */
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && existsSync(source(file)))
  .sort((a, b) => Number(isLast(a)) - Number(isLast(b)) || (a < b ? -1 : 1));

const args = process.argv.slice(2).filter((arg) => arg !== '--');
if (args.includes('--update')) process.env['VITRINE_UPDATE'] = '1';
const filter = args.filter((arg) => arg !== '--update').join(' ').toLowerCase();
const matching = files.filter((file) => file.toLowerCase().includes(filter));

// Programs that tests start print as into a file, without colours, whatever is asked of the tests themselves.
for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_OPTIONS']) delete process.env[name];

const mocha = new Mocha({ timeout: TIMEOUT_MS, reporter: Compact });
if (matching.length === 0) mocha.grep(new RegExp(filter.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i'));
for (const file of matching.length > 0 ? matching : files) mocha.addFile(join(here, file));
await mocha.loadFilesAsync();

const { passes, failures, pending } = await new Promise<Mocha.Stats>((resolve, reject) => {
  const runner = mocha.run(() => {
    if (runner.stats === undefined) reject(new Error('run: no statistics'));
    else resolve(runner.stats);
  });
});
if (passes + failures === 0) {
  console.log(filter === '' ? 'No test ran.' : `No test ran: neither a file nor a title contains "${filter}".`);
}
process.exitCode = failures > 0 || passes === 0 ? 1 : 0;
console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
