/** Which of a file's values are taken for the weights, and under which names. */
import { TorchTensor, decodeWeights, parseTorch, serializeSafetensors, stateDictOf } from '@vitrine/tensor';
import type { RawArray, TorchValue } from '@vitrine/tensor';
import { expect } from 'chai';
import { bytesOf } from './support/torch-files.js';

/** What is in a fixture, with more beside it. */
function topOf(file: string, ...more: readonly (readonly [string, TorchValue])[]): Map<TorchValue, TorchValue> {
  const top = parseTorch(bytesOf(file), file);
  if (!(top instanceof Map)) throw new Error('no dict');
  return new Map([...top, ...more]);
}

const tensor = parseTorch(bytesOf('tensor.pth'), 'tensor.pth');
const names = ['a.weight', 'a.bias', 'bn.num_batches_tracked'];

const float = (...shape: number[]): RawArray =>
  ({ dtype: 'F32', shape, data: new Float32Array(shape.reduce((size, n) => size * n, 1)) });

describe('weights chosen from a checkpoint', () => {
  it('the entry that says so, whatever tensors stand beside it', () => {
    expect(tensor).to.be.instanceOf(TorchTensor);
    const { tensors, notes } = stateDictOf(topOf('checkpoint-zip.pth', ['best_acc1', tensor]), 'x.pth');
    expect([...tensors.keys()]).to.deep.equal(names);
    expect(notes[0]).to.equal("weights from its entry 'state_dict'");
  });

  it('of a dict of tensors that has an average beside them, the tensors', () => {
    const average = topOf('plain-zip.pth');
    const { tensors } = stateDictOf(topOf('plain-zip.pth', ['ema', average]), 'x.pth');
    expect([...tensors.keys()]).to.deep.equal(names);
  });

  it("AveragedModel's count of models is left out, so that the prefix goes", () => {
    const bytes = serializeSafetensors([
      ['n_averaged', { dtype: 'I64', shape: [], data: Float64Array.of(5) }],
      ['module.a', float(2)], ['module.b', float(3)],
    ]);
    const { tensors, notes } = decodeWeights(bytes, 'swa.safetensors');
    expect([...tensors.keys()]).to.deep.equal(['a', 'b']);
    expect(notes).to.deep.equal([
      "left out 'n_averaged', which counts the models averaged", "prefix 'module.' taken off every name",
    ]);
    const inner = topOf('model-zip.pth').get('model');
    if (!(inner instanceof Map) || !(tensor instanceof TorchTensor)) throw new Error('no dict');
    const scalar = [...inner.values()].find((value) => value instanceof TorchTensor && value.shape.length === 0);
    const averaged = stateDictOf(new Map([['n_averaged', scalar ?? null], ...inner]), 'swa.pth');
    expect([...averaged.tensors.keys()]).to.deep.equal(names);
  });

  it('a parameter that is called like the count stays', () => {
    for (const shape of [[], [1]]) {
      const bytes = serializeSafetensors([['n_averaged', float(...shape)], ['a', float(2)]]);
      expect([...decodeWeights(bytes, 'x').tensors.keys()]).to.deep.equal(['n_averaged', 'a']);
    }
    const one = serializeSafetensors([['n_averaged', float()]]);
    expect([...decodeWeights(one, 'x').tensors.keys()]).to.deep.equal(['n_averaged']);
  });

  it('a moving average that is not there is an error, in safetensors as well', () => {
    const bytes = serializeSafetensors([['a', float(2)], ['b', float(3)]]);
    expect(() => decodeWeights(bytes, 'x.safetensors', { ema: true })).to.throw(Error,
      'decodeWeights: x.safetensors: no moving average of the weights beside them; it holds a, b; ' +
        'leave out option ema');
  });
});
