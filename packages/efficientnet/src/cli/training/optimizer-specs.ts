/** What `--optimizer` and `--schedule` take, and how a recipe's are written so. */
import { Linear, RECIPES, makeOptimizer, makeSchedule } from '@vitrine/nn';
import type { RecipeOptimizer, RecipeSchedule } from '@vitrine/nn';
import { meta } from '@vitrine/tensor';
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
    return { name: 'sgd', momentum, nesterov: !plain && momentum > 0 };
  },
  'rmsprop-tf': (spec) => {
    const [decay = 0.9, momentum = 0.9, eps = 1e-3] = numbersOf(spec, 3);
    return { name: 'rmsprop-tf', decay, momentum, eps };
  },
};

/** What there is of one kind alone, and is not done by chance. */
function parseCertain(text: string): Spec {
  const spec = parseSpec(text);
  if (spec.probability === undefined) return spec;
  throw new Error(`'${text}': @ and a probability are for augmentations; leave them out`);
}

/**
 * `adamw`, `sgd:0.9`, `rmsprop-tf:0.9:0.9:0.001`. Throws an Error that says what is wrong, be it what the optimizer
 * itself refuses: that is known before images are read and a run has its folder.
 */
export function parseOptimizer(text: string): RecipeOptimizer {
  const spec = parseCertain(text);
  const optimizer = rowOf(OPTIMIZERS, spec)(spec);
  makeOptimizer({ ...RECIPES.cpu, optimizer }, meta(() => new Linear(1, 1)));
  return optimizer;
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

/** `cosine`, `cosine:0.01`, `staircase:0.97:2.4`, `constant`. Throws an Error as `parseOptimizer` does. */
export function parseSchedule(text: string): RecipeSchedule {
  const spec = parseCertain(text);
  const schedule = rowOf(SCHEDULES, spec)(spec);
  makeSchedule({ ...RECIPES.cpu, schedule }, 1);
  return schedule;
}

export function formatSchedule(schedule: RecipeSchedule): string {
  switch (schedule.name) {
    case 'cosine': return schedule.floor === 0 ? 'cosine' : `cosine:${schedule.floor}`;
    case 'staircase': return `staircase:${schedule.rate}:${schedule.everyEpochs}`;
    case 'constant': return 'constant';
  }
}
