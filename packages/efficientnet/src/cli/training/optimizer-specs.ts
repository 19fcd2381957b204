/** What `--optimizer` and `--schedule` take, and how a recipe's are written so. */
import type { RecipeOptimizer, RecipeSchedule } from '@vitrine/nn';
import { givenOf, numbersOf, parseSpec, rowOf } from './spec.js';
import type { Spec } from './spec.js';

const OPTIMIZERS: Readonly<Record<RecipeOptimizer['name'], (spec: Spec) => RecipeOptimizer>> = {
  adamw: (spec) => {
    const [beta1, beta2, eps] = numbersOf(spec, 3);
    if (beta1 !== undefined && beta2 === undefined) throw new Error(`'${spec.text}': adamw takes both betas, or none`);
    const betas = beta1 === undefined || beta2 === undefined ? undefined : [beta1, beta2] as const;
    return { name: 'adamw', ...givenOf({ betas, eps }) };
  },
  sgd: (spec) => {
    const plain = spec.args.at(-1) === 'plain';
    const [momentum = 0.9] = numbersOf({ ...spec, args: plain ? spec.args.slice(0, -1) : spec.args }, 1);
    return { name: 'sgd', momentum, nesterov: !plain };
  },
  'rmsprop-tf': (spec) => {
    const [decay = 0.9, momentum = 0.9, eps = 1e-3] = numbersOf(spec, 3);
    return { name: 'rmsprop-tf', decay, momentum, eps };
  },
};

/** `adamw`, `sgd:0.9`, `rmsprop-tf:0.9:0.9:0.001`. Throws an Error that quotes what is wrong. */
export function parseOptimizer(text: string): RecipeOptimizer {
  const spec = parseSpec(text);
  return rowOf(OPTIMIZERS, spec)(spec);
}

export function formatOptimizer(optimizer: RecipeOptimizer): string {
  switch (optimizer.name) {
    case 'adamw': {
      const { eps, betas = eps === undefined ? [] : [0.9, 0.999] } = optimizer;
      return ['adamw', ...betas, ...(eps === undefined ? [] : [eps])].join(':');
    }
    case 'sgd': return `sgd:${optimizer.momentum}${optimizer.nesterov ? '' : ':plain'}`;
    case 'rmsprop-tf': return `rmsprop-tf:${optimizer.decay}:${optimizer.momentum}:${optimizer.eps}`;
  }
}

const SCHEDULES: Readonly<Record<RecipeSchedule['name'], (spec: Spec) => RecipeSchedule>> = {
  cosine: (spec) => ({ name: 'cosine', floor: numbersOf(spec, 1)[0] ?? 0 }),
  staircase: (spec) => {
    const [rate = 0.97, everyEpochs = 2.4] = numbersOf(spec, 2);
    return { name: 'staircase', rate, everyEpochs };
  },
  constant: (spec) => {
    numbersOf(spec, 0);
    return { name: 'constant' };
  },
};

/** `cosine`, `cosine:0.01`, `staircase:0.97:2.4`, `constant`. */
export function parseSchedule(text: string): RecipeSchedule {
  const spec = parseSpec(text);
  return rowOf(SCHEDULES, spec)(spec);
}

export function formatSchedule(schedule: RecipeSchedule): string {
  switch (schedule.name) {
    case 'cosine': return schedule.floor === 0 ? 'cosine' : `cosine:${schedule.floor}`;
    case 'staircase': return `staircase:${schedule.rate}:${schedule.everyEpochs}`;
    case 'constant': return 'constant';
  }
}
