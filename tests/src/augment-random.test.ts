/** Chance in augmentations: all of it from the stream given, and as probable as it is said to be. */
import {
  type Augment, autoAugment, colourJitter, compose, crop, flipLeftRight, padAndCrop, randAugment, randomAffine,
  randomApply, randomCrop, randomErasing, randomFlip, randomResizedCrop, type RasterImage,
} from '@vitrine/data';
import { Random } from '@vitrine/tensor';
import { expect } from 'chai';
import { drawSteps, POLICIES } from '../../packages/data/dist/augment/auto-augment.js';
import { drawJitter } from '../../packages/data/dist/augment/colour-jitter.js';
import { coverOf } from '../../packages/data/dist/augment/erasing.js';
import { pieceOf } from '../../packages/data/dist/augment/geometry.js';
import { drawStep } from '../../packages/data/dist/augment/rand-augment.js';
import { bytes } from './data-samples.js';

const picture = (width: number, height: number, channels: RasterImage['channels']): RasterImage =>
  ({ width, height, channels, data: bytes(width * height * channels, (i) => (i * i * 7 + i * 31) % 251) });

const N = 4000;

/** What `draw` gives on the first N streams of a seed. */
const draws = <T>(draw: (random: Random) => T, seed = 1): T[] =>
  Array.from({ length: N }, (_, i) => draw(new Random(seed).split(i)));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The share of `hits` is p, to four standard errors (once in 16,000 seeds it is not). */
const expectShare = (hits: readonly boolean[], p: number, what = ''): void => {
  expect(mean(hits.map(Number)), what).to.be.closeTo(p, 4 * Math.sqrt((p * (1 - p)) / hits.length) + 1e-12);
};

/** The values lie in [min, max] and are spread evenly over it: mean and variance, to four standard errors. */
const expectEven = (values: readonly number[], min: number, max: number, what = ''): void => {
  const span = max - min;
  expect(Math.min(...values), what).to.be.within(min, min + span / 20);
  expect(Math.max(...values), what).to.be.within(max - span / 20, max);
  expect(mean(values), what).to.be.closeTo((min + max) / 2, 4 * span / Math.sqrt(12 * values.length));
};

describe('augment: chance', () => {
  const augments: Record<string, Augment> = {
    randomFlip,
    padAndCrop: padAndCrop(3, { fill: 9 }),
    randomCrop: randomCrop([7, 6]),
    randomResizedCrop: randomResizedCrop([8, 9]),
    randomAffine: randomAffine({ degrees: 30, translate: [0.2, 0.1], scale: [0.8, 1.2], shear: [-5, 5, -3, 3] }),
    colourJitter: colourJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    randAugment: randAugment({ numOps: 3 }),
    autoAugmentImagenet: autoAugment('imagenet'),
    autoAugmentCifar10: autoAugment('cifar10', { interpolation: 'bilinear', fill: 128 }),
    randomErasing: randomErasing({ value: 'random' }),
    composed: compose(randomFlip, padAndCrop(1), randomErasing()),
  };
  for (const [name, augment] of Object.entries(augments)) {
    it(`${name}: the same stream, the same image; others, others; the image given stays`, () => {
      for (const channels of [1, 2, 3, 4] as const) {
        // Files come as a Buffer, whose slice() shares its bytes.
        const image = { ...picture(12, 10, channels), data: Buffer.from(picture(12, 10, channels).data) };
        const before = Uint8Array.from(image.data);
        const run = (seed: number): string[] => Array.from({ length: 30 }, (_, i) => {
          const out = augment(image, new Random(seed).split(i));
          expect(out.data.length).to.equal(out.width * out.height * channels);
          expect(out.channels).to.equal(channels);
          return out.data.join();
        });
        const first = run(1);
        expect(run(1)).to.deep.equal(first);
        expect(run(2)).to.not.deep.equal(first);
        expect(new Set(first).size, 'different images').to.be.greaterThan(1);
        expect(Uint8Array.from(image.data)).to.deep.equal(before);
      }
    });
  }

  /** The results on 4000 streams, each as often as it occurs. */
  const counts = (augment: Augment, image: RasterImage): Map<string, number> => {
    const found = new Map<string, number>();
    for (const text of draws((random) => augment(image, random).data.join())) {
      found.set(text, (found.get(text) ?? 0) + 1);
    }
    return found;
  };
  const square: RasterImage = { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
  const expectEqualShares = (found: Map<string, number>, want: readonly string[]): void => {
    expect([...found.keys()].sort()).to.deep.equal([...want].sort());
    const p = 1 / want.length;
    for (const [text, count] of found) expect(count / N, text).to.be.closeTo(p, 4 * Math.sqrt((p * (1 - p)) / N));
  };

  it('randomFlip mirrors half of the images, pixels kept whole', () => {
    const image: RasterImage = { width: 3, height: 2, channels: 2, data: bytes(12, (i) => i + 1) };
    expectEqualShares(counts(randomFlip, image), ['1,2,3,4,5,6,7,8,9,10,11,12', '5,6,3,4,1,2,11,12,9,10,7,8']);
  });

  it('randomApply does it as often as it says', () => {
    for (const p of [0, 0.2, 1]) {
      expectShare(draws((random) => randomApply(p, flipLeftRight)(square, random).data[0] === 2), p);
    }
  });

  it('padAndCrop makes every shift as often, and fills what is left', () => {
    expectEqualShares(counts(padAndCrop(1), square), [
      '1,2,3,4', '2,0,4,0', '0,1,0,3', '3,4,0,0', '0,0,1,2', '4,0,0,0', '0,3,0,0', '0,0,2,0', '0,0,0,1',
    ]);
    expectEqualShares(counts(padAndCrop(0), square), ['1,2,3,4']);
    const pixel: RasterImage = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
    expect([...counts(padAndCrop(1, { fill: [7, 8, 9] }), pixel).keys()].sort()).to.deep.equal(['1,2,3', '7,8,9']);
  });

  it('randomCrop takes every piece as often', () => {
    const row: RasterImage = { width: 4, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
    expectEqualShares(counts(randomCrop([1, 2]), row), ['1,2', '2,3', '3,4']);
    expect(() => randomCrop(2)(row, new Random(1)))
      .to.throw('randomCrop: size is [2, 2]; expected at most the image\'s 1×4 (height×width): resize first');
  });

  it('compose applies the first first', () => {
    const change = (f: (byte: number) => number): Augment => (image) => ({ ...image, data: image.data.map(f) });
    const augment = compose(change((x) => x + 1), change((x) => 2 * x));
    expect([...augment(square, new Random(1)).data]).to.deep.equal([4, 6, 8, 10]);
    expect(compose()(square, new Random(1))).to.equal(square);
  });

  it('randomResizedCrop: areas and the logarithms of shapes are spread evenly, and so are places', () => {
    const image = { width: 400, height: 300 };
    const boxes = draws((random) => pieceOf(image, [0.1, 0.3], [0.5, 2], random));
    expectEven(boxes.map(({ width, height }) => (width * height) / (400 * 300)), 0.1 - 2e-3, 0.3 + 2e-3, 'area');
    expectEven(boxes.map(({ width, height }) => Math.log(width / height)), -Math.log(2.02), Math.log(2.02), 'shape');
    expectEven(boxes.map(({ top, height }) => top / (300 - height)), 0, 1, 'top');
    expectEven(boxes.map(({ left, width }) => left / (400 - width)), 0, 1, 'left');
    for (const { top, left, width, height } of draws((random) => pieceOf(image, [0.5, 1], [0.2, 5], random))) {
      expect(top >= 0 && left >= 0 && top + height <= 300 && left + width <= 400).to.equal(true);
    }
    expect(pieceOf({ width: 1, height: 1 }, [0.08, 1], [3 / 4, 4 / 3], new Random(1)))
      .to.deep.equal({ top: 0, left: 0, height: 1, width: 1 });
  });

  it('randomAffine turns by what it says, and at 0 not at all', () => {
    const image = picture(9, 9, 3);
    const still = randomAffine({ degrees: 0 });
    expect(still(image, new Random(1))).to.deep.equal(image);
    const moves = new Set(draws((random) => {
      const moved = randomAffine({ degrees: 0, translate: [1 / 3, 0], fill: 255 })(image, random);
      return Array.from({ length: 7 }, (_, i) => i - 3).find((dx) =>
        moved.data.join() === crop(image, { top: 0, left: -dx, height: 9, width: 9 }, { fill: 255 }).data.join());
    }));
    expect([...moves].sort()).to.deep.equal([-1, -2, -3, 0, 1, 2, 3]);
  });

  it('colourJitter: the amounts evenly, every order as often', () => {
    const steps = [{ range: [0.6, 1.4] }, { range: [0, 3] }, { range: [-0.1, 0.1] }] as const;
    const jitters = draws((random) => drawJitter<(typeof steps)[number]>(steps, random));
    for (const step of steps) {
      const [min, max] = step.range;
      expectEven(jitters.map((jitter) => jitter.find((done) => done.step === step)!.amount), min, max);
    }
    const orders = jitters.map((jitter) => jitter.map(({ step }) => steps.indexOf(step)).join(''));
    for (const order of ['012', '021', '102', '120', '201', '210']) expectShare(orders.map((o) => o === order), 1 / 6);
    const image = picture(5, 4, 3);
    expect(colourJitter({})(image, new Random(1))).to.equal(image);
    expect(colourJitter({ brightness: [2, 2] })(image, new Random(1)).data)
      .to.deep.equal(image.data.map((x) => Math.min(255, 2 * x)));
  });

  it('randAugment: each of fourteen operations as often, half of the signed ones negative', () => {
    const steps = draws((random) => drawStep({ width: 32, height: 32 }, 9, 31, random));
    const names = [...new Set(steps.map(({ name }) => name))];
    expect(names).to.have.length(14).and.not.include('Invert');
    for (const name of names) expectShare(steps.map((step) => step.name === name), 1 / 14, name);
    const turned = steps.filter(({ name }) => name === 'Rotate' || name === 'Color');
    expectShare(turned.map(({ magnitude }) => magnitude < 0), 0.5);
    expect(randAugment({ numOps: 0 })(square, new Random(1))).to.equal(square);
  });

  it('autoAugment: every pair as often, each operation with its probability', () => {
    const size = { width: 32, height: 32 };
    const policy = [[['Invert', 0.3, null], ['Rotate', 1, 9]], [['Rotate', 0, 5], ['Equalize', 0.6, null]]] as const;
    const steps = draws((random) => drawSteps(policy, size, random).map(({ name }) => name).join());
    expectShare(steps.map((names) => names === 'Invert,Rotate'), 0.5 * 0.3);
    expectShare(steps.map((names) => names === 'Rotate'), 0.5 * 0.7);
    expectShare(steps.map((names) => names === 'Equalize'), 0.5 * 0.6);
    expectShare(steps.map((names) => names === ''), 0.5 * 0.4);
    // Of ImageNet's 25 pairs three have an Invert, each with probability 0.6.
    const inverted = draws((random) =>
      drawSteps(POLICIES.imagenet, size, random).some(({ name }) => name === 'Invert'));
    expectShare(inverted, (3 / 25) * 0.6);
  });

  it('randomErasing: area, shape, place and probability; the rest is untouched', () => {
    const boxes = draws((random) => coverOf({ width: 400, height: 300 }, [0.02, 0.2], [0.5, 2], random)!);
    expectEven(boxes.map(({ width, height }) => (width * height) / (400 * 300)), 0.02 - 1e-3, 0.2 + 1e-3, 'area');
    expectEven(boxes.map(({ width, height }) => Math.log(height / width)), -Math.log(2.05), Math.log(2.05), 'shape');
    expectEven(boxes.map(({ top, height }) => top / (300 - height)), 0, 1, 'top');
    expect(coverOf({ width: 5, height: 5 }, [1, 1], [1, 1], new Random(1))).to.equal(undefined);

    const white: RasterImage = { width: 10, height: 8, channels: 3, data: new Uint8Array(240).fill(255) };
    const erased = draws((random) => randomErasing({ probability: 0.3, value: [1, 2, 3] })(white, random));
    expectShare(erased.map(({ data }) => data.includes(1)), 0.3);
    for (const { data } of erased.slice(0, 200)) {
      const rows = new Set<number>();
      const columns = new Set<number>();
      let covered = 0;
      for (let i = 0; i < 80; i++) {
        const pixel = data.subarray(3 * i, 3 * i + 3).join();
        if (pixel === '255,255,255') continue;
        expect(pixel).to.equal('1,2,3');
        rows.add(Math.floor(i / 10));
        columns.add(i % 10);
        covered++;
      }
      expect(covered, 'a rectangle').to.equal(rows.size * columns.size);
    }
    const noise = new Set(draws((random) => randomErasing({ probability: 1, value: 'random' })(white, random))
      .flatMap(({ data }) => [...data]));
    expect(noise.size, 'every byte').to.equal(256);
  });
});
