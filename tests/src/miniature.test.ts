/** The paper in miniature: its networks cost what is claimed, its runs resume, and its page says what was measured. */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { EfficientNet, configFor, mbconv } from '@vitrine/efficientnet';
import { Random, manualSeed, randn } from '@vitrine/tensor';
import { expect } from 'chai';
import {
  ALONE_AT_2, EXPERIMENTS, FIGURE3, FIGURE4, GRID, isCompound, keyOf, once, tasksOf, twice,
} from '../../apps/miniature/dist/experiments.js';
import { BASE, ONE, sizeOf, stretch, stretchRepeats } from '../../apps/miniature/dist/network.js';
import { charts, tables, withTables } from '../../apps/miniature/dist/plots.js';
import { bestCompound, readRuns, runsOf, seedsOf } from '../../apps/miniature/dist/results.js';
import type { Run } from '../../apps/miniature/dist/results.js';
import { RECIPE, resizeDataset } from '../../apps/miniature/dist/train.js';
import { root } from './support/examples.js';

const MAIN = join(root, 'apps/miniature/dist/main.js');
const baseMacs = sizeOf(ONE).macs;
const ratio = (coefficients: Parameters<typeof sizeOf>[0]): number => sizeOf(coefficients).macs / baseMacs;

describe('miniature: networks', () => {
  it('the base has half a million multiply-adds', () => {
    expect(sizeOf(ONE)).to.deep.equal({ blocks: 5, pixels: 12, params: 16_649, macs: 469_856 });
    expect(stretch(ONE).stages).to.deep.equal([mbconv(3, 2, 1, 8, 1), ...BASE.stages]);
  });

  const repeats: readonly [depth: number, want: readonly number[]][] = [
    [1, [1, 2, 1]], [1.25, [1, 3, 1]], [1.5, [2, 3, 1]], [1.75, [2, 3, 2]], [2, [2, 4, 2]], [4, [4, 8, 4]],
  ];
  for (const [depth, want] of repeats) {
    it(`depth ${depth}: ${want.join(', ')} blocks`, () => expect(stretchRepeats([1, 2, 1], depth)).to.deep.equal(want));
  }

  it('no stage is ever empty', () => expect(stretchRepeats([1, 2, 1], 0.25)).to.deep.equal([1, 1, 1]));

  it('stretching changes channels, blocks and pixels, and what it does not name stays', () => {
    const larger = stretch({ depth: 2, width: 1.4, resolution: 4 / 3 });
    const { stemChannels, headChannels, imageSize, stages, ...rest } = larger;
    expect([stemChannels, headChannels, imageSize]).to.deep.equal([12, 134, 16]);
    expect(stages.map(({ channels }) => channels)).to.deep.equal([12, 16, 22, 34]);
    const { stemChannels: _, headChannels: _h, imageSize: _i, stages: _s, ...base } = stretch(ONE);
    expect(rest).to.deep.equal(base);
    expect(base).to.include({ dropout: 0, dropPath: 0, stemStride: configFor('tiny-28').stemStride });
  });

  it('a stretched network takes images of its size, and others', () => {
    manualSeed(1);
    const model = new EfficientNet(stretch({ depth: 1.5, width: 1.1, resolution: 14 / 12 })).eval();
    expect(model.call(randn([2, 14, 14, 1], new Random(1))).shape).to.deep.equal([2, 10]);
    expect(model.call(randn([1, 17, 17, 1], new Random(2))).shape).to.deep.equal([1, 10]);
  });
});

describe('miniature: what the experiments compare', () => {
  it('figure 3: one factor at a time, from the base up', () => {
    for (const { points } of FIGURE3) {
      expect(points[0]).to.deep.equal(ONE);
      const changed = points.slice(1).map((point) =>
        (['depth', 'width', 'resolution'] as const).filter((name) => point[name] !== 1).join());
      expect(new Set(changed)).to.have.property('size', 1);
      const macs = points.map(ratio);
      expect(macs).to.deep.equal([...macs].sort((a, b) => a - b));
      expect(macs.at(-1)).to.be.within(4, 6);
    }
    // Depth and resolution cost what the paper says; width less than w²: depthwise convolutions grow with w alone.
    for (const { depth, width, resolution } of FIGURE3.flatMap(({ points }) => points)) {
      const cost = ratio({ depth, width, resolution });
      expect(cost / (depth * width ** 2 * resolution ** 2)).to.be.within(0.8, 1.1);
    }
  });

  it('figure 4: the same widths on four bases', () => {
    expect(FIGURE4.map(({ points }) => [points[0].depth, sizeOf(points[0]).pixels]))
      .to.deep.equal([[1, 12], [2, 12], [1, 16], [2, 16]]);
    for (const { points } of FIGURE4) expect(points.map(({ width }) => width)).to.deep.equal([1, 1.4, 1.8]);
  });

  it('the grid: α·β²·γ² is about 2, and so are the multiply-adds', () => {
    for (const { alpha, beta, gamma } of GRID) {
      expect(Math.min(alpha, beta, gamma)).to.be.at.least(1);
      expect(alpha * beta ** 2 * gamma ** 2).to.be.within(1.9, 2.35);
    }
    const [width, depth, resolution, ...others] = GRID.map((point) => ratio(once(point)));
    expect([width, depth, resolution].every((factor) => factor >= 2 && factor < 2.25)).to.equal(true);
    expect(others.every((factor) => factor > 1.9 && factor < 2.05), others.join()).to.equal(true);
    expect(GRID.filter(isCompound)).to.have.length(2);
  });

  it('at φ = 2, four times, whichever compound point was best', () => {
    for (const point of [...ALONE_AT_2.flatMap(({ points }) => points), ...GRID.filter(isCompound).map(twice)]) {
      expect(ratio(point), keyOf(point)).to.be.within(3.9, 4.35);
    }
  });

  it('no network is asked for twice by an experiment', () => {
    for (const name of EXPERIMENTS) {
      const keys = tasksOf(name, GRID.find(isCompound)).map(({ coefficients }) => keyOf(coefficients));
      expect(new Set(keys).size).to.equal(keys.length);
    }
    expect(tasksOf('grid', GRID.find(isCompound)).length).to.equal(tasksOf('grid').length + 4);
  });

  it('images are resized one by one, labels stay', () => {
    const images = Uint8Array.from({ length: 2 * 16 }, (_, i) => (i < 16 ? 40 : 200));
    const labels = Uint8Array.of(1, 0);
    const small = resizeDataset(
      { name: 'two', classes: ['a', 'b'], height: 4, width: 4, channels: 1, length: 2, images, labels }, 2);
    expect([...small.images]).to.deep.equal([40, 40, 40, 40, 200, 200, 200, 200]);
    expect([small.height, small.width, ...small.labels]).to.deep.equal([2, 2, 1, 0]);
  });
});

const start = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }));
  });

describe('miniature: runs', () => {
  it('are done once, one after the other, and survive a line cut off', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'miniature-'));
    try {
      // Time for one run only: it begins no second one.
      const args = ['figure3', '--results', folder, '--images', '13', '--epochs', '1', '--minutes', '0.0005'];
      expect(await start(...args)).to.include({ code: 0, stderr: '' });
      appendFileSync(join(folder, 'metrics.jsonl'), '{"experiment":"figure3","dep');
      expect(await start(...args)).to.include({ code: 0, stderr: '' });
      const runs = readRuns(folder);
      expect(runs.map(({ depth, width, seed }) => [depth, width, seed])).to.deep.equal([[1, 1, 1], [1, 1.4, 1]]);
      for (const run of runs) {
        expect(run).to.include({ imagesPerClass: 13, epochs: 1, testImages: 2000, ...sizeOf(run) });
        expect(run.accuracy).to.be.within(0.02, 0.6);
        expect(run.seconds).to.be.above(0);
      }
      expect(runsOf(runs, RECIPE, 2000), 'of another recipe').to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const wrong: readonly [args: readonly string[], message: string][] = [
    [['figure5'], "takes one of figure3, figure4, grid, all, plot; got 'figure5'"],
    [['grid', '--seeds', '0'], "--seeds takes a whole number >= 1; got '0'"],
    [['grid', '--minutes', 'soon'], "--minutes takes a number > 0; got 'soon'"],
  ];
  for (const [args, message] of wrong) {
    it(`${args.join(' ')}: exit 2`, async () => {
      const { code, stderr } = await start(...args);
      expect(stderr).to.equal(`miniature: ${message}\n`);
      expect(code).to.equal(2);
    });
  }

  it('without a command: the help, exit 2', async () => {
    expect(await start()).to.have.property('code', 2);
    expect((await start('--help')).stdout).to.contain('--seeds N');
  });

  it('the best compound point is the first seed’s', () => {
    const run = (point: (typeof GRID)[number], seed: number, accuracy: number): Run => ({
      experiment: 'grid', ...once(point), seed, ...sizeOf(ONE), ...RECIPE, accuracy, testLoss: 1, trainLoss: 1,
      seconds: 1, testImages: 10,
    });
    const [one, two] = GRID.filter(isCompound);
    expect(bestCompound([run(one, 1, 0.5), run(two, 2, 0.9)])).to.equal(undefined);
    expect(bestCompound([run(one, 1, 0.5), run(two, 1, 0.4), run(two, 2, 0.9)])).to.equal(one);
    expect(bestCompound([run(one, 1, 0.4), run(two, 1, 0.5), run(one, 2, 0.9)])).to.equal(two);
  });
});

describe('miniature: the page', () => {
  const runs = readRuns(join(root, 'apps/miniature/results'));
  const page = readFileSync(join(root, 'docs/miniature.md'), 'utf8');

  it('every network has run, all by one recipe, and is as large as its line says', () => {
    expect(runsOf(runs, RECIPE, 10_000)).to.have.length(runs.length);
    const tasks = EXPERIMENTS.flatMap((name) => tasksOf(name, bestCompound(runs)));
    expect(tasks.filter(({ coefficients }) => seedsOf(runs, coefficients).length === 0)).to.deep.equal([]);
    for (const run of runs) expect(run).to.include(sizeOf(run));
    expect(new Set(runs.map((run) => `${keyOf(run)} ${run.seed}`)).size).to.equal(runs.length);
  });

  it('its tables are those of the results', () => {
    expect(withTables(page, runs) === page, 'renew them: node apps/miniature/dist/main.js plot').to.equal(true);
    for (const table of tables(runs).values()) expect(page).to.contain(table);
    expect(withTables('<!-- miniature grid -->\nold\n<!-- /miniature -->', runs)).not.to.contain('old');
    expect(() => withTables('<!-- miniature other -->\n<!-- /miniature -->', runs)).to.throw('there is no table other');
  });

  for (const { name, svg } of charts(runs)) {
    it(`${name} is what the results give, and stands on it`, () => {
      const drawn = readFileSync(join(root, 'docs/pictures', name), 'utf8');
      expect(drawn === svg, 'draw it: node apps/miniature/dist/main.js plot').to.equal(true);
      expect(page).to.contain(`(pictures/${name})`);
    });
  }
});
