import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { reduceSamples, softmaxSamples } from './samples/reduce.js';
import { statisticsSamples } from './samples/statistics.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('reduce', reduceSamples);
describeSamples('softmax', softmaxSamples);
describeSamples('statistics', statisticsSamples);

describe('reduce: rounding', () => {
  it('the mean of ones is one, whatever their number', () => {
    for (let n = 1; n < 300; n++) expect(t.mean(t.ones([n])).item(), `${n}`).to.equal(1);
  });

  it('deviations are as small as they are, where the mean is large', () => {
    for (const centre of [1e6, 1e7]) {
      const x = t.add(t.randn([47], new t.Random(3)), centre);
      const values = Array.from(x.toFloat32Array());
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const want = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      expect(t.variance(x).item() / want, `around ${centre}`).to.be.closeTo(1, 1e-6);
      expect(t.std(x).item() / Math.sqrt(want), `around ${centre}`).to.be.closeTo(1, 1e-6);
    }
    for (let n = 2; n < 200; n++) expect(t.std(t.full([n], 0.1)).item(), `${n}`).to.be.below(1e-14);
  });

  it('no index that float32 cannot hold', () => {
    const long = t.meta(() => t.zeros([2 ** 24 + 1]));
    for (const name of ['argmax', 'argmin'] as const) {
      expect(() => t[name](long, 0)).to.throw(RangeError, `${name}: float32 indices are exact up to 2^24`);
    }
  });
});
