import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { inspect } from 'node:util';
import { expect } from 'chai';

describe('print', () => {
  const released = (): Tensor => {
    let made: Tensor | undefined;
    t.scope(() => {
      made = t.zeros([2]);
    });
    if (made === undefined) throw new Error('the scope did not run');
    return made;
  };
  const rows: readonly (readonly [name: string, make: () => Tensor, text: string])[] = [
    ['whole numbers', () => t.tensor([[1, 2], [3, -40]]), 'tensor([[  1,   2],\n        [  3, -40]], shape=[2,2])'],
    ['a scalar', () => t.tensor(3), 'tensor(3, shape=[])'],
    ['NaN and infinities', () => t.tensor([0.5, NaN, Infinity, -Infinity]),
      'tensor([0.5000,    nan,    inf,   -inf], shape=[4])'],
    ['nothing', () => t.zeros([0]), 'tensor([], shape=[0])'],
    ['empty rows', () => t.zeros([2, 0]), 'tensor([[],\n        []], shape=[2,0])'],
    ['small numbers', () => t.tensor([1e-6, 1]), 'tensor([1.000e-6, 1.000e+0], shape=[2])'],
    ['large numbers', () => t.tensor([1e20, -1]), 'tensor([1.000e+20, -1.000e+0], shape=[2])'],
    ['fractions', () => t.tensor([0, 0.5, -1e-3]), 'tensor([ 0.0000,  0.5000, -0.0010], shape=[3])'],
    ['three axes', () => t.reshape(t.arange(0, 12), [2, 2, 3]),
      'tensor([[[ 0,  1,  2],\n         [ 3,  4,  5]],\n\n        [[ 6,  7,  8],\n         [ 9, 10, 11]]], '
        + 'shape=[2,2,3])'],
    ['1000 elements in full', () => t.zeros([1000]), `tensor([${new Array(1000).fill('0').join(', ')}], shape=[1000])`],
    ['a long axis, shortened', () => t.arange(0, 1001),
      'tensor([   0,    1,    2, …,  998,  999, 1000], shape=[1001])'],
    ['two long axes', () => t.reshape(t.arange(0, 1200), [20, 60]), [
      'tensor([[   0,    1,    2, …,   57,   58,   59],', '        [  60,   61,   62, …,  117,  118,  119],',
        '        [ 120,  121,  122, …,  177,  178,  179],',
      '        …,', '        [1020, 1021, 1022, …, 1077, 1078, 1079],',
        '        [1080, 1081, 1082, …, 1137, 1138, 1139],',
      '        [1140, 1141, 1142, …, 1197, 1198, 1199]], shape=[20,60])'].join('\n')],
    ['float64', () => t.tensor([1, 2], 'float64'), 'tensor([1, 2], shape=[2], float64)'],
    ['a transposition', () => t.mT(t.tensor([[1, 2], [3, 4]])), 'tensor([[1, 3],\n        [2, 4]], shape=[2,2])'],
    ['meta', () => t.meta(() => t.zeros([3, 4])), 'tensor(meta, shape=[3,4])'],
    ['released', released, 'tensor(released, shape=[2])'],
  ];
  for (const [name, make, text] of rows) {
    it(name, () => {
      const tensor = make();
      expect(String(tensor)).to.equal(text);
      expect(inspect(tensor), 'in console.log').to.equal(text);
    });
  }

  it('a large tensor takes no longer than it must', () => {
    expect(String(t.zeros([1000, 1000]))).to.match(/^tensor\(\[\[0, 0, 0, …/);
  });
});
