/** Stopping when training gets no better. */
import { fromArray } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { isBetter, metricOf, worst } from './callback.js';
import type { Callback, EpochResult, MetricMode, Stateful, Training } from './callback.js';

export interface EarlyStoppingOptions {
  /** 'trainLoss', or a metric that an `onEpoch` before this one returns, such as validation's 'accuracy'. */
  readonly metric: string;
  /** Whether it should fall, as a loss, or rise, as an accuracy. */
  readonly mode: MetricMode;
  /** Epochs without improvement that are borne; the next one stops. Default 5. */
  readonly patience?: number;
  /** What counts as improvement: better than the best by more than this. Default 0. */
  readonly minDelta?: number;
  /** Of its state in a checkpoint. Default 'early-stopping'. */
  readonly name?: string;
}

/**
 * A callback that stops the training when the metric has not improved for more than `patience` epochs. NaN is no
 * improvement. Source: Prechelt 1998, "Early Stopping – But When?", criterion UP.
 */
export function earlyStopping(options: EarlyStoppingOptions): Callback & Stateful {
  const { metric, mode, patience = 5, minDelta = 0, name = 'early-stopping' } = options;
  for (const [key, value] of Object.entries({ patience, minDelta })) {
    if (!(value >= 0)) throw new RangeError(`earlyStopping: ${key} is >= 0; got ${value}`);
  }
  let best = worst(mode);
  let badEpochs = 0;
  const judge = (training: Training): void => {
    if (badEpochs > patience) {
      training.stop(`${metric} has not improved on ${best} for ${badEpochs} epochs`);
    }
  };
  return {
    name,
    // One that had been stopped and is resumed stays stopped.
    onStart: judge,
    onEpoch(result: EpochResult, training: Training): void {
      const value = metricOf('earlyStopping', metric, result);
      const better = isBetter(mode, value, best, minDelta);
      if (better) best = value;
      badEpochs = better ? 0 : badEpochs + 1;
      judge(training);
    },
    stateDict: () => new Map(Object.entries({ best, badEpochs })
      .map(([key, value]) => [key, fromArray([value], [], 'float64')])),
    loadStateDict(state: ReadonlyMap<string, Tensor>): void {
      const [savedBest, savedBad] = [state.get('best'), state.get('badEpochs')];
      if (savedBest === undefined || savedBad === undefined) {
        throw new Error('earlyStopping: the state has no best and badEpochs');
      }
      best = savedBest.item();
      badEpochs = savedBad.item();
    },
  };
}
