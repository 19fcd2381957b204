/** Running a model to look at it, and leaving no trace in it. */
import { Random, clone, copyInto, scope } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import { rememberModes } from './modes.js';
import type { Module } from './module.js';

/**
 * Runs `body`, then puts everything back that a pass through the model changes: buffers (running statistics), modes,
 * gradients, and the default random stream, which dropout draws from. `body` begins without gradients, and those it
 * leaves are released: it returns numbers, not them. The parameters' values are its own business.
 */
export function preserving<T>(model: Module, body: () => T): T {
  return scope(() => {
    const parameters = model.parameters();
    const grads = parameters.map(({ grad }) => grad);
    const buffers = Array.from(model.namedBuffers(), ([, buffer]) =>
      ({ buffer, value: clone(buffer.value), version: buffer.value.storage.version }));
    const restoreModes = rememberModes(model);
    const { random } = runtime;
    runtime.random = new Random(random.state);
    for (const parameter of parameters) parameter.grad = null;
    try {
      return body();
    } finally {
      parameters.forEach((parameter, i) => {
        parameter.zeroGrad();
        parameter.grad = grads[i];
      });
      // What was not touched is not written: a graph that waits for its backward pass may have saved it.
      for (const { buffer, value, version } of buffers) {
        if (buffer.value.storage.version !== version) copyInto(buffer.value, value);
      }
      restoreModes();
      runtime.random = random;
    }
  }, 'preserving');
}
