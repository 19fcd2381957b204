/** Keeping the weights of the best epoch. */
import { fromArray, saveTensors } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { isBetter, metricOf, worst } from './callback.js';
import type { Callback, EpochResult, MetricMode, Stateful, Training } from './callback.js';

export interface BestCheckpointOptions {
  /** A safetensors file; its folder must exist. */
  readonly path: string;
  /** 'trainLoss', or a metric that an `onEpoch` before this one returns, such as validation's 'accuracy'. */
  readonly metric: string;
  /** Whether it should fall, as a loss, or rise, as an accuracy. */
  readonly mode: MetricMode;
  /** Texts to leave in the file beside the weights. Default: 'epoch', and the metric by its name. */
  readonly metadata?: (result: EpochResult) => ReadonlyMap<string, string>;
  /** Of its state in a checkpoint. Default 'best-checkpoint'. */
  readonly name?: string;
}

/**
 * A callback that writes the model's weights whenever the metric is better than ever before: the averages, if the
 * training makes any, else the weights of the last step. The file is for `loadStateDict`; it is replaced as a whole.
 */
export function bestCheckpoint(options: BestCheckpointOptions): Callback & Stateful {
  const { path, metric, mode, name = 'best-checkpoint' } = options;
  const describe = options.metadata ?? ((result: EpochResult) =>
    new Map([['epoch', String(result.epoch)], [metric, String(metricOf('bestCheckpoint', metric, result))]]));
  let best = worst(mode);
  return {
    name,
    async onEpoch(result: EpochResult, { model, ema }: Training): Promise<void> {
      const value = metricOf('bestCheckpoint', metric, result);
      if (!isBetter(mode, value, best)) return;
      await saveTensors(path, ema?.averages() ?? model.stateDict(), describe(result));
      best = value;
    },
    stateDict: () => new Map([['best', fromArray([best], [], 'float64')]]),
    loadStateDict(state: ReadonlyMap<string, Tensor>): void {
      const saved = state.get('best');
      if (saved === undefined) throw new Error('bestCheckpoint: the state has no best');
      best = saved.item();
    },
  };
}
