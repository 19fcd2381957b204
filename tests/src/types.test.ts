/** Wrong names and modes are errors of the compiler, and the errors that are meant. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const dist = fileURLToPath(new URL('.', import.meta.url));
const source = readFileSync(join(dist, '../src/types/refused.ts'), 'utf8');
const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');

const DIRECTIVE = /^\/\/ @ts-expect-error (TS\d+): (.*)$/gm;

/** The errors of a program that is type-checked as the project is: `line TScode`. */
async function errorsOf(program: string): Promise<string[]> {
  const folder = join(dist, `types-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, 'program.ts'), program);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { composite: false, noEmit: true, lib: ['es2023', 'dom'] },
      files: ['program.ts'],
    }));
    const output = await run(process.execPath, [compiler, '-p', folder, '--pretty', 'false']).then(({ stdout }) => stdout, (error: { stdout?: string }) => error.stdout ?? '');
    return Array.from(output.matchAll(/program\.ts\((\d+),\d+\): error (TS\d+)/g), ([, line, code]) => `${line} ${code}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('types', () => {
  it('refuse what refused.ts says, for the reason it says', async () => {
    const meant = Array.from(source.matchAll(DIRECTIVE), (match) => {
      const line = source.slice(0, match.index).split('\n').length;
      return `${line + 1} ${match[1]}`;
    });
    expect(meant.length).to.be.greaterThan(20);
    expect(await errorsOf(source.replace(DIRECTIVE, '// $2'))).to.deep.equal(meant);
  });
});
