/**
 * Weights from a rule instead of a file: every number follows from its tensor's name and its index. The same rule as
 * ../../fixtures/fill.py, where it is described; what PyTorch computes with these weights is in pretrained.safetensors.
 */
import type { EfficientNet } from '@vitrine/efficientnet';
import type { RawArray } from '@vitrine/tensor';

function fnv1a(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h;
}

/** The finaliser of MurmurHash3. */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Number i of a name, in [−1, 1). */
const uniform = (hash: number, i: number): number => mix((hash + Math.imul(i, 0x9e3779b9)) | 0) / 2 ** 31 - 1;

type Rule = readonly [offset: number, scale: number];

const GAINS: Readonly<Record<string, number>> =
  { stem: 0.1, expand: 0.1, conv: 0.1, depthwise: 0.3, reduce: 1, project: 0.9, head: 0.1, classifier: 4 };
const VECTORS: readonly (readonly [end: string, rule: Rule])[] = [
  ['runningMean', [0, 0.03]], ['runningVar', [0.1, 0.05]],
  ['Norm.weight', [1, 0.3]], ['Norm.bias', [0, 0.1]], ['.bias', [0, 0.5]],
];
const RESIDUAL: Rule = [0.2, 0.07];
const PLAIN: Rule = [0.8, 0.2];

function ruleOf(name: string, shape: readonly number[], residual: boolean): Rule {
  if (name.endsWith('projectNorm.weight')) return residual ? RESIDUAL : PLAIN;
  if (shape.length === 1) return VECTORS.find(([end]) => name.endsWith(end))![1];
  const gain = name.endsWith('squeezeExcitation.expand.weight') ? 4 : GAINS[name.split('.').at(-2)!];
  return [0, Math.sqrt((1.5 * gain) / product(shape.slice(1)))];
}

const product = (numbers: readonly number[]): number => numbers.reduce((total, n) => total * n, 1);

/** The tensor of that name; its shape is PyTorch's. `residual`: whether its block adds its input. */
export function fill(name: string, shape: readonly number[], residual: boolean): RawArray {
  const [offset, scale] = ruleOf(name, shape, residual);
  const hash = fnv1a(name);
  const data = new Float32Array(product(shape));
  if (shape.length === 1) {
    for (let i = 0; i < data.length; i++) data[i] = offset + scale * uniform(hash, i);
    return { dtype: 'F32', shape, data };
  }
  const width = product(shape.slice(1));
  for (let start = 0; start < data.length; start += width) {
    const first = uniform(hash, start);
    let u = first;
    for (let i = start; i < start + width; i++) {
      const next = i + 1 < start + width ? uniform(hash, i + 1) : first;
      data[i] = offset + scale * (u - next);
      u = next;
    }
  }
  return { dtype: 'F32', shape, data };
}

/** [1, size, size, 3], in [−2, 2). */
export function image(seed: number, size: number): Float32Array {
  const hash = fnv1a(`image ${seed}`);
  return Float32Array.from({ length: 3 * size * size }, (_, i) => 2 * uniform(hash, i));
}

/** `count` indices below `size`. */
export function positions(name: string, size: number, count = 64): number[] {
  const hash = fnv1a(`positions ${name}`);
  return Array.from({ length: count }, (_, i) => Math.floor(((uniform(hash, i) + 1) / 2) * size));
}

const torchShape = (shape: readonly number[]): readonly number[] =>
  (shape.length === 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape.toReversed());

/** The whole state of a network (its shapes are enough), under its names here, with PyTorch's axes. */
export function fillModel(model: EfficientNet): Map<string, RawArray> {
  return new Map(Array.from(model.stateDict(), ([name, { shape }]) => {
    const block = /^blocks\.(\d+)\./.exec(name);
    const residual = block !== null && model.blocks[Number(block[1])].stochasticDepth !== null;
    return [name, fill(name, torchShape(shape), residual)];
  }));
}
