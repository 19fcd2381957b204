/**
 * Learning rates over time: a schedule is a function from the step, counted from 0, to a learning rate. It has no
 * state, so a training that goes on from step 1000 needs to know that number only. What depends on how training goes is
 * no schedule: see plateau.ts.
 */
export type Schedule = (step: number) => number;

const checkSteps = (name: string, steps: Readonly<Record<string, number>>): void => {
  for (const [key, n] of Object.entries(steps)) {
    if (!(n >= 0)) throw new RangeError(`${name}: ${key} is a number of steps >= 0; got ${n}`);
  }
};

const checkPositive = (name: string, key: string, n: number): void => {
  if (!(n > 0)) throw new RangeError(`${name}: ${key} is a number of steps > 0; got ${n}`);
};

/** Throws unless they rise, or stay. */
const checkMilestones = (name: string, milestones: readonly number[]): void => {
  if (milestones.some((m, i) => !(m >= 0) || (i > 0 && m < milestones[i - 1]))) {
    throw new RangeError(`${name}: milestones are steps >= 0 in rising order; got [${milestones.join(', ')}]`);
  }
};

export const constant = (lr: number): Schedule => () => lr;

/**
 * Rises linearly to the schedule's own value over `warmupSteps` steps: step s runs at (s + 1)/(warmupSteps + 1) of it.
 */
export const warmup = (warmupSteps: number, schedule: Schedule): Schedule => {
  checkSteps('warmup', { warmupSteps });
  return (step) => schedule(step) * Math.min(1, (step + 1) / (warmupSteps + 1));
};

/**
 * lr·(floor + (1 − floor)·(1 + cos(π·step/totalSteps))/2), staying at lr·floor after. Source: Loshchilov & Hutter 2017.
 */
export const cosine = (lr: number, totalSteps: number, { floor = 0 } = {}): Schedule => {
  checkSteps('cosine', { totalSteps });
  const share = (step: number): number => (step < totalSteps ? step / totalSteps : 1);
  return (step) => lr * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share(step))));
};

/** lr·rate^⌊step/everySteps⌋; smooth instead of a staircase with `staircase: false`. */
export const exponential = (lr: number, rate: number, everySteps: number, { staircase = true } = {}): Schedule => {
  checkPositive('exponential', 'everySteps', everySteps);
  return (step) => lr * rate ** (staircase ? Math.floor(step / everySteps) : step / everySteps);
};

/** lr·gamma^⌊step/everySteps⌋: `exponential`, in the words and with the default of PyTorch's `StepLR`. */
export const step = (lr: number, everySteps: number, { gamma = 0.1 } = {}): Schedule => {
  checkPositive('step', 'everySteps', everySteps);
  return exponential(lr, gamma, everySteps);
};

/** lr·gammaᵏ, where k of the milestones have been reached. Source: PyTorch `MultiStepLR`. */
export const multiStep = (lr: number, milestones: readonly number[], { gamma = 0.1 } = {}): Schedule => {
  checkMilestones('multiStep', milestones);
  return (at) => lr * gamma ** milestones.filter((milestone) => milestone <= at).length;
};

/** From lr·start to lr·end in a straight line over totalSteps, staying there after. Source: PyTorch `LinearLR`. */
export const linear = (lr: number, totalSteps: number, { start = 1 / 3, end = 1 } = {}): Schedule => {
  checkSteps('linear', { totalSteps });
  return (at) => lr * (start + (end - start) * (at < totalSteps ? at / totalSteps : 1));
};

/** lr·(1 − step/totalSteps)^power, 0 from totalSteps on. Source: PyTorch `PolynomialLR`. */
export const polynomial = (lr: number, totalSteps: number, { power = 1 } = {}): Schedule => {
  checkSteps('polynomial', { totalSteps });
  return (at) => (at < totalSteps ? lr * (1 - at / totalSteps) ** power : 0);
};

/**
 * A cosine that starts again: rounds of firstSteps, firstSteps·factor, firstSteps·factor², … steps, each from lr to
 * lr·floor. Source: Loshchilov & Hutter 2017 (SGDR); PyTorch `CosineAnnealingWarmRestarts` (T_0, T_mult).
 */
export const cosineRestarts = (lr: number, firstSteps: number, { factor = 1, floor = 0 } = {}): Schedule => {
  checkPositive('cosineRestarts', 'firstSteps', firstSteps);
  if (!(factor >= 1)) {
    throw new RangeError(`cosineRestarts: a round is factor >= 1 times as long as the last; got ${factor}`);
  }
  return (at) => {
    let [start, length] = [0, firstSteps];
    if (factor === 1) start = at - (at % firstSteps);
    else {
      while (at >= start + length) {
        start += length;
        length *= factor;
      }
    }
    return lr * (floor + (1 - floor) * 0.5 * (1 + Math.cos((Math.PI * (at - start)) / length)));
  };
};

/**
 * One schedule after the other: schedule k begins, at its own step 0, at step milestones[k − 1]. There is one milestone
 * fewer than schedules. Source: PyTorch `SequentialLR`.
 */
export const sequential = (schedules: readonly Schedule[], milestones: readonly number[]): Schedule => {
  if (schedules.length !== milestones.length + 1) {
    const got = `${schedules.length} schedules and ${milestones.length} milestones`;
    throw new RangeError(`sequential: a milestone stands between two schedules; got ${got}`);
  }
  checkMilestones('sequential', milestones);
  return (at) => {
    const passed = milestones.filter((milestone) => milestone <= at);
    return schedules[passed.length](at - (passed.at(-1) ?? 0));
  };
};
