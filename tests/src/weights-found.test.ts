/** What `fromPretrained` says of a file beside its weights: by its name, its texts, and what was asked for. */
import { EfficientNet, encodeWeights } from '@vitrine/efficientnet';
import type { PretrainedOptions } from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';
import type { RawArray } from '@vitrine/tensor';
import { expect } from 'chai';
import { fillModel } from './support/fill.js';
import { fileOf } from './support/pretrained.js';

describe('fromPretrained: what it finds', () => {
  let shapes: EfficientNet;
  let arrays: ReadonlyMap<string, RawArray>;
  before(() => {
    shapes = meta(() => EfficientNet.fromName('b0'));
    arrays = fillModel(shapes);
  });
  after(() => (arrays = new Map()));

  const b0 = (layout: 'timm' | 'torchvision', metadata = {}): Uint8Array => fileOf(layout, shapes, arrays, metadata);
  const quiet: PretrainedOptions = { warn: (message) => { throw new Error(`unexpected warning: ${message}`); } };
  const load = (bytes: Uint8Array, options: PretrainedOptions = {}): Promise<EfficientNet> =>
    EfficientNet.fromPretrained('auto', bytes, { ...quiet, ...options });

  it('the file or the folder that names a network is looked at, not those around it, nor classes', async () => {
    const found = async (fileName: string, metadata = {}): Promise<readonly [string, number | undefined, number]> => {
      const warnings: string[] = [];
      const bytes = b0('timm', metadata);
      const { pretrained } = await load(bytes, { fileName, warn: (message) => void warnings.push(message) });
      return [pretrained!.conventions, pretrained!.preprocessing?.mean[0], warnings.length];
    };
    expect(await found('/data/adv-course/efficientnet_b0_ra-3dd342df.pth')).to.deep.equal(['pytorch', 0.485, 0]);
    expect(await found('~/tf_efficientnet_compare/efficientnet_b0_ra-3dd342df.pth'))
      .to.deep.equal(['pytorch', 0.485, 0]);
    expect(await found('~/tf_efficientnet_compare/efficientnet_b0.pth')).to.deep.equal(['pytorch', 0.485, 1]);
    expect(await found('C:\\adv\\tf_efficientnet_b0.ap_in1k\\model.safetensors'))
      .to.deep.equal(['tensorflow', 0.5, 0]);
    expect(await found('adv/model.pth', { classes: '["tf_efficientnet"," ap "]' }))
      .to.deep.equal(['pytorch', 0.485, 1]);
  });

  it('images are prepared in the channels of the network; a classifier that is new knows no names', async () => {
    const bytes = b0('torchvision', { classes: '["tench","goldfish"]' });
    const { mean, std } = (await load(bytes)).pretrained!.preprocessing!;
    for (const [inChannels, want] of [[1, [0.449]], [4, [0.485, 0.456, 0.406, 0.485]]] as const) {
      const { pretrained } = await load(bytes, { inChannels });
      const { preprocessing } = pretrained!;
      expect(preprocessing).to.include({ resize: 256, crop: 224 });
      expect(preprocessing?.mean).to.have.length(inChannels);
      preprocessing?.mean.forEach((value, c) => expect(value).to.be.closeTo(want[c], 1e-12));
      expect(preprocessing?.std).to.have.length(inChannels);
      expect(preprocessing?.std[0]).to.be.closeTo(inChannels === 1 ? 0.226 : std[0], 1e-12);
    }
    expect([mean.length, std.length]).to.deep.equal([3, 3]);
    expect((await load(bytes)).pretrained?.classes).to.deep.equal(['tench', 'goldfish']);
    expect((await load(bytes, { numClasses: 2 })).pretrained?.classes).to.equal(null);
    const grey = await load(encodeWeights(EfficientNet.fromName('tiny-28', { numClasses: 4 }), {
      metadata: new Map([['training', '{"mean":0.286,"std":0.353}']]),
    }), { inChannels: 3 });
    expect(grey.pretrained?.preprocessing?.mean).to.deep.equal([0.286, 0.286, 0.286]);
  });
});
