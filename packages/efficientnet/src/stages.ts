/** An EfficientNet by its stages, as the paper's table counts them. */
import type { Module } from '@vitrine/nn';
import type { EfficientNet } from './model.js';

export interface Stage {
  readonly name: string;
  readonly modules: readonly Module[];
}

/**
 * 'stem', 'stage1' … (a row of the configuration each, with all its blocks), 'head', 'classifier': from the image
 * to the logits.
 */
export function stagesOf(model: EfficientNet): readonly Stage[] {
  let first = 0;
  const stages = model.config.stages.map(({ repeats }, i) => {
    const modules = model.blocks.slice(first, first + repeats);
    first += repeats;
    return { name: `stage${i + 1}`, modules };
  });
  return [
    { name: 'stem', modules: [model.stem, model.stemNorm] },
    ...stages,
    { name: 'head', modules: [model.head, model.headNorm] },
    { name: 'classifier', modules: [model.classifier] },
  ];
}
