/** What a model is made of, layer by layer: worked out on shapes alone, in milliseconds for any size. */
import { formatShape, meta, sizeOf, zeros } from '@vitrine/tensor';
import type { Shape } from '@vitrine/tensor';
import { noGrad } from '@vitrine/autograd';
import { Conv2d } from './conv.js';
import { ConvTranspose2d } from './conv-transpose.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { rememberModes } from './modes.js';
import { textTable } from './text-table.js';

export interface LayerSummary {
  /** Path of the module, such as `blocks.3.depthwise`. */
  readonly name: string;
  /** Its class. */
  readonly type: string;
  readonly outputShape: Shape;
  /** Parameters of its own, children not counted. */
  readonly params: number;
  /** Multiply-adds of convolutions and linear layers, for the whole batch. */
  readonly macs: number;
  /** Bytes of its output, as float32. */
  readonly activationBytes: number;
}

export interface ModelSummary {
  readonly inputShape: Shape;
  readonly layers: readonly LayerSummary[];
  readonly params: number;
  readonly macs: number;
  readonly activationBytes: number;
}

/**
 * One row for every module without children, in the order they run. The forward pass runs on meta tensors: shapes
 * without values. The model may be real, or made in `meta`. Its mode is left as it was.
 */
export function summarize(model: Module, inputShape: Shape): ModelSummary {
  const layers: LayerSummary[] = [];
  const remove: (() => void)[] = [];
  const restoreModes = rememberModes(model);
  for (const [name, module] of model.namedModules()) {
    if ([...module.namedChildren()].length > 0) continue;
    remove.push(module.onForward((_module, input, output) => {
      layers.push({
        name,
        type: module.constructor.name,
        outputShape: output.shape,
        params: ownParameters(module),
        macs: multiplyAdds(module, input.shape, output.shape),
        activationBytes: 4 * sizeOf(output.shape),
      });
    }));
  }
  try {
    model.eval();
    noGrad(() => model.call(meta(() => zeros(inputShape))));
  } finally {
    for (const undo of remove) undo();
    restoreModes();
  }
  const total = (pick: (layer: LayerSummary) => number): number => layers.reduce((sum, layer) => sum + pick(layer), 0);
  return {
    inputShape,
    layers,
    params: model.parameterCount(),
    macs: total((l) => l.macs),
    activationBytes: total((l) => l.activationBytes),
  };
}

const ownParameters = (module: Module): number =>
  Object.values(module).reduce(
    (total: number, value) => total + (value instanceof Parameter ? value.value.size : 0), 0,
  );

/** One multiply-add for every weight that every output position (of a transposed convolution, input position) uses. */
export function multiplyAdds(module: Module, input: Shape, output: Shape): number {
  if (module instanceof Conv2d) return sizeOf(output) * (module.weight.value.size / module.outChannels);
  if (module instanceof ConvTranspose2d) return sizeOf(input) * (module.weight.value.size / module.inChannels);
  if (module instanceof Linear) return sizeOf(input) * module.outFeatures;
  return 0;
}

/** The table as text, with totals. */
export function formatSummary({ inputShape, layers, params, macs, activationBytes }: ModelSummary): string {
  const rows = layers.map((l) => [
    l.name, l.type, formatShape(l.outputShape), count(l.params), count(l.macs), bytes(l.activationBytes),
  ]);
  const { lines: [head, ...body], rule } = textTable(
    [['layer', 'type', 'output', 'params', 'MACs', 'activation'], ...rows], 3,
  );
  return [
    head, rule, ...body, rule,
    `input ${formatShape(inputShape)}: ${count(params)} parameters (${bytes(4 * params)}), ` +
      `${count(macs)} multiply-adds, ${bytes(activationBytes)} of activations`,
  ].join('\n');
}

/** 5288548 → `5,288,548`. */
const count = (n: number): string => n.toLocaleString('en-US');
const bytes = (n: number): string =>
  (n < 1e4 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`);
