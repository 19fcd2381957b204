/** The weights of a network and their gradients, a histogram a stage. */
import type { Tensor } from '@vitrine/tensor';
import type { Module } from '../module.js';
import { histogram } from './histogram.js';
import type { HistogramPanel } from './report/histograms.js';

/** Modules that belong together, under one name. */
export interface ModuleGroup {
  readonly name: string;
  readonly modules: readonly Module[];
}

const BINS = 60;

/**
 * Two panels, one row a group: weights, and the sizes of their gradients, if there are gradients. Weights are
 * parameters of two or more dimensions; biases and the scales of normalisation start at 0 and 1, and would hide the
 * rest. Weights are drawn to four times the root mean square of the group that is widest; gradients as log₁₀|g|,
 * because they differ by orders of magnitude. At the end of a row stands its root mean square, and, if there are any,
 * the share of gradients that are exactly 0.
 */
export function parameterHistograms(groups: readonly ModuleGroup[]): HistogramPanel[] {
  const found = groups.map(({ name, modules }) => {
    const weights = modules.flatMap((module) => module.parameters()).filter(({ shape }) => shape.length >= 2);
    return {
      name,
      weights: together(weights.map(({ value }) => value)),
      gradients: together(weights.flatMap(({ grad }) => (grad === null ? [] : [grad]))),
    };
  });
  const reach = 4 * Math.max(0, ...found.map(({ weights }) => rms(weights)).filter(Number.isFinite));
  const weights = found.filter(({ weights: { length } }) => length > 0).map(({ name, weights: values }) => ({
    name,
    histogram: histogram(values, { bins: BINS, ...(reach > 0 && { range: [-reach, reach] as const }) }),
    note: `rms ${size(rms(values))}`,
  }));
  const sized = found.filter(({ gradients: { length } }) => length > 0)
    .map(({ name, gradients: values }) => ({ name, values, exponents: values.map((g) => Math.log10(Math.abs(g))) }));
  const range = common(sized);
  const gradients = sized.map(({ name, values, exponents }) => {
    const zeros = exponents.reduce((count, exponent) => count + (exponent === -Infinity ? 1 : 0), 0);
    const dead = zeros === 0 ? '' : `, ${(100 * zeros / values.length).toFixed(1)} % zero`;
    return { name, histogram: histogram(exponents.filter(Number.isFinite), { bins: BINS, range }),
      note: `rms ${size(rms(values))}${dead}` };
  });
  return [
    ...(weights.length === 0 ? [] : [{ title: 'Weights', xLabel: 'value', rows: weights }]),
    ...(gradients.length === 0 ? []
      : [{ title: 'Gradients', xLabel: 'absolute value', powersOfTen: true, rows: gradients }]),
  ];
}

/** The values of several tensors in one array. */
function together(tensors: readonly Tensor[]): Float32Array {
  const values = new Float32Array(tensors.reduce((sum, { size: count }) => sum + count, 0));
  let at = 0;
  for (const tensor of tensors) {
    values.set(tensor.toFloat32Array(), at);
    at += tensor.size;
  }
  return values;
}

/** Whole exponents around all but the smallest thousandth, which are rounding errors of zeros. */
function common(rows: readonly { readonly exponents: Float32Array }[]): readonly [number, number] {
  const ordered = rows.map(({ exponents }) => exponents.filter(Number.isFinite).sort())
    .filter(({ length }) => length > 0);
  if (ordered.length === 0) return [-1, 0];
  const low = Math.floor(Math.min(...ordered.map((exponents) => exponents[Math.floor(exponents.length / 1000)])));
  const high = Math.ceil(Math.max(...ordered.map((exponents) => exponents[exponents.length - 1])));
  return [low, Math.max(high, low + 1)];
}

const rms = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
const size = (value: number): string => (value >= 0.01 && value < 100 ? value.toFixed(3) : value.toExponential(1));
