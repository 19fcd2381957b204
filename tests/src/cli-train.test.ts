/** The command line: training on a data set of sixty images, to the end and interrupted. */
import { FASHION_MNIST_CLASSES, FASHION_MNIST_FILES, encodeIdx } from '@vitrine/data';
import { EfficientNet } from '@vitrine/efficientnet';
import type { EfficientNetConfig } from '@vitrine/efficientnet';
import { readMetrics } from '@vitrine/nn/node';
import { Random, loadTensors, meta, randn, scope } from '@vitrine/tensor';
import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run, start } from './support/command-line.js';

const SIZES = { train: 40, test: 20 };

/** Images of one grey level a class, with noise; the published names, some gzipped, some plain. */
function writeDataset(folder: string): void {
  mkdirSync(folder);
  const random = new Random(1);
  for (const [split, length] of Object.entries(SIZES)) {
    const labels = Uint8Array.from({ length }, (_, i) => i % 10);
    const images = Uint8Array.from({ length: length * 784 }, (_, i) => 25 * labels[Math.floor(i / 784)] + random.integer(20));
    const files = FASHION_MNIST_FILES[split === 'train' ? 'train' : 'test'];
    writeFileSync(join(folder, `${files.images}.gz`), gzipSync(encodeIdx({ shape: [length, 28, 28], data: images })));
    writeFileSync(join(folder, files.labels), encodeIdx({ shape: [length], data: labels }));
  }
}

describe('command line: train', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-train-'));
    writeDataset(join(root, 'data'));
  });
  after(() => rmSync(root, { recursive: true }));

  const args = (runs: string, ...more: readonly string[]): string[] =>
    ['train', '--data', join(root, 'data'), '--runs', join(root, runs), '--batch-size', '8', ...more];

  /** The one folder of a run, which has its three files and nothing else. */
  function folderOf(runs: string): string {
    const folders = readdirSync(join(root, runs));
    expect(folders).to.have.length(1);
    expect(folders[0]).to.match(/^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/);
    const folder = join(root, runs, folders[0]);
    expect(readdirSync(folder)).to.have.members(['checkpoint.safetensors', 'metrics.jsonl', 'report.html']);
    return folder;
  }

  /** Until the metrics of the only run in there contain `text`. */
  async function waitForMetrics(runs: string, text: string): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const paths = existsSync(join(root, runs)) ? readdirSync(join(root, runs)).map((name) => join(root, runs, name, 'metrics.jsonl')) : [];
      if (paths.some((path) => existsSync(path) && readFileSync(path, 'utf8').includes(text))) return;
      if (Date.now() > deadline) throw new Error(`waitForMetrics: no ${text} within two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Builds the model from what the checkpoint says about itself, and runs it. */
  async function expectUsable(folder: string): Promise<{ epoch: number }> {
    const { tensors, metadata } = await loadTensors(join(folder, 'checkpoint.safetensors'));
    const config = JSON.parse(metadata.get('model')!) as EfficientNetConfig;
    expect(config).to.include({ name: 'tiny-28', numClasses: 10, inChannels: 1, convention: 'tensorflow' });
    expect(JSON.parse(metadata.get('classes')!)).to.deep.equal(FASHION_MNIST_CLASSES);
    const model = meta(() => new EfficientNet(config)).eval();
    model.loadStateDict(tensors);
    const logits = scope(() => model.call(randn([2, 28, 28, 1], new Random(1))).value.toFloat32Array());
    expect(logits.every(Number.isFinite)).to.equal(true);
    expect(new Set(logits).size).to.be.above(10);
    const training = JSON.parse(metadata.get('training')!) as { epoch: number; mean: number[]; std: number[] };
    expect(training).to.deep.include({ mean: [0.286], std: [0.353] });
    return training;
  }

  it('two epochs: accuracy, checkpoint, metrics and report', async () => {
    const { code, stdout, stderr } = await run(...args('whole', '--epochs', '2'));
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.contain(`40 training and 20 test images, ${join(root, 'data')}`);
    const accuracies = [...stdout.matchAll(/^test accuracy (\d+\.\d) %$/gm)].map(([, percent]) => percent);
    expect(accuracies).to.have.length(2);
    expect(stdout).to.match(/^train 1\/2 {2}40 images in 0:\d\d/m).and.to.match(/^train 2\/2 {2}40 images in 0:\d\d/m);
    expect(stdout, 'no control characters into a pipe').not.to.match(/[\r\x1b]/);

    const folder = folderOf('whole');
    expect(stdout).to.contain(`${folder} has checkpoint.safetensors, metrics.jsonl and report.html`);
    expect(await expectUsable(folder)).to.include({ epoch: 2 });

    const { records, torn } = readMetrics(join(folder, 'metrics.jsonl'));
    expect(torn).to.deep.equal([]);
    expect(records.map(({ kind }) => kind))
      .to.deep.equal([...new Array(5).fill('step'), 'epoch', ...new Array(5).fill('step'), 'epoch']);
    expect(records.filter(({ kind }) => kind === 'step').map(({ step }) => step))
      .to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    records.filter(({ kind }) => kind === 'epoch').forEach(({ epoch, testAccuracy }, i) => {
      expect(epoch).to.equal(i + 1);
      expect((100 * Number(testAccuracy)).toFixed(1)).to.equal(accuracies[i]);
    });

    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(report)
      .to.match(/^<!doctype html>/i).and.to.contain('tiny-28 on Fashion-MNIST').and.to.match(/<\/html>\s*$/);
    expect(report).to.contain(`${accuracies[1]} %`);
    for (const heading of ['Curves', 'Worst mistakes', 'Weights and gradients', 'Stem filters', 'Time by layer']) {
      expect(report).to.contain(`<h2>${heading}</h2>`);
    }
    expect(report).to.contain('Grad-CAM');
    expect(report.length).to.be.below(1e6);
  });

  it('the same seed gives the same weights, another seed others', async () => {
    await Promise.all([['seed-a', '3'], ['seed-b', '3'], ['seed-c', '4']].map(([runs, seed]) => run(...args(runs, '--epochs', '1', '--seed', seed))));
    const weights = async (runs: string): Promise<number[]> => {
      const { tensors } = await loadTensors(join(folderOf(runs), 'checkpoint.safetensors'));
      return Array.from(tensors.values()).flatMap((tensor) => Array.from(tensor.toFloat32Array()));
    };
    const first = await weights('seed-a');
    expect(await weights('seed-b')).to.deep.equal(first);
    expect(await weights('seed-c')).not.to.deep.equal(first);
  });

  it('--epochs 0 leaves a fresh checkpoint', async () => {
    const { code, stdout } = await run(...args('fresh', '--epochs', '0'));
    expect(code).to.equal(0);
    expect(stdout).not.to.match(/test accuracy|train 1/);
    expect(await expectUsable(folderOf('fresh'))).to.include({ epoch: 0 });
  });

  it('Ctrl-C: stops after the step, leaves checkpoint and report, exit 130', async () => {
    const { child, finished } = start(...args('stopped', '--epochs', '100000'));
    await waitForMetrics('stopped', '"epoch":1');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect({ code, stderr }).to.deep.equal({ code: 130, stderr: '' });
    expect(stdout).to.contain('stopping after this step').and.to.contain('interrupted; trained');
    const folder = folderOf('stopped');
    const { epoch } = await expectUsable(folder);
    expect(epoch).to.be.at.least(1);
    expect(readMetrics(join(folder, 'metrics.jsonl')).torn).to.deep.equal([]);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).to.contain('no, interrupted');
  });

  it('Ctrl-C before anything was evaluated: the same', async () => {
    const { child, finished } = start('train', '--runs', join(root, 'early'), '--epochs', '50');
    await waitForMetrics('early', '"step":0');
    child.kill('SIGINT');
    const { code, stdout } = await finished;
    expect(code).to.equal(130);
    expect(stdout).to.contain('interrupted; trained').and.not.to.contain('test accuracy');
    const folder = folderOf('early');
    expect(await expectUsable(folder)).to.include({ epoch: 0 });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).to.contain('no, interrupted');
  });

  it('without data: names the files it looked for, exit 1, and makes no run', async () => {
    const missing = join(root, 'missing');
    const { code, stderr } = await run('train', '--data', missing, '--runs', join(root, 'none'));
    expect(code).to.equal(1);
    for (const { images, labels } of Object.values(FASHION_MNIST_FILES)) expect(stderr).to.contain(images).and.to.contain(labels);
    expect(stderr).to.contain(missing);
    expect(existsSync(join(root, 'none'))).to.equal(false);
  });
});
