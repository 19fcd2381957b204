/** Compound scaling: the table of `efficientnet scale`, and what it is made of. */
import {
  EfficientNet, PAPER_COEFFICIENTS, PRESETS, VARIANTS, compound, compoundScale, familyOf, sizeOfVariant, variantNamed,
} from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';
import { expect } from 'chai';
import { run } from './support/command-line.js';

const B0 = VARIANTS['efficientnet-b0'];

describe('compound scaling', () => {
  it('φ = 0 is the base, whatever the coefficients', () => {
    for (const base of [B0, PRESETS['small-32'], PRESETS['tiny-28']]) {
      expect(compound({ alpha: 1.7, beta: 1.3, gamma: 1.9 }, 0, base)).to.deep.equal(base);
    }
  });

  it('multiplies what the base has: depth by α^φ, width by β^φ, resolution by γ^φ', () => {
    const { depthCoefficient, widthCoefficient, resolution, stemStride } = compound(
      { alpha: 2, beta: 3, gamma: 1.5 }, 2, PRESETS['tiny-28']);
    expect({ depthCoefficient, widthCoefficient, resolution, stemStride })
      .to.deep.equal({ depthCoefficient: 0.5 * 4, widthCoefficient: 0.5 * 9, resolution: 63, stemStride: 1 });
  });

  it('goes down, too: φ = −1 of B0 has about half its multiply-adds', () => {
    const { macs, resolution } = sizeOfVariant(compound(PAPER_COEFFICIENTS, -1, B0));
    expect(resolution).to.equal(195);
    expect(macs / sizeOfVariant(B0).macs).to.be.within(0.4, 0.8);
  });

  it('the size is that of the network it makes', () => {
    const variant = compound(PAPER_COEFFICIENTS, 2, B0);
    const model = meta(() => EfficientNet.fromVariant('mine', variant));
    const size = sizeOfVariant(variant);
    expect(size.params).to.equal(model.parameterCount());
    expect([size.blocks, size.stemChannels, size.headChannels])
      .to.deep.equal([model.blocks.length, model.stem.outChannels, model.head.outChannels]);
    expect(sizeOfVariant(variant, { numClasses: 10 }).params).to.equal(size.params - 990 * (size.headChannels + 1));
  });

  it('published sizes, from a name alone', () => {
    expect(sizeOfVariant(variantNamed('b3')))
      .to.include({ blocks: 26, stemChannels: 40, headChannels: 1536, params: 12_233_232 });
    expect(variantNamed('tiny-28')).to.equal(PRESETS['tiny-28']);
    expect(() => variantNamed('b9')).to.throw(RangeError, "there is no model 'b9'");
  });

  it('a family is what stretches the same architecture', () => {
    expect(familyOf(B0).map((name) => name.replace('efficientnet-', '')).join())
      .to.equal('b0,b1,b2,b3,b4,b5,b6,b7,b8,l2');
    expect(familyOf(variantNamed('lite2'))).to.have.length(5);
    expect(familyOf(PRESETS['tiny-28'])).to.deep.equal([]);
  });

  it('refuses coefficients that stretch nothing', () => {
    expect(() => compound({ ...PAPER_COEFFICIENTS, beta: 0 }, 1, B0))
      .to.throw(RangeError, 'beta is a finite number above 0; got 0');
    expect(() => compound(PAPER_COEFFICIENTS, NaN, B0)).to.throw(RangeError, 'phi is a finite number; got NaN');
  });

  it('refuses networks beyond all sense before it makes them', () => {
    const of = (stretch: object): (() => unknown) => () => sizeOfVariant({ ...B0, ...stretch });
    expect(of({ depthCoefficient: 70 }))
      .to.throw(RangeError, 'scale: depth × 70 and width × 1 make 1120 blocks of up to 1280 channels; at most');
    for (const widthCoefficient of [1000, Infinity, NaN]) {
      expect(of({ widthCoefficient })).to.throw(RangeError, 'scale: ');
    }
    expect(sizeOfVariant({ ...B0, depthCoefficient: 20, widthCoefficient: 500 }))
      .to.include({ blocks: 320, headChannels: 640_000 });
  });
});

interface Row {
  readonly phi: number;
  readonly name: string;
  readonly depthCoefficient: number;
  readonly widthCoefficient: number;
  readonly resolution: number;
  readonly blocks: number;
  readonly params: number;
  readonly macs: number;
  readonly macsRatio: number;
  readonly predictedSeconds: number;
  readonly measuredSeconds?: number;
}
interface Table {
  readonly base: string;
  readonly rate: number;
  readonly rows: readonly Row[];
  readonly published: readonly Row[];
}

describe('command line: scale', () => {
  const json = async (...args: readonly string[]): Promise<Table> => {
    const { code, stdout, stderr } = await run('scale', ...args, '--json');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Table;
  };

  it('B0 at φ = 0 to 7, beside what was published', async () => {
    const { base, rate, rows, published } = await json('--rate', '20');
    expect({ base, rate }).to.deep.equal({ base: 'b0', rate: 20 });
    expect(rows.map(({ phi }) => phi)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rows[0]).to.include({ params: 5_288_548, macs: 385_814_752, macsRatio: 1, blocks: 16, resolution: 224 });
    for (const { phi, depthCoefficient, widthCoefficient, resolution, macs, macsRatio, predictedSeconds } of rows) {
      const want = compoundScale(phi);
      expect([depthCoefficient, widthCoefficient, resolution])
        .to.deep.equal([want.depthCoefficient, want.widthCoefficient, want.resolution]);
      expect(macsRatio).to.be.closeTo(macs / 385_814_752, 1e-12);
      expect(predictedSeconds).to.be.closeTo(macs / 1e10, 1e-12);
      // Rounding up repeats and channels costs most where there is least.
      expect(macsRatio / want.macsFactor).to.be.within(0.99, 1.35);
    }
    expect(published.map(({ name }) => name)).to.include.members(['efficientnet-b0', 'efficientnet-l2']);
    expect(published.find(({ name }) => name === 'efficientnet-b7'))
      .to.include({ params: 66_347_960, widthCoefficient: 2, depthCoefficient: 3.1, resolution: 600, blocks: 55 });
  });

  it('runs the base, and with --measure every network', async () => {
    const arguments_ = ['--base', 'tiny-28', '--num-classes', '10', '--phi', '0,1.5', '--threads', '1'];
    const { rate, rows, published } = await json(...arguments_, '--measure');
    expect(rate).to.be.above(0);
    for (const { measuredSeconds } of rows) expect(measuredSeconds).to.be.within(1e-6, 10);
    expect(rows[0].predictedSeconds).to.be.closeTo((2 * rows[0].macs) / (1e9 * rate), 1e-12);
    expect(rows[0]).to.include({ params: 54_986 });
    expect(published).to.deep.equal([]);
    expect((await json(...arguments_)).rows[0]).not.to.have.property('measuredSeconds');
  });

  it('as a table', async () => {
    const { code, stdout } = await run('scale', '--rate', '20', '--phi=-1..1');
    expect(code).to.equal(0);
    const lines = stdout.split('\n');
    expect(lines[0]).to.equal('b0 with α = 1.2, β = 1.1, γ = 1.15: α·β²·γ² = 1.92');
    expect(lines[1]).to.match(/^φ +depth +width +pixels +stem +head +blocks +params +MACs +× base +2\^φ +predicted$/);
    expect(lines[4]).to.match(/^0 +1\.00 +1\.00 +224 +32 +1280 +16 +5\.29 M +385\.81 M +1\.00 +1\.00 +38\.6 ms$/);
    expect(lines.at(-2)).to.equal(
      'predicted: two floating-point operations a multiply-add, at 20.0 GFLOP/s, as given; one image');
  });

  it('--help', async () => {
    const { code, stdout } = await run('scale', '--help');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^efficientnet scale \[options\][^]*--gamma X[^]*--measure/);
  });

  const wrong: readonly [args: readonly string[], message: string][] = [
    [['b0'], "unexpected argument 'b0'"],
    [['--alpha', '0'], "--alpha takes a number > 0; got '0'"],
    [['--rate', 'fast'], "--rate takes GFLOP/s > 0; got 'fast'"],
    [['--phi', '3..1'], "--phi takes A..B or numbers with commas between, from -12 to 12; got '3..1'"],
    [['--phi', '0,,1'], "--phi takes A..B or numbers with commas between, from -12 to 12; got '0,,1'"],
    [['--phi', '0..99'], '--phi takes A..B'],
    [['--alpha', '12'], 'scale: depth × 144 and width × '],
    [['--beta', '40', '--rate', '1'], 'channels; at most 1000 and 1000000 can be made; take smaller coefficients'],
    [['--beta', '1e200', '--phi', '2', '--rate', '1'], 'blocks of up to Infinity channels'],
    [['--base', 'b9', '--rate', '1'], "there is no model 'b9'"],
    [['--base', 'l2'], 'a network of width 4.30 has 480 M parameters, too many to be run here'],
  ];
  for (const [args, message] of wrong) {
    it(`${args.join(' ')}: exit 2`, async () => {
      const { code, stdout, stderr } = await run('scale', ...args);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.contain(message);
    });
  }
});
