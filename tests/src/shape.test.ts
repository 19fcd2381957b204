import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import {
  broadcastStrides, checkShape, collapseAxes, contiguousStrides, isContiguous, normalizeAxis,
} from '../../packages/tensor/dist/shape.js';
import { indices } from './support/dense.js';

describe('shape', () => {
  it('sizeOf: a scalar has one element, an empty axis none', () => {
    expect([[], [0], [3], [2, 3, 4], [2, 0, 4]].map(t.sizeOf)).to.deep.equal([1, 0, 3, 24, 0]);
  });

  it('contiguousStrides', () => {
    expect([[], [5], [2, 3, 4], [2, 1, 3]].map(contiguousStrides)).to.deep.equal([[], [1], [12, 4, 1], [3, 3, 1]]);
  });

  const contiguity: readonly (readonly [shape: number[], strides: number[], is: boolean])[] = [
    [[], [], true], [[2, 3], [3, 1], true], [[2, 3], [1, 2], false], [[2, 3], [4, 1], false], [[1, 3], [99, 1], true],
      [[3, 1], [1, 99], true], [[3], [2], false],
    [[3], [0], false], [[1], [0], true], [[0, 3], [7, 7], true], [[2, 1, 3], [3, 5, 1], true],
  ];
  for (const [shape, strides, is] of contiguity) {
    it(`isContiguous: [${shape.join()}] by [${strides.join()}] is ${is ? '' : 'not '}contiguous`, () =>
      expect(isContiguous(shape, strides)).to.equal(is));
  }

  const broadcasts: readonly (readonly [a: number[], b: number[], out: number[] | null])[] = [
    [[], [], []], [[3], [], [3]], [[8, 1, 3], [5, 1], [8, 5, 3]], [[2, 3], [2, 3], [2, 3]], [[1], [0], [0]],
      [[0, 1], [4], [0, 4]], [[2], [3], null], [[2, 3], [2], null],
    [[0], [2], null],
  ];
  for (const [a, b, out] of broadcasts) {
    it(`broadcastShapes: [${a.join()}] with [${b.join()}] is ${out === null ? 'refused' : `[${out.join()}]`}`, () => {
      if (out === null) expect(() => t.broadcastShapes('op', a, b)).to.throw(RangeError,
        `op: shapes [${a.join()}] and [${b.join()}] do not broadcast`);
      else expect([t.broadcastShapes('op', a, b), t.broadcastShapes('op', b, a)]).to.deep.equal([out, out]);
    });
  }

  it('broadcastStrides repeats with stride 0', () => {
    expect(broadcastStrides([2, 1, 3], [3, 3, 1], [4, 2, 5, 3])).to.deep.equal([0, 3, 0, 1]);
    expect(broadcastStrides([1], [7], [1])).to.deep.equal([7]);
  });

  it('normalizeAxis and normalizeAxes count from either end', () => {
    expect([normalizeAxis('op', -1, [2, 3]), normalizeAxis('op', 0, [2, 3])]).to.deep.equal([1, 0]);
    expect([t.normalizeAxes('op', undefined, [2, 3, 4]), t.normalizeAxes('op', -2, [2, 3, 4]),
      t.normalizeAxes('op', [2, -3], [2, 3, 4])]).to.deep.equal([[0, 1, 2], [1], [0, 2]]);
    expect(() => t.normalizeAxes('op', [1, -2], [2, 3, 4])).to.throw('op: axis 1 of [2,3,4] is named twice');
    expect(() => normalizeAxis('op', 2, [2, 3])).to.throw(RangeError,
      'op: axis 2 is out of range; axes of [2,3] are -2..1');
    expect(() => normalizeAxis('op', 0, [])).to.throw('op: axis 0 is out of range; a scalar has no axes');
    expect(() => normalizeAxis('op', 0.5, [2])).to.throw('axis 0.5 is out of range');
  });

  it('checkShape', () => {
    expect(() => checkShape('op', [2 ** 31, 2 ** 31])).to.throw(RangeError, 'more than 2^53 elements');
    expect(() => checkShape('op', [2, -1])).to.throw('op: axis lengths are whole numbers >= 0; got -1 in [2,-1]');
    expect(() => checkShape('op', [1.5])).to.throw('got 1.5 in [1.5]');
    expect(() => checkShape('op', 'ab')).to.throw(TypeError,
      'op: a shape is an array of axis lengths such as [2,3]; got ab');
    checkShape('op', []);
  });

  const collapses: readonly (readonly [shape: number[], strides: number[][], collapsed: number[]])[] = [
    [[2, 3, 4], [[12, 4, 1]], [24]], [[2, 3, 4], [[12, 4, 1], [0, 0, 1]], [6, 4]], [[2, 3, 4], [[1, 2, 6]], [2, 3, 4]],
      [[1, 1], [[1, 1]], [1]], [[], [[]], [1]],
    [[2, 1, 3], [[3, 3, 1]], [6]], [[2, 3, 4], [[0, 0, 0]], [24]],
      [[8, 5, 5, 3], [[75, 15, 3, 1], [3, 0, 0, 1]], [8, 25, 3]],
  ];
  for (const [shape, strides, collapsed] of collapses) {
    it(`collapseAxes: [${shape.join()}] by ${JSON.stringify(strides)} walks the same as [${collapsed.join()}]`, () => {
      const out = collapseAxes(shape, strides);
      expect(out.shape).to.deep.equal(collapsed);
      const walk = (lengths: readonly number[], steps: readonly number[]): number[] =>
        Array.from(indices(lengths), (index) => index.reduce((at, k, axis) => at + k * steps[axis], 0));
      strides.forEach((steps, i) => expect(walk(out.shape, out.strides[i])).to.deep.equal(walk(shape, steps)));
    });
  }

  it('convGeometry: SAME puts the odd pixel at the bottom and right', () => {
    const g = t.convGeometry('op', [1, 8, 7, 3], [3, 3, 3, 4], { stride: 2, padding: 'same' });
    expect([g.padTop, g.padLeft, g.outH, g.outW]).to.deep.equal([0, 1, 4, 4]);
  });
});

describe('shape: meta', () => {
  it('shapes follow the rules, no bytes are taken, values are refused', () => {
    t.info(); // starts the threads, which have a block of their own
    const before = t.info().heap.liveBytes;
    const y = t.meta(() => t.conv2d(t.zeros([512, 600, 600, 3]), t.zeros([3, 3, 3, 64]),
      { stride: 2, padding: 'same' }));
    expect([y.shape, y.isMeta, t.info().heap.liveBytes]).to.deep.equal([[512, 300, 300, 64], true, before]);
    expect(() =>
      y.toFloat32Array()).to.throw('the tensor made as [512,300,300,64] is meta: it has a shape but no values');
  });

  it('is catching: with a meta operand, the result is meta', () => {
    const x = t.meta(() => t.zeros([2, 3]));
    expect([t.add(x, t.ones([3])), t.mul(2, x), t.sum(x), t.matmul(x, t.ones([3, 4])), t.mT(x), t.clone(x),
      t.softmax(x), t.moments(x).mean, t.argmax(x, 0), t.softmax(x, 0), t.norm(x), t.std(x, { axes: 0 }), t.any(x),
      t.logSumExp(x), t.cumsum(x, 0), t.sort(x, { axis: 0 }).values, t.topK(x, 1).indices].map((y) => y.isMeta))
      .to.not.include(false);
  });

  it('ends with its body, by an exception too', () => {
    expect(() => t.meta(() => {
      throw new Error('out');
    })).to.throw('out');
    expect(t.zeros([1]).isMeta).to.equal(false);
  });
});
