/** The command line: training on a data set of sixty images, to the end and interrupted. */
import { FASHION_MNIST_CLASSES, FASHION_MNIST_FILES, encodeIdx } from '@vitrine/data';
import { EfficientNet } from '@vitrine/efficientnet';
import { readMetrics } from '@vitrine/nn/node';
import { Random, loadTensors, randn, scope } from '@vitrine/tensor';
import { expect } from 'chai';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainResult } from '../../packages/efficientnet/dist/cli/training/finish.js';
import { run, start } from './support/command-line.js';
import { writeIdx } from './support/tiny-data.js';

const FILES = ['config.json', 'metrics.jsonl', 'checkpoint.safetensors', 'best.safetensors', 'report.html'];

describe('command line: train', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-train-'));
    writeIdx(join(root, 'data'));
  });
  after(() => rmSync(root, { recursive: true }));

  const args = (runs: string, ...more: readonly string[]): string[] =>
    ['train', '--data', join(root, 'data'), '--runs', join(root, runs), '--batch-size', '8', ...more];

  /** The one folder of a run, which has its files and nothing else. */
  function folderOf(runs: string, ...missing: readonly string[]): string {
    const folders = readdirSync(join(root, runs));
    expect(folders).to.have.length(1);
    expect(folders[0]).to.match(/^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/);
    const folder = join(root, runs, folders[0]);
    expect(readdirSync(folder)).to.have.members(FILES.filter((file) => !missing.includes(file)));
    return folder;
  }

  /** Until the metrics of the only run in there contain `text`; ends the child if they never do. */
  async function waitForMetrics(child: ChildProcess, runs: string, text: string): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const paths = existsSync(join(root, runs))
        ? readdirSync(join(root, runs)).map((name) => join(root, runs, name, 'metrics.jsonl'))
        : [];
      if (paths.some((path) => existsSync(path) && readFileSync(path, 'utf8').includes(text))) return;
      if (Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`waitForMetrics: no ${text} within two minutes`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Builds the model from what the checkpoint says about itself, and runs it. */
  async function expectUsable(folder: string): Promise<{ epoch: number }> {
    const path = join(folder, 'checkpoint.safetensors');
    const { metadata } = await loadTensors(path);
    const model = await EfficientNet.fromPretrained('auto', path);
    expect(model.config).to.include({ name: 'fast-28', numClasses: 10, inChannels: 1, convention: 'tensorflow' });
    expect(model.pretrained?.classes).to.deep.equal(FASHION_MNIST_CLASSES);
    expect(model.pretrained?.preprocessing)
      .to.deep.equal({ resize: 28, crop: 28, interpolation: 'bicubic', mean: [0.286], std: [0.353] });
    const logits = scope(() => model.call(randn([2, 28, 28, 1], new Random(1))).value.toFloat32Array());
    expect(logits.every(Number.isFinite)).to.equal(true);
    expect(new Set(logits).size).to.be.above(10);
    const { position } = JSON.parse(metadata.get('training')!) as { position: { epoch: number } };
    return position;
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
    expect(stdout).to.contain(`${folder} has ${FILES.slice(0, -1).join(', ')} and report.html`);
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
      .to.match(/^<!doctype html>/i).and.to.contain('fast-28 on Fashion-MNIST').and.to.match(/<\/html>\s*$/);
    expect(report).to.contain(`${accuracies[1]} %`);
    for (const heading of ['Curves', 'Worst mistakes', 'Weights and gradients', 'Stem filters', 'Time by layer']) {
      expect(report).to.contain(`<h2>${heading}</h2>`);
    }
    expect(report).to.contain('Grad-CAM');
    expect(report.length).to.be.below(1e6);
  });

  it('the same seed gives the same weights, another seed others', async () => {
    await Promise.all([['seed-a', '3'], ['seed-b', '3'], ['seed-c', '4']].map(([runs, seed]) =>
      run(...args(runs, '--epochs', '1', '--seed', seed))));
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
    expect(await expectUsable(folderOf('fresh', 'best.safetensors'))).to.include({ epoch: 0 });
  });

  it('Ctrl-C: stops after the step, leaves checkpoint and report, exit 130', async () => {
    const { child, finished } = start(...args('stopped', '--epochs', '100000'));
    await waitForMetrics(child, 'stopped', '"epoch":1');
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
    await waitForMetrics(child, 'early', '"step":0');
    child.kill('SIGINT');
    const { code, stdout } = await finished;
    expect(code).to.equal(130);
    expect(stdout).to.contain('interrupted; trained').and.not.to.contain('test accuracy');
    const folder = folderOf('early', 'best.safetensors');
    expect(await expectUsable(folder)).to.include({ epoch: 0 });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).to.contain('no, interrupted');
  });

  it('without data: says what it looked for, exit 1, and makes no run', async () => {
    const missing = join(root, 'missing');
    const incomplete = join(root, 'incomplete');
    mkdirSync(incomplete);
    writeFileSync(
      join(incomplete, FASHION_MNIST_FILES.test.labels),
      encodeIdx({ shape: [0], data: new Uint8Array(0) }),
    );
    for (const [folder, message] of [
      [missing, /^efficientnet: .*missing: there is no such folder/],
      [incomplete, /loadMnist: no file .*train-images-idx3-ubyte.gz, .*t10k-labels-idx1-ubyte/],
    ] as const) {
      const { code, stderr } = await run('train', '--data', folder, '--runs', join(root, 'none'));
      expect(code).to.equal(1);
      expect(stderr).to.match(message);
      expect(existsSync(join(root, 'none'))).to.equal(false);
    }
  });

  it('--config with config.json of a run gives the same bits; the command line has precedence', async () => {
    const more =
      ['--augment', 'flip,crop:1,erase:0.3,cutmix:1@0.5', '--ema', '0.9', '--drop-path', '0.3', '--seed', '5'];
    const first = await run(...args('first', '--epochs', '2', ...more));
    expect(first.code, first.stderr).to.equal(0);
    const config = join(folderOf('first'), 'config.json');
    const second = await run('train', '--config', config, '--runs', join(root, 'second'), '--threads', '1');
    expect(second.code, second.stderr).to.equal(0);
    const bytes = (runs: string, file: string): Buffer => readFileSync(join(folderOf(runs), file));
    for (const file of ['best.safetensors', 'config.json']) {
      const [want, got] = [bytes('first', file), bytes('second', file)];
      if (file === 'config.json') {
        const settings = [want, got].map((text) => JSON.parse(text.toString()) as { runs: string });
        expect({ ...settings[1], runs: '' }).to.deep.equal({ ...settings[0], runs: '' });
      } else expect(Buffer.compare(want, got), file).to.equal(0);
    }
    const other = await run('train', '--config', config, '--runs', join(root, 'other'), '--epochs', '1', '--json');
    expect(other.code, other.stderr).to.equal(0);
    const result = JSON.parse(other.stdout) as TrainResult;
    expect(result).to.include({ epochs: 1, steps: 5, finished: true, run: folderOf('other') });
    expect(result.config).to.include({ seed: 5, ema: 0.9, epochs: 1 });
    expect(result.best).to.deep.equal({ epoch: 1, testAccuracy: result.testAccuracy });
    expect(result.files).to.have.members(FILES);
  });

  it('another preset beside a configuration that has one: exit 2; the same one goes', async () => {
    const config = join(root, 'preset.json');
    writeFileSync(config, '{ "preset": "cpu", "lr": 0.001 }');
    const other = await run(...args('none', '--config', config, '--preset', 'start'));
    expect(other.code).to.equal(2);
    expect(other.stderr).to.contain('--preset start does not go with --config: ').and.to.contain(' is of preset cpu,');
    expect(existsSync(join(root, 'none'))).to.equal(false);
    const same = await run(...args('same', '--config', config, '--preset', 'cpu', '--epochs', '0', '--json'));
    expect(same.code, same.stderr).to.equal(0);
    expect((JSON.parse(same.stdout) as TrainResult).config).to.include({ preset: 'cpu', lr: 0.001, model: 'small-28' });
  });

  it('a reader that closes the pipe stops no training', async () => {
    const { child, finished } = start(...args('piped', '--epochs', '2'));
    child.stdout?.destroy();
    expect(await finished).to.include({ code: 0, stderr: '' });
    expect(await expectUsable(folderOf('piped'))).to.include({ epoch: 2 });
  });

  it('refuses a configuration that it does not understand, exit 2', async () => {
    const path = join(root, 'wrong.json');
    for (const [text, message] of [
      ['{ "learning-rate": 1 }', "wrong.json: there is no option 'learning-rate'; known are preset, data, "],
      ['{ "lr": "1" }', 'wrong.json: lr takes a number > 0; got "1"'],
      ['{ "clip": -1 }', 'wrong.json: clip takes a number > 0, or null; got -1'],
      ['{ "augment": "flip,krop:2" }', "wrong.json: augment: 'krop:2': there is no 'krop'; known are flip, crop, "],
      ['{ "json": true }', 'wrong.json: json is for the command line alone'],
      ['{ "command": "finetune" }', 'wrong.json is of the command finetune'],
      ['[1]', 'wrong.json: expected a JSON object'],
      ['{', 'wrong.json: not valid JSON'],
    ]) {
      writeFileSync(path, text);
      const { code, stderr } = await run('train', '--config', path, '--runs', join(root, 'none'));
      expect(stderr).to.contain(message);
      expect(code).to.equal(2);
    }
    expect(existsSync(join(root, 'none'))).to.equal(false);
  });
});
