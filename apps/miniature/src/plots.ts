/** What the finished runs say: pictures and tables. */
import { ALONE_AT_2, FIGURE3, FIGURE4, GRID, once, twice } from './experiments.js';
import type { Curve, GridPoint } from './experiments.js';
import { curveChart, dotChart } from './chart.js';
import type { ChartCurve } from './chart.js';
import { ONE } from './network.js';
import type { Coefficients } from './network.js';
import { bestCompound, mean, runsOf, seedsOf } from './results.js';
import type { Run } from './results.js';
import { RECIPE } from './train.js';

/** Images that the results of the page are measured on: all of Fashion-MNIST's. */
const TEST_IMAGES = 10_000;
const comparable = (runs: readonly Run[]): Run[] => runsOf(runs, RECIPE, TEST_IMAGES);

const percents = (runs: readonly Run[]): number[] => runs.map(({ accuracy }) => 100 * accuracy);

/** 1, 1.4, 1.33: at most two decimals. */
const short = (factor: number): string => String(Number(factor.toFixed(2)));

/** The curve's networks that have run; the label is the factor by which they differ. */
const drawn = (runs: readonly Run[], { name, points }: Curve, text: (c: Coefficients) => string): ChartCurve => ({
  name,
  points: points.map((c) => ({ c, found: seedsOf(runs, c) })).filter(({ found }) => found.length > 0)
    .map(({ c, found }) => ({ x: found[0].macs / 1e6, ys: percents(found), label: text(c) })),
});

/** The factor above 1, if there is one. */
const only = ({ depth, width, resolution }: Coefficients): string => {
  const factors = [['d', depth], ['w', width], ['r', resolution]] as const;
  return factors.filter(([, factor]) => factor !== 1).map(([name, factor]) => `${name} ${short(factor)}`).join(' ');
};

/** Each dimension alone, and all three, from one to four times the multiply-adds. */
export function atEqualCost(best: GridPoint | undefined): Curve[] {
  const [width, depth, resolution] = GRID;
  const alone = [width, depth, resolution].map((point, i) => ({
    name: ALONE_AT_2[i].name, points: [ONE, once(point), ...ALONE_AT_2[i].points],
  }));
  return best === undefined ? alone : [...alone, { name: 'compound', points: [ONE, once(best), twice(best)] }];
}

const gridName = ({ alpha, beta, gamma }: GridPoint): string =>
  `α ${short(alpha)}, β ${short(beta)}, γ ${short(gamma)}`;
/** How many of the three are stretched. */
const dimensions = ({ alpha, beta, gamma }: GridPoint): number =>
  [alpha, beta, gamma].filter((factor) => factor > 1).length;

export interface Picture {
  readonly name: string;
  readonly svg: string;
}

/** The pictures of docs/miniature.md, by file name. */
export function charts(all: readonly Run[]): Picture[] {
  const runs = comparable(all);
  const rows = GRID.map((point) => ({ point, found: seedsOf(runs, once(point)) }))
    .filter(({ found }) => found.length > 0);
  const base = seedsOf(runs, ONE);
  return [
    {
      name: 'miniature-figure3.svg',
      svg: curveChart('One dimension alone',
        'Test accuracy over multiply-adds, when the base network is made wider, deeper, or sees larger images.',
        FIGURE3.map((curve) => drawn(runs, curve, only))),
    },
    {
      name: 'miniature-figure4.svg',
      svg: curveChart('Width on four bases: 1, 1.4, 1.8 from left to right',
        'Test accuracy over multiply-adds for widths 1, 1.4 and 1.8, on bases of two depths and two resolutions.',
        FIGURE4.map((curve) => drawn(runs, curve, () => ''))),
    },
    {
      name: 'miniature-grid.svg',
      svg: dotChart('α, β, γ at twice the multiply-adds: test accuracy',
        'One row for every point of the grid search, the most accurate first.',
        ['one dimension', 'two dimensions', 'all three'],
        rows.map(({ point, found }) => ({
          name: gridName(point), kind: dimensions(point) - 1, values: percents(found),
          note: base.length === 0 ? '' : `× ${(found[0].macs / base[0].macs).toFixed(2)}`,
        }))),
    },
    {
      name: 'miniature-compound.svg',
      svg: curveChart('One dimension, or all three',
        'Test accuracy over multiply-adds: each dimension alone, and all three by the best point of the grid.',
        atEqualCost(bestCompound(runs)).map((curve) => drawn(runs, curve, () => ''))),
    },
  ];
}

/** A table row for every network that has run. */
function rowsOf(runs: readonly Run[], name: string, points: readonly Coefficients[]): string[] {
  const base = seedsOf(runs, ONE);
  return points.flatMap((c) => {
    const found = seedsOf(runs, c);
    if (found.length === 0) return [];
    const [{ blocks, pixels, params, macs }] = found;
    const ratio = base.length === 0 ? '' : (macs / base[0].macs).toFixed(2);
    const cells = [
      name, short(c.depth), short(c.width), short(c.resolution), blocks, pixels, params.toLocaleString('en-US'),
      (macs / 1e6).toFixed(2), ratio, mean(percents(found)).toFixed(2),
      percents(found).map((y) => y.toFixed(2)).join(', '),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
}

const HEAD = [
  '| | d | w | r | blocks | pixels | parameters | M multiply-adds | × base | accuracy, % | by seed |',
  '|-|-:|-:|-:|-:|-:|-:|-:|-:|-:|-|',
];

/** The tables of docs/miniature.md, by name. */
export function tables(all: readonly Run[]): Map<string, string> {
  const runs = comparable(all);
  const best = bestCompound(runs);
  const table = (curves: readonly Curve[]): string =>
    [...HEAD, ...curves.flatMap(({ name, points }) => rowsOf(runs, name, points))].join('\n');
  const grid: Curve[] = GRID.map((point) => ({
    name: `${['one', 'two', 'all three'][dimensions(point) - 1]}${point === best ? ', chosen' : ''}`,
    points: [once(point)],
  }));
  return new Map([
    ['figure3', table(FIGURE3)],
    ['figure4', table(FIGURE4)],
    ['grid', table(grid)],
    ['compound', table(atEqualCost(best).map(({ name, points }) => ({ name, points: points.slice(2) })))],
  ]);
}

/** A page with its tables, between `<!-- miniature NAME -->` and `<!-- /miniature -->`, made anew. */
export function withTables(page: string, runs: readonly Run[]): string {
  const all = tables(runs);
  return page.replace(/<!-- miniature (\w+) -->\n[\s\S]*?<!-- \/miniature -->/g, (_whole, name: string) => {
    const table = all.get(name);
    if (table === undefined) {
      throw new Error(`withTables: there is no table ${name}; known are ${[...all.keys()].join(', ')}`);
    }
    return `<!-- miniature ${name} -->\n\n${table}\n\n<!-- /miniature -->`;
  });
}
