/** Weights written in the layouts of other libraries. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EfficientNet, LAYOUTS, encodeWeights, saveWeights } from '@vitrine/efficientnet';
import type { LayoutName, SaveWeightsOptions } from '@vitrine/efficientnet';
import { manualSeed, meta, parseSafetensors } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';
import { expectSameBits, keysFixtures, release } from './support/pretrained.js';

const silent: SaveWeightsOptions = { warn: () => {} };

describe('weights: saving', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'vitrine-save-'))));
  after(() => rmSync(folder, { recursive: true }));

  const network = (name: string, options = {}): EfficientNet => {
    manualSeed(5);
    return EfficientNet.fromName(name, { dropout: 0.1, ...options });
  };

  for (const [variant, layouts] of [
    ['b0', LAYOUTS], ['lite0', ['vitrine', 'timm']], ['v2-s', ['torchvision', 'timm']],
  ] as const) {
    for (const layout of layouts) {
      it(`${variant} in ${layout}: the keys, shapes and element types of the library; ` +
        'read back, the same network to the last bit', async () => {
        const model = network(variant);
        const bytes = encodeWeights(model, { layout, ...silent });
        const again = await EfficientNet.fromPretrained(variant, bytes);
        expect(again.config).to.deep.equal(model.config);
        expect(again.pretrained?.layout).to.equal(layout);
        const state = model.stateDict();
        for (const [name, tensor] of again.stateDict()) expectSameBits(tensor, state.get(name)!, name);
        const listed = keysFixtures().find((row) => row.layout === layout && row.variant === variant)?.entries;
        if (layout !== 'vitrine') {
          const { tensors } = parseSafetensors(bytes, 'bytes');
          const rows = Array.from(tensors, ([key, { shape, dtype }]) => `${key} ${shape.join()} ${dtype}`).sort();
          expect(rows).to.deep.equal(listed?.map(([key, shape]) =>
            `${key} ${shape.join()} ${key.endsWith('num_batches_tracked') ? 'I64' : 'F32'}`).sort());
        }
        [model, again].forEach(release);
      });
    }
  }

  it('a file holds these bytes, and nothing else is left in the folder', async () => {
    const model = network('tiny-28');
    const path = join(folder, 'tiny.safetensors');
    for (const layout of LAYOUTS) {
      await saveWeights(model, path, { layout, ...silent });
      expect(readFileSync(path).equals(encodeWeights(model, { layout, ...silent })), layout).to.equal(true);
    }
    expect(readdirSync(folder)).to.deep.equal(['tiny.safetensors']);
  });

  it('a preset keeps its configuration, in the names of another library as well', async () => {
    const model = network('tiny-28', { numClasses: 10, conventions: 'pytorch' });
    const again = await EfficientNet.fromPretrained('auto', encodeWeights(model, { layout: 'torchvision' }));
    expect(again.config).to.deep.equal(model.config);
    expect(again.blocks[1].projectNorm?.weight.value.toFloat32Array())
      .to.deep.equal(model.blocks[1].projectNorm?.weight.value.toFloat32Array());
  });

  it('texts stand beside its own; `preprocessing` is how images are prepared, ' +
    'unless it holds something else', async () => {
    const model = network('b0', { numClasses: 2 });
    const preprocessing = { resize: 300, crop: 200, interpolation: 'bilinear', mean: [0.1, 0.2, 0.3], std: [1, 2, 3] };
    const read = async (text: string): Promise<EfficientNet['pretrained']> => {
      const metadata = new Map([['preprocessing', text], ['classes', '["a","b"]'], ['model', 'not this']]);
      const again = await EfficientNet.fromPretrained('auto', encodeWeights(model, { metadata }));
      expect(again.config).to.deep.equal(model.config);
      const { pretrained } = again;
      release(again);
      return pretrained;
    };
    expect(await read(JSON.stringify(preprocessing))).to.deep.include({ preprocessing, classes: ['a', 'b'] });
    for (const wrong of [
      '{', '[]', JSON.stringify({ ...preprocessing, crop: 0 }),
      JSON.stringify({ ...preprocessing, interpolation: 'best' }),
      JSON.stringify({ ...preprocessing, mean: ['x'] }), JSON.stringify({ ...preprocessing, std: null }),
    ]) {
      expect((await read(wrong))?.preprocessing, wrong)
        .to.include({ resize: 224, crop: 224, interpolation: 'bicubic' });
    }
    release(model);
  });

  it('float16 takes half the space and keeps eleven bits', async () => {
    const model = network('tiny-28', { numClasses: 10 });
    const [whole, half] = [encodeWeights(model), encodeWeights(model, { dtype: 'float16' })];
    // The header's offsets have fewer digits, too.
    const elements = [...model.stateDict().values()].reduce((sum, { size }) => sum + size, 0);
    expect(whole.length - half.length).to.be.within(2 * elements, 1.02 * 2 * elements);
    const again = await EfficientNet.fromPretrained('auto', half);
    for (const [name, tensor] of model.stateDict()) {
      expectClose(again.stateDict().get(name)!, { shape: tensor.shape, data: tensor.toFloat32Array() }, 2 ** -11, name);
    }
    model.stemNorm.runningVar.value.storage.data[1] = 7e4;
    expect(() => encodeWeights(model, { dtype: 'float16' }))
      .to.throw(/"stemNorm.runningVar": element 1 is 70000; a binary16 is at most 65504/);
  });

  it('warns where the other library computes differently', () => {
    const said = (layout: LayoutName, conventions: 'tensorflow' | 'pytorch', options = {}): string[] => {
      const warnings: string[] = [];
      const model = network('tiny-28', { conventions, ...options });
      encodeWeights(model, { layout, warn: (message) => void warnings.push(message) });
      return warnings;
    };
    expect(said('torchvision', 'tensorflow')).to.deep.equal([
      "saveWeights: torchvision pads as in 'pytorch', this network as in 'tensorflow'; " +
        "it adds 0.00001 to batch norm's variances (eps), this network 0.001: " +
        'the weights will load there, but the logits differ']);
    expect(said('lukemelas', 'pytorch')).to.have.length(1);
    for (const layout of ['vitrine', 'timm', 'lukemelas'] as const) {
      expect(said(layout, 'tensorflow'), layout).to.deep.equal([]);
    }
    const eps = { batchNormEps: 1e-3 };
    expect(said('timm', 'pytorch', eps)).to.deep.equal([
      "saveWeights: timm adds 0.00001 to batch norm's variances (eps), this network 0.001: " +
        'the weights will load there, but the logits differ']);
    expect(said('timm', 'tensorflow', eps)).to.deep.equal([]);
    expect(said('vitrine', 'pytorch', eps)).to.deep.equal([]);
  });

  it('knows that torchvision has the eps of TensorFlow for B5 to B7 and V2, and timm has not', () => {
    const said = (name: string, layout: LayoutName, options = {}): number => {
      const warnings: string[] = [];
      // The name decides, the size does not.
      const model = new EfficientNet({ ...network('tiny-28', { conventions: 'pytorch', ...options }).config, name });
      encodeWeights(model, { layout, warn: (message) => void warnings.push(message) });
      return warnings.length;
    };
    for (const name of ['efficientnet-b5', 'efficientnet-v2-s']) {
      expect([said(name, 'torchvision'), said(name, 'timm')], `${name} of torchvision`).to.deep.equal([0, 1]);
      const timm = { batchNormEps: 1e-5 };
      expect([said(name, 'torchvision', timm), said(name, 'timm', timm)], `${name} of timm`).to.deep.equal([1, 0]);
    }
    expect([said('efficientnet-b0', 'torchvision'), said('efficientnet-b0', 'timm')]).to.deep.equal([0, 0]);
  });

  it('refuses what the library does not have, and writes nothing', () => {
    expect(() => encodeWeights(meta(() => EfficientNet.fromName('v2-s')), { layout: 'lukemelas' }))
      .to.throw('keysOf: lukemelas has no Fused-MBConv');
    expect(() => encodeWeights(meta(() => EfficientNet.fromName('b0')))).to.throw('is meta');
  });
});
