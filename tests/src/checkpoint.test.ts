/** Weights to a file and back. */
import { EfficientNet, mbconv } from '@vitrine/efficientnet';
import type { EfficientNetConfig } from '@vitrine/efficientnet';
import { AdamW, crossEntropy } from '@vitrine/nn';
import { Random, loadTensors, manualSeed, meta, randn, saveTensors, scope, tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from './data-samples.js';

const CONFIG: EfficientNetConfig = {
  name: 'small', stemChannels: 8, headChannels: 16,
  stages: [mbconv(3, 1, 1, 8, 1), mbconv(5, 2, 4, 16, 2)], activation: 'silu',
  numClasses: 5, inChannels: 3, imageSize: 16, dropout: 0.2, dropPath: 0.2, stemStride: 2, convention: 'tensorflow',
  batchNormMomentum: 0.1,
};

describe('checkpoint', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-checkpoint-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const images = randn([3, 16, 16, 3], new Random(1));
  const labels = tensor([0, 3, 4]);

  function train(model: EfficientNet, optimizer: AdamW, steps: number): number[] {
    return Array.from({ length: steps }, () => scope(() => {
      const loss = crossEntropy(model.train().call(images), labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    }));
  }

  const logits = (model: EfficientNet): Float32Array => scope(() => model.eval().call(images).value.toFloat32Array());

  function trained(): EfficientNet {
    manualSeed(3);
    const model = new EfficientNet(CONFIG);
    train(model, new AdamW(model.parameters(), { lr: 0.01 }), 2);
    return model;
  }

  it('a trained model comes back with the same logits, bit for bit, and its metadata', async () => {
    const path = join(folder, 'model.safetensors');
    const model = trained();
    await saveTensors(path, model.stateDict(), new Map([['model', JSON.stringify(model.config)]]));
    expect(readdirSync(folder)).to.deep.equal(['model.safetensors']);

    const { tensors, metadata } = await loadTensors(path);
    expect([...tensors.keys()]).to.have.members([...model.stateDict().keys()]);
    const config = JSON.parse(metadata.get('model')!) as EfficientNetConfig;
    expect(config).to.deep.equal(CONFIG);
    const want = logits(model);
    expect(new Set(want).size, 'logits that say something').to.be.above(10);
    for (const again of [new EfficientNet(config), meta(() => new EfficientNet(config))]) {
      again.loadStateDict(tensors);
      expect(logits(again)).to.deep.equal(want);
    }
  });

  it('training goes on from a file as if it had not stopped', async () => {
    const path = join(folder, 'model.safetensors');
    const optimizerPath = join(folder, 'optimizer.safetensors');
    manualSeed(3);
    const model = new EfficientNet({ ...CONFIG, dropout: 0, dropPath: 0 });
    const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
    train(model, optimizer, 2);
    await saveTensors(path, model.stateDict());
    await saveTensors(optimizerPath, optimizer.stateDict());
    const want = train(model, optimizer, 2);

    const second = meta(() => new EfficientNet(model.config));
    second.loadStateDict((await loadTensors(path)).tensors);
    const secondOptimizer = new AdamW(second.parameters(), { lr: 0.01 });
    secondOptimizer.loadStateDict((await loadTensors(optimizerPath)).tensors);
    expect(train(second, secondOptimizer, 2)).to.deep.equal(want);
    expect(logits(second)).to.deep.equal(logits(model));
  });

  it('where the folder is missing: an error that names it, and no file', async () => {
    const missing = join(folder, 'missing');
    const message = await rejection(saveTensors(join(missing, 'model.safetensors'), trained().stateDict()));
    expect(message).to.contain(`folder ${missing} does not exist; create it first`);
    expect(existsSync(missing)).to.equal(false);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('a failed write leaves the old file whole and nothing beside it', async () => {
    const path = join(folder, 'model.safetensors');
    const model = trained();
    await saveTensors(path, model.stateDict());
    const before = readFileSync(path);
    const state = model.stateDict();
    scope(() => state.set('released', tensor([1])));
    state.get('released')!.storage.release('the test');
    expect(await rejection(Promise.resolve().then(() => saveTensors(path, state)))).to.match(/released by/);
    expect(readFileSync(path).equals(before)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['model.safetensors']);
  });

  it('a damaged file is refused by name, whatever is wrong with it', async () => {
    const path = join(folder, 'model.safetensors');
    await saveTensors(path, trained().stateDict());
    const whole = readFileSync(path);
    const damages: readonly [name: string, bytes: Uint8Array][] = [
      ['empty', whole.subarray(0, 0)],
      ['cut off in the length', whole.subarray(0, 5)],
      ['cut off in the header', whole.subarray(0, 100)],
      ['cut off in the data', whole.subarray(0, whole.length - 4)],
      ['longer than it says', Buffer.concat([whole, Buffer.alloc(4)])],
      ['a header that is no JSON', Buffer.concat([whole.subarray(0, 8), Buffer.alloc(whole.length - 8, 0x20)])],
      ['a text', Buffer.from('<!doctype html><title>Not found</title>')],
    ];
    for (const [name, bytes] of damages) {
      writeFileSync(path, bytes);
      expect(await rejection(loadTensors(path)), name).to.contain(path);
    }
    expect(await rejection(loadTensors(join(folder, 'other')))).to.match(/other: no such file; check the path/);
  });

  it('a checkpoint of another model is refused in one error, and changes nothing', () => {
    const model = trained();
    const before = logits(model);
    const other = new EfficientNet({ ...CONFIG, numClasses: 7, stages: CONFIG.stages.slice(0, 1), headChannels: 16 });
    expect(() => model.loadStateDict(other.stateDict()))
      .to.throw(new RegExp('does not fit EfficientNet; nothing was loaded\\n' +
        ' {2}missing: blocks\\.1\\.expand\\.weight, .*\\n' +
        ' {2}misshapen: head\\.weight .*; classifier\\.weight is \\[16,5\\], the file has \\[16,7\\]'));
    expect(logits(model)).to.deep.equal(before);
  });
});
