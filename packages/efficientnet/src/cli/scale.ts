/** `efficientnet scale`: what φ, α, β and γ give, and what they cost. */
import process from 'node:process';
import { Random, copyInto, randn, scope, threadsReady } from '@vitrine/tensor';
import { compound, familyOf, PAPER_COEFFICIENTS, sizeOfVariant, variantNamed } from '../compound.js';
import type { CompoundCoefficients, VariantSize } from '../compound.js';
import type { Preset } from '../config.js';
import { fuse } from '../fuse.js';
import { EfficientNet } from '../model.js';
import { BACKEND_OPTIONS, applyBackendOptions, backendHelp } from './backend-options.js';
import { UsageError, parseOptions } from './options.js';

const help = `efficientnet scale [options]: compound scaling, step by step

For each φ: depth α^φ, width β^φ, resolution γ^φ times the base's, and the network that this gives. × base is its
multiply-adds over the base's; the rule α·β²·γ² ≈ 2 predicts 2^φ. Below it, the published variants of the base's
family.

  --alpha X          depth a step (default ${PAPER_COEFFICIENTS.alpha}, the paper's)
  --beta X           width a step (default ${PAPER_COEFFICIENTS.beta})
  --gamma X          resolution a step (default ${PAPER_COEFFICIENTS.gamma})
  --phi LIST         A..B in steps of one, or numbers with commas between (default 0..7)
  --base NAME        what is stretched: b0, lite0, v2-s, tiny-28 … (default b0)
  --num-classes N    classes of the classifier (default 1000)
  --rate X           GFLOP/s (two for a multiply-add) to predict seconds with; by default the base is run, and its
                     rate taken for all
  --measure          run every network, too: seconds for one image, inference with batch norm folded
  --json             print JSON: base, coefficients, rate, rows, published
${backendHelp}`;

/** Larger networks are counted, but not run: weights, and their copies with batch norm folded, take 8 bytes each. */
const MOST_PARAMETERS = 150_000_000;

interface Row extends VariantSize {
  readonly macsRatio: number;
  readonly predictedSeconds: number;
  readonly measuredSeconds?: number;
}

async function run(args: readonly string[]): Promise<number> {
  const names = ['alpha', 'beta', 'gamma', 'phi', 'base', 'num-classes', 'rate', ...BACKEND_OPTIONS];
  const parsed = parseOptions(args, names, ['measure', 'json'], 0);
  const { text, flag, whole, number } = parsed;
  applyBackendOptions(parsed);
  const factor = (name: string, otherwise: number): number => number(name, 'a number > 0', (n) => n > 0) ?? otherwise;
  const coefficients = {
    alpha: factor('alpha', PAPER_COEFFICIENTS.alpha),
    beta: factor('beta', PAPER_COEFFICIENTS.beta),
    gamma: factor('gamma', PAPER_COEFFICIENTS.gamma),
  };
  const phis = parsePhis(text('phi') ?? '0..7');
  const givenRate = number('rate', 'GFLOP/s > 0', (n) => n > 0);
  const baseName = text('base') ?? 'b0';
  const base = baseNamed(baseName);
  const numClasses = whole('num-classes', 1) ?? 1000;

  const baseSize = sizeOfVariant(base, { numClasses });
  const published = familyOf(base);
  const stretched = phis.map((phi) => ({ phi, variant: compound(coefficients, phi, base) }));
  if (givenRate === undefined || flag('measure')) {
    checkRunnable([base, ...(flag('measure') ? stretched.map(({ variant }) => variant) : [])], numClasses);
    await threadsReady();
  }
  const rate = givenRate ?? (2 * baseSize.macs) / (1e9 * secondsOf(base, numClasses));
  const row = (variant: Preset, measure: boolean): Row => {
    const size = sizeOfVariant(variant, { numClasses });
    return {
      ...size,
      macsRatio: size.macs / baseSize.macs,
      predictedSeconds: (2 * size.macs) / (1e9 * rate),
      ...(measure && { measuredSeconds: secondsOf(variant, numClasses) }),
    };
  };
  const result = {
    base: baseName, coefficients, rate,
    rows: stretched.map(({ phi, variant }) => ({ phi, ...row(variant, flag('measure')) })),
    published: published.length < 2 ? [] : published.map((name) => ({ name, ...row(variantNamed(name), false) })),
  };
  const shown = flag('json') ? `${JSON.stringify(result, null, 2)}\n` : formatted(result, givenRate === undefined);
  process.stdout.write(shown);
  return 0;
}

/** Wrong usage, if the name is none. */
function baseNamed(name: string): Preset {
  try {
    return variantNamed(name);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

const MOST_PHI = 12;

/** '0..7', '-2..2', '3' or '0,0.5,1'. */
function parsePhis(text: string): number[] {
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(text.trim());
  const [low, high] = range === null ? [0, -1] : [Number(range[1]), Number(range[2])];
  const phis = range === null
    ? text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
    : Array.from({ length: Math.max(0, Math.min(high - low, 2 * MOST_PHI) + 1) }, (_, i) => low + i);
  if (phis.length === 0 || phis.some((phi) => !(Math.abs(phi) <= MOST_PHI))) {
    const rule = `A..B or numbers with commas between, from -${MOST_PHI} to ${MOST_PHI}`;
    throw new UsageError(`--phi takes ${rule}; got '${text}'`);
  }
  return phis;
}

function checkRunnable(variants: readonly Preset[], numClasses: number): void {
  for (const variant of variants) {
    const { params, widthCoefficient } = sizeOfVariant(variant, { numClasses });
    if (params > MOST_PARAMETERS) {
      throw new UsageError(`a network of width ${widthCoefficient.toFixed(2)} has ${(params / 1e6).toFixed(0)} M ` +
        `parameters, too many to be run here (at most ${MOST_PARAMETERS / 1e6} M); ` +
        'leave out --measure, and give --rate');
    }
  }
}

/** Seconds for one image: the median of at least three runs, as many as fit half a second, after one to warm up. */
function secondsOf(variant: Preset, numClasses: number): number {
  return scope(() => {
    const model = EfficientNet.fromVariant('scaled', variant, { numClasses });
    const { imageSize, inChannels } = model.config;
    model.eval();
    const plan = fuse(model).plan([1, imageSize, imageSize, inChannels]);
    copyInto(plan.input, randn(plan.input.shape, new Random(1)));
    plan.run();
    const samples: number[] = [];
    const started = performance.now();
    while (samples.length < 3 || performance.now() - started < 500) {
      const before = performance.now();
      plan.run();
      samples.push((performance.now() - before) / 1000);
    }
    return samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)];
  });
}

interface Result {
  readonly base: string;
  readonly coefficients: CompoundCoefficients;
  readonly rate: number;
  readonly rows: readonly (Row & { readonly phi: number })[];
  readonly published: readonly (Row & { readonly name: string })[];
}

function formatted({ base, coefficients, rate, rows, published }: Result, measuredRate: boolean): string {
  const { alpha, beta, gamma } = coefficients;
  const heads = [
    'depth', 'width', 'pixels', 'stem', 'head', 'blocks', 'params', 'MACs', '× base', '2^φ', 'predicted', 'measured',
  ];
  const cells = (row: Row, phi?: number): string[] => [
    row.depthCoefficient.toFixed(2), row.widthCoefficient.toFixed(2), String(row.resolution), String(row.stemChannels),
    String(row.headChannels), String(row.blocks), inUnits(row.params), inUnits(row.macs), row.macsRatio.toFixed(2),
    phi === undefined ? '' : (2 ** phi).toFixed(2), seconds(row.predictedSeconds),
    ...(row.measuredSeconds === undefined ? [] : [seconds(row.measuredSeconds)]),
  ];
  const all = [
    ['φ', ...heads.slice(0, rows[0]?.measuredSeconds === undefined ? -1 : undefined)],
    ...rows.map((row) => [String(row.phi), ...cells(row, row.phi)]),
    ...published.map((row) => [row.name.replace('efficientnet-', ''), ...cells(row)]),
  ];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  const padded = (cell: string, i: number): string => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const lines = all.map((line) => line.map(padded).join('  ').trimEnd());
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  lines.splice(1, 0, rule);
  if (published.length > 0) lines.splice(2 + rows.length, 0, rule);
  const how = measuredRate ? `what ${base} was measured to do` : 'as given';
  return [
    `${base} with α = ${alpha}, β = ${beta}, γ = ${gamma}: α·β²·γ² = ${(alpha * beta ** 2 * gamma ** 2).toFixed(2)}`,
    ...lines,
    `predicted: two floating-point operations a multiply-add, at ${rate.toFixed(1)} GFLOP/s, ${how}; one image`, '',
  ].join('\n');
}

const inUnits = (n: number): string =>
  (n < 1e6 ? `${(n / 1e3).toFixed(1)} k` : n < 1e9 ? `${(n / 1e6).toFixed(2)} M` : `${(n / 1e9).toFixed(2)} G`);
const seconds = (s: number): string =>
  (s < 1e-3 ? `${(1e6 * s).toFixed(0)} µs` : s < 1 ? `${(1e3 * s).toFixed(1)} ms` : `${s.toFixed(2)} s`);

export const scaleCommand = { help, run };
