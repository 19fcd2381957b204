/** What training adds to the kernels of layers: the loss and the optimizers' updates. */
import { fromArray, keep, scope } from '@vitrine/tensor';
import { Variable } from '@vitrine/autograd';
import { crossEntropy } from '@vitrine/nn';
import { elements } from '@vitrine/tensor/internal';
import type { Kernels } from '@vitrine/tensor/internal';
import type { Arrays, Floats } from '../harness/arrays.js';
import type { Case } from '../harness/case.js';
import type { Layers } from './layers.js';

const [ROWS, CLASSES] = [256, 1000];

/**
 * Through the public operations: the loss is put together from several. The gradient alone is verified; it has the
 * loss in it.
 */
const crossEntropyCase: Case = {
  family: 'loss',
  name: `crossEntropy with its gradient, ${ROWS}×${CLASSES}`,
  rate: 'GB/s',
  flops: 0,
  bytes: 4 * 2 * ROWS * CLASSES,
  tolerance: 1e-5,
  prepare(arrays) {
    const logits = new Variable(keep(fromArray(arrays.uniform(ROWS * CLASSES, -8, 8), [ROWS, CLASSES])), {
      requiresGrad: true,
    });
    const labels = keep(fromArray(Array.from({ length: ROWS }, (_, i) => (i * 37) % CLASSES)));
    const gradient = arrays.empty(ROWS * CLASSES);
    return {
      plan: () => () => {
        logits.zeroGrad();
        scope(() => crossEntropy(logits, labels).backward());
        if (logits.grad === null) throw new Error('crossEntropy: backward left no gradient');
        gradient.set(elements(logits.grad));
      },
      outputs: () => [gradient],
    };
  },
};

interface State extends Readonly<Record<'p' | 'g' | 'first' | 'second', Floats>> {
  readonly n: number;
}

/** One step over every parameter of a network. `slots`: arrays of state beside the parameter. */
const updateCase = (
  name: string,
  { label, parameters }: Layers,
  slots: 1 | 2,
  update: (kernels: Kernels, state: State) => void,
): Case => {
  const count = parameters.reduce((sum, n) => sum + n, 0);
  return {
    family: 'update',
    name: `${name}, ${label.split(' ')[0]}: ${parameters.length} parameters`,
    rate: 'GB/s',
    flops: 0,
    bytes: 4 * count * (3 + 2 * slots), // p and slots are read and written, g is read
    tolerance: 1e-5,
    prepare(arrays: Arrays) {
      const states: State[] = parameters.map((n) => ({
        n,
        p: arrays.uniform(n),
        g: arrays.uniform(n, -0.01, 0.01),
        first: arrays.empty(n),
        second: arrays.empty(n),
      }));
      const initial = states.map(({ p }) => p.slice());
      return {
        reset: () =>
          states.forEach(({ p, first, second }, i) => {
            p.set(initial[i]);
            first.fill(0);
            second.fill(0);
          }),
        plan: (kernels) => () => states.forEach((state) => update(kernels, state)),
        outputs: () => states.flatMap(({ p, first, second }) => (slots === 1 ? [p, first] : [p, first, second])),
      };
    },
  };
};

export const trainingCases = (layers: Layers): Case[] => [
  updateCase('SGD with momentum', layers, 1, (kernels, { n, p, g, first }) =>
    kernels.sgdUpdate(n, p, g, first, 1e-4, 0.9, 1e-5, 1, false),
  ),
  updateCase('AdamW', layers, 2, (kernels, { n, p, g, first, second }) =>
    kernels.adamwUpdate(n, p, g, first, second, null, 1e-4, 0.9, 0.999, 1e-8, 0.01, false, 0.1, 0.001),
  ),
  updateCase('RMSProp', layers, 2, (kernels, { n, p, g, first, second }) =>
    kernels.rmspropTFUpdate(n, p, g, first, second, 1e-4, 0.9, 0.9, 1e-3, 1e-5),
  ),
];

export const lossCases: readonly Case[] = [crossEntropyCase];
