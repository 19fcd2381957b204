/**
 * docs/parity.md holds what the fixtures' tests, which run before this one, have measured. It is made anew by
 *
 *     npx -y pnpm@12 test --update
 *
 * and a page that names other operations, other numbers of cases, or smaller errors than there are, fails.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '@vitrine/tensor/files';
import { expect } from 'chai';
import { families } from './against-pytorch/index.js';
import { opFixtures } from './support/fixtures.js';
import { ledger } from './support/ledger.js';
import type { Entry } from './support/ledger.js';
import { columnKeys, readPage, writePage } from './support/parity-page.js';
import type { Section } from './support/parity-page.js';

const PAGE = fileURLToPath(new URL('../../docs/parity.md', import.meta.url));

const SECTIONS: readonly Section[] = [
  ...families.map(({ file, title, about }) => ({ name: file, title, about })),
  {
    name: 'blocks',
    title: 'Blocks',
    about: 'Output in evaluation and training; the gradient of the input and of every parameter.',
  },
  {
    name: 'networks',
    title: 'Networks',
    about: 'Small EfficientNets in both conventions: activations of every layer, logits, loss, every gradient; ' +
      'and every\nparameter, running statistic and loss along three steps of an optimizer.',
  },
  {
    name: 'pretrained',
    title: 'Published variants, published layouts',
    about: 'Logits of two images in float32, with weights from a file as torchvision, timm or lukemelas write it, ' +
      'against these\nlibraries in float64. The weights follow from a rule (tests/fixtures/fill.py). What rounding ' +
      'begins, up to 80 layers\namplify: PyTorch itself strays by up to 6e-6 in float32, and up to 1e-4 is allowed ' +
      'here. Where there is one figure, it\nis of the emitted kernels.',
  },
  {
    name: 'b0 blocks',
    title: 'B0, block by block',
    about: 'Outputs of every block on a 64 × 64 image in both conventions, 64 numbers each, ' +
      'against torchvision and timm.',
  },
];

const introduction = (torch: string): string => `# Parity with PyTorch

Every operation, held against what PyTorch ${torch} computes on the same numbers. The figures are the worst error over
all cases, max|got − want| / max|want|, of float32 against PyTorch in float64, rounded to float32 once: 6e-8 is half a
unit in the last place. *forward* is the value, *gradient* that of every input, for a random cotangent; the first figure
of each is of the reference kernels, the second of the emitted ones. On three threads they are the same to the last bit.
Up to 1e-5 is allowed. In float64, where only a wrong formula is left to be seen, the same cases pass as well.

The tables are written by the tests (\`npx -y pnpm@12 test --update\`), which fail when they are out of date.`;

/** What another version of the engine may change in the last places. */
const allowed = (stated: number): number => 2 * stated + 1.2e-7;

describe('parity', () => {
  const title = (entry: Entry): string => SECTIONS.find(({ name }) => name === entry.section)?.title ?? entry.section;

  it('docs/parity.md says what was measured', async function () {
    if (ledger.rows().length === 0) this.skip(); // run alone: nothing has been measured
    const measured = ledger.rows();
    expect([...new Set(measured.map(({ section }) => section))], 'every section is described')
      .to.have.members(SECTIONS.map(({ name }) => name));
    if (process.env['VITRINE_UPDATE'] !== undefined) {
      await writeFileAtomic(PAGE, writePage(introduction(torchVersion()), SECTIONS, measured));
    }

    const stated = readPage(readFileSync(PAGE, 'utf8'));
    const name = (part: { row: string; cases: number }, of: string): string =>
      `${of}: ${part.row}, ${part.cases} cases`;
    expect(stated.map((row) => name(row, row.title))).to.have.members(measured.map((entry) =>
      name({ row: entry.row, cases: entry.cases.size }, title(entry))));
    for (const entry of measured) {
      const { errors } = stated.find((row) => row.row === entry.row && row.title === title(entry))!;
      columnKeys.forEach((key, column) => {
        if (!measured.some(({ worst }) => worst.has(key))) return; // a machine without this face of the kernels
        const [worst, said] = [entry.worst.get(key) ?? null, errors[column]];
        expect(said === null, `${entry.row}: ${key}`).to.equal(worst === null);
        if (worst !== null && said !== null) {
          expect(worst, `${entry.row}: ${key}; stated ${said}`).to.be.at.most(allowed(said));
        }
      });
    }
  });

  it('a page is read as it was written', () => {
    const entry: Entry = {
      section: 's', row: 'add', cases: new Set(['a', 'b']),
      worst: new Map([[columnKeys[0], 1.24e-7], [columnKeys[3], 0]]),
    };
    const page = writePage('# Title', [{ name: 's', title: 'Section', about: 'Text.' }], [entry]);
    expect(readPage(page)).to.deep.equal([{ title: 'Section', row: 'add', cases: 2, errors: [1.2e-7, null, null, 0] }]);
  });
});

/** `1.13.0a0` is 1.13 as Debian builds it. */
const torchVersion = (): string => opFixtures().madeBy.torch.replace(/\.0a0$/, '');
