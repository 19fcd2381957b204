/** Transfer end to end: the page that tells it, and the program that measures it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FASHION_MNIST_FILES, encodeIdx } from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { UsageError, readOptions } from '../../apps/transfer/dist/options.js';
import { compileProgram, fences, root } from './support/examples.js';

describe('docs/transfer.md', () => {
  it('its program compiles', async () => {
    const page = readFileSync(join(root, 'docs/transfer.md'), 'utf8');
    const programs = fences(page).filter(({ language }) => language === 'ts');
    expect(programs).to.have.length(1);
    await compileProgram('transfer', programs[0].text, (complaints) => expect(complaints).to.equal(''));
  });
});

describe('apps/transfer', () => {
  const main = fileURLToPath(new URL('../../apps/transfer/dist/main.js', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-transfer-'));
  after(() => rmSync(folder, { recursive: true }));

  /** `perClass` images of noise of each of ten classes, as the data set is published. */
  const write = (names: { readonly images: string; readonly labels: string }, perClass: number): void => {
    const random = new Random(perClass);
    const pixels = Uint8Array.from({ length: 10 * perClass * 28 * 28 }, () => random.integer(256));
    const classes = Uint8Array.from({ length: 10 * perClass }, (_, i) => i % 10);
    writeFileSync(join(folder, names.images), encodeIdx({ shape: [10 * perClass, 28, 28], data: pixels }));
    writeFileSync(join(folder, names.labels), encodeIdx({ shape: [10 * perClass], data: classes }));
  };
  write(FASHION_MNIST_FILES.train, 10);
  write(FASHION_MNIST_FILES.test, 4);

  it('runs both ways for the same time, prints what came out, and writes it into a page', async () => {
    const page = join(folder, 'page.md');
    writeFileSync(page, 'before\n<!-- transfer:8 -->\nold\n<!-- /transfer:8 -->\nafter\n');
    const { stdout } = await promisify(execFile)(process.execPath, [
      main, '--data', folder, '--seeds', '1', '--per-class', '8', '--seconds', '0.3', '--clock', 'processor',
      '--threads', '1', '--backbone-epochs', '1', '--json', '--markdown', page,
    ]);
    const { trials, backbones } = JSON.parse(stdout) as
      { trials: Record<string, Record<string, number>>[]; backbones: unknown[] };
    expect([trials.length, backbones.length]).to.deep.equal([1, 1]);
    for (const way of ['transfer', 'scratch']) {
      const { accuracy, calibration, flipped, seconds, images: seen } = trials[0][way];
      for (const share of [accuracy, calibration, flipped]) expect(share, way).to.be.within(0, 1);
      expect(seconds, way).to.be.at.least(0.3);
      expect(seen, way).to.be.greaterThan(0);
    }
    expect(trials[0]['head']['seconds']).to.be.below(trials[0]['transfer']['seconds']);
    const written = readFileSync(page, 'utf8');
    expect(written).to.match(/^before\n<!-- transfer:8 -->\n\nBackbone: 1 epoch/);
    expect(written).to.match(/\| \d+\.\d s \| whole network, from scratch \|/);
    expect(written).to.match(/<!-- \/transfer:8 -->\nafter\n$/).and.not.match(/old/);
  });

  it('wrong options say what they take', () => {
    for (const [args, why] of [
      [['--seeds', '0'], "--seeds takes a whole number >= 1; got '0'"],
      [['--seconds', '1,x'], "--seconds takes numbers > 0, separated by commas; got '1,x'"],
      [['--clock', 'sun'], "--clock takes wall or processor; got 'sun'"],
      [['--sedes', '1'], "Unknown option '--sedes'"],
    ] as const) expect(() => readOptions(args)).to.throw(UsageError, why);
  });

  it('ends with code 2 where a page is not there', async () => {
    const error: unknown = await promisify(execFile)(process.execPath, [main, '--markdown', 'no-such-page.md'])
      .catch((reason: unknown) => reason);
    const stderr = 'transfer: --markdown takes a page that exists; there is no no-such-page.md\n';
    expect(error).to.include({ code: 2, stderr });
  });
});
