/** Stages as strings. */
import {
  B0, EfficientNet, VARIANTS, V2_S, architectureFromBlocks, configFor, formatBlocks, parseBlocks,
} from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';
import { expect } from 'chai';

/** As they stand in the paper's code. */
const B0_STRINGS = [
  'r1_k3_s11_e1_i32_o16_se0.25', 'r2_k3_s22_e6_i16_o24_se0.25', 'r2_k5_s22_e6_i24_o40_se0.25',
  'r3_k3_s22_e6_i40_o80_se0.25', 'r3_k5_s11_e6_i80_o112_se0.25', 'r4_k5_s22_e6_i112_o192_se0.25',
  'r1_k3_s11_e6_i192_o320_se0.25',
];

describe('block strings', () => {
  it('of B0 are those of the paper\'s code, both ways', () => {
    expect(formatBlocks(B0)).to.deep.equal(B0_STRINGS);
    expect(parseBlocks(B0_STRINGS)).to.deep.equal({ stemChannels: B0.stemChannels, stages: B0.stages });
  });

  it('of V2-S mark Fused-MBConv with c1', () => {
    expect(formatBlocks(V2_S).slice(0, 2)).to.deep.equal(['r2_k3_s11_e1_i24_o24_c1', 'r4_k3_s22_e4_i24_o48_c1']);
  });

  for (const name of Object.keys(VARIANTS)) {
    it(`of ${name} are read back as they were written`, () => {
      const { stemChannels, stages } = configFor(name);
      expect(parseBlocks(formatBlocks({ stemChannels, stages }))).to.deep.equal({ stemChannels, stages });
    });
  }

  it('take a stride once, as V2\'s code writes it', () => {
    expect(parseBlocks(['r4_k3_s2_e4_i24_o48_c1']).stages[0].stride).to.equal(2);
  });

  it('make a network', () => {
    const architecture = architectureFromBlocks(B0_STRINGS);
    const { resolution, dropout } = VARIANTS['efficientnet-b0'];
    const options = { architecture, widthCoefficient: 1, depthCoefficient: 1, resolution, dropout };
    const model = meta(() => EfficientNet.fromVariant('mine', options));
    expect(model.config).to.deep.equal({ ...configFor('b0'), name: 'mine' });
    expect(model.parameterCount()).to.equal(5_288_548);
  });

  for (const [strings, message] of [
    [[], 'a network has at least one stage; got none'],
    [['r2_k3_e6_i16_o24'], "'r2_k3_e6_i16_o24' (stage 0): not in that form; a stage reads r2_k3_s22_e6_i16_o24_se0.25"],
    [['r1_k3_s12_e1_i8_o8'], 'strides down and across are equal here; got 1 and 2'],
    [['r0_k3_s11_e1_i8_o8'], 'every number is at least 1'],
    [['r1_k3_s11_e1_i8_o8_se1.5'], 'the squeeze ratio is from 0 to 1; got 1.5'],
    [['r1_k3_s11_e1_i8_o8_c1_se0.25'], 'Fused-MBConv has no squeeze-excitation here'],
    [['r1_k3_s11_e1_i8_o8', 'r1_k3_s22_e6_i16_o24'], 'stage 1 takes 16 channels (i), but stage 0 gives 8 (o)'],
  ] as const) {
    it(`refuse ${strings.join(' ') || 'nothing'}`, () => expect(() => parseBlocks(strings)).to.throw(message));
  }
});
