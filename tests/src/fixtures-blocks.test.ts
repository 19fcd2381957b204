/** MBConv blocks against PyTorch, in the conventions of both lineages. */
import { Variable } from '@vitrine/autograd';
import { MBConv, CONVENTIONS } from '@vitrine/efficientnet';
import { meta, scope } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import {
  bufferNames, buffers, expectAllClose, gradients, load, parameterNames, renamed, toTensor,
} from './support/fixture-models.js';
import { blockFixtures } from './support/fixtures.js';
import type { BlockCase } from './support/fixtures.js';
import { ledger } from './support/ledger.js';
import type { Quantity } from './support/ledger.js';

/** max|got − want| / max|want|, tensor by tensor. */
const TOLERANCES: readonly [dtype: DType, tolerance: number][] = [['float64', 2e-7], ['float32', 1e-5]];

describeOnBackends('fixtures: MBConv blocks', (face) => {
  const note = (block: BlockCase, dtype: DType, quantity: Quantity, error: number): void => {
    if (dtype === 'float32') ledger.note('blocks', `MBConv, ${block.convention}`, block.name, face, quantity, error);
  };

  const { cases, get, under, tensors } = blockFixtures();

  const make = (block: BlockCase, dtype: DType): MBConv => load(meta(() => new MBConv({
    inChannels: block.inputChannels,
    outChannels: block.outputChannels,
    kernel: block.kernel,
    stride: block.stride,
    expandRatio: block.expandRatio,
    dropPath: 0,
    squeezeRatio: 0.25,
    activation: 'silu',
    conventions: { ...CONVENTIONS[block.convention], batchNormEps: block.eps, batchNormMomentum: block.momentum },
  })), under(`${block.name}/state`), dtype);

  it('cover both conventions, with and without expansion and residual', () => {
    expect(cases.map(({ convention, expandRatio, residual }) => `${convention} ${expandRatio} ${residual}`))
      .to.have.members([
      'tensorflow 6 true', 'tensorflow 1 false', 'pytorch 6 true', 'pytorch 1 false',
    ]);
    expect([...new Set(Array.from(tensors.keys(), (key) => key.split('/')[0]))])
      .to.have.members(cases.map(({ name }) => name));
  });

  for (const block of cases) {
    describe(block.name, () => {
      const { name } = block;

      it('has the eps and momentum of its convention, and these tests use every tensor of the fixture', () => {
        expect({ eps: block.eps, momentum: block.momentum }).to.deep.equal({
          eps: CONVENTIONS[block.convention].batchNormEps, momentum: CONVENTIONS[block.convention].batchNormMomentum,
        });
        const model = make(block, 'float32');
        expect(model.stochasticDepth !== null, 'residual').to.equal(block.residual);
        expect(model.squeezeExcitation!.reduce.outChannels).to.equal(block.squeezeChannels);
        expect([...renamed(under(name)).keys()]).to.have.members([
          'input', 'evalOutput', 'output', 'cotangent', 'inputGrad',
          ...Array.from(model.stateDict().keys(), (key) => `state/${key}`),
          ...parameterNames(model).map((key) => `grad/${key}`),
          ...bufferNames(model).map((key) => `after/${key}`),
        ]);
      });

      for (const [dtype, tolerance] of TOLERANCES) {
        it(`evaluation, ${dtype}`, () => scope(() => {
          const model = make(block, dtype).eval();
          const before = new Map(Array.from(buffers(model), ([key, value]) => [key, value.toFloat64Array()]));
          note(block, dtype, 'forward', expectClose(
            model.call(toTensor(get(`${name}/input`), dtype)).value, get(`${name}/evalOutput`), tolerance, 'output',
          ));
          for (const [key, value] of buffers(model)) expect(value.toFloat64Array(), key).to.deep.equal(before.get(key));
        }));

        it(`training: output, every gradient, running statistics, ${dtype}`, () => scope(() => {
          const model = make(block, dtype).train();
          const input = new Variable(toTensor(get(`${name}/input`), dtype), { requiresGrad: true });
          const output = model.call(input);
          note(block, dtype, 'forward', expectClose(output.value, get(`${name}/output`), tolerance, 'output'));
          expectAllClose(buffers(model), renamed(under(`${name}/after`)), tolerance, 'statistics');
          output.backward({ gradient: toTensor(get(`${name}/cotangent`), dtype) });
          note(block, dtype, 'gradient',
            expectAllClose(gradients(model), renamed(under(`${name}/grad`)), tolerance, 'gradient'));
          expect(input.grad).not.to.equal(null);
          note(block, dtype, 'gradient',
            expectClose(input.grad!, get(`${name}/inputGrad`), tolerance, 'gradient of the input'));
        }));
      }
    });
  }
});
