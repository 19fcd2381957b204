/** Recipes: what they say, and what is made of them. */
import { EfficientNet } from '@vitrine/efficientnet';
import {
  AdamW, BatchNorm2d, LayerNorm, Linear, RECIPES, RMSpropTF, SGD, Sequential, crossEntropy, fit, fitOptionsOf,
  makeAverages, makeOptimizer, makeSchedule,
} from '@vitrine/nn';
import type { Recipe } from '@vitrine/nn';
import { Variable } from '@vitrine/autograd';
import { meta, tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { SeparableData, linearModel } from './support/separable.js';

const small = (): Sequential =>
  new Sequential(new Linear(3, 4), new BatchNorm2d(4), new LayerNorm([4]), new Linear(4, 2));

describe('recipe', () => {
  it('is data: JSON holds all of it', () => {
    for (const recipe of Object.values(RECIPES)) expect(JSON.parse(JSON.stringify(recipe))).to.deep.equal(recipe);
  });

  it('the paper\'s optimizer', () => {
    const recipe: Recipe = RECIPES.paper;
    const model = small();
    const optimizer = makeOptimizer(recipe, model);
    expect(optimizer).to.be.instanceOf(RMSpropTF).and.include({ decay: 0.9, momentum: 0.9, eps: 1e-3, lr: 0.256 });
    expect(makeOptimizer({ ...recipe, batchSize: 256 }, model).lr, '0.016 per 256 images').to.be.closeTo(0.016, 1e-15);
    const [first, norm, layer, last] = model.layers.map((module) => module.parameters());
    expect(optimizer.groups.map(({ parameters, weightDecay }) => [parameters, weightDecay]))
      .to.deep.equal([[[...first, ...last], 1e-5], [[...norm, ...layer], 0]]);
    expect(makeAverages(recipe, model)).to.include({ decay: 0.9999 });
  });

  it('the paper\'s learning rate: a line over five epochs, then stairs of 2.4 counted from the start', () => {
    const rate = makeSchedule(RECIPES.paper, 100);
    expect([0, 1, 250, 499].map(rate)).to.deep.equal([0, 1, 250, 499].map((step) => (0.256 * step) / 500));
    for (const [step, stairs] of [[500, 2], [719, 2], [720, 3], [959, 3], [960, 4], [34_999, 145]]) {
      expect(rate(step), `step ${step}`).to.be.closeTo(0.256 * 0.97 ** stairs, 1e-12);
    }
  });

  it('the paper\'s network', () => {
    const { config } = meta(() => EfficientNet.fromName('b7', RECIPES.paper.network));
    expect(config).to.include({ dropout: 0.5, dropPath: 0.2, batchNormMomentum: 0.01 });
    expect(meta(() => EfficientNet.fromName('b0', RECIPES.paper.network)).config.dropout).to.equal(0.2);
  });

  it('the cpu preset', () => {
    const recipe: Recipe = { ...RECIPES.cpu, epochs: 10 };
    const model = small();
    const optimizer = makeOptimizer(recipe, model);
    expect(optimizer).to.be.instanceOf(AdamW).and.include({ lr: RECIPES.cpu.lr });
    const [first, norm, layer, last] = model.layers.map((module) => module.parameters());
    expect(optimizer.groups.map(({ parameters, weightDecay }) => [new Set(parameters), weightDecay])).to.deep.equal([
      [new Set([first[0], last[0]]), RECIPES.cpu.weightDecay],
      [new Set([first[1], ...norm, ...layer, last[1]]), 0],
    ]);
    expect(makeOptimizer({ ...recipe, batchSize: 1 }, model).lr, 'not scaled').to.equal(optimizer.lr);
    const rate = makeSchedule({ ...recipe, warmupEpochs: 1 }, 50);
    expect(rate(0)).to.be.closeTo(recipe.lr / 51, 1e-15);
    expect(rate(250)).to.be.closeTo(recipe.lr / 2, 1e-15);
    expect(rate(500)).to.equal(0);
  });

  it('other optimizers and schedules; what is frozen is left out', () => {
    const model = small();
    model.layers[0].freeze();
    const recipe: Recipe = {
      ...RECIPES.cpu, optimizer: { name: 'sgd', momentum: 0.9, nesterov: true }, schedule: { name: 'constant' },
      warmupEpochs: 0,
    };
    const optimizer = makeOptimizer(recipe, model);
    expect(optimizer).to.be.instanceOf(SGD).and.include({ momentum: 0.9, nesterov: true });
    expect(optimizer.groups.flatMap(({ parameters }) => parameters)).to.have.members(model.parameters().slice(2));
    expect([0, 1, 1e6].map(makeSchedule(recipe, 10))).to.deep.equal(new Array(3).fill(recipe.lr));
    const betas = [0.8, 0.95] as const;
    expect(makeOptimizer({ ...recipe, optimizer: { name: 'adamw', betas, eps: 1e-6 } }, model))
      .to.include({ betas, eps: 1e-6 });
    expect(() => makeSchedule(recipe, 0)).to.throw(/^makeSchedule: stepsPerEpoch is a whole number > 0; got 0/);
  });

  it('takes groups of one\'s own', () => {
    const model = small();
    const groups = [{ parameters: model.layers[3].parameters(), lrScale: 0.5 }];
    for (const optimizer of [
      makeOptimizer(RECIPES.paper, model, groups), fitOptionsOf(RECIPES.cpu, model, 1, groups).optimizer,
    ]) {
      expect(optimizer.groups).to.have.length(1);
      expect(optimizer.groups[0]).to.deep.include(groups[0]);
    }
  });

  it('gives fit what it needs', async () => {
    const model = linearModel();
    const recipe: Recipe = { ...RECIPES.paper, batchSize: 8, lr: 8, warmupEpochs: 1, epochs: 6, ema: 0.5, clipNorm: 1 };
    const options = fitOptionsOf(recipe, model, 4);
    const logits = new Variable(tensor([[2, -1]]));
    expect(options.loss?.(logits, tensor([0])).item())
      .to.equal(crossEntropy(logits, tensor([0]), { labelSmoothing: 0.1 }).item());
    const results = await fit(model, new SeparableData([8, 8, 8, 8]), options);
    expect(results).to.have.length(6);
    expect(results[5].trainLoss).to.be.below(results[0].trainLoss);
    expect(options.ema?.updates).to.equal(24);
    const plain = fitOptionsOf({ ...recipe, ema: null, clipNorm: null }, model, 4);
    expect([plain.ema, plain.clipNorm]).to.deep.equal([undefined, undefined]);
  });
});
