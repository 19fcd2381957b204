/** Whole networks against PyTorch: activations, gradients, and three steps of every optimizer. */
import { Variable } from '@vitrine/autograd';
import { EfficientNet, mbconv } from '@vitrine/efficientnet';
import { AdamW, RMSpropTF, SGD, crossEntropy } from '@vitrine/nn';
import type { Optimizer, Parameter } from '@vitrine/nn';
import { meta, scope, slice } from '@vitrine/tensor';
import type { DType, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import {
  bufferNames, buffers, expectAllClose, gradients, load, ownName, parameterNames, renamed, toTensor,
} from './support/fixture-models.js';
import { networkFixtures } from './support/fixtures.js';
import type { NetworkCase } from './support/fixtures.js';
import { ledger } from './support/ledger.js';
import type { Quantity } from './support/ledger.js';

/** max|got − want| / max|want|, tensor by tensor. */
const TOLERANCES: readonly [dtype: DType, tolerance: number][] = [['float64', 2e-7], ['float32', 1e-4]];

type OptimizerName = keyof NetworkCase['optimizers'];

function makeOptimizer({ optimizers }: NetworkCase, name: OptimizerName, parameters: Parameter[]): Optimizer {
  switch (name) {
    case 'sgd': return new SGD(parameters, optimizers.sgd);
    case 'adamW': return new AdamW(parameters, optimizers.adamW);
    case 'rmsprop': return new RMSpropTF(parameters, optimizers.rmsprop);
  }
}

describeOnBackends('fixtures: networks', (face) => {
  const { cases, get, under, tensors } = networkFixtures();
  const optimizerNames: readonly OptimizerName[] = ['sgd', 'adamW', 'rmsprop'];

  const make = (network: NetworkCase, dtype: DType): EfficientNet => load(meta(() => new EfficientNet({
    name: 'fixture',
    stemChannels: network.stem,
    headChannels: network.head,
    stages: network.stages.map(({ kernel, stride, expandRatio, outputChannels, repeats }) =>
      mbconv(kernel, stride, expandRatio, outputChannels, repeats)),
    activation: 'silu',
    numClasses: network.classes,
    inChannels: 3,
    imageSize: 32,
    dropout: 0,
    dropPath: 0,
    stemStride: 2,
    convention: network.convention,
    batchNormMomentum: network.momentum,
  })), under(`${network.name}/state`), dtype);

  it('cover both conventions', () => {
    expect(cases.map(({ convention }) => convention)).to.have.members(['tensorflow', 'pytorch']);
    expect([...new Set(Array.from(tensors.keys(), (key) => key.split('/')[0]))])
      .to.have.members(cases.map(({ name }) => name));
  });

  for (const network of cases) {
    describe(network.name, () => {
      const { name } = network;
      const note = (row: string, dtype: DType, quantity: Quantity, error: number): void => {
        if (dtype === 'float32') ledger.note('networks', `${name}: ${row}`, name, face, quantity, error);
      };
      const batch = (dtype: DType): { images: Tensor; labels: Tensor } =>
        ({ images: toTensor(get(`${name}/input`), dtype), labels: toTensor(get(`${name}/labels`), dtype) });
      const lossOf = (logits: Variable, labels: Tensor): Variable =>
        crossEntropy(logits, labels, { labelSmoothing: network.labelSmoothing });

      it('has the eps of its convention, and these tests use every tensor of the fixture', () => {
        const model = make(network, 'float32');
        expect([model.stemNorm.eps, model.headNorm.eps], 'eps').to.deep.equal([network.eps, network.eps]);
        const state = [...model.stateDict().keys()];
        expect([...renamed(under(name)).keys()]).to.have.members([
          'input', 'labels', 'evalLogits', 'trainLogits', 'loss',
          ...state.map((key) => `state/${key}`),
          ...['stem', ...model.blocks.map((_, i) => `blocks.${i}`), 'head'].map((key) => `activation/${key}`),
          ...parameterNames(model).map((key) => `grad/${key}`),
          ...bufferNames(model).map((key) => `after/${key}`),
          ...optimizerNames.flatMap((optimizer) =>
            [`${optimizer}/losses`, ...state.map((key) => `${optimizer}/state/${key}`)]),
        ]);
        expect(Object.keys(network.optimizers)).to.have.members(optimizerNames);
        expect(parameterNames(model)).to.include.members(network.zeroGradients.map(ownName));
      });

      for (const [dtype, tolerance] of TOLERANCES) {
        it(`evaluation: logits and the activations of every layer, ${dtype}`, () => scope(() => {
          const model = make(network, dtype).eval();
          const { images } = batch(dtype);
          note('evaluation', dtype, 'forward',
            expectClose(model.call(images).value, get(`${name}/evalLogits`), tolerance, 'logits'));

          const seen = new Map<string, Tensor>();
          model.blocks[0].onForward((_module, input) => seen.set('stem', input.value));
          for (const [i, block] of model.blocks.entries()) {
            block.onForward((_module, _input, output) => seen.set(`blocks.${i}`, output.value));
          }
          seen.set('head', model.extractFeatures(slice(images, 0, 0, 1)).value);
          note('evaluation', dtype, 'forward',
            expectAllClose(seen, under(`${name}/activation`), tolerance, 'activation'));
        }));

        it(`training: logits, loss, running statistics and every gradient, ${dtype}`, () => scope(() => {
          const model = make(network, dtype).train();
          const { images, labels } = batch(dtype);
          const logits = model.call(images);
          const loss = lossOf(logits, labels);
          note('training', dtype, 'forward',
            expectClose(logits.value, get(`${name}/trainLogits`), tolerance, 'logits'));
          note('training', dtype, 'forward', expectClose(loss.value, get(`${name}/loss`), tolerance, 'loss'));
          expectAllClose(buffers(model), renamed(under(`${name}/after`)), tolerance, 'statistics');

          loss.backward();
          const got = gradients(model);
          const want = renamed(under(`${name}/grad`));
          for (const key of network.zeroGradients.map(ownName)) {
            // Compared as they are: there is nothing to be relative to. Other gradients here are about 1e-2.
            expect(Math.max(...want.get(key)!.data.map(Math.abs)), key).to.equal(0);
            expect(Math.max(...got.get(key)!.toFloat64Array().map(Math.abs)), key)
              .to.be.below(dtype === 'float64' ? 1e-14 : 1e-6);
            got.delete(key);
            want.delete(key);
          }
          note('training', dtype, 'gradient', expectAllClose(got, want, tolerance, 'gradient'));
        }));

        for (const optimizerName of optimizerNames) {
          it(`three steps of ${optimizerName}: losses and the whole state, ${dtype}`, () => scope(() => {
            const model = make(network, dtype).train();
            const { images, labels } = batch(dtype);
            const optimizer = makeOptimizer(network, optimizerName, model.parameters());
            const losses: number[] = [];
            for (let step = 0; step < 3; step++) {
              const loss = lossOf(model.call(images), labels);
              losses.push(loss.item());
              loss.backward();
              optimizer.step();
              optimizer.zeroGrad();
            }
            expectClose({ shape: [3], data: losses }, get(`${name}/${optimizerName}/losses`), tolerance, 'losses');
            note(`three steps of ${optimizerName}`, dtype, 'forward', expectAllClose(
              model.stateDict(), renamed(under(`${name}/${optimizerName}/state`)), tolerance, 'state',
            ));
          }));
        }
      }
    });
  }
});
