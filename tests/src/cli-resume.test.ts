/** The command line: a training that is killed, and resumed, ends as one that was left alone. */
import { Random, loadTensors, parseSafetensors, serializeSafetensors } from '@vitrine/tensor';
import { readMetrics } from '@vitrine/nn/node';
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { run, start } from './support/command-line.js';
import { writeIdx } from './support/tiny-data.js';

describe('command line: resume', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-resume-'));
    writeIdx(join(root, 'fashion'));
  });
  after(() => rmSync(root, { recursive: true }));

  const train = (runs: string): string[] => [
    'train', '--data', join(root, 'fashion'), '--runs', join(root, runs), '--batch-size', '4', '--epochs', '12',
    // All that has a state or draws by chance; a checkpoint after nearly every step.
    '--augment', 'flip,crop:1,mixup:0.3@0.5', '--ema', '0.9', '--drop-path', '0.3', '--clip', '1', '--accumulate', '2',
    '--early-stopping', '50', '--checkpoint-minutes', '0.0005',
  ];
  const folderOf = (runs: string): string | undefined => {
    const folders = existsSync(join(root, runs)) ? readdirSync(join(root, runs)) : [];
    expect(folders.length).to.be.at.most(1);
    return folders.length === 0 ? undefined : join(root, runs, folders[0]);
  };
  const linesOf = (folder: string | undefined): number => {
    const path = folder === undefined ? '' : join(folder, 'metrics.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  };

  /** Runs until so many lines of metrics are written, then a few ms more, then kills. */
  async function killed(args: readonly string[], runs: string, lines: number, ms: number): Promise<boolean> {
    const { child, finished } = start(...args);
    let over = false;
    void finished.then(() => { over = true; });
    while (!over && linesOf(folderOf(runs)) < lines) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGKILL');
    const { code } = await finished;
    return code === null;
  }

  it('killed three times, wherever it was: the same weights, metrics and report', async () => {
    const alone = await run(...train('alone'));
    expect(alone.code, alone.stderr).to.equal(0);
    const random = new Random(4);
    let args = train('killed');
    let folder = '';
    let kills = 0;
    for (const lines of [2, 15, 30]) {
      if (await killed(args, 'killed', lines, random.integer(40))) kills++;
      folder = folderOf('killed') ?? '';
      args = ['train', '--resume', folder, '--threads', String(1 + kills % 2)];
      // What a process leaves that dies while it writes, and what one that lives is writing.
      for (const pid of [2 ** 22 + 1, process.pid]) {
        writeFileSync(join(folder, `checkpoint.safetensors.tmp-${pid}-abcd`), 'half');
      }
    }
    expect(kills, 'in time').to.be.at.least(2);
    const last = await run(...args);
    expect(last.code, last.stderr).to.equal(0);
    expect(last.stdout).to.match(/^resumed after step \d+, in epoch \d$/m);
    const own = folderOf('alone') ?? '';
    expect(readdirSync(folder).filter((name) => name.includes('.tmp-'))).to.deep.equal(
      [`checkpoint.safetensors.tmp-${process.pid}-abcd`]);
    rmSync(join(folder, `checkpoint.safetensors.tmp-${process.pid}-abcd`));
    expect(readdirSync(folder)).to.have.members(readdirSync(own));

    expect(Buffer.compare(readFileSync(join(own, 'best.safetensors')), readFileSync(join(folder, 'best.safetensors'))))
      .to.equal(0);
    const [want, got] = await Promise.all([own, folder].map(async (path) =>
      (await loadTensors(join(path, 'checkpoint.safetensors'))).tensors));
    expect([...got.keys()]).to.deep.equal([...want.keys()]);
    expect([...want.keys()].some((key) => key.startsWith('ema.'))).to.equal(true);
    for (const [key, tensor] of want) {
      expect(got.get(key)?.toFloat64Array(), key).to.deep.equal(tensor.toFloat64Array());
    }
    const recordsOf = (path: string): unknown[] => readMetrics(join(path, 'metrics.jsonl')).records
      .map(({ seconds: _seconds, imagesPerSecond: _rate, ...record }) => record);
    expect(recordsOf(folder)).to.deep.equal(recordsOf(own));
    expect(recordsOf(own)).to.have.length(12 * 5 + 12);
  });

  it('a run that is over stays as it is, and gets its report again', async () => {
    const folder = folderOf('alone') ?? '';
    const before = readFileSync(join(folder, 'checkpoint.safetensors'));
    rmSync(join(folder, 'report.html'));
    const { code, stdout, stderr } = await run('train', '--resume', folder, '--json');
    expect(code, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ epochs: 12, steps: 60, finished: true });
    expect(Buffer.compare(readFileSync(join(folder, 'checkpoint.safetensors')), before)).to.equal(0);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).to.contain('fast-28 on Fashion-MNIST');
  });

  it('refuses other training images than it was made with; a checkpoint that does not say takes any', async () => {
    const folder = folderOf('alone') ?? '';
    const path = join(folder, 'checkpoint.safetensors');
    const bytes = new Uint8Array(readFileSync(path));
    const { tensors, metadata } = parseSafetensors(bytes, path);
    expect(metadata.get('images')).to.match(/^Fashion-MNIST, 40 images of 10 classes \([0-9a-f]{8}\)$/);
    writeIdx(join(root, 'fashion'), { train: 50, test: 20 });
    try {
      const { code, stderr } = await run('train', '--resume', folder);
      expect(code).to.equal(1);
      expect(stderr).to.match(/the training images are others than those the run was made with: Fashion-MNIST, 50 imag/)
        .and.to.match(/, then Fashion-MNIST, 40 images of 10 classes \([0-9a-f]{8}\); give the run its images back/);
      expect(Buffer.compare(readFileSync(path), bytes)).to.equal(0);
      metadata.delete('images');
      writeFileSync(path, serializeSafetensors([...tensors], metadata));
      const old = await run('train', '--resume', folder);
      expect(old.code, old.stderr).to.equal(0);
    } finally {
      writeFileSync(path, bytes);
      writeIdx(join(root, 'fashion'));
    }
  });

  it('refuses other settings, and folders without a run', async () => {
    const folder = folderOf('alone') ?? '';
    const other = await run('train', '--resume', folder, '--lr', '0.1');
    expect(other.code).to.equal(2);
    expect(other.stderr).to.contain('--resume goes on as config.json of the run says; --lr would make it another one');
    const none = await run('train', '--resume', root);
    expect(none.code).to.equal(1);
    expect(none.stderr).to.contain('config.json');
  });
});
