/** What a network begins with. */
import { copyInto, keep, rand, randn, scope, zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { Conv2d, Linear } from '@vitrine/nn';
import type { Module } from '@vitrine/nn';

/**
 * The paper's initialisation: convolutions N(0, √(2/(kH·kW·outChannels))), depthwise ones with kH·kW in the place of
 * the product, biases 0; the classifier U(±1/√classes). Source: tpu `efficientnet_model.py`.
 */
export function initialize(root: Module): void {
  for (const [, module] of root.namedModules()) {
    if (module instanceof Conv2d) {
      const [kH, kW] = module.kernel;
      const fanOut = (kH * kW * module.outChannels) / module.options.groups;
      fill(module.weight.value, (like) => randn(like.shape, runtime.random, { std: Math.sqrt(2 / fanOut) }));
      if (module.bias !== null) fill(module.bias.value, (like) => zeros(like.shape));
    } else if (module instanceof Linear) {
      const bound = 1 / Math.sqrt(module.outFeatures);
      fill(module.weight.value, (like) => rand(like.shape, runtime.random, { low: -bound, high: bound }));
      if (module.bias !== null) fill(module.bias.value, (like) => zeros(like.shape));
    }
  }
}

/** Values of its own for a module that was made in `meta`. */
export function renew(module: Module): void {
  for (const parameter of module.parameters()) parameter.value = keep(zeros(parameter.shape));
  initialize(module);
}

const fill = (target: Tensor, make: (like: Tensor) => Tensor): void => scope(() => copyInto(target, make(target)));
