/** Numbers about an evaluation, against cases worked out by hand and by numpy. */
import { ConfusionMatrix, calibrationError, classScores, confusionOf } from '@vitrine/nn';
import { expect } from 'chai';

/** Right and wrong ones with these confidences: the prediction is 0, the label 0 or 1. */
const evaluation = (confidences: readonly number[], right: readonly number[]) => ({
  confidences: Float32Array.from(confidences),
  predictions: new Uint32Array(confidences.length),
  labels: Uint32Array.from(right, (yes) => 1 - yes),
});

const CONFIDENCES = [0.95, 0.9, 0.85, 0.62, 0.55, 0.55, 0.31, 1];
const RIGHT = [1, 1, 0, 1, 0, 1, 0, 1];

/** Bins, expected and maximum calibration error: numpy, by the loop of Guo et al.'s published code. */
const NUMPY: readonly (readonly [bins: number, error: number, maximum: number])[] = [
  [5, 0.1862499788403511, 0.3799999952316284],
  [10, 0.19874999672174454, 0.3799999952316284],
  [15, 0.22375000268220901, 0.8500000238418579],
];

describe('metrics: class scores', () => {
  it('precision, recall and F1 of a matrix worked out by hand; 0/0 is NaN', () => {
    // rows are truth: cat 3 1 0 0, dog 2 2 0 0, cow 1 0 0 0; yak has no image and is never predicted
    const confusion = confusionOf(['cat', 'dog', 'cow', 'yak'], {
      labels: Uint32Array.from([0, 0, 0, 0, 1, 1, 1, 1, 2]),
      predictions: Uint32Array.from([0, 0, 0, 1, 0, 0, 1, 1, 0]),
    });
    expect(confusion.counts()).to.deep.equal([[3, 1, 0, 0], [2, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]);
    expect(classScores(confusion.classes, confusion.counts())).to.deep.equal([
      { name: 'cat', support: 4, precision: 3 / 6, recall: 3 / 4, f1: 0.6 },
      { name: 'dog', support: 4, precision: 2 / 3, recall: 2 / 4, f1: 4 / 7 },
      { name: 'cow', support: 1, precision: NaN, recall: 0, f1: 0 },
      { name: 'yak', support: 0, precision: NaN, recall: NaN, f1: NaN },
    ]);
  });

  it('F1 is the harmonic mean of precision and recall', () => {
    const confusion = new ConfusionMatrix(['a', 'b', 'c']);
    const pairs = [[0, 0], [0, 1], [1, 1], [1, 1], [2, 0], [2, 2], [2, 2], [2, 1]];
    for (const [truth, predicted] of pairs) confusion.add(truth, predicted);
    for (const { precision, recall, f1 } of classScores(confusion.classes, confusion.counts())) {
      expect(f1).to.be.closeTo(2 / (1 / precision + 1 / recall), 1e-12);
    }
  });
});

describe('metrics: calibrationError', () => {
  it('is what numpy gives for the same confidences, at 5, 10 and 15 bins', () => {
    for (const [bins, error, maximum] of NUMPY) {
      const found = calibrationError(evaluation(CONFIDENCES, RIGHT), { bins });
      expect(found.error, `${bins} bins`).to.be.closeTo(error, 1e-6);
      expect(found.maximum, `${bins} bins`).to.be.closeTo(maximum, 1e-6);
    }
    expect(calibrationError(evaluation(CONFIDENCES, RIGHT)).bins).to.have.length(15);
  });

  it('by hand: half of those 0.75 sure are right', () => {
    const { error, maximum, bins } = calibrationError(evaluation([0.75, 0.75, 0.25, 0.25], [1, 0, 0, 0]), { bins: 2 });
    expect([error, maximum]).to.deep.equal([0.25, 0.25]);
    expect(bins).to.deep.equal([
      { from: 0, to: 0.5, count: 2, confidence: 0.25, accuracy: 0 },
      { from: 0.5, to: 1, count: 2, confidence: 0.75, accuracy: 0.5 },
    ]);
  });

  it('is 0 where confidence is accuracy', () => {
    expect(calibrationError(evaluation([0.5, 0.5, 1, 1], [1, 0, 1, 1])).error).to.equal(0);
  });

  it('a bin holds its upper end; 0 is in the first bin, and what rounding has put above 1 in the last', () => {
    const { bins } = calibrationError(evaluation([0, 0.25, 0.5, 0.75, 1, 1.0000001], [1, 1, 1, 1, 1, 1]), { bins: 4 });
    expect(bins.map(({ count }) => count)).to.deep.equal([2, 1, 1, 2]);
  });

  it('empty bins have no means', () => {
    const [first, last] = calibrationError(evaluation([0.9], [1]), { bins: 2 }).bins;
    expect([first.count, first.confidence, first.accuracy]).to.deep.equal([0, NaN, NaN]);
    expect(last.count).to.equal(1);
  });

  it('refuses no images, what is no probability, and no bins', () => {
    expect(() => calibrationError(evaluation([], [])))
      .to.throw(RangeError, /calibrationError: the evaluation has no images/);
    for (const wrong of [NaN, -0.1, 1.1]) {
      expect(() => calibrationError(evaluation([0.5, wrong], [1, 1])))
        .to.throw(RangeError, /calibrationError: the confidence of image 1 is .*, which is no probability/);
    }
    for (const bins of [0, 2.5, NaN]) {
      expect(() => calibrationError(evaluation([0.5], [1]), { bins }))
        .to.throw(RangeError, /bins is a whole number >= 1; got/);
    }
  });
});
