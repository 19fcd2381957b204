import { expect } from 'chai';
import * as ops from '../../packages/tensor/dist/ops/index.js';
import { badInputs } from './bad-inputs/index.js';

describe('bad input', () => {
  for (const [op, call, message] of badInputs) it(`${op}: ${message}`, () => expect(call).to.throw(message));

  it('covers every operation that takes anything', () => {
    const covered = new Set(badInputs.map(([op]) => op));
    /** Checked by `full`, the operation they are, or by the type of their one argument. */
    const elsewhere = new Set(['zeros', 'ones', 'zerosLike', 'onesLike', 'scalarLike', 'meta', 'unary', 'binary']);
    expect(Object.keys(ops).filter((name) => !covered.has(name) && !elsewhere.has(name))).to.deep.equal([]);
  });
});
