/** What all convolutions and normalisations of one network have in common. */
import { BatchNorm2d } from '@vitrine/nn';
import type { Architecture, Conventions } from './config.js';

export interface LayerSettings {
  readonly conventions: Conventions;
  readonly activation: Architecture['activation'];
}

/** Padding that keeps ⌈size/stride⌉ pixels, by either lineage's rule. */
export const paddingOf = (kernel: number, { conventions }: LayerSettings): 'same' | number =>
  (conventions.padding === 'same' ? 'same' : (kernel - 1) / 2);

/** Batch norm with the network's settings, followed by its activation or by nothing. */
export const normOf = (
  channels: number, { conventions, activation }: LayerSettings, what: 'activated' | 'plain',
): BatchNorm2d =>
  new BatchNorm2d(channels, {
    eps: conventions.batchNormEps,
    momentum: conventions.batchNormMomentum,
    ...(what === 'activated' && { activation }),
  });
