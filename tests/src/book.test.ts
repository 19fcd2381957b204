/** The book, held against the project: programs run, quotations are in the sources, pictures are what is drawn. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { missingFrom, outputsOf, parseChapter, programOf } from './book/chapter.js';
import { pictures } from './book/pictures.js';
import { TILE_OUTPUTS } from './book/pictures/convolution.js';
import { BLOCKS } from './book/pictures/products.js';
import { root, runExample } from './support/examples.js';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const chapters = readdirSync(join(root, 'docs')).filter((file) => /^\d+-.*\.md$/.test(file)).sort();

/** The cells of every row of the tables in a text, by their first one. */
const rows = (markdown: string): Map<string, string[]> =>
  new Map(Array.from(markdown.matchAll(/^\| (.*) \|$/gm), ([, row]) => row.split(' | ').map((cell) => cell.trim()))
    .map((cells) => [cells[0], cells.slice(1)]));

describe('book', () => {
  it('has its chapters', () => expect(chapters).to.have.length.of.at.least(4));

  for (const file of chapters) {
    const markdown = read(`docs/${file}`);
    const { pieces, refused, quotations } = parseChapter(markdown);

    it(`${file}: its programs compile and print what stands behind them`, async () => {
      expect(pieces.length).to.be.greaterThan(5);
      const printed = outputsOf(await runExample(file, programOf(pieces)));
      const wrong = pieces.flatMap(({ line, prints }, i) => (printed[i].join('\n') === prints.join('\n') ? []
        : [`docs/${file}, line ${line}, prints\n${printed[i].join('\n')}`]));
      if (wrong.length > 0) throw new Error(wrong.join('\n\n'));
    });

    for (const piece of refused) {
      it(`${file}: the compiler refuses the program in line ${piece.line}`, async () => {
        expect(piece.prints).to.have.length.of.at.least(1);
        const before = pieces.filter(({ line }) => line < piece.line);
        const message = await runExample(file, programOf([...before, piece])).then(() => 'compiled', String);
        for (const said of piece.prints) expect(message).to.include(said);
      });
    }

    it(`${file}: quotations stand in the sources`, () => {
      const missing = quotations.flatMap((quotation) => {
        const part = missingFrom(read(quotation.source), quotation);
        return part === null ? [] : [`line ${quotation.line}, not in ${quotation.source}:\n${part}`];
      });
      expect(missing).to.deep.equal([]);
    });

    it(`${file}: measurements are those of benchmarks.md`, () => {
      const measured = rows(read('docs/benchmarks.md'));
      const tables = Array.from(markdown.matchAll(/<!-- benchmarks\.md -->([\s\S]*?)<!-- \/benchmarks\.md -->/g));
      const stale = tables.flatMap(([, table]) => [...rows(table)]
        .filter(([name]) => name !== '' && !/^-+:?$/.test(name))
        .flatMap(([name, cells]) => cells.filter((cell) => measured.get(name)?.includes(cell) !== true)
          .map((cell) => `${name}: ${cell}`)));
      expect(stale, 'copy the rows anew').to.deep.equal([]);
    });
  }

  it('knows a quotation from what is none', () => {
    const quotation = (text: string): string | null =>
      missingFrom('a\n  b\n  c\nd\n', { language: 'ts', info: '', line: 1, source: 'x', text });
    expect([quotation('a\nb'), quotation('  b\n  c'), quotation('a\n// …\nd')]).to.deep.equal([null, null, null]);
    expect([quotation('a\nc'), quotation('d\n// …\na')]).to.deep.equal(['a\nc', 'a']);
  });

  it('refuses blocks it does not know', () => {
    expect(() => parseChapter('```ts ignore\n```')).to.throw('got "ignore"');
    expect(() => parseChapter('```text\nfree\n```')).to.throw('output of no program');
    expect(() => parseChapter('```ts\n')).to.throw('never closed');
  });

  for (const { name, svg } of pictures()) {
    it(`pictures/${name} is what its drawing gives, and stands in a chapter`, () => {
      expect(read(`docs/pictures/${name}`) === svg, 'draw it anew: node tests/dist/book/draw.js').to.equal(true);
      expect(chapters.filter((file) => read(`docs/${file}`).includes(`(pictures/${name})`))).to.have.length(1);
    });
  }

  it('the pictures have the sizes of the kernels', () => {
    const gemm = read('packages/tensor/src/kernels/gemm.ts');
    for (const [name, size] of Object.entries(BLOCKS)) expect(gemm).to.include(`const ${name} = ${size};`);
    expect(read('packages/tensor/src/wasm/simd/depthwise.ts')).to.include(`const T = ${TILE_OUTPUTS};`);
  });

  it('there is no picture that nothing draws', () => {
    // Those of the experiments are drawn from their results, see miniature.test.ts.
    const drawn = readdirSync(join(root, 'docs/pictures')).filter((name) => !name.startsWith('miniature-'));
    expect(drawn.sort()).to.deep.equal(pictures().map(({ name }) => name).sort());
  });
});
