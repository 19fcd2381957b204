/** Exponential moving averages of a model's weights, which evaluate better than the weights of the last step. */
import { clone, copyInto, formatShape, fromArray, keep, lerpInto, sameShape } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import type { Module } from './module.js';
import { ModuleBuffer } from './parameter.js';
import type { Parameter } from './parameter.js';

export interface ExponentialMovingAverageOptions {
  /** Share of the old average that stays. Default 0.9999. */
  readonly decay?: number;
  /** Update n, counted from 1, has decay min(decay, (1 + n)/(10 + n)): early averages forget faster. Default true. */
  readonly warmup?: boolean;
  /** Whether batch-norm statistics are averaged, as TensorFlow's EfficientNet has it, or copied. Default 'average'. */
  readonly buffers?: 'average' | 'copy';
}

interface Entry {
  /** All names it has in the module: several for tied weights. */
  readonly names: string[];
  readonly owner: Parameter | ModuleBuffer;
  readonly average: Tensor;
}

/**
 * average ← decay·average + (1 − decay)·weight after every step of the optimizer, beginning at the weights as they are.
 *
 *     optimizer.step();
 *     ema.update();
 *     …
 *     const { accuracy } = await ema.apply(() => evaluate(model, data));
 *
 * Holds the model's weights a second time; an update allocates nothing. Source: Polyak & Juditsky 1992; TensorFlow
 * `tf.train.ExponentialMovingAverage` with `num_updates`; EfficientNet's decay is 0.9999 (tpu `main.py`).
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly warmup: boolean;
  readonly buffers: 'average' | 'copy';
  /** Updates made. */
  updates = 0;
  readonly #entries: readonly Entry[];
  #applied = false;

  constructor(
    module: Module, { decay = 0.9999, warmup = true, buffers = 'average' }: ExponentialMovingAverageOptions = {},
  ) {
    if (!(decay >= 0 && decay <= 1)) {
      throw new RangeError(`ExponentialMovingAverage: decay is from 0 to 1; got ${decay}`);
    }
    this.decay = decay;
    this.warmup = warmup;
    this.buffers = buffers;
    const entries = new Map<Parameter | ModuleBuffer, Entry>();
    for (const [name, owner] of [...module.namedParameters(), ...module.namedBuffers()]) {
      if (owner.value.isMeta) {
        throw new Error(`ExponentialMovingAverage: ${name} has a shape and no values yet; load the weights first`);
      }
      const known = entries.get(owner);
      if (known === undefined) entries.set(owner, { names: [name], owner, average: keep(clone(owner.value)) });
      else known.names.push(name);
    }
    this.#entries = [...entries.values()];
  }

  /** Moves the averages towards the weights. Call it after every step. */
  update(): void {
    if (this.#applied) {
      throw new Error('ExponentialMovingAverage.update: the averages stand in the module; wait until apply is over');
    }
    this.updates++;
    const decay = this.warmup ? Math.min(this.decay, (1 + this.updates) / (10 + this.updates)) : this.decay;
    for (const { owner, average } of this.#entries) {
      if (this.buffers === 'copy' && owner instanceof ModuleBuffer) copyInto(average, owner.value);
      else lerpInto(average, owner.value, 1 - decay);
    }
  }

  /**
   * Runs `body` with the averages in the place of the module's weights, and puts the weights back when it is over, or
   * when its promise is settled, whether it succeeds or throws. No value is copied: parameters point at other tensors
   * meanwhile. What `body` makes of the weights (training, loading) happens to the averages.
   */
  apply<T>(body: () => Promise<T>): Promise<T>;
  apply<T>(body: () => T): T;
  apply<T>(body: () => T | Promise<T>): T | Promise<T> {
    if (this.#applied) throw new Error('ExponentialMovingAverage.apply: the averages stand in the module already');
    const weights = this.#entries.map(({ owner }) => owner.value);
    const restore = (): void => {
      this.#entries.forEach(({ owner }, i) => (owner.value = weights[i]));
      this.#applied = false;
    };
    this.#applied = true;
    for (const { owner, average } of this.#entries) owner.value = average;
    let pending = false;
    try {
      const result = body();
      if (result instanceof Promise) {
        pending = true;
        return result.finally(restore);
      }
      return result;
    } finally {
      if (!pending) restore();
    }
  }

  /** The averages by the module's names, for `loadStateDict` of a module or for a file. They are not copies. */
  averages(): Map<string, Tensor> {
    return new Map(this.#entries.flatMap(({ names, average }) => names.map((name) => [name, average] as const)));
  }

  /** What a later `loadStateDict` needs to go on: `updates`, and `average.<name>`. */
  stateDict(): Map<string, Tensor> {
    const averages = Array.from(this.averages(), ([name, tensor]) => [`average.${name}`, tensor] as const);
    return new Map([['updates', fromArray([this.updates], [], 'float64')], ...averages]);
  }

  /** Takes up, by copying, the state of averages of a module of the same shapes. Nothing is changed unless all fits. */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const op = 'ExponentialMovingAverage.loadStateDict';
    const entry = (name: string): Tensor => {
      const tensor = state.get(name);
      if (tensor === undefined) throw new Error(`${op}: the state has no entry '${name}'; is it of the same model?`);
      return tensor;
    };
    const updates = entry('updates').item();
    const pairs = this.#entries.map(({ names: [name], average }) => {
      const given = entry(`average.${name}`);
      if (!sameShape(given.shape, average.shape) || given.dtype !== average.dtype) {
        const [want, got] = [average, given].map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`);
        throw new RangeError(`${op}: ${name} is ${want}; got ${got}`);
      }
      return [average, given] as const;
    });
    const known = new Set(['updates', ...[...this.averages().keys()].map((name) => `average.${name}`)]);
    const unknown = [...state.keys()].filter((name) => !known.has(name));
    if (unknown.length > 0) throw new Error(`${op}: the module has nothing named ${unknown.join(', ')}`);
    for (const [average, given] of pairs) copyInto(average, given);
    this.updates = updates;
  }
}
