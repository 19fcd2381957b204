import { expect } from 'chai';
import * as ops from '../../packages/tensor/dist/ops/index.js';
import { samples } from './samples/index.js';

describe('samples', () => {
  /** No operation on tensors, or of random result; with the test that covers them. */
  const elsewhere: Readonly<Record<string, string>> = { rand: 'random', randn: 'random', bernoulli: 'random',
    truncatedNormal: 'create-random', randperm: 'create-random', randint: 'create-random',
    meta: 'shape', convGeometry: 'shape' };

  it('have a row for every public operation', () => {
    const covered = new Set(Object.values(samples).flat().map(({ op }) => op));
    const missing = Object.keys(ops).filter((name) => !covered.has(name) && !(name in elsewhere));
    expect(missing).to.deep.equal([]);
  });

  it('name only operations that exist', () => {
    const names = new Set<string>(Object.keys(ops));
    const unknown = Object.values(samples).flat().map(({ op }) => op).filter((op) => !names.has(op));
    expect(unknown).to.deep.equal([]);
  });
});
