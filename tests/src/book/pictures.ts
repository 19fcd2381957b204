/** The pictures of the book. What they show of shapes, strides, bytes and gradients is computed by Vitrine itself. */
import { broadcasting, strides } from './pictures/tensors.js';
import { depthwise, im2col } from './pictures/convolution.js';
import { blocks, tile } from './pictures/products.js';
import { moduleBytes, ranges } from './pictures/assembler.js';
import { graph } from './pictures/graph.js';
import { batchNorm, descent, schedules } from './pictures/modules.js';
import { mbconv, padding, squeezeExcitation } from './pictures/efficientnet.js';
import { augmentations, freezing } from './pictures/training.js';

export interface Picture {
  /** Its file in docs/pictures. */
  readonly name: string;
  readonly svg: string;
}

export const pictures = (): Picture[] =>
  Object.entries({
    strides, broadcasting, tile, blocks, im2col, depthwise, module: moduleBytes, ranges, graph,
    'batch-norm': batchNorm, descent, schedules, mbconv, 'squeeze-excitation': squeezeExcitation, padding,
    augmentations, freezing,
  })
    .map(([name, draw]) => ({ name: `${name}.svg`, svg: draw().toString() }));
