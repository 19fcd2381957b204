/** Wrong names and modes are errors of the compiler, and the errors that are meant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compileProgram, root } from './support/examples.js';

const source = readFileSync(join(root, 'tests/src/types/refused.ts'), 'utf8');

const DIRECTIVE = /^\/\/ @ts-expect-error (TS\d+): (.*)$/gm;

/** What the compiler says of a program: `line TScode`. */
const errorsOf = (program: string): Promise<string[]> => compileProgram('types', program, (complaints) =>
  Array.from(complaints.matchAll(/example\.ts\((\d+),\d+\): error (TS\d+)/g), ([, line, code]) => `${line} ${code}`));

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
