/** The published family in numbers, the small presets, and compound scaling. All on shapes alone. */
import {
  ALPHA, B0, BETA, compoundScale, configFor, EfficientNet, FusedMBConv, GAMMA, MBConv, roundFilters, roundRepeats,
  summary, VARIANTS,
} from '@vitrine/efficientnet';
import { meta, zeros } from '@vitrine/tensor';
import { expect } from 'chai';

interface Row {
  readonly name: string;
  readonly width: number;
  readonly depth: number;
  readonly resolution: number;
  readonly dropout: number;
  readonly repeats: readonly number[];
  /** Stem, then the stages. */
  readonly widths: readonly number[];
  readonly head: number;
  readonly blocks: number;
  readonly params: number;
  /** Multiply-adds of convolutions and the classifier at the native resolution, in 10⁹, to the digits given. */
  readonly gmacs: string;
}

const row = (
  name: string, width: number, depth: number, resolution: number, dropout: number,
  repeats: readonly number[], widths: readonly number[], head: number, blocks: number, params: number, gmacs: string,
): Row => ({ name, width, depth, resolution, dropout, repeats, widths, head, blocks, params, gmacs });

/**
 * Sources: coefficients, widths and repeats from the paper's code (tensorflow/tpu `efficientnet_builder.py`) with its
 * rounding rules; parameters as torchvision publishes them (B0 to B7), B8 and L2 counted by the same rules.
 */
const B0_WIDTHS = [32, 16, 24, 40, 80, 112, 192, 320];
const TABLE: readonly Row[] = [
  row('b0', 1.0, 1.0, 224, 0.2, [1, 2, 2, 3, 3, 4, 1], B0_WIDTHS, 1280, 16, 5_288_548, '0.386'),
  row('b1', 1.0, 1.1, 240, 0.2, [2, 3, 3, 4, 4, 5, 2], B0_WIDTHS, 1280, 23, 7_794_184, '0.687'),
  row('b2', 1.1, 1.2, 260, 0.3, [2, 3, 3, 4, 4, 5, 2], [32, 16, 24, 48, 88, 120, 208, 352],
    1408, 23, 9_109_994, '0.994'),
  row('b3', 1.2, 1.4, 300, 0.3, [2, 3, 3, 5, 5, 6, 2], [40, 24, 32, 48, 96, 136, 232, 384],
    1536, 26, 12_233_232, '1.827'),
  row('b4', 1.4, 1.8, 380, 0.4, [2, 4, 4, 6, 6, 8, 2], [48, 24, 32, 56, 112, 160, 272, 448],
    1792, 32, 19_341_616, '4.394'),
  row('b5', 1.6, 2.2, 456, 0.4, [3, 5, 5, 7, 7, 9, 3], [48, 24, 40, 64, 128, 176, 304, 512],
    2048, 39, 30_389_784, '10.27'),
  row('b6', 1.8, 2.6, 528, 0.5, [3, 6, 6, 8, 8, 11, 3], [56, 32, 40, 72, 144, 200, 344, 576],
    2304, 45, 43_040_704, '19.07'),
  row('b7', 2.0, 3.1, 600, 0.5, [4, 7, 7, 10, 10, 13, 4], [64, 32, 48, 80, 160, 224, 384, 640],
    2560, 55, 66_347_960, '37.75'),
  row('b8', 2.2, 3.6, 672, 0.5, [4, 8, 8, 11, 11, 15, 4], [72, 32, 56, 88, 176, 248, 424, 704],
    2816, 61, 87_413_142, '62.60'),
  row('l2', 4.3, 5.3, 800, 0.5, [6, 11, 11, 16, 16, 22, 6], [136, 72, 104, 176, 344, 480, 824, 1376],
    5504, 88, 480_309_308, '475.7'),
];

/**
 * Lite and V2. Parameters: torchvision's `num_params` for V2; for Lite, timm's published 4.65, 5.42, 6.09, 8.20 and
 * 13.01 million. Multiply-adds of V2: torchvision's 8.366, 24.582 and 56.08 thousand million.
 */
interface Published {
  readonly name: string;
  readonly resolution: number;
  readonly dropout: number;
  readonly blocks: number;
  /** As published, to the digits given. */
  readonly params: string;
  readonly gmacs: string | null;
}
const LITE_AND_V2: readonly Published[] = [
  { name: 'lite0', resolution: 224, dropout: 0.2, blocks: 16, params: '4.65', gmacs: null },
  { name: 'lite1', resolution: 240, dropout: 0.2, blocks: 21, params: '5.42', gmacs: null },
  { name: 'lite2', resolution: 260, dropout: 0.3, blocks: 21, params: '6.09', gmacs: null },
  { name: 'lite3', resolution: 280, dropout: 0.3, blocks: 24, params: '8.20', gmacs: null },
  { name: 'lite4', resolution: 300, dropout: 0.3, blocks: 30, params: '13.01', gmacs: null },
  { name: 'v2-s', resolution: 384, dropout: 0.2, blocks: 40, params: '21.458488', gmacs: '8.366' },
  { name: 'v2-m', resolution: 480, dropout: 0.3, blocks: 57, params: '54.139356', gmacs: '24.582' },
  { name: 'v2-l', resolution: 480, dropout: 0.4, blocks: 79, params: '118.515272', gmacs: '56.08' },
];

const digits = (text: string): number => text.split('.')[1].length;

describe('variants', () => {
  it('are the published ones', () => {
    expect(Object.keys(VARIANTS)).to.deep.equal([...TABLE, ...LITE_AND_V2].map(({ name }) => `efficientnet-${name}`));
  });

  for (const want of TABLE) {
    it(`${want.name}: coefficients, widths, repeats, parameters, multiply-adds`, () => {
      const full = `efficientnet-${want.name}`;
      const config = configFor(want.name);
      expect(configFor(full)).to.deep.equal(config);
      expect(Object.entries(VARIANTS).find(([name]) => name === full)?.[1]).to.deep.equal({
        architecture: B0, widthCoefficient: want.width, depthCoefficient: want.depth,
        resolution: want.resolution, dropout: want.dropout,
      });
      expect(config.imageSize).to.equal(want.resolution);
      expect(config.dropout).to.equal(want.dropout);
      expect(config.headChannels).to.equal(want.head);
      expect([config.stemChannels, ...config.stages.map(({ channels }) => channels)]).to.deep.equal(want.widths);
      expect(config.stages.map(({ repeats }) => repeats)).to.deep.equal(want.repeats);
      expect(config.stages.map(({ kernel, stride, expandRatio }) => [kernel, stride, expandRatio])).to.deep.equal([
        [3, 1, 1], [3, 2, 6], [5, 2, 6], [3, 2, 6], [5, 1, 6], [5, 2, 6], [3, 1, 6],
      ]);

      const model = meta(() => EfficientNet.fromName(want.name));
      expect(model.blocks).to.have.length(want.blocks);
      expect(model.parameterCount()).to.equal(want.params);
      const { params, macs, inputShape, layers } = summary(model);
      expect(inputShape).to.deep.equal([1, want.resolution, want.resolution, 3]);
      expect(params).to.equal(want.params);
      expect(layers.reduce((sum, layer) => sum + layer.params, 0), 'sum over the layers').to.equal(want.params);
      expect((macs / 1e9).toFixed(want.gmacs.split('.')[1].length)).to.equal(want.gmacs);
    });
  }

  for (const { name, resolution, dropout, blocks, params, gmacs } of LITE_AND_V2) {
    it(`${name}: blocks, parameters, multiply-adds`, () => {
      const model = meta(() => EfficientNet.fromName(name));
      expect(model.config)
        .to.include({ name: `efficientnet-${name}`, imageSize: resolution, dropout, headChannels: 1280 });
      expect(model.blocks).to.have.length(blocks);
      expect((model.parameterCount() / 1e6).toFixed(digits(params))).to.equal(params);
      if (gmacs !== null) expect((summary(model).macs / 1e9).toFixed(digits(gmacs))).to.equal(gmacs);
    });
  }

  it('Lite has no squeeze-excitation, ReLU6, and a stem and ends that do not grow', () => {
    for (const name of ['lite0', 'lite4']) {
      const { stem, stemNorm, blocks, config } = meta(() => EfficientNet.fromName(name));
      expect(stem.outChannels).to.equal(32);
      expect(stemNorm.activation).to.equal('relu6');
      expect(blocks.every((block) => block instanceof MBConv && block.squeezeExcitation === null)).to.equal(true);
      expect([config.stages[0].repeats, config.stages.at(-1)?.repeats]).to.deep.equal([1, 1]);
    }
  });

  it('V2 begins with Fused-MBConv', () => {
    const { blocks } = meta(() => EfficientNet.fromName('v2-s'));
    expect(blocks.map((block) => block.constructor.name).join(' ')).to.match(/^(FusedMBConv ){10}(MBConv ?){30}$/);
    expect(blocks.slice(0, 2).map((block) => block instanceof FusedMBConv && block.project))
      .to.deep.equal([null, null]);
  });

  it('are found under the names of other libraries', () => {
    const nameOf = (name: string): string => configFor(name).name;
    expect([
      'b0', 'efficientnet_b0', 'efficientnet-b0', 'efficientnet_lite3',
      'efficientnetv2_s', 'efficientnet_v2_s', 'v2_m', 'v2l',
    ].map(nameOf)).to.deep.equal([
      'efficientnet-b0', 'efficientnet-b0', 'efficientnet-b0', 'efficientnet-lite3',
      'efficientnet-v2-s', 'efficientnet-v2-s', 'efficientnet-v2-m', 'efficientnet-v2-l',
    ]);
  });

  it('drop residual branches more often the deeper they are: 0.2·i/N over all blocks', () => {
    const { blocks } = meta(() => EfficientNet.fromName('b0'));
    const got = blocks.map(({ stochasticDepth }) => stochasticDepth?.p ?? null);
    const residual = [
      false, false, true, false, true, false, true, true, false, true, true, false, true, true, true, false,
    ];
    residual.forEach((has, i) => {
      if (has) expect(got[i], `block ${i}`).to.be.closeTo((0.2 * i) / 16, 1e-12);
      else expect(got[i], `block ${i}`).to.equal(null);
    });
  });

  it('squeeze to a quarter of the block input, not of the expanded width', () => {
    const { blocks } = meta(() => EfficientNet.fromName('b0'));
    expect(blocks.map((block) => (block instanceof MBConv ? block.squeezeExcitation?.reduce.outChannels : null)))
      .to.deep.equal([8, 4, 6, 6, 10, 10, 20, 20, 20, 28, 28, 28, 48, 48, 48, 48]);
  });

  it('spend 88 % of B0\'s multiply-adds in 1×1 convolutions and 9 % in depthwise ones', () => {
    const { layers, macs } = summary(meta(() => EfficientNet.fromName('b0')));
    const share = (pattern: RegExp): number =>
      layers.reduce((sum, layer) => sum + (pattern.test(layer.name) ? layer.macs : 0), 0) / macs;
    expect((100 * share(/\.(expand|project|reduce)$|^head$/)).toFixed(0)).to.equal('88');
    expect((100 * share(/depthwise$/)).toFixed(0)).to.equal('9');
  });

  it('small-32 has 663,530 parameters and 6,069,312 multiply-adds with ten classes', () => {
    const { params, macs, inputShape } = summary(meta(() => EfficientNet.fromName('small-32', { numClasses: 10 })));
    expect({ params, macs, inputShape })
      .to.deep.equal({ params: 663_530, macs: 6_069_312, inputShape: [1, 32, 32, 3] });
  });

  it('tiny-28 takes grey images and stays near a million multiply-adds', () => {
    const { inputShape, macs } = summary(meta(() => EfficientNet.fromName('tiny-28', { numClasses: 10 })));
    expect(inputShape).to.deep.equal([1, 28, 28, 1]);
    expect(macs).to.be.within(0.5e6, 2e6);
  });

  const GREY = [
    ['fast-28', 54_530, 2_310_400, 1], ['small-28', 81_414, 4_927_552, 1], ['medium-28', 491_530, 18_022_528, 2],
  ] as const;
  for (const [name, params, macs, last] of GREY) {
    it(`${name} takes grey images, has ${params} parameters and ${macs} multiply-adds, ` +
      'and begins with Fused-MBConv', () => {
      const model = meta(() => EfficientNet.fromName(name, { numClasses: 10 }));
      const { inputShape, ...counted } = summary(model);
      expect(inputShape).to.deep.equal([1, 28, 28, 1]);
      expect({ params: counted.params, macs: counted.macs }).to.deep.equal({ params, macs });
      expect(model.blocks.map((block) => block.constructor.name).join(' '))
        .to.equal([...Array<string>(4).fill('FusedMBConv'), ...Array<string>(last).fill('MBConv')].join(' '));
    });
  }

  it('endpoints of b0 at 64 pixels: five resolutions and the head', () => {
    const model = meta(() => EfficientNet.fromName('b0'));
    const shapes = Object.entries(model.eval().extractEndpoints(meta(() => zeros([1, 64, 64, 3]))))
      .map(([name, { shape }]) => `${name} ${shape.join('×')}`);
    expect(shapes).to.deep.equal([
      'reduction_1 1×32×32×16', 'reduction_2 1×16×16×24', 'reduction_3 1×8×8×40', 'reduction_4 1×4×4×112',
      'reduction_5 1×2×2×320', 'reduction_6 1×2×2×1280',
    ]);
  });

  it('refuses unknown names and impossible options', () => {
    expect(() => EfficientNet.fromName('b9')).to.throw(
      RangeError,
      /no model 'b9'; known are efficientnet-b0, .*efficientnet-v2-l, small-32, tiny-28, fast-28, small-28, medium-28$/,
    );
    expect(() => EfficientNet.fromName('toString')).to.throw(RangeError, /no model 'toString'/);
    expect(() => EfficientNet.fromName('tiny-28', { numClasses: 0 }))
      .to.throw(RangeError, /numClasses is a whole number >= 1; got 0/);
  });
});

describe('scaling', () => {
  it('φ = 1 gives α, β and γ, φ = 0 the baseline', () => {
    expect([ALPHA, BETA, GAMMA]).to.deep.equal([1.2, 1.1, 1.15]);
    const { macsFactor, ...one } = compoundScale(1);
    expect(one).to.deep.equal({ depthCoefficient: 1.2, widthCoefficient: 1.1, resolution: Math.round(224 * 1.15) });
    expect(macsFactor).to.be.closeTo(1.2 * 1.1 ** 2 * 1.15 ** 2, 1e-12).and.closeTo(2, 0.1);
    expect(compoundScale(0))
      .to.deep.equal({ depthCoefficient: 1, widthCoefficient: 1, resolution: 224, macsFactor: 1 });
  });

  it('takes negative and broken φ', () => {
    const minus = compoundScale(-2);
    expect(minus.depthCoefficient).to.be.closeTo(1 / 1.44, 1e-12);
    expect(minus.widthCoefficient).to.be.closeTo(1 / 1.21, 1e-12);
    expect(minus.resolution).to.equal(169);
    expect(compoundScale(0.5).depthCoefficient).to.be.closeTo(Math.sqrt(1.2), 1e-12);
    expect(compoundScale(1, { baseResolution: 32 }).resolution).to.equal(37);
    expect(compoundScale(-100).resolution).to.equal(1);
  });

  it('refuses what is no number', () => {
    expect(() => compoundScale(NaN)).to.throw(RangeError, /compoundScale: phi is a finite number; got NaN/);
    expect(() => compoundScale(1, { alpha: 0 })).to.throw(RangeError, /alpha is a finite number above 0; got 0/);
  });

  for (const [channels, width, want] of [
    [32, 1, 32], [32, 1.1, 32], [40, 1.1, 48], [320, 1.4, 448], [1280, 1.1, 1408],
    [32, 0.5, 16], [16, 0.5, 8], [8, 0.1, 8],
    [24, 0.5, 16], // 12 lies between 8 and 16, and counts as nearer to 16
    [20, 0.999, 24], // 19.98 is nearer to 16, but that is less than 90 %
  ]) {
    it(`roundFilters(${channels}, ${width}) = ${want}`, () => expect(roundFilters(channels, width)).to.equal(want));
  }

  for (const [repeats, depth, want] of [
    [1, 1, 1], [1, 1.1, 2], [3, 1.4, 5], [4, 3.1, 13], [2, 0.5, 1], [1, 0.5, 1], [3, 0.5, 2],
  ]) {
    it(`roundRepeats(${repeats}, ${depth}) = ${want}`, () => expect(roundRepeats(repeats, depth)).to.equal(want));
  }
});
