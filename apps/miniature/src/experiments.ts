/** The three experiments, as tables of what is stretched by how much. Source: Tan & Le 2019, 3.2, 3.3 and 5.1. */
import { BASE, ONE } from './network.js';
import type { Coefficients } from './network.js';

export const EXPERIMENTS = ['figure3', 'figure4', 'grid'] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** Networks that a chart joins by a line. */
export interface Curve {
  readonly name: string;
  readonly points: readonly Coefficients[];
}

/** Resolutions are whole and, but for one, even pixels: an odd side is rounded up when it is halved, and costs more. */
const pixels = (side: number): number => side / BASE.resolution;

const widths = (values: readonly number[], base: Coefficients = ONE): Coefficients[] =>
  values.map((width) => ({ ...base, width }));
const depths = (values: readonly number[]): Coefficients[] => values.map((depth) => ({ ...ONE, depth }));
const resolutions = (sides: readonly number[]): Coefficients[] =>
  sides.map((side) => ({ ...ONE, resolution: pixels(side) }));

/** One dimension alone. The paper's widths are 1, 1.4, 1.8, 2.6 and on, its depths 1, 2, 3, 4 and on. */
export const FIGURE3: readonly Curve[] = [
  { name: 'width alone', points: widths([1, 1.4, 1.8, 2.6]) },
  { name: 'depth alone', points: depths([1, 2, 3, 4]) },
  { name: 'resolution alone', points: resolutions([12, 16, 20, 24, 28]) },
];

/** Width on four bases. The paper's resolutions are 1 and 1.3: 16 pixels for 12 come nearest. */
export const FIGURE4: readonly Curve[] = [[1, 12], [2, 12], [1, 16], [2, 16]].map(([depth, side]) => ({
  name: `d = ${depth}, r = ${side === BASE.resolution ? '1' : '1.33'}`,
  points: widths([1, 1.4, 1.8], { depth, width: 1, resolution: pixels(side) }),
}));

/**
 * α, β and γ of one point of the grid search: α a whole number of blocks, γ of pixels, and β, the finest of the three,
 * what is then left of twice the base's multiply-adds.
 */
export interface GridPoint {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  /**
   * The width at φ = 2, again what is left, now of four times: rounded to whole blocks and pixels, (α, β, γ)² may be
   * far from that. For the points with all three above 1, the only ones that are carried on.
   */
  readonly betaTwice?: number;
}

const at = (blocks: number, beta: number, side: number, betaTwice?: number): GridPoint => ({
  alpha: blocks / BASE.stages.reduce((sum, { repeats }) => sum + repeats, 0), beta, gamma: pixels(side),
  ...(betaTwice !== undefined && { betaTwice }),
});

export const GRID: readonly GridPoint[] = [
  // blocks β   pixels
  at(4, 1.46, 12), // width alone
  at(8, 1, 12), //    depth alone
  at(4, 1, 17), //    resolution alone
  at(5, 1.31, 12),
  at(6, 1.24, 12),
  at(7, 1.06, 12),
  at(4, 1.25, 14),
  at(4, 1.07, 16),
  at(5, 1.07, 14, 1.32), // nearest to the paper's 1.2, 1.1, 1.15
  at(6, 1.06, 14, 1),
];

/** As factors of depth, width and resolution: φ = 1. */
export const once = ({ alpha, beta, gamma }: GridPoint): Coefficients =>
  ({ depth: alpha, width: beta, resolution: gamma });

/** φ = 2. */
export const twice = ({ alpha, beta, gamma, betaTwice = beta ** 2 }: GridPoint): Coefficients =>
  ({ depth: alpha ** 2, width: betaTwice, resolution: gamma ** 2 });

export const isCompound = ({ alpha, beta, gamma }: GridPoint): boolean =>
  [alpha, beta, gamma].every((factor) => factor > 1);

/** Each dimension alone at four times the multiply-adds, for comparison with φ = 2. */
export const ALONE_AT_2: readonly Curve[] = [
  { name: 'width alone', points: widths([2.19]) },
  { name: 'depth alone', points: depths([4]) },
  { name: 'resolution alone', points: resolutions([24]) },
];

/** A network, and which experiment asks for it first. */
export interface Task {
  readonly experiment: ExperimentName;
  readonly coefficients: Coefficients;
}

/** Tells networks apart: the coefficients, to four decimals. */
export const keyOf = ({ depth, width, resolution }: Coefficients): string =>
  [depth, width, resolution].map((factor) => factor.toFixed(4)).join(' ');

/** What an experiment trains. The second step of `grid` needs to know which of its compound points was best. */
export function tasksOf(experiment: ExperimentName, best?: GridPoint): Task[] {
  const wanted: readonly Coefficients[] = {
    figure3: () => FIGURE3.flatMap(({ points }) => points),
    figure4: () => FIGURE4.flatMap(({ points }) => points),
    grid: () => [
      ONE, ...GRID.map(once),
      ...(best === undefined ? [] : [...ALONE_AT_2.flatMap(({ points }) => points), twice(best)]),
    ],
  }[experiment]();
  const different = new Map(wanted.map((coefficients) => [keyOf(coefficients), coefficients]));
  return Array.from(different.values(), (coefficients) => ({ experiment, coefficients }));
}
