/** What a variant is made of, without making it. */
import { summarize } from '@vitrine/nn';
import type { ModelSummary } from '@vitrine/nn';
import type { EfficientNet } from './model.js';

/**
 * One row a layer for one image of the given size; works on shapes alone. `String(model)` prints the tree of modules
 * instead.
 */
export const summary = (model: EfficientNet, { imageSize = model.config.imageSize, batch = 1 } = {}): ModelSummary =>
  summarize(model, [batch, imageSize, imageSize, model.config.inChannels]);
