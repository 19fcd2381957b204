/** The command line: from the weights of one training to other classes, and what a network is worth on images. */
import { EfficientNet } from '@vitrine/efficientnet';
import { readMetrics } from '@vitrine/nn/node';
import { loadTensors } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvaluateResult } from '../../packages/efficientnet/dist/cli/evaluate.js';
import type { TrainResult } from '../../packages/efficientnet/dist/cli/training/finish.js';
import { runJson } from './support/cli-files.js';
import { run } from './support/command-line.js';
import { writeFolders, writeIdx } from './support/tiny-data.js';

const FILES = ['config.json', 'metrics.jsonl', 'checkpoint.safetensors', 'best.safetensors', 'report.html'];
const COLOURS = ['red', 'green', 'blue'];

describe('command line: finetune and evaluate', () => {
  let root = '';
  let weights = '';
  let trained: TrainResult;
  const path = (...names: readonly string[]): string => join(root, ...names);
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-finetune-'));
    writeIdx(path('fashion'), { train: 80, test: 40 });
    writeFolders(path('colours'), COLOURS, 15, 36);
    writeFileSync(path('colours', 'red', 'broken.png'), readFileSync(path('colours', 'red', '3.png')).subarray(0, 200));
    trained = await runJson<TrainResult>(0, 'train', '--data', path('fashion'), '--runs', path('base'),
      '--batch-size', '8', '--epochs', '4', '--ema', '0.8');
    weights = join(trained.run, 'best.safetensors');
  });
  after(() => rmSync(root, { recursive: true }));

  const folderOf = (runs: string): string => path(runs, readdirSync(path(runs))[0]);
  const tensorsOf = async (file: string): Promise<ReadonlyMap<string, Tensor>> => (await loadTensors(file)).tensors;

  it('evaluate: the numbers that training found, of the averages, and more', async () => {
    const data = ['--data', path('fashion')];
    const found = await runJson<EvaluateResult>(0, 'evaluate', '--weights', weights, ...data);
    const { metadata } = await loadTensors(weights);
    const best = JSON.parse(metadata.get('training')!) as { epoch: number; accuracy: number; loss: number };
    expect(trained.best).to.deep.equal({ epoch: best.epoch, testAccuracy: best.accuracy });
    expect(found.accuracy).to.equal(best.accuracy);
    expect(found.loss).to.be.closeTo(best.loss, 1e-6);
    expect(found).to.deep.include({ images: 40, flip: false });
    expect(found.data).to.deep.include({ kind: 'fashion-mnist', split: 'test', where: path('fashion') });
    expect(found.preprocessing)
      .to.deep.equal({ resize: 28, crop: 28, interpolation: 'bicubic', mean: [0.286], std: [0.353] });
    expect(found.topK.k).to.equal(5);
    expect(found.topK.accuracy).to.be.within(found.accuracy, 1);
    const right = found.confusion.reduce((sum, row, c) => sum + row[c], 0);
    expect(right / 40).to.equal(found.accuracy);
    expect(found.classes.map(({ support }) => support)).to.deep.equal(new Array(10).fill(4));
    expect(found.calibration.bins.reduce((sum, { count }) => sum + count, 0)).to.equal(40);

    const last = join(trained.run, 'checkpoint.safetensors');
    const averages = await runJson<EvaluateResult>(0, 'evaluate', '--weights', last, ...data, '--ema');
    expect(averages.accuracy).to.equal(trained.testAccuracy);
    const plain = await runJson<EvaluateResult>(0, 'evaluate', '--weights', last, ...data, '--flip', '--split', 'all');
    expect(plain).to.include({ images: 120, flip: true });
    expect(plain.loss).not.to.equal(averages.loss);
  });

  it('evaluate: for people', async () => {
    const { code, stdout, stderr } = await run('evaluate', '--weights', weights, '--data', path('fashion'), '--top5');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain('Fashion-MNIST: 40 test images').and.to.match(/^accuracy \d+\.\d % {2}\(\d+ of 40\)$/m)
      .and.to.match(/^top-5 accuracy \d+\.\d %$/m).and.to.match(/^loss \d\.\d{4}, calibration error \d+\.\d %$/m);
    expect(stderr).to.contain('fast-28, vitrine names');
  });

  it('finetune: a head on cached features, then the rest; damaged images are counted', async () => {
    const result = await runJson<TrainResult>(0, 'finetune', '--weights', weights, '--data', path('colours'),
      '--runs', path('tuned'), '--batch-size', '6', '--epochs', '3', '--epochs-head', '20', '--lr', '0.004',
      '--freeze-until', 'stage1', '--augment', 'flip,resized-crop:0.6');
    expect(result).to.include({ finished: true, epochs: 3, steps: 18, run: folderOf('tuned') });
    expect(result.skippedImages).to.deep.equal([path('colours', 'red', 'broken.png')]);
    expect(result.errorText).to.match(/skipped a damaged image: .*broken\.png/)
      .and.to.match(/^test accuracy \d+\.\d % with the new head$/m);
    expect(result.testAccuracy).to.be.above(0.6);
    expect(readdirSync(result.run)).to.have.members(FILES);
    expect(readFileSync(join(result.run, 'report.html'), 'utf8')).to.contain('damaged images left out');

    const best = join(result.run, 'best.safetensors');
    const model = await EfficientNet.fromPretrained('auto', best);
    expect(model.pretrained).to.deep.include({ classes: ['blue', 'green', 'red'], numClasses: 3 });
    expect(model.pretrained?.preprocessing).to.deep.include({ resize: 28, crop: 28, mean: [0.286] });
    const [before, after] = [await tensorsOf(weights), await tensorsOf(best)];
    const changed = (name: string): boolean =>
      String(before.get(name)!.toFloat32Array()) !== String(after.get(name)!.toFloat32Array());
    const frozen = [...after.keys()].filter((name) => /^(?:stem|blocks\.[01]\.)/.test(name));
    expect(frozen.length).to.be.above(10);
    expect(frozen.filter(changed)).to.deep.equal([]);
    for (const name of ['blocks.4.project.weight', 'head.weight', 'headNorm.runningMean']) {
      expect(changed(name), name).to.equal(true);
    }

    const scored = await runJson<EvaluateResult>(0, 'evaluate', '--weights', best, '--data', path('colours'));
    expect(scored.accuracy).to.equal(result.best?.testAccuracy);
    expect(scored.data.skipped).to.have.length(1);
  });

  it('finetune --config and --resume: the same bits', async () => {
    const tuned = folderOf('tuned');
    const again = await run('finetune', '--config', join(tuned, 'config.json'), '--runs', path('again'));
    expect(again.code, again.stderr).to.equal(0);
    const best = (folder: string): Buffer => readFileSync(join(folder, 'best.safetensors'));
    expect(Buffer.compare(best(folderOf('again')), best(tuned))).to.equal(0);
    rmSync(join(folderOf('again'), 'report.html'));
    const over = await runJson<TrainResult>(0, 'finetune', '--resume', folderOf('again'));
    expect(over).to.include({ epochs: 3, steps: 18 });
    expect(over.errorText).not.to.contain('with the new head');
    expect(readMetrics(join(folderOf('again'), 'metrics.jsonl')).records).to.have.length(18 + 3);
    const other = await run('train', '--resume', tuned);
    expect(other.code).to.equal(2);
    expect(other.stderr).to.contain('config.json is of the command finetune; efficientnet finetune takes it');
  });

  it('classes are found by name; what the network does not know is an error', async () => {
    const best = join(folderOf('tuned'), 'best.safetensors');
    writeFolders(path('some'), ['red', 'blue'], 5, 36);
    const some = await runJson<EvaluateResult>(0, 'evaluate', '--weights', best, '--data', path('some'),
      '--split', 'all');
    // writeFolders gives colours by position: its 'blue' is green.
    expect(some.classes.map(({ name, support }) => [name, support]))
      .to.deep.equal([['blue', 5], ['green', 0], ['red', 5]]);
    renameSync(path('some', 'blue'), path('some', 'pink'));
    const unknown = await run('evaluate', '--weights', best, '--data', path('some'));
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr)
      .to.contain('the data have classes that the network does not know: pink; it knows blue, green, red');
  });

  it('train: says once that pictures in colour become small and grey', async () => {
    const train = (...more: readonly string[]): ReturnType<typeof run> => run(
      'train', '--data', path('colours'), '--runs', path('grey'), '--batch-size', '8', '--epochs', '0', ...more);
    const [grey, coloured] = await Promise.all([train(), train('--model', 'small-32')]);
    expect([grey.code, coloured.code], grey.stderr + coloured.stderr).to.deep.equal([0, 0]);
    const said = `efficientnet: ${path('colours')}: pictures in colour, and the network sees grey 28 × 28 images; ` +
      '--model and --image-size choose otherwise\n';
    expect(grey.stderr.split(said)).to.have.length(2);
    expect(coloured.stderr).not.to.contain('grey 28');
  });

  it('a damaged image is an error with --strict', async () => {
    const { code, stderr } = await run('finetune', '--weights', weights, '--data', path('colours'), '--strict',
      '--runs', path('none'));
    expect(code).to.equal(1);
    expect(stderr).to.match(/damaged image: .*broken\.png/);
  });
});
