/** Saving the training itself, so that it can be resumed. */
import type { Callback, Training } from './callback.js';
import { checkFinite } from './divergence.js';
import { isStateful, saveTraining } from './training-file.js';

export interface PeriodicCheckpointOptions {
  /** Replaced as a whole each time; its folder must exist. */
  readonly path: string;
  /** After the first step that ends so long after the last save. Default 10; Infinity for never. */
  readonly everyMinutes?: number;
  /** After so many steps since the last save. Default Infinity. */
  readonly everySteps?: number;
  /** After epochs whose number is a multiple of this. Default 1; Infinity for none. */
  readonly everyEpoch?: number;
  /** Texts to leave in the file beside the training. */
  readonly metadata?: ReadonlyMap<string, string>;
}

/**
 * A callback that writes all that `resumeTraining` needs, every so often, and at the end if steps have been made since.
 * A model that is not finite any more is not written over one that was: a DivergedError.
 * It stands last among the callbacks, or at least after those that remember something, so that it saves what they know.
 */
export function periodicCheckpoint(options: PeriodicCheckpointOptions): Callback {
  const { path, everyMinutes = 10, everySteps = Infinity, everyEpoch = 1 } = options;
  for (const [key, value] of Object.entries({ everyMinutes, everySteps, everyEpoch })) {
    if (!(value > 0)) throw new RangeError(`periodicCheckpoint: ${key} is above 0; got ${value}`);
  }
  let savedAt = performance.now();
  let savedStep = 0;
  const save = async (training: Training): Promise<void> => {
    const { position } = training;
    await saveTraining(path, training, position, options.metadata);
    savedAt = performance.now();
    savedStep = position.step;
  };
  /** Within an epoch; at its end `fit` has looked. */
  const saveIfFinite = async (training: Training): Promise<void> => {
    checkFinite(training.model, training.position.step, `${path} is left as it was`);
    await save(training);
  };
  const callback: Callback = {
    onStart({ callbacks, position }: Training): void {
      const late = callbacks.slice(callbacks.indexOf(callback) + 1).filter(isStateful);
      if (late.length > 0) {
        const names = late.map(({ name }) => name ?? 'one without a name').join(', ');
        throw new Error(`periodicCheckpoint: it has to come after ${names}, whose state it saves; put it last`);
      }
      savedAt = performance.now();
      savedStep = position.step;
    },
    async onStep({ step }, training): Promise<void> {
      const minutes = (performance.now() - savedAt) / 60_000;
      if (minutes >= everyMinutes || step + 1 - savedStep >= everySteps) await saveIfFinite(training);
    },
    async onEpoch({ epoch }, training): Promise<void> {
      if (epoch % everyEpoch === 0) await save(training);
    },
    async onEnd(_results, training): Promise<void> {
      if (training.position.step > savedStep) await saveIfFinite(training);
    },
  };
  return callback;
}
