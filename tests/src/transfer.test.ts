/** Stages: what is frozen, what learns and how fast, and a new classifier. */
import type { Variable } from '@vitrine/autograd';
import {
  EfficientNet, PRESETS, VARIANTS, encodeWeights, freeze, replaceClassifier, stageGroups, stagesOf, unfreeze,
} from '@vitrine/efficientnet';
import type { StageName } from '@vitrine/efficientnet';
import { AdamW, BatchNorm2d, ModuleBuffer, Parameter, crossEntropy } from '@vitrine/nn';
import type { Module } from '@vitrine/nn';
import { fromArray, manualSeed, meta, ones, randn, Random } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { expectClose } from './support/close.js';
import type { Dense } from './support/dense.js';

const NAMES = ['stem', 'stage1', 'stage2', 'stage3', 'stage4', 'head', 'classifier'] as const;

const network = (): EfficientNet => {
  manualSeed(6);
  return EfficientNet.fromName('tiny-28', { numClasses: 3, imageSize: 8, batchNormMomentum: 0.5 });
};
const images = () => randn([4, 8, 8, 1], new Random(2));
const labels = () => fromArray([0, 1, 2, 0]);
const lossOf = (model: EfficientNet): Variable => crossEntropy(model.call(images()), labels());

const parametersOf = (modules: readonly Module[]): Parameter[] => modules.flatMap((module) => module.parameters());
/** Names of the stages in which every parameter has the property. */
const stagesWhere = (model: EfficientNet, holds: (parameter: Parameter) => boolean): string[] =>
  stagesOf(model).filter(({ modules }) => parametersOf(modules).every(holds)).map(({ name }) => name);
const learning = (model: EfficientNet): string[] => stagesWhere(model, ({ requiresGrad }) => requiresGrad);
const norms = (modules: readonly Module[]): BatchNorm2d[] =>
  modules.flatMap((module) => Array.from(module.namedModules(), ([, each]) => each))
    .filter((each) => each instanceof BatchNorm2d);
const stateOf = (modules: readonly Module[]): number[] => modules.flatMap((module) =>
  Array.from(module.stateDict().values()).flatMap((value) => Array.from(value.toFloat32Array())));
const numbers = (values: readonly { readonly value: Tensor }[]): number[] =>
  values.flatMap(({ value }) => Array.from(value.toFloat32Array()));
const statisticsOf = (modules: readonly Module[]): number[] =>
  numbers(norms(modules).flatMap(({ runningMean, runningVar }) => [runningMean, runningVar]));

describe('stages', () => {
  for (const name of [...Object.keys(VARIANTS), ...Object.keys(PRESETS)]) {
    it(`of ${name} are its table's rows, and hold every parameter and buffer once`, () => {
      const model = meta(() => EfficientNet.fromName(name));
      const stages = stagesOf(model);
      const rows = model.config.stages.map((_, i) => `stage${i + 1}`);
      expect(stages.map((stage) => stage.name)).to.deep.equal(['stem', ...rows, 'head', 'classifier']);
      model.config.stages.forEach(({ repeats, channels }, i) => {
        const { modules } = stages[i + 1];
        expect(modules).to.have.length(repeats);
        expect(norms(modules).at(-1)?.channels).to.equal(channels);
      });
      const owned = (module: Module): (Parameter | ModuleBuffer)[] =>
        [...module.namedParameters(), ...module.namedBuffers()].map(([, owner]) => owner);
      const found = stages.flatMap(({ modules }) => modules.flatMap(owned));
      expect(found).to.have.members(owned(model)).and.have.length(owned(model).length);
    });
  }
});

describe('freeze and unfreeze', () => {
  it('freezes up to a stage, and sets free from a stage on', () => {
    const model = network();
    expect(learning(model)).to.deep.equal(NAMES);
    freeze(model, { until: 'stage2' });
    expect(learning(model)).to.deep.equal(NAMES.slice(3));
    expect(stagesWhere(model, ({ requiresGrad }) => !requiresGrad)).to.deep.equal(NAMES.slice(0, 3));
    freeze(model, { until: 'stem' }); // takes nothing back
    expect(learning(model)).to.deep.equal(NAMES.slice(3));
    freeze(model, { until: 'head' });
    expect(learning(model)).to.deep.equal(['classifier']);
    unfreeze(model, { from: 'stage4' });
    expect(learning(model)).to.deep.equal(NAMES.slice(4));
    unfreeze(model);
    expect(learning(model)).to.deep.equal(NAMES);
    expect(norms([model]).some(({ frozen }) => frozen)).to.equal(false);
  });

  it('a step of training changes what learns and nothing else: no weight, no statistic, no decay', () => {
    const model = network();
    freeze(model, { until: 'stage2', batchNormStats: true });
    const before = stagesOf(model).map(({ modules }) => stateOf(modules));
    const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.5 });
    model.train();
    lossOf(model).backward();
    optimizer.step();
    const after = stagesOf(model).map(({ modules }) => stateOf(modules));
    NAMES.forEach((name, i) => {
      if (i < 3) expect(after[i], name).to.deep.equal(before[i]);
      else expect(after[i], name).not.to.deep.equal(before[i]);
    });
    expect(stagesWhere(model, ({ grad }) => grad !== null)).to.deep.equal(NAMES.slice(3));
  });

  it('no graph is recorded below the first stage that learns', () => {
    const model = network();
    freeze(model, { until: 'stage2' });
    const recorded = new Map<string, boolean>();
    for (const { name, modules } of stagesOf(model)) {
      for (const module of modules) module.onForward((_, __, output) => recorded.set(name, output.node !== null));
    }
    lossOf(model.train());
    expect([...recorded]).to.deep.equal(NAMES.map((name, i) => [name, i >= 3]));
  });

  it('frozen stages compute in training mode what they compute in evaluation mode, but for stochastic depth', () => {
    const model = EfficientNet.fromName('tiny-28', { numClasses: 3, dropPath: 0, dropout: 0 });
    model.train();
    model.call(images()); // statistics that are not the first ones
    const output = (): number[] => Array.from(model.call(images()).value.toFloat32Array());
    const evaluated = [...(model.eval(), output())];
    const trained = [...(model.train(), output())];
    expect(trained).not.to.deep.equal(evaluated);
    model.eval();
    const want = output();
    freeze(model, { until: 'classifier' });
    expect([...(model.train(), output())]).to.deep.equal(want);
  });

  it('with batchNormStats: false weights stay and statistics move', () => {
    const model = network();
    freeze(model, { until: 'stage2', batchNormStats: false });
    const frozen = stagesOf(model).slice(0, 3).flatMap(({ modules }) => modules);
    const [before, weights] = [statisticsOf(frozen), numbers(parametersOf(frozen))];
    lossOf(model.train()).backward();
    expect(statisticsOf(frozen)).not.to.deep.equal(before);
    expect(numbers(parametersOf(frozen))).to.deep.equal(weights);
  });

  it('a frozen norm takes one value a channel; the gradient of its weight is that of evaluation mode', () => {
    const norm = new BatchNorm2d(2);
    norm.runningMean.value = fromArray([1, 2]);
    norm.runningVar.value = fromArray([4, 9]);
    norm.frozen = true;
    norm.train();
    const out = norm.call(fromArray([3, 8], [1, 1, 1, 2]));
    const deviation = [4, 9].map((variance) => Math.sqrt(variance + norm.eps));
    const want: Dense = { shape: [1, 1, 1, 2], data: [2 / deviation[0], 6 / deviation[1]] };
    expectClose(out.value, want, 1e-6, 'output');
    out.backward({ gradient: ones([1, 1, 1, 2]) });
    expectClose(norm.weight.grad!, { shape: [2], data: want.data }, 1e-6, 'gradient');
    expect(Array.from(norm.runningMean.value.toFloat32Array())).to.deep.equal([1, 2]);
  });

  it('refuses a stage that is not there, naming those that are', () => {
    const wrong: StageName = 'stage5';
    const message = "there is no stage 'stage5'; there are stem, stage1, stage2, stage3, stage4, head, classifier";
    expect(() => freeze(network(), { until: wrong })).to.throw(RangeError, `freeze: ${message}`);
    expect(() => unfreeze(network(), { from: wrong })).to.throw(RangeError, `unfreeze: ${message}`);
  });
});

describe('stageGroups', () => {
  it('holds all; rates fall from the classifier to the stem; biases and norms are not decayed', () => {
    const model = network();
    freeze(model, { until: 'stage1' });
    const groups = stageGroups(model, { decay: 0.5 });
    const optimizer = new AdamW(groups, { lr: 0.1, weightDecay: 0.3 });
    const settings = new Map(optimizer.groups.flatMap(({ parameters, weightDecay, lrScale }) =>
      parameters.map((parameter) => [parameter, { weightDecay, lrScale }] as const)));
    expect(settings.size).to.equal(model.parameters().length);
    stagesOf(model).forEach(({ name, modules }, i) => {
      for (const parameter of modules.flatMap((module) => module.parameters())) {
        expect(settings.get(parameter), name)
          .to.deep.equal({ lrScale: 0.5 ** (6 - i), weightDecay: parameter.value.rank > 1 ? 0.3 : 0 });
      }
    });
  });

  it('lr is the classifier\'s, whatever the optimizer\'s own', () => {
    const optimizer = new AdamW(stageGroups(network(), { decay: 0.5, lr: 0.2 }), { lr: 0.1 });
    const scales = [...new Set(optimizer.groups.map(({ lrScale }) => lrScale * optimizer.lr))];
    scales.forEach((lr, i) => expect(lr).to.be.closeTo(0.2 * 0.5 ** (6 - i), 1e-12));
    expect(scales).to.have.length(7);
  });

  it('what is unfrozen later learns, without a new optimizer', () => {
    const model = network();
    freeze(model, { until: 'head' });
    const optimizer = new AdamW(stageGroups(model, { decay: 0.5 }), { lr: 0.1 });
    const step = (): void => {
      lossOf(model.train()).backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    const stem = (): number[] => Array.from(model.stem.weight.value.toFloat32Array());
    const before = stem();
    step();
    expect(stem()).to.deep.equal(before);
    unfreeze(model);
    step();
    expect(stem()).not.to.deep.equal(before);
  });

  it('refuses a decay that is none', () => {
    for (const decay of [-0.1, 1.5, NaN]) {
      expect(() => stageGroups(network(), { decay }))
        .to.throw(RangeError, `stageGroups: decay is from 0 to 1; got ${decay}`);
    }
  });
});

describe('replaceClassifier', () => {
  it('keeps what the network sees, has a classifier and a configuration for the new classes', () => {
    const model = network();
    model.call(images());
    model.eval();
    const replaced = replaceClassifier(model, 7);
    expect(replaced.config).to.deep.equal({ ...model.config, numClasses: 7 });
    const features = (of: EfficientNet): number[] => Array.from(of.pooledFeatures(images()).value.toFloat32Array());
    expect(features(replaced)).to.deep.equal(features(model));
    expect(Math.max(...features(model)) - Math.min(...features(model))).to.be.greaterThan(0.01);
    expect(replaced.call(images()).shape).to.deep.equal([4, 7]);
    const { weight, bias } = replaced.classifier;
    expect(weight.shape).to.deep.equal([model.config.headChannels, 7]);
    expect(Array.from(bias!.value.toFloat32Array())).to.deep.equal(new Array(7).fill(0));
    expect(new Set(weight.value.toFloat32Array()).size).to.be.greaterThan(1000);
  });

  it('forgets the names of the classes that were, and nothing else that came with the weights', async () => {
    const metadata = new Map([['classes', '["a","b","c"]'], ['training', '{"mean":0.3,"std":0.4}']]);
    const model = await EfficientNet.fromPretrained('auto', encodeWeights(network(), { metadata }));
    const { classes, ...rest } = model.pretrained!;
    expect(classes).to.deep.equal(['a', 'b', 'c']);
    expect(replaceClassifier(model, 3).pretrained).to.deep.equal({ ...rest, classes: null });
    expect(model.pretrained?.classes).to.deep.equal(['a', 'b', 'c']);
    expect(replaceClassifier(network(), 2).pretrained).to.equal(null);
  });

  it('the two share nothing', () => {
    const model = network();
    const before = stateOf([model]);
    const replaced = replaceClassifier(model, 3); // as many classes: still a fresh one
    expect(stateOf([replaced.classifier])).not.to.deep.equal(stateOf([model.classifier]));
    const optimizer = new AdamW(replaced.parameters(), { lr: 0.1 });
    lossOf(replaced.train()).backward();
    optimizer.step();
    expect(stateOf([model])).to.deep.equal(before);
  });

  it('carries over what is frozen, and the modes; the classifier learns', () => {
    const model = network();
    freeze(model, { until: 'classifier' });
    unfreeze(model, { from: 'stage4' });
    model.classifier.freeze();
    model.eval();
    model.blocks[0].checkpointed = true;
    const replaced = replaceClassifier(model, 2);
    expect(learning(replaced)).to.deep.equal(['stage4', 'head', 'classifier']);
    expect(norms([replaced]).map(({ frozen }) => frozen)).to.deep.equal(norms([model]).map(({ frozen }) => frozen));
    expect(Array.from(replaced.namedModules()).every(([, { training }]) => !training)).to.equal(true);
    const checkpointed = (of: EfficientNet): boolean[] => of.blocks.map((block) => block.checkpointed);
    expect(checkpointed(replaced)).to.deep.equal(checkpointed(model));
  });

  it('refuses a number of classes that is none', () => {
    for (const classes of [0, 2.5]) {
      expect(() => replaceClassifier(network(), classes)).to.throw(RangeError, /numClasses is a whole number >= 1/);
    }
  });
});
