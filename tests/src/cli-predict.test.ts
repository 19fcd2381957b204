/** The command line: `predict`, and what it reads. */
import { existsSync, writeFileSync } from 'node:fs';
import { loadImage, preprocess, toGrey } from '@vitrine/data';
import type { PreprocessOptions } from '@vitrine/data';
import { EfficientNet, fuse } from '@vitrine/efficientnet';
import { concat, fromArray, loadNpy, randn, Random, saveNpy, softmax } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { evenBatch } from '../../packages/efficientnet/dist/cli/classify.js';
import { parseLabels } from '../../packages/efficientnet/dist/cli/labels.js';
import { COLOURS, PICTURES, TINY_CLASSES, makeFiles, runJson } from './support/cli-files.js';
import { expectClose } from './support/close.js';
import { run, start } from './support/command-line.js';

interface PredictJson {
  readonly found: {
    readonly variant: string; readonly layout: string; readonly inChannels: number; readonly warnings: string[];
  };
  readonly preprocessing: { readonly resize: number; readonly crop: number } | null;
  readonly predictions: {
    readonly file: string;
    readonly image?: number;
    readonly top: { readonly index: number; readonly label: string | null; readonly probability: number }[];
  }[];
  readonly errors: { readonly file: string; readonly message: string }[];
  readonly output: string | null;
}

describe('command line: predict', () => {
  let folder = '';
  let path: (name: string) => string;
  let remove = (): void => {};
  before(async () => ({ folder, path, remove } = await makeFiles()));
  after(() => remove());

  const predict = (
    code: number, weights: string, ...args: readonly string[]
  ): ReturnType<typeof runJson<PredictJson>> =>
    runJson<PredictJson>(code, 'predict', '--weights', path(weights), ...args);

  /** Logits of prepared pictures by the library, each on its own. */
  async function logitsOf(weights: string, names: readonly string[], options: PreprocessOptions): Promise<Tensor> {
    const fused = fuse(await EfficientNet.fromPretrained('auto', path(weights)));
    const [crop, channels] = [options.crop as number, options.mean.length];
    const rows: Tensor[] = [];
    for (const name of names) {
      const image = await loadImage(path(name));
      const pixels = preprocess(channels === 1 ? toGrey(image) : image, options);
      rows.push(fused.call(fromArray(pixels, [1, crop, crop, channels])));
    }
    return concat(rows, 0);
  }

  const dense = (tensor: Tensor): { shape: readonly number[]; data: Float32Array } =>
    ({ shape: tensor.shape, data: tensor.toFloat32Array() });
  const names = PICTURES.map(([name]) => name);
  const TINY = { resize: 28, crop: 28, interpolation: 'bilinear', ...COLOURS } as const;

  it('a folder: pictures in order, the classes of the checkpoint, probabilities aligned; ' +
    'a corrupt one is named, exit 1', async () => {
    const { code, stdout, stderr } =
      await run('predict', path('pictures'), '--weights', path('tiny.safetensors'), '--top', '2');
    const probabilities = softmax(await logitsOf('tiny.safetensors', names, TINY)).toArray() as number[][];
    const want = names.flatMap((name, i) => {
      const best = probabilities[i].map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p).slice(0, 2);
      const width = Math.max(...best.map(({ index }) => TINY_CLASSES[index].length));
      const percent = best.map(({ p }) => `${(100 * p).toFixed(1)} %`);
      const rows = best.map(({ index }, k) =>
        `  ${index}  ${TINY_CLASSES[index].padEnd(width)}  ` +
          `${percent[k].padStart(Math.max(...percent.map((s) => s.length)))}`);
      return [path(name), ...rows];
    });
    expect(stdout.trimEnd().split('\n')).to.deep.equal(want);
    expect(stderr).to.contain(
      `tiny.safetensors: tiny-28, vitrine names (safetensors), tensorflow conventions, 4 classes, 1 channel`);
    expect(stderr).to.match(/^efficientnet: decodeJpeg: .*pictures\/broken\.jpg: /m);
    expect(code).to.equal(1);
  });

  it('--json and --output: the numbers of the library, a row of NaN for the corrupt one', async () => {
    const output = path('logits.npy');
    const { found, predictions, errors, output: written, preprocessing, errorText } =
      await predict(1, 'tiny.safetensors', path('pictures'), '--output', output, '--batch-size', '3');
    expect(found).to.include({ variant: 'tiny-28', layout: 'vitrine', inChannels: 1 });
    expect(preprocessing).to.deep.equal(TINY);
    expect(predictions.map(({ file }) => file)).to.deep.equal(names.map(path));
    expect(errors.map(({ file }) => file)).to.deep.equal([path('pictures/broken.jpg')]);
    expect(errorText).to.contain('broken.jpg').and.not.to.contain('tiny-28');
    expect(written).to.equal(output);

    const want = await logitsOf('tiny.safetensors', names, TINY);
    const logits = await loadNpy(output);
    expect(logits.shape).to.deep.equal([5, 4]);
    const rows = logits.toArray() as number[][];
    expect(rows[2]).to.deep.equal([NaN, NaN, NaN, NaN]);
    expectClose(
      { shape: [4, 4], data: Float32Array.from(rows.filter((_, i) => i !== 2).flat()) },
      dense(want), 1e-5, 'logits',
    );
    const probabilities = softmax(want).toArray() as number[][];
    predictions.forEach(({ top }, i) => {
      expect(top.map(({ index }) => index).toSorted()).to.deep.equal([0, 1, 2, 3]);
      top.forEach(({ index, label, probability }, rank) => {
        expect(label).to.equal(TINY_CLASSES[index]);
        expect(probability).to.be.closeTo(probabilities[i][index], 1e-5)
          .and.at.most(top[Math.max(0, rank - 1)].probability);
      });
    });
  });

  it('a .npy: the logits of the library to the last bit, in batches of any size, also from float64', async () => {
    const images = randn([5, 40, 36, 3], new Random(3));
    await saveNpy(path('images.npy'), images);
    await saveNpy(path('doubles.npy'), fromArray(images.toFloat64Array(), images.shape, 'float64'));
    const want = fuse(await EfficientNet.fromPretrained('auto', path('bare.safetensors')))
      .call(images).toFloat32Array();
    const args = ['--top', '1', '--threads', '1'];
    const [whole, pieces, doubles] = await Promise.all([
      predict(0, 'bare.safetensors', path('images.npy'), ...args, '--output', path('whole.npy')),
      predict(0, 'bare.safetensors', path('images.npy'), ...args, '--output', path('pieces.npy'), '--batch-size', '2'),
      predict(0, 'bare.safetensors', path('doubles.npy'), ...args, '--output', path('doubles-out.npy')),
    ]);
    expect(whole.preprocessing).to.equal(null);
    expect(whole.predictions.map(({ image }) => image)).to.deep.equal([0, 1, 2, 3, 4]);
    for (const name of ['whole.npy', 'doubles-out.npy']) {
      expect((await loadNpy(path(name))).toFloat32Array(), name).to.deep.equal(want);
    }
    expectClose(await loadNpy(path('pieces.npy')), { shape: [5, 10], data: want }, 1e-6, 'in pieces');
    for (const { predictions } of [pieces, doubles]) {
      expect(predictions.map(({ top }) => top[0].index))
        .to.deep.equal(whole.predictions.map(({ top }) => top[0].index));
    }
  });

  it('pictures and arrays may be mixed; what the file says of preparation is used, ' +
    'and --image-size scales it', async () => {
    await saveNpy(path('one.npy'), randn([1, 32, 32, 3], new Random(4)));
    const inputs = [path('pictures/B.png'), path('one.npy'), path('pictures/d.jpeg')];
    const [own, larger] = await Promise.all([
      predict(0, 'small.safetensors', ...inputs, '--output', path('mixed.npy')),
      predict(0, 'small.safetensors', path('pictures/B.png'), '--image-size', '48'),
    ]);
    expect(own.predictions.map(({ file }) => file)).to.deep.equal(inputs);
    const options = {
      resize: 40, crop: 32, interpolation: 'bicubic', mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4],
    } as const;
    expect(own.preprocessing).to.deep.equal(options);
    expect(larger.preprocessing).to.deep.equal({ ...options, resize: 60, crop: 48 });
    const want = await logitsOf('small.safetensors', ['pictures/B.png', 'pictures/d.jpeg'], options);
    const rows = (await loadNpy(path('mixed.npy'))).toArray() as number[][];
    expectClose({ shape: [2, 10], data: Float32Array.from([rows[0], rows[2]].flat()) }, dense(want), 1e-5, 'pictures');
  });

  it('weights that say nothing of preparation need --mean and --std', async () => {
    const picture = path('pictures/B.png');
    const { code, stderr } = await run('predict', picture, '--weights', path('bare.safetensors'));
    expect({ code }).to.deep.equal({ code: 1 });
    expect(stderr).to.contain('nothing in the file of weights says how images are prepared; give --mean and --std');
    const { preprocessing } = await predict(0, 'bare.safetensors', picture, '--mean', '0.5', '--std', '0.1,0.2,0.3');
    expect(preprocessing).to.deep.equal(
      { resize: 32, crop: 32, interpolation: 'bilinear', mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] });
  });

  it('--labels: their names take the place of the checkpoint’s; another number of them is refused', async () => {
    writeFileSync(path('labels.txt'), 'zero\none\ntwo\nthree\n');
    writeFileSync(path('few.txt'), 'zero\n');
    const picture = path('pictures/B.png');
    const [given, few] = await Promise.all([
      predict(0, 'tiny.safetensors', picture, '--labels', path('labels.txt')),
      run('predict', picture, '--weights', path('tiny.safetensors'), '--labels', path('few.txt')),
    ]);
    for (const { index, label } of given.predictions[0].top) {
      expect(label).to.equal(['zero', 'one', 'two', 'three'][index]);
    }
    expect(few.code).to.equal(1);
    expect(few.stderr).to.contain('few.txt: 1 names; the network has 4 classes');
  });

  it('nothing to be read: exit 1, and no output is written', async () => {
    const inputs = ['none', 'missing.png', 'pictures/broken.jpg'].map(path);
    await saveNpy(path('first.npy'), randn([1, 1, 28, 28], new Random(5)));
    const { errors, output } =
      await predict(1, 'tiny.safetensors', ...inputs, path('first.npy'), '--output', path('nothing.npy'));
    const messages = errors.map(({ message }) => message.replaceAll(folder, ''));
    expect(messages[0]).to.equal('/none: no .png, .jpg or .jpeg in this folder');
    expect(messages[1]).to.match(/\/missing\.png: no such file/);
    expect(messages[2]).to.match(/\/pictures\/broken\.jpg: /);
    expect(messages[3]).to.contain('/first.npy: shape is [1,1,28,28]; expected [N,H,W,1]: channels are last');
    expect(output).to.equal(null);
    expect(existsSync(path('nothing.npy'))).to.equal(false);
  });

  it('an existing output is replaced only with --force; a reader that closes the pipe is no failure', async () => {
    writeFileSync(path('there.npy'), 'precious');
    const args = ['predict', path('pictures/B.png'), '--weights', path('tiny.safetensors')];
    const piped = start(...args);
    piped.child.stdout?.destroy();
    const writing = start(...args, '--output', path('piped.npy'));
    writing.child.stdout?.destroy();
    const [refused, closed, written] =
      await Promise.all([run(...args, '--output', path('there.npy')), piped.finished, writing.finished]);
    expect(refused).to.include({ code: 1, stdout: '' });
    expect(refused.stderr).to.contain('there.npy: exists already; --force replaces it');
    expect(closed.code).to.equal(0);
    expect(closed.stderr).not.to.contain('EPIPE');
    expect(written.code, written.stderr).to.equal(0);
    expect((await loadNpy(path('piped.npy'))).shape).to.deep.equal([1, 4]);
    expect((await run(...args, '--output', path('there.npy'), '--force')).code).to.equal(0);
    expect((await loadNpy(path('there.npy'))).shape).to.deep.equal([1, 4]);
  });
});

describe('command line: labels, grey, batches', () => {
  it('labels: a line each, a JSON array, a JSON object, and Keras’ form of it', () => {
    const want = ['tench', 'goldfish, Carassius auratus', 'shark'];
    for (const [name, text] of [
      ['lines', 'tench\ngoldfish, Carassius auratus\nshark'],
      ['lines of Windows', '\uFEFFtench\r\ngoldfish, Carassius auratus\r\nshark\r\n\r\n'],
      ['array', JSON.stringify(want)],
      ['object', JSON.stringify({ 2: want[2], 0: want[0], 1: want[1] })],
      ['Keras', JSON.stringify(Object.fromEntries(want.map((label, i) => [i, [`n${i}`, label]])))],
    ]) expect(parseLabels(text, name), name).to.deep.equal(want);
    expect(parseLabels('[unknown]\n[other]', 'brackets.txt')).to.deep.equal(['[unknown]', '[other]']);
    expect(parseLabels('', 'empty')).to.deep.equal([]);
  });

  const bad: readonly (readonly [text: string, name: string, message: string])[] = [
    ['[oh', 'broken.json', 'broken.json: not valid JSON'],
    ['{"0":"a","2":"b"}', 'x', 'x: 2 names, and none for class 1'],
    ['["a",7]', 'x', 'x: class 1 is 7; expected a name in quotes'],
    ['{"0":{}}', 'x', 'x: class 0 is {}; expected a name in quotes'],
  ];
  for (const [text, name, message] of bad) {
    it(`labels ${text}: refused`, () => expect(() => parseLabels(text, name)).to.throw(Error, message));
  }

  it('batches are as even as they can be', () => {
    expect([0, 1, 16, 17, 32, 33].map((n) => evenBatch(n, 16))).to.deep.equal([0, 1, 16, 9, 16, 11]);
  });
});
