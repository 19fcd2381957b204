/** Names: of every network in every layout, against the state dicts of the libraries themselves. On shapes alone. */
import { createHash } from 'node:crypto';
import { EfficientNet, LAYOUTS, VARIANTS, keysOf, preprocessingFor, recognise } from '@vitrine/efficientnet';
import type { LayoutName } from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';
import type { RawArray, Shape } from '@vitrine/tensor';
import { expect } from 'chai';
import { keysFixtures } from './support/pretrained.js';

const make = (variant: string, options = {}): EfficientNet => meta(() => EfficientNet.fromName(variant, options));

const torchShape = (shape: Shape): Shape =>
  (shape.length === 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape.toReversed());

/** What the library lists: our keys with PyTorch's shapes, and a counter for every batch norm. */
function listing(model: EfficientNet, layout: LayoutName): Map<string, Shape> {
  const keys = keysOf(model, layout);
  const out = new Map<string, Shape>();
  for (const [name, { shape }] of model.stateDict()) {
    const key = keys.get(name)!;
    out.set(key, torchShape(shape));
    if (key.endsWith('.running_var')) out.set(key.replace('running_var', 'num_batches_tracked'), []);
  }
  return out;
}

const empty = new Float32Array(0);
const tensorsOf = (keys: ReadonlyMap<string, Shape>): Map<string, RawArray> =>
  new Map(Array.from(keys, ([key, shape]) => [key, { dtype: 'F32', shape, data: empty }]));

describe('weights: layouts', () => {
  const cases = keysFixtures();

  it('the lists cover all that the libraries have', () => {
    const of = (layout: string): string[] => cases.filter((row) => row.layout === layout).map(({ variant }) => variant);
    const b = ['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7'];
    expect(of('torchvision')).to.deep.equal([...b, 'v2-s', 'v2-m', 'v2-l']);
    expect(of('lukemelas')).to.deep.equal([...b, 'b8']);
    expect(of('timm')).to.deep.equal([...b, 'b8', 'lite0', 'lite1', 'lite2', 'lite3', 'lite4', 'v2-s', 'v2-m', 'v2-l']);
    expect(cases.filter(({ entries }) => entries !== undefined)).to.have.length(6);
  });

  for (const { layout, variant, count, sha256, entries } of cases) {
    it(`${layout}, ${variant}: every key and shape, and the variant is recognised by them`, () => {
      const keys = listing(make(variant), layout);
      const sorted = (rows: Iterable<readonly [string, Shape]>): string[] =>
        Array.from(rows, ([key, shape]) => `${key} ${shape.join(',')}`).sort();
      if (entries !== undefined) expect(sorted(keys)).to.deep.equal(sorted(entries));
      expect(keys.size).to.equal(count);
      expect(createHash('sha256').update(sorted(keys).join('\n')).digest('hex')).to.equal(sha256);
      const found = recognise({ tensors: tensorsOf(keys), metadata: new Map() }, 'file', 'tf_efficientnet');
      expect(found)
        .to.include({ layout, variant: `efficientnet-${variant}`, numClasses: 1000, inChannels: 3, config: null });
      expect(found.warnings).to.deep.equal([]);
    });
  }

  it('B0 in every library: a block with expansion, and the one without, ' +
    "whose names do not follow from the other's", () => {
    const names = (layout: LayoutName): (string | undefined)[] => {
      const keys = keysOf(make('b0'), layout);
      return [
        'blocks.0.depthwise.weight', 'blocks.0.project.weight', 'blocks.2.expandNorm.runningVar',
        'blocks.2.squeezeExcitation.reduce.bias', 'headNorm.bias',
      ].map((name) => keys.get(name));
    };
    expect(names('vitrine')[2]).to.equal('blocks.2.expandNorm.runningVar');
    expect(names('lukemelas')).to.deep.equal([
      '_blocks.0._depthwise_conv.weight', '_blocks.0._project_conv.weight', '_blocks.2._bn0.running_var',
      '_blocks.2._se_reduce.bias', '_bn1.bias',
    ]);
    expect(names('torchvision')).to.deep.equal([
      'features.1.0.block.0.0.weight', 'features.1.0.block.2.0.weight', 'features.2.1.block.0.1.running_var',
      'features.2.1.block.2.fc1.bias', 'features.8.1.bias',
    ]);
    expect(names('timm')).to.deep.equal([
      'blocks.0.0.conv_dw.weight', 'blocks.0.0.conv_pw.weight', 'blocks.1.1.bn1.running_var',
      'blocks.1.1.se.conv_reduce.bias', 'bn2.bias',
    ]);
  });

  it('no two tensors of any variant share a key', () => {
    for (const name of ['b0', 'lite4', 'v2-l', 'l2', 'tiny-28']) {
      const model = make(name);
      for (const layout of LAYOUTS) {
        if (layout !== 'vitrine' && layout !== 'timm' && /lite|v2/.test(name)) continue;
        expect(new Set(keysOf(model, layout).values()).size, `${name}, ${layout}`).to.equal(model.stateDict().size);
      }
    }
  });

  it('a library that has no such network says so, and what has it', () => {
    expect(() => keysOf(make('v2-s'), 'lukemelas')).to.throw(
      'keysOf: lukemelas has no Fused-MBConv without expansion, of which efficientnet-v2-s is made; ' +
        "take 'vitrine' or 'torchvision' or 'timm'");
    for (const layout of ['lukemelas', 'torchvision'] as const) {
      expect(() => keysOf(make('lite0'), layout)).to.throw(
        `keysOf: ${layout} has no networks without squeeze-excitation or with ReLU6, such as efficientnet-lite0; ` +
          "take 'vitrine'");
    }
  });

  it('classes and channels are read off the shapes, whatever they are', () => {
    for (const layout of LAYOUTS) {
      const model = make('b1', { numClasses: 7, inChannels: 5 });
      const tensors = layout === 'vitrine'
        ? tensorsOf(new Map(Array.from(model.stateDict(), ([name, { shape }]) => [name, shape])))
        : tensorsOf(listing(model, layout));
      expect(recognise({ tensors, metadata: new Map() }, 'file', ''))
        .to.include({ layout, variant: 'efficientnet-b1', numClasses: 7, inChannels: 5 });
    }
  });

  it("timm's names tell the lineage, words that are no such names do not", () => {
    const tensors = tensorsOf(listing(make('b0'), 'timm'));
    const found = (hints: string): [string, number] => {
      const { options, warnings } = recognise({ tensors, metadata: new Map() }, 'file', hints);
      return [options.conventions, warnings.length];
    };
    expect(found('tf_efficientnet_b0_ns-c0e6a31c.pth')).to.deep.equal(['tensorflow', 0]);
    expect(found('models/tf_efficientnet_b0.ns_jft_in1k/resolve/main/model.safetensors'))
      .to.deep.equal(['tensorflow', 0]);
    expect(found('efficientnet_b0_ra-3dd342df.pth')).to.deep.equal(['pytorch', 0]);
    expect(found('timm/efficientnet_b0.ra_in1k/model.safetensors')).to.deep.equal(['pytorch', 0]);
    expect(found('efficientnet_b0.ra4_e3600_r224_in1k')).to.deep.equal(['pytorch', 0]);
    expect(found('efficientnet_b1-533bc792.pth')).to.deep.equal(['pytorch', 0]);
    for (const vague of [
      '', 'model.safetensors', 'my_efficientnet_b0.pth', 'efficientnet/model.pth', 'tf_models/b0.pth',
      'efficientnet_b0.pth', 'efficientnet_b0.safetensors', 'efficientnet_b0_mine.pth',
    ]) {
      expect(found(vague), vague).to.deep.equal(['pytorch', 1]);
    }
  });
});

describe('weights: preprocessing', () => {
  const sizes = (layout: LayoutName, convention: 'tensorflow' | 'pytorch'): string[] =>
    Object.keys(VARIANTS).map((name) => {
      const { resize, crop, interpolation, mean } = preprocessingFor(name, layout, convention)!;
      return `${name.replace('efficientnet-', '')} ${resize}/${crop}` +
        `${interpolation === 'bilinear' ? ' bilinear' : ''}${mean[0] === 0.5 ? ' .5' : ''}`;
    });

  it('torchvision', () => {
    expect(sizes('torchvision', 'pytorch').filter((row) => !/lite|l2|b8/.test(row))).to.deep.equal([
      'b0 256/224', 'b1 256/240', 'b2 288/288', 'b3 320/300', 'b4 384/380', 'b5 456/456', 'b6 528/528', 'b7 600/600',
      'v2-s 384/384 bilinear', 'v2-m 480/480 bilinear', 'v2-l 480/480 .5',
    ]);
    expect(preprocessingFor('efficientnet-b1', 'torchvision', 'pytorch', 'efficientnet_b1-c27df63c.pth'))
      .to.include({ resize: 255, crop: 240, interpolation: 'bilinear' });
    expect(preprocessingFor('efficientnet-b1', 'torchvision', 'pytorch', 'efficientnet_b1_rwightman-533bc792.pth'))
      .to.include({ resize: 256, interpolation: 'bicubic' });
  });

  it('timm, tf_', () => expect(sizes('timm', 'tensorflow')).to.deep.equal([
    'b0 256/224', 'b1 272/240', 'b2 292/260', 'b3 331/300', 'b4 412/380', 'b5 488/456', 'b6 560/528', 'b7 632/600',
    'b8 704/672', 'l2 833/800',
    'lite0 256/224 .5', 'lite1 272/240 .5', 'lite2 292/260 .5',
    'lite3 331/300 bilinear .5', 'lite4 413/380 bilinear .5',
    'v2-s 384/384 .5', 'v2-m 480/480 .5', 'v2-l 480/480 .5',
  ]));

  it("timm's own, and its recipes", () => {
    expect(sizes('timm', 'pytorch').slice(0, 6)).to.deep.equal(
      ['b0 256/224', 'b1 256/256', 'b2 288/288', 'b3 320/320', 'b4 384/384', 'b5 448/448']);
    const of = (name: string, convention: 'tensorflow' | 'pytorch', hints: string): unknown => {
      const { crop, mean } = preprocessingFor(name, 'timm', convention, hints)!;
      return [crop, mean[0]];
    };
    expect(of('efficientnet-b0', 'pytorch', 'efficientnet_b0.ra4_e3600_r224_in1k')).to.deep.equal([256, 0.5]);
    expect(of('efficientnet-b3', 'tensorflow', 'tf_efficientnet_b3_ap-aad25bdd.pth')).to.deep.equal([300, 0.5]);
    expect(of('efficientnet-b3', 'tensorflow', 'tf_efficientnet_b3.ap_in1k')).to.deep.equal([300, 0.5]);
    expect(of('efficientnet-b3', 'tensorflow', 'map_location/tf_efficientnet_b3_aa-84b4657e.pth'))
      .to.deep.equal([300, 0.485]);
    expect(of('efficientnet-l2', 'tensorflow', 'tf_efficientnet_l2_ns_475-bebbd00a.pth')).to.deep.equal([475, 0.485]);
  });

  it('lukemelas: the resolution of the variant, not cut', () => {
    expect(sizes('lukemelas', 'tensorflow').slice(0, 8)).to.deep.equal(
      ['b0 224/224', 'b1 240/240', 'b2 260/260', 'b3 300/300', 'b4 380/380', 'b5 456/456', 'b6 528/528', 'b7 600/600']);
    expect(preprocessingFor('efficientnet-b0', 'lukemelas', 'tensorflow', 'adv-efficientnet-b0-b64d5a18.pth')?.std)
      .to.deep.equal([0.5, 0.5, 0.5]);
  });

  it('nothing is known of networks that were never published', () =>
    expect(preprocessingFor('tiny-28', 'vitrine', 'tensorflow')).to.equal(null));
});
