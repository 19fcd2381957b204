/** Grad-CAM, its pictures, and the stages and filters of an EfficientNet. */
import { EfficientNet, gradCam, overlayHeat, stagesOf, stemFilters, viridis } from '@vitrine/efficientnet';
import { crossEntropy } from '@vitrine/nn';
import { Random, argmax, meta, randn, scaleInto, scope, slice, tensor } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';

const N = 3;
const K = 10;
const images = randn([N, 28, 28, 1], new Random(5));

/** A network whose batch-norm statistics are those of noise: a fresh one kills its signal. */
function network(): EfficientNet {
  const model = EfficientNet.fromName('tiny-28', { numClasses: K, batchNormMomentum: 1 });
  scope(() => model.call(randn([16, 28, 28, 1], new Random(6))));
  return model.eval();
}

/** CAM by its own definition: max(0, Σₖ w[k,c]·A[n,i,j,k]), divided by its largest value; in float64. */
function cam(model: EfficientNet, classes: readonly number[]): number[] {
  const features = scope(() => model.extractFeatures(images).value);
  const A = features.toFloat64Array();
  const [, h, w, C] = features.shape;
  const weights = model.classifier.weight.value.toFloat64Array();
  return classes.flatMap((c, n) => {
    const map = Array.from({ length: h * w }, (_, place) => {
      let sum = 0;
      for (let k = 0; k < C; k++) sum += weights[k * K + c] * A[(n * h * w + place) * C + k];
      return Math.max(0, sum);
    });
    const peak = Math.max(...map);
    return map.map((value) => value / peak);
  });
}

const values = (map: Tensor): number[] => Array.from(map.toFloat64Array());
const worst = (got: readonly number[], want: readonly number[]): number =>
  got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i])), 0);

describe('grad-cam', () => {
  it('is CAM, with a linear head over an average: for any class of any image', () => {
    const model = network();
    for (const classes of [[0, 1, 2], [9, 9, 4], [5, 3, 7]]) {
      const maps = gradCam(model, images, { classes });
      const want = cam(model, classes);
      expect(maps.shape).to.deep.equal([N, 4, 4]);
      expect(want.filter((value) => value > 0 && value < 1).length, 'a map that says something').to.be.above(N);
      expect(worst(values(maps), want)).to.be.below(1e-5);
    }
  });

  it('explains the most probable class unless told otherwise', () => {
    const model = network();
    const predicted = Array.from(argmax(scope(() => model.call(images).value), 1).toFloat32Array());
    expect(values(gradCam(model, images))).to.deep.equal(values(gradCam(model, images, { classes: predicted })));
    const others = predicted.map((c) => (c + 1) % K);
    expect(values(gradCam(model, images))).not.to.deep.equal(values(gradCam(model, images, { classes: others })));
  });

  it('an image\'s map does not depend on the others in the batch', () => {
    const model = network();
    const together = values(gradCam(model, images, { classes: [1, 2, 3] }));
    const alone = [1, 2, 3].flatMap((c, n) => values(gradCam(model, slice(images, 0, n, n + 1), { classes: [c] })));
    expect(worst(alone, together)).to.be.below(1e-5);
  });

  it('goes from 0 to 1, and is 0 where nothing speaks for the class', () => {
    const model = network();
    const maps = values(gradCam(model, images));
    for (let n = 0; n < N; n++) {
      const map = maps.slice(16 * n, 16 * (n + 1));
      expect(Math.max(...map)).to.equal(1);
      expect(Math.min(...map)).to.be.at.least(0);
    }
    scaleInto(model.classifier.weight.value, 0);
    expect(new Set(values(gradCam(model, images)))).to.deep.equal(new Set([0]));
  });

  it('leaves the model as it was: mode, statistics, gradients', () => {
    const model = network().train();
    crossEntropy(model.call(images), tensor([1, 2, 3])).backward();
    const gradients = (): Tensor[] => model.parameters().flatMap(({ grad }) => (grad === null ? [] : [grad]));
    const before = [...model.stateDict().values(), ...gradients()];
    const numbers = before.map((value) => value.toFloat32Array());
    gradCam(model, images);
    expect(Array.from(model.namedModules()).every(([, module]) => module.training)).to.equal(true);
    expect(before.map((value) => value.toFloat32Array())).to.deep.equal(numbers);
    expect(gradients().filter((grad) => !before.includes(grad))).to.deep.equal([]);
  });

  it('refuses classes that do not fit', () => {
    const model = network();
    expect(() => gradCam(model, images, { classes: [1, 2] })).to.throw(
      RangeError, /gradCam: classes has a class from 0 to 9 for each of 3 images.*got \[1, 2\]/);
    expect(() => gradCam(model, images, { classes: [1, 2, 10] })).to.throw(RangeError, /gradCam/);
  });
});

describe('grad-cam: pictures', () => {
  const luma = ([r, g, b]: readonly number[]): number => 0.299 * r + 0.587 * g + 0.114 * b;

  it('viridis grows brighter all the way, between its known ends', () => {
    expect([viridis(0), viridis(1), viridis(-3), viridis(7)])
      .to.deep.equal([[68, 1, 84], [253, 231, 37], [68, 1, 84], [253, 231, 37]]);
    const lumas = Array.from({ length: 101 }, (_, i) => luma(viridis(i / 100)));
    expect(lumas.every((value, i) => i === 0 || value > lumas[i - 1])).to.equal(true);
  });

  const image = { width: 4, height: 2, channels: 1, data: Uint8Array.from([0, 10, 20, 30, 40, 50, 60, 70]) } as const;
  const map = tensor([[0, 1]]);

  it('mixes the image in grey with the colours of the map', () => {
    const plain = overlayHeat(image, map, { opacity: 0 });
    expect(plain).to.include({ width: 4, height: 2, channels: 3 });
    expect(Array.from(plain.data)).to.deep.equal(Array.from(image.data).flatMap((grey) => [grey, grey, grey]));
    const heat = overlayHeat(image, map, { opacity: 1 }).data;
    expect(Array.from(heat.slice(0, 3))).to.deep.equal([68, 1, 84]);
    expect(Array.from(heat.slice(9, 12))).to.deep.equal([253, 231, 37]);
    // Bilinear, pixel centres: the second of four pixels is a quarter of the way.
    expect(Array.from(heat.slice(3, 6))).to.deep.equal(viridis(0.25).map(Math.round));
    const rgb = { ...image, width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(200, 100, 50) };
    expect(Array.from(overlayHeat(rgb, map, { opacity: 0 }).data)).to.deep.equal([124, 124, 124]);
  });

  it('an image in the middle of a larger canvas gets the middle of the map', () => {
    const whole = overlayHeat({ ...image, width: 8, height: 1, data: new Uint8Array(8) }, map, { opacity: 1 }).data;
    const small = { ...image, height: 1, data: new Uint8Array(4) };
    const middle = overlayHeat(small, map, { opacity: 1, canvas: [1, 8] }).data;
    expect(Array.from(middle)).to.deep.equal(Array.from(whole.slice(6, 18)));
    expect(() => overlayHeat(image, map, { canvas: [1, 8] })).to.throw(RangeError, /canvas holds the image/);
    expect(() => overlayHeat(image, tensor([1]))).to.throw(RangeError, /overlayHeat: map is \[h,w\]; got \[1\]/);
  });

  it('stem filters: one picture each, 128 is 0, the largest weight reaches the end of the scale', () => {
    for (const channels of [1, 3, 5]) {
      const model = EfficientNet.fromName('tiny-28', { inChannels: channels });
      const pictures = stemFilters(model);
      expect(pictures).to.have.length(model.stem.outChannels);
      const weights = model.stem.weight.value.toFloat64Array();
      pictures.forEach(({ width, height, channels: shown, data }, o) => {
        expect([width, height, shown]).to.deep.equal([3, 3, channels === 3 ? 3 : 1]);
        const offsets = Array.from(data, (byte) => byte - 128);
        expect(Math.max(...offsets.map(Math.abs))).to.equal(127);
        if (channels === 5) return;
        offsets.forEach((offset, i) => {
          const weight = weights[i * model.stem.outChannels + o];
          if (Math.abs(offset) > 1) expect(Math.sign(offset)).to.equal(Math.sign(weight));
        });
      });
    }
    const blank = EfficientNet.fromName('tiny-28');
    scaleInto(blank.stem.weight.value, 0);
    expect(stemFilters(blank).every(({ data }) => data.every((byte) => byte === 128))).to.equal(true);
  });
});

describe('stages', () => {
  for (const [name, count] of [['b0', 7], ['v2-s', 6], ['b3', 7], ['tiny-28', 4]] as const) {
    it(`${name}: stem, ${count} stages, head, classifier, and every parameter in exactly one`, () => {
      const model = meta(() => EfficientNet.fromName(name));
      const stages = stagesOf(model);
      const inner = Array.from({ length: count }, (_, i) => `stage${i + 1}`);
      expect(stages.map((stage) => stage.name)).to.deep.equal(['stem', ...inner, 'head', 'classifier']);
      const found = stages.flatMap(({ modules }) => modules.flatMap((module) => module.parameters()));
      expect(new Set(found).size).to.equal(found.length);
      expect(new Set(found)).to.deep.equal(new Set(model.parameters()));
      expect(stages.slice(1, -2).map(({ modules }) => modules.length))
        .to.deep.equal(model.config.stages.map(({ repeats }) => repeats));
    });
  }
});
