/** `efficientnet scale`: what φ, α, β and γ give, and what they cost. */
import process from 'node:process';
import { textTable } from '@vitrine/nn';
import { Random, copyInto, randn, scope, threadsReady } from '@vitrine/tensor';
import { compound, familyOf, PAPER_COEFFICIENTS, sizeOfVariant, variantNamed } from '../compound.js';
import type { CompoundCoefficients, VariantSize } from '../compound.js';
import type { Preset } from '../config.js';
import { fuse } from '../fuse.js';
import { EfficientNet } from '../model.js';
import { BACKEND_OPTIONS, applyBackend } from './backend-options.js';
import { UsageError, asUsage, flag, helpOf, number, option, readArguments, text, whole } from './options.js';
import type { Kind } from './options.js';
import { givenOf } from './training/spec.js';

const MOST_PHI = 12;

const areSteps = (value: unknown): value is readonly number[] => Array.isArray(value) && value.length > 0
  && value.every((phi: unknown) => typeof phi === 'number' && Math.abs(phi) <= MOST_PHI);

/** '0..7', '-2..2', '3' or '0,0.5,1'. */
const phis: Kind<readonly number[]> = {
  rule: `A..B or numbers with commas between, from -${MOST_PHI} to ${MOST_PHI}`,
  fromText: (list) => {
    const range = /^(-?\d+)\.\.(-?\d+)$/.exec(list.trim());
    const [low, high] = range === null ? [0, -1] : [Number(range[1]), Number(range[2])];
    const found = range === null
      ? list.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
      : Array.from({ length: Math.max(0, Math.min(high - low, 2 * MOST_PHI) + 1) }, (_, i) => low + i);
    return areSteps(found) ? found : undefined;
  },
  isValue: areSteps,
};

const STEPS = [0, 1, 2, 3, 4, 5, 6, 7];

const factor = number('a number > 0', (n) => n > 0);

const TABLE = {
  alpha: option('X', factor, `depth a step (default ${PAPER_COEFFICIENTS.alpha}, the paper's)`),
  beta: option('X', factor, `width a step (default ${PAPER_COEFFICIENTS.beta})`),
  gamma: option('X', factor, `resolution a step (default ${PAPER_COEFFICIENTS.gamma})`),
  phi: option('LIST', phis, 'A..B in steps of one, or numbers with commas between (default 0..7)'),
  base: option('NAME', text, 'what is stretched: b0, lite0, v2-s, tiny-28 … (default b0)'),
  'num-classes': option('N', whole(1), 'classes of the classifier (default 1000)'),
  rate: option('X', number('GFLOP/s > 0', (n) => n > 0), 'GFLOP/s (two for a multiply-add) to predict seconds with; ' +
    'by default the base is run, and its rate taken for all'),
  measure: flag('run every network, too: seconds for one image, inference with batch norm folded'),
  json: flag('print JSON: base, coefficients, rate, rows, published'),
  ...BACKEND_OPTIONS,
} as const;

const help = `efficientnet scale [options]: compound scaling, step by step

For each φ: depth α^φ, width β^φ, resolution γ^φ times the base's, and the network that this gives. × base is its
multiply-adds over the base's; the rule α·β²·γ² ≈ 2 predicts 2^φ. Below it, the published variants of the base's
family.

${helpOf(TABLE)}`;

/** Larger networks are counted, but not run: weights, and their copies with batch norm folded, take 8 bytes each. */
const MOST_PARAMETERS = 150_000_000;

interface Row extends VariantSize {
  readonly macsRatio: number;
  readonly predictedSeconds: number;
  readonly measuredSeconds?: number;
}

async function run(args: readonly string[]): Promise<number> {
  const { given } = readArguments(TABLE, args);
  applyBackend(given);
  const {
    alpha, beta, gamma, phi: steps = STEPS, base: baseName = 'b0', rate: givenRate, measure = false, json = false,
    'num-classes': numClasses = 1000,
  } = given;
  const coefficients = { ...PAPER_COEFFICIENTS, ...givenOf({ alpha, beta, gamma }) };
  const base = asUsage(() => variantNamed(baseName));
  const baseSize = sizeOfVariant(base, { numClasses });
  const published = familyOf(base);
  const stretched = asUsage(() => steps.map((phi) => {
    const variant = compound(coefficients, phi, base);
    return { phi, variant, size: sizeOfVariant(variant, { numClasses }) };
  }));
  if (givenRate === undefined || measure) {
    checkRunnable([baseSize, ...(measure ? stretched.map(({ size }) => size) : [])]);
    await threadsReady();
  }
  const rate = givenRate ?? (2 * baseSize.macs) / (1e9 * secondsOf(base, numClasses));
  const row = (size: VariantSize): Row =>
    ({ ...size, macsRatio: size.macs / baseSize.macs, predictedSeconds: (2 * size.macs) / (1e9 * rate) });
  const result = {
    base: baseName, coefficients, rate,
    rows: stretched.map(({ phi, variant, size }) =>
      ({ phi, ...row(size), ...(measure && { measuredSeconds: secondsOf(variant, numClasses) }) })),
    published: published.length < 2
      ? []
      : published.map((name) => ({ name, ...row(sizeOfVariant(variantNamed(name), { numClasses })) })),
  };
  const shown = json ? `${JSON.stringify(result, null, 2)}\n` : formatted(result, givenRate === undefined);
  process.stdout.write(shown);
  return 0;
}

function checkRunnable(sizes: readonly VariantSize[]): void {
  for (const { params, widthCoefficient } of sizes) {
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
  const measured = rows[0]?.measuredSeconds !== undefined;
  const heads = [
    'depth', 'width', 'pixels', 'stem', 'head', 'blocks', 'params', 'MACs', '× base', '2^φ', 'predicted', 'measured',
  ];
  const cells = (row: Row, phi?: number): string[] => [
    row.depthCoefficient.toFixed(2), row.widthCoefficient.toFixed(2), String(row.resolution), String(row.stemChannels),
    String(row.headChannels), String(row.blocks), inUnits(row.params), inUnits(row.macs), row.macsRatio.toFixed(2),
    phi === undefined ? '' : (2 ** phi).toFixed(2), seconds(row.predictedSeconds),
    ...(measured ? [row.measuredSeconds === undefined ? '' : seconds(row.measuredSeconds)] : []),
  ];
  const all = [
    ['φ', ...heads.slice(0, measured ? undefined : -1)],
    ...rows.map((row) => [String(row.phi), ...cells(row, row.phi)]),
    ...published.map((row) => [row.name.replace('efficientnet-', ''), ...cells(row)]),
  ];
  const { lines, rule } = textTable(all, 1);
  const [head, ...body] = lines;
  const how = measuredRate ? `what ${base} was measured to do` : 'as given';
  return [
    `${base} with α = ${alpha}, β = ${beta}, γ = ${gamma}: α·β²·γ² = ${(alpha * beta ** 2 * gamma ** 2).toFixed(2)}`,
    head, rule, ...body.slice(0, rows.length),
    ...(published.length > 0 ? [rule, ...body.slice(rows.length)] : []),
    `predicted: two floating-point operations a multiply-add, at ${rate.toFixed(1)} GFLOP/s, ${how}; one image`, '',
  ].join('\n');
}

const inUnits = (n: number): string =>
  (n < 1e6 ? `${(n / 1e3).toFixed(1)} k` : n < 1e9 ? `${(n / 1e6).toFixed(2)} M` : `${(n / 1e9).toFixed(2)} G`);
const seconds = (s: number): string =>
  (s < 1e-3 ? `${(1e6 * s).toFixed(0)} µs` : s < 1 ? `${(1e3 * s).toFixed(1)} ms` : `${s.toFixed(2)} s`);

export const scaleCommand = { help, run, printsOnly: (): boolean => true };
