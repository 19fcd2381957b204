/** Convolutions: pointwise, depthwise, the stem; forward, both gradients, and as inference runs them. */
import type { Geometry, Kernels } from '@vitrine/tensor/internal';
import type { Arrays, Floats } from '../harness/arrays.js';
import type { Case } from '../harness/case.js';
import { convsOf, describeConv, distinct } from './layers.js';
import type { ConvKind, Layers } from './layers.js';

type Pass = 'forward' | 'fused' | 'input gradient' | 'weight gradient';

interface Operands {
  readonly g: Geometry;
  readonly x: Floats;
  readonly w: Floats;
  readonly bias: Floats;
  readonly y: Floats;
  readonly dy: Floats;
  readonly dx: Floats;
  readonly dw: Floats;
}

const sizes = ({ N, H, W, C, kH, kW, O, groups, outH, outW }: Geometry) => ({
  x: N * H * W * C,
  w: kH * kW * (C / groups) * O,
  y: N * outH * outW * O,
});

/** A multiply-add for every weight that every output pixel uses; a gradient costs as much as the way forward. */
const flopsOf = (g: Geometry): number => 2 * sizes(g).y * g.kH * g.kW * (g.C / g.groups);

const bytesOf = (g: Geometry): number => {
  const { x, w, y } = sizes(g);
  return 4 * (x + w + y);
};

const total = (geometries: readonly Geometry[], of: (g: Geometry) => number): number =>
  geometries.reduce((sum, g) => sum + of(g), 0);

/** Only what the pass touches is there; the rest is empty. */
function operands(g: Geometry, pass: Pass, arrays: Arrays): Operands {
  const { x, w, y } = sizes(g);
  const given = (n: number, ...passes: readonly Pass[]): Floats => arrays.uniform(passes.includes(pass) ? n : 0);
  const result = (n: number, ...passes: readonly Pass[]): Floats => arrays.empty(passes.includes(pass) ? n : 0);
  return {
    g,
    x: given(x, 'forward', 'fused', 'weight gradient'),
    w: given(w, 'forward', 'fused', 'input gradient'),
    dy: given(y, 'input gradient', 'weight gradient'),
    bias: given(g.O, 'fused'),
    y: result(y, 'forward', 'fused'),
    dx: result(x, 'input gradient'),
    dw: result(w, 'weight gradient'),
  };
}

const isDepthwise = (g: Geometry): boolean => g.groups > 1;

/** The call that one layer makes of the kernels. */
function plan({ g, x, w, bias, y, dy, dx, dw }: Operands, pass: Pass, kernels: Kernels, arrays: Arrays): () => void {
  if (isDepthwise(g)) {
    switch (pass) {
      case 'forward':
        return () => kernels.depthwise(g, x, w, y);
      case 'fused':
        return () => kernels.depthwiseFused(g, x, w, bias, 'silu', y);
      case 'input gradient':
        return () => kernels.depthwiseInputGrad(g, dy, w, dx);
      case 'weight gradient':
        return () => kernels.depthwiseWeightGrad(g, x, dy, dw);
    }
  }
  const columns = arrays.empty(kernels.columnsSize(g));
  switch (pass) {
    case 'forward':
      return () => kernels.conv2d(g, x, w, y, columns);
    case 'input gradient':
      return () => kernels.conv2dInputGrad(g, dy, w, dx, columns);
    case 'weight gradient':
      return () => kernels.conv2dWeightGrad(g, x, dy, dw, columns);
    case 'fused':
      return planFused({ g, x, w, bias, y, dy, dx, dw }, columns, kernels, arrays);
  }
}

/** As nn's planner does it: weights packed beforehand, bias and activation on the way to memory. */
function planFused({ g, x, w, bias, y }: Operands, columns: Floats, kernels: Kernels, arrays: Arrays): () => void {
  const K = g.kH * g.kW * g.C;
  const packed = arrays.empty(kernels.packedSize(g.O, K));
  kernels.packWeights(g.O, K, w, null, packed);
  const activation = g.O > g.C ? 'silu' : 'none'; // an expansion has one, a projection has none
  if (columns.length > 0) return () => kernels.conv2dFused(g, x, packed, bias, activation, y, columns);
  return () => kernels.gemmFused(activation, g.N * g.H * g.W, g.O, K, x, K, packed, bias, null, y);
}

/** All given layers one after the other, each on arrays of its own. */
const convCase = (family: string, name: string, geometries: readonly Geometry[], pass: Pass): Case => ({
  family,
  name,
  rate: 'GFLOP/s',
  flops: total(geometries, flopsOf),
  bytes: total(geometries, bytesOf),
  tolerance: 1e-5,
  prepare(arrays) {
    const layers = geometries.map((g) => operands(g, pass, arrays));
    return {
      plan(kernels) {
        const calls = layers.map((layer) => plan(layer, pass, kernels, arrays));
        return () => calls.forEach((call) => call());
      },
      outputs: () => layers.flatMap(({ y, dx, dw }) => [y, dx, dw]).filter((array) => array.length > 0),
    };
  },
});

/** Every shape by itself, forward; then all layers of the kind together, in every pass. */
function familyOf(family: string, kind: ConvKind, layers: Layers): Case[] {
  const all = convsOf(layers, kind);
  const named = distinct(all).map(({ g, count }) =>
    convCase(family, `${layers.label}: ${describeConv(g)}${count > 1 ? ` (${count} layers)` : ''}`, [g], 'forward'),
  );
  const passes: readonly Pass[] = ['forward', 'fused', 'input gradient', 'weight gradient'];
  return [
    ...named,
    ...passes.map((pass) => convCase(family, `${layers.label}: all ${all.length}, ${pass}`, all, pass)),
  ];
}

export const pointwiseCases = (layers: Layers): Case[] => familyOf('pointwise', 'pointwise', layers);
export const depthwiseCases = (layers: Layers): Case[] => familyOf('depthwise', 'depthwise', layers);

/** Nobody asks for the gradient of the images. */
export const stemCases = (layers: Layers): Case[] =>
  (['forward', 'fused', 'weight gradient'] as const).map((pass) => {
    const stem = convsOf(layers, 'stem');
    return convCase('stem', `${layers.label}: ${stem.map(describeConv).join(', ')}, ${pass}`, stem, pass);
  });
