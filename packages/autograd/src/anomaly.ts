/**
 * Anomaly mode: which operation made the first NaN.
 *
 * While it is on, every operation's value, and every cotangent on the way back, is searched as soon as it is made. NaN
 * spreads to all that follows, so the first that is found is where it began. Off, it costs a comparison an operation.
 */
import { Tensor, formatShape } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { elements, indexAt, runtime } from '@vitrine/tensor/internal';
import type { AnomalyMode } from '@vitrine/tensor/internal';
import type { Node } from './node.js';
import { Variable } from './variable.js';

/** What was found, and where. */
export interface Anomaly {
  readonly op: string;
  /** Whether its value or its gradient has it. */
  readonly pass: 'forward' | 'backward';
  /** Path of the module that ran the operation, such as `blocks.3.depthwise`; null outside of modules. */
  readonly module: string | null;
  /** The first bad value and its position in the tensor that has it. */
  readonly value: number;
  readonly index: readonly number[];
  readonly shape: Shape;
}

/** Thrown in anomaly mode; the message tells all there is in `anomaly`. */
export class AnomalyError extends Error {
  override readonly name = 'AnomalyError';

  constructor(message: string, readonly anomaly: Anomaly) {
    super(message);
  }
}

export interface AnomalyOptions {
  /** Whether infinities are anomalies as well. Default false: log 0 is −∞, and may be meant. */
  readonly infinities?: boolean;
}

/**
 * Runs `body` in anomaly mode: the first operation on variables whose value has a NaN, although its operands had none,
 * throws an AnomalyError that names it, its shapes, the module it ran in and the position; in a backward pass, so does
 * the operation whose gradient made one. A NaN that an operand brought along, from data or a parameter, is reported as
 * that. Slow: every tensor is read once more. Throws a TypeError if `body` returns a Promise. PyTorch:
 * `detect_anomaly`.
 *
 *     detectAnomaly(() => crossEntropy(model.call(images), labels).backward());
 */
export function detectAnomaly<T>(body: () => T, options: AnomalyOptions = {}): T {
  const before = runtime.anomaly;
  setAnomalyDetection(true, options);
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TypeError(
        'detectAnomaly: the function returned a Promise; what runs after an await would not be watched, '
        + 'so use setAnomalyDetection',
      );
    }
    return result;
  } finally {
    runtime.anomaly = before;
  }
}

/** Switches anomaly mode on or off for all that follows. See `detectAnomaly`. */
export function setAnomalyDetection(on: boolean, { infinities = false }: AnomalyOptions = {}): void {
  runtime.anomaly = on ? { infinities, pulling: false, call: null } : null;
}

/** Throws if `value`, which `op` made of `args`, has an anomaly. */
export function examine(mode: AnomalyMode, op: string, args: readonly unknown[], value: Tensor): void {
  if (mode.pulling) return;
  const at = find(mode, value);
  if (at < 0) return;
  const module = mode.call?.path ?? null;
  const operands = args.flatMap((arg) => (arg instanceof Variable ? [arg.value] : arg instanceof Tensor ? [arg] : []));
  const shapes = operands.map(({ shape }) => formatShape(shape)).join(', ');
  const origin = operands.findIndex((operand) => find(mode, operand) >= 0);
  if (origin < 0) {
    const what = describe(value, at);
    throw new AnomalyError(
      `anomaly: ${op}${inModule(module)} made the first ${what.text}; its operands, ${shapes}, have none`,
      { op, pass: 'forward', module, ...what.found },
    );
  }
  const what = describe(operands[origin], find(mode, operands[origin]));
  throw new AnomalyError(
    `anomaly: operand ${origin} of ${op}${inModule(module)} came with ${what.text}; `
    + 'no operation made it while anomalies were looked for, so look at the data and the parameters',
    { op, pass: 'forward', module, ...what.found },
  );
}

/** Runs `pull`, which computes what `node` passes on of g, and throws if that has an anomaly. */
export function pullWatched(
  mode: AnomalyMode, node: Node, g: Variable, pull: () => readonly (Variable | undefined)[],
): readonly (Variable | undefined)[] {
  const outer = mode.pulling;
  mode.pulling = true;
  try {
    const cotangents = pull();
    cotangents.forEach((cotangent, i) => {
      if (cotangent === undefined) return;
      const at = find(mode, cotangent.value);
      if (at < 0) return;
      const what = describe(cotangent.value, at);
      const brought = find(mode, g.value);
      const cause = brought < 0
        ? `the cotangent it was given, ${formatShape(g.shape)}, has none`
        : `the cotangent it was given came with ${describe(g.value, brought).text}: `
          + 'the gradient passed to backward, or a sum of several that overflowed';
      const gradient = `the gradient of ${node.op}${inModule(node.where)}, for operand ${node.wanted[i]}`;
      throw new AnomalyError(
        `anomaly: ${gradient}, has the first ${what.text}; ${cause}`,
        { op: node.op, pass: 'backward', module: node.where, ...what.found },
      );
    });
    return cotangents;
  } finally {
    mode.pulling = outer;
  }
}

const inModule = (module: string | null): string => (module === null ? '' : ` in ${module}`);

/** Position of the first anomaly in reading order; −1 if there is none. */
function find({ infinities }: AnomalyMode, tensor: Tensor): number {
  if (tensor.isMeta) return -1;
  const values = tensor.isContiguous ? elements(tensor) : tensor.toFloat64Array();
  return infinities ? values.findIndex((x) => !Number.isFinite(x)) : values.findIndex((x) => x !== x);
}

interface Found {
  readonly text: string;
  readonly found: Pick<Anomaly, 'value' | 'index' | 'shape'>;
}

function describe(tensor: Tensor, at: number): Found {
  const { shape } = tensor;
  const index = indexAt(at, shape);
  const value = tensor.toFloat64Array()[at];
  return { text: `${value} at [${index.join(',')}] of ${formatShape(shape)}`, found: { value, index, shape } };
}
