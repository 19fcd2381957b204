/** When the loss, a gradient or a parameter is not a number any more: where it began. */
import { formatShape, scope } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { indexAt } from '@vitrine/tensor/internal';
import { noGrad } from '@vitrine/autograd';
import type { Module } from '../module.js';
import type { Batch } from './data.js';

/** Thrown when the loss, the norm of its gradient, or what a step made of the model is NaN or infinite. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  /** `module`: the full dotted name of the first module whose output was not finite; null if none is to blame. */
  constructor(
    message: string, readonly step: number, readonly module: string | null = null, options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const GENTLER = 'try a smaller learning rate or a longer warm-up';

/**
 * Looks for the origin of a loss of `loss` at `step`: first in the batch, then in the parameters, then, by running the
 * model once more with hooks, in the outputs of its modules, in the order in which they are finished. The caller sets
 * the random stream to where it was, and undoes what a forward pass does to buffers.
 */
export function explainLoss(loss: number, step: number, model: Module, { images, labels }: Batch): DivergedError {
  const what = `fit: the loss is ${loss} at step ${step}`;
  for (const [name, tensor] of [['images', images], ['labels', labels]] as const) {
    const bad = firstNonFinite(tensor);
    if (bad === null) continue;
    return new DivergedError(`${what}; the batch's ${name} have ${bad}; look at what prepares the data`, step);
  }
  for (const [name, { value }] of model.namedParameters()) {
    const bad = firstNonFinite(value);
    if (bad === null) continue;
    const advice = step === 0 ? 'look at how it was made or loaded' : `an earlier step has made it so: ${GENTLER}`;
    return new DivergedError(`${what}; the parameter ${name} has ${bad}; ${advice}`, step);
  }
  const found = firstNonFiniteOutput(model, images);
  if (found === null) {
    const advice = `${GENTLER}; what the model returns is finite, so look at the loss function, too`;
    return new DivergedError(`${what}; ${advice}`, step);
  }
  const { name, module, bad } = found;
  const place = `the first module whose output is not finite is ${name} (${module.constructor.name}): ${bad}`;
  return new DivergedError(`${what}; ${place}; ${GENTLER}`, step, name);
}

/** The same for a gradient that was to be clipped to its norm, which is not finite, of a loss that is. */
export function explainGradient(norm: number, step: number, model: Module): DivergedError {
  const rows = Array.from(model.namedParameters(), ([name, { grad }]) => [name, grad && firstNonFinite(grad)] as const);
  const found = rows.find(([, bad]) => bad !== null);
  const where = found === undefined ? 'all numbers in it are finite, but not their squares'
    : `that of ${found[0]} has ${found[1] ?? ''}`;
  return new DivergedError(`fit: the norm of the gradient is ${norm} at step ${step}; ${where}; ${GENTLER}`, step);
}

/**
 * Throws a DivergedError if a parameter or buffer is not finite after `steps` steps: a finite loss may have a gradient
 * that is not, as √x has at 0. `consequence`: what has therefore not been done.
 */
export function checkFinite(model: Module, steps: number, consequence: string): void {
  for (const [name, tensor] of model.stateDict()) {
    const bad = firstNonFinite(tensor);
    if (bad === null) continue;
    throw new DivergedError(
      `fit: after ${steps} steps ${name} has ${bad}, though the loss was finite; ${consequence}; ${GENTLER}, `
        + 'and look at the gradient of the loss function', steps,
    );
  }
}

interface Found {
  readonly name: string;
  readonly module: Module;
  readonly bad: string;
}

function firstNonFiniteOutput(model: Module, images: Tensor): Found | null {
  const found: Found[] = [];
  const removers = Array.from(model.namedModules(), ([name, module]) => module.onForward((_module, _input, output) => {
    const bad = found.length > 0 ? null : firstNonFinite(output.value);
    if (bad !== null) found.push({ name: name === '' ? 'the model' : name, module, bad });
  }));
  try {
    scope(() => noGrad(() => void model.call(images)), 'search for the first output that is not finite');
  } finally {
    for (const remove of removers) remove();
  }
  return found[0] ?? null;
}

/** `NaN at [3,0,7,1] of [8,28,28,4]`, or null. */
function firstNonFinite(tensor: Tensor): string | null {
  const values = tensor.toFloat64Array();
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return null;
  return `${values[at]} at ${formatShape(indexAt(at, tensor.shape))} of ${formatShape(tensor.shape)}`;
}
