/** A learning rate that follows a metric, as a callback. */
import type { ReduceOnPlateau } from '../optim/plateau.js';
import { metricOf } from './callback.js';
import type { Callback, Stateful } from './callback.js';

/**
 * A callback that tells the plateau a metric after every epoch: 'trainLoss', or one that an `onEpoch` before this one
 * returns. What it remembers is part of a checkpoint, by the name 'plateau'. Give `fit` no schedule beside it.
 */
export const onPlateau = (plateau: ReduceOnPlateau, metric: string): Callback & Stateful => ({
  name: 'plateau',
  onEpoch: (result) => void plateau.step(metricOf('onPlateau', metric, result)),
  stateDict: () => plateau.stateDict(),
  loadStateDict: (state) => plateau.loadStateDict(state),
});
