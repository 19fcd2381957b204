/** Measuring after every epoch. */
import type { Callback, Metrics, Training } from './callback.js';
import type { TrainingData } from './data.js';
import { evaluate } from './evaluate.js';

/**
 * A callback that evaluates the model on `data` after every epoch and gives the epoch the metrics 'loss' and
 * 'accuracy'. If the training makes averages, it is they that are evaluated, in the weights' place. It runs to its end
 * even if the training has been asked to stop: an epoch's numbers are whole.
 */
export function validation(data: TrainingData): Callback {
  return {
    async onEpoch(_result, { model, ema }: Training): Promise<Metrics> {
      const measure = (): ReturnType<typeof evaluate> => evaluate(model, data);
      const { loss, accuracy } = await (ema === undefined ? measure() : ema.apply(measure));
      return { loss, accuracy };
    },
  };
}
