/** Learning rates over time: a schedule is a function from the step, counted from 0, to a learning rate. */
export type Schedule = (step: number) => number;

const checkSteps = (name: string, steps: Readonly<Record<string, number>>): void => {
  for (const [key, n] of Object.entries(steps)) {
    if (!(n >= 0)) throw new RangeError(`${name}: ${key} is a number of steps >= 0; got ${n}`);
  }
};

/** Rises linearly to the schedule's own value over `warmupSteps` steps: step s runs at (s + 1)/(warmupSteps + 1) of it. */
export const warmup = (warmupSteps: number, schedule: Schedule): Schedule => {
  checkSteps('warmup', { warmupSteps });
  return (step) => schedule(step) * Math.min(1, (step + 1) / (warmupSteps + 1));
};

/** lr·(floor + (1 − floor)·(1 + cos(π·step/totalSteps))/2), staying at lr·floor after. Source: Loshchilov & Hutter 2017. */
export const cosine = (lr: number, totalSteps: number, { floor = 0 } = {}): Schedule => {
  checkSteps('cosine', { totalSteps });
  const share = (step: number): number => (step < totalSteps ? step / totalSteps : 1);
  return (step) => lr * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * share(step))));
};

/** lr·rate^⌊step/everySteps⌋; smooth instead of a staircase with `staircase: false`. */
export const exponential = (lr: number, rate: number, everySteps: number, { staircase = true } = {}): Schedule => {
  if (!(everySteps > 0)) throw new RangeError(`exponential: everySteps is a number of steps > 0; got ${everySteps}`);
  return (step) => lr * rate ** (staircase ? Math.floor(step / everySteps) : step / everySteps);
};

export const constant = (lr: number): Schedule => () => lr;
