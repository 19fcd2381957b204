/**
 * Where the time goes: forward and backward, module by module.
 *
 * On the way forward, the clock is read before and after each module's call. On the way back there are no calls, only
 * the nodes that operations left; but nodes are numbered in the order they are made, so a call owns the numbers between
 * its beginning and its end, and what the backward pass spends on a node belongs to the innermost call that owns it.
 */
import { formatShape, scope } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { runtime } from '@vitrine/tensor/internal';
import type { Observer } from '@vitrine/tensor/internal';
import { Variable, mean, noGrad } from '@vitrine/autograd';
import type { Input } from '@vitrine/autograd';
import { Module } from './module.js';
import { preserving } from './preserve.js';
import { multiplyAdds } from './summary.js';
import { textTable } from './text-table.js';

/** What one module did in one pass. Times are in milliseconds; `self` leaves out what its children took. */
export interface ProfileRow {
  /** Path of the module, such as `blocks.3.depthwise`; '' is the model itself. */
  readonly name: string;
  /** Its class. */
  readonly kind: string;
  readonly calls: number;
  /** Of the last call. */
  readonly outputShape: Shape;
  readonly forwardMs: number;
  readonly forwardSelfMs: number;
  readonly backwardMs: number;
  readonly backwardSelfMs: number;
  /** Multiply-adds forward, for the whole batch, children included (see `summarize`). */
  readonly macs: number;
  /** Two operations a multiply-add, forward; NaN where there are none. */
  readonly gflops: number;
}

export interface ProfileOptions {
  /** From the model's output to the number that is differentiated. Default: its mean. */
  readonly loss?: (output: Variable) => Variable;
  /** Passes that are measured, after one that is not. Default 5. */
  readonly runs?: number;
  /** Whether to go back as well; without, the model runs as in inference, in `noGrad`. Default true. */
  readonly backward?: boolean;
}

/**
 * One row for every module that is called, in the order of `namedModules`, the model first. All rows are of one pass,
 * the one whose time is the median of `runs`: so they add up. The model runs in the mode it is in and is left as it
 * was: weights, gradients, running statistics, random stream.
 *
 * Measuring costs a few microseconds for a call and for a node: two readings of the clock and some bookkeeping. Of a
 * node that is outside the time measured; of a call, it stands in the `self` time of the module around, which
 * matters where layers are tiny. The loss, and what runs outside every module, is in no row.
 * A checkpointed module runs again on the way back: all of that is its own backward time, not its children's.
 * Throws a RangeError if runs is no whole number ≥ 1, an Error if the model has no weights yet.
 *
 *     console.log(formatProfile(profile(model, images)));
 */
export function profile(model: Module, images: Input, options: ProfileOptions = {}): ProfileRow[] {
  const { loss = (output: Variable) => mean(output), runs = 5, backward = true } = options;
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`profile: runs is a whole number >= 1; got ${runs}`);
  if (model.parameters().some(({ value }) => value.isMeta)) {
    throw new Error('profile: the model has shapes only and takes no time; load weights, or see summarize');
  }
  const pass = (): Recorder => measured(model, () => {
    if (backward) loss(model.call(images)).backward();
    else noGrad(() => model.call(images));
    model.zeroGrad();
  });
  const passes = preserving(model, () => {
    pass(); // the first compiles and grows the heap
    return Array.from({ length: runs }, pass);
  });
  passes.sort((a, b) => a.total - b.total);
  return passes[Math.floor((runs - 1) / 2)].rows();
}

function measured(model: Module, body: () => void): Recorder {
  const recorder = new Recorder(model);
  const before = runtime.observer;
  runtime.observer = recorder;
  try {
    scope(body, 'profile');
  } finally {
    runtime.observer = before;
  }
  return recorder;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One call of a module, and the nodes it owns: numbers from ≤ n < to. */
interface Call {
  readonly row: Mutable<ProfileRow>;
  readonly parent: Call | null;
  readonly from: number;
  to: number;
}

/** Follows one pass. */
class Recorder implements Observer {
  readonly #rows = new Map<object, Mutable<ProfileRow>>();
  /** In the order they end: children before their parents. */
  readonly #calls: Call[] = [];
  #current: Call | null = null;
  #goingBack = false;
  /** Of all rows' own times. */
  total = 0;

  constructor(model: Module) {
    for (const [name, module] of model.namedModules()) {
      if (this.#rows.has(module)) continue;
      this.#rows.set(module, {
        name, kind: module.constructor.name, calls: 0, outputShape: [], forwardMs: 0, forwardSelfMs: 0, backwardMs: 0,
        backwardSelfMs: 0, macs: 0, gflops: NaN,
      });
    }
  }

  forward<T>(module: object, input: T, run: () => T): T {
    const row = this.#rows.get(module);
    if (row === undefined) return run(); // made on the fly: part of whoever calls it
    const parent = this.#current;
    const call: Call = { row, parent, from: runtime.nodes, to: Infinity };
    this.#current = call;
    const started = performance.now();
    let output: T;
    try {
      output = run();
    } finally {
      this.#current = parent;
    }
    const ms = performance.now() - started;
    call.to = runtime.nodes;
    this.#calls.push(call);
    this.total += parent === null ? ms : 0;
    row.calls++;
    row.forwardMs += ms;
    row.forwardSelfMs += ms;
    if (parent !== null) parent.row.forwardSelfMs -= ms;
    if (module instanceof Module && input instanceof Variable && output instanceof Variable) {
      row.outputShape = output.shape;
      const macs = multiplyAdds(module, input.shape, output.shape);
      for (const around of upwards(call)) around.row.macs += macs;
    }
    return output;
  }

  backward(order: number, run: () => void): void {
    // A checkpoint goes back inside a step, which has its time already.
    if (this.#goingBack) return run();
    this.#goingBack = true;
    const started = performance.now();
    try {
      run();
    } finally {
      this.#goingBack = false;
    }
    const ms = performance.now() - started;
    const call = this.#calls.find(({ from, to }) => from <= order && order < to);
    if (call === undefined) return; // the loss
    this.total += ms;
    call.row.backwardSelfMs += ms;
    for (const around of upwards(call)) around.row.backwardMs += ms;
  }

  rows(): ProfileRow[] {
    return Array.from(this.#rows.values()).filter(({ calls }) => calls > 0)
      .map((row) => ({ ...row, gflops: row.macs > 0 ? (2 * row.macs) / row.forwardMs / 1e6 : NaN }));
  }
}

/** The call, the one around it, and so on. */
function* upwards(call: Call): Generator<Call> {
  for (let around: Call | null = call; around !== null; around = around.parent) yield around;
}

/** The rows as a table for a terminal, and one line that sums up. */
export function formatProfile(rows: readonly ProfileRow[]): string {
  const ms = (value: number): string => value.toFixed(value < 100 ? 2 : 1);
  const rate = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(1));
  const head = ['layer', 'type', 'output', 'calls', 'forward ms', 'self', 'backward ms', 'self', 'MACs', 'GFLOP/s'];
  const body = rows.map((row) => [
    row.name === '' ? '(model)' : row.name, row.kind, formatShape(row.outputShape), String(row.calls),
    ms(row.forwardMs), ms(row.forwardSelfMs), ms(row.backwardMs), ms(row.backwardSelfMs),
    row.macs === 0 ? '' : row.macs.toLocaleString('en-US'), rate(row.gflops),
  ]);
  const { lines: [first, ...rest], rule } = textTable([head, ...body], 3);
  const [model] = rows;
  const summary = model === undefined ? [] : [rule,
    `forward ${ms(model.forwardMs)} ms${Number.isNaN(model.gflops) ? '' : ` (${rate(model.gflops)} GFLOP/s)`}, ` +
      `backward ${ms(model.backwardMs)} ms`];
  return [first, rule, ...rest, ...summary].join('\n');
}
