import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';
import type { Dense } from './support/dense.js';

const row = (...data: number[]): Dense => ({ shape: [data.length], data });

describe('expectClose', () => {
  const accepted: readonly (readonly [got: Dense, want: Dense, tolerance: number, error: number])[] = [
    [row(1, 2), row(1, 2), 0, 0],
    [row(1, 2.5), row(1, 2), 0.25, 0.25],
    [row(0.5, 0), row(0, 0), 0.5, 0.5],
    [row(NaN, Infinity, -Infinity), row(NaN, Infinity, -Infinity), 0, 0],
    [row(0, -0), row(-0, 0), 0, 0],
    [row(), row(), 0, 0],
    [row(Infinity, 101), row(Infinity, 100), 0.01, 0.01],
  ];
  for (const [got, want, tolerance, error] of accepted) {
    it(`[${got.data}] is [${want.data}] within ${tolerance}`, () =>
      expect(expectClose(got, want, tolerance, 'x')).to.equal(error));
  }

  const refused: readonly (readonly [got: Dense, want: Dense, tolerance: number, message: string | RegExp])[] = [
    [row(1, 2), row(1, 2, 3), 1, 'x: shape [2], wanted [3]'],
    [{ shape: [2, 1], data: [1, 2] }, row(1, 2), 1, 'x: shape [2,1], wanted [2]'],
    [row(1, 3, 4), row(1, 2, 2), 0.5 - 1e-9,
      /^x: first at \[1\] 3, wanted 2; worst at \[2\] 4, wanted 2: error 1\.00e\+0, allowed 0\.49.*; shape \[3\]$/],
    [{ shape: [2, 2], data: [1, 2, 3, 5] }, { shape: [2, 2], data: [1, 2, 3, 4] }, 0.1, 'first at [1,1] 5, wanted 4'],
    [row(NaN), row(1), 1e9, 'first at [0] NaN, wanted 1'],
    [row(1), row(NaN), 1e9, 'first at [0] 1, wanted NaN'],
    [row(Infinity), row(-Infinity), 1e9, 'first at [0] Infinity, wanted -Infinity'],
    [row(1e30), row(Infinity), 1e9, 'first at [0] 1e+30, wanted Infinity'],
  ];
  for (const [got, want, tolerance, message] of refused) {
    it(`[${got.data}] is not [${want.data}] within ${tolerance}`, () =>
      expect(() => expectClose(got, want, tolerance, 'x')).to.throw(message));
  }

  it('reads tensors as they are seen, not as they lie', () => {
    expectClose(t.mT(t.tensor([[1, 2], [3, 4]])), { shape: [2, 2], data: [1, 3, 2, 4] }, 0, 'x');
  });
});
