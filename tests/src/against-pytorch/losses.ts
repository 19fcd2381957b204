/** Losses, with every reduction and option. */
import type { Variable } from '@vitrine/autograd';
import * as nn from '@vitrine/nn';
import type { CrossEntropyOptions, KlDivergenceOptions, Reduction } from '@vitrine/nn';
import type { Tensor } from '@vitrine/tensor';
import type { Family } from './family.js';

interface Options {
  readonly reduction: Reduction;
  readonly beta: number;
  readonly delta: number;
  readonly logTarget: boolean;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
  /** Names of the options that are tensors: they follow the two operands. */
  readonly given?: readonly string[];
}

/** The tensors among the options, by name. */
const tensors = (inputs: readonly Variable[], { given = [] }: Options): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(given.map((name, i) => [name, inputs[i + 2].value]));

export const losses: Family<Options> = {
  file: 'losses.safetensors',
  title: 'Losses',
  about: 'Every reduction, weights by class, ignored labels, soft targets, smoothing.',
  runs: {
    mse: ([x, y], { reduction }) => nn.mse(x, y, { reduction }),
    l1: ([x, y], { reduction }) => nn.l1(x, y, { reduction }),
    smoothL1: ([x, y], { beta, reduction }) => nn.smoothL1(x, y, { beta, reduction }),
    huber: ([x, y], { delta, reduction }) => nn.huber(x, y, { delta, reduction }),
    bceWithLogits: (inputs, options) =>
      nn.bceWithLogits(inputs[0], inputs[1], { reduction: options.reduction, ...tensors(inputs, options) }),
    bce: (inputs, options) =>
      nn.bce(inputs[0], inputs[1], { reduction: options.reduction, ...tensors(inputs, options) }),
    klDivergence: ([x, y], { logTarget, reduction }: Pick<Options, 'logTarget'> & KlDivergenceOptions) =>
      nn.klDivergence(x, y, { logTarget, reduction }),
    nll: (inputs, options) => nn.nll(inputs[0], inputs[1].value, classOptions(inputs, options)),
    crossEntropy: (inputs, options) =>
      nn.crossEntropy(inputs[0], inputs[1],
        { ...classOptions(inputs, options), labelSmoothing: options.labelSmoothing }),
  },
};

const classOptions = (inputs: readonly Variable[], options: Options): CrossEntropyOptions =>
  ({ reduction: options.reduction, ignoreIndex: options.ignoreIndex, ...tensors(inputs, options) });
