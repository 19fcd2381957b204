import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfusionMatrix, classScores, commonestConfusions } from '../../packages/nn/dist/train/confusion.js';
import {
  displayWidth, formatDuration, formatNumber, Progress, truncate,
} from '../../packages/nn/dist/train/progress.js';
import { renderReport, type ReportData } from '../../packages/nn/dist/train/report/page.js';
import { createRunFolder, readMetrics, RunLog } from '../../packages/nn/dist/train/run-log.node.js';
import { heatMap } from '../../packages/nn/dist/train/svg/heat-map.js';
import { lineChart } from '../../packages/nn/dist/train/svg/line-chart.js';
import { textWidth } from '../../packages/nn/dist/train/svg/marks.js';
import { niceTicks } from '../../packages/nn/dist/train/svg/ticks.js';
import type { EpochMetrics } from '@vitrine/nn';

/** A stream and a clock one can look into. `screen()` is what a terminal of that width would show. */
function desk(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const desk = {
    time: 0,
    written,
    stream: { isTTY, columns, write: (text: string) => written.push(text) },
    now: () => desk.time,
    screen(): string[] {
      const rows = [''];
      let column = 0;
      for (const token of written.join('').match(/\x1b\[K|[^]/gu) ?? []) {
        const row = [...rows[rows.length - 1]];
        if (token === '\r') column = 0;
        else if (token === '\n') [column] = [0, rows.push('')];
        else if (token === '\x1b[K') rows[rows.length - 1] = row.slice(0, column).join('');
        else {
          if (column === columns) [column, row.length] = [0, (rows.push(''), 0)];
          row[column++] = token;
          rows[rows.length - 1] = row.join('');
        }
      }
      return rows;
    },
  };
  return desk;
}

describe('train: progress', () => {
  it('shows label, bar, percent, rate, metrics and time left on a terminal', () => {
    const at = desk(true);
    const progress = new Progress(at);
    progress.start('train 3/5', 1000);
    at.time = 2000;
    progress.update(620, { loss: 0.51234 });
    const [line] = at.screen();
    expect(line).to.match(/^train 3\/5 ▕█+[▏▎▍▌▋▊▉]? *▏ {3}62 %  310 images\/s  loss 0\.5123  ETA 0:01$/);
    const width = line.lastIndexOf('▏') - line.indexOf('▕') - 1;
    expect(line.match(/█/g)).to.have.length(Math.floor(0.62 * width));
  });

  it('rewrites one line, at most ten times a second, and leaves one behind', () => {
    const at = desk(true);
    const progress = new Progress(at);
    progress.start('train 1/1', 1000);
    for (let i = 1; i <= 1000; i++) {
      at.time = i;
      progress.update(i, { loss: 1 / i });
    }
    progress.end();
    progress.end();
    expect(at.written.length).to.be.within(10, 12);
    expect(at.screen()).to.deep.equal(['train 1/1  1000 images in 0:01  1000 images/s  loss 0.0010', '']);
  });

  for (const columns of [8, 12, 20, 30, 45, 60, 80, 200]) {
    it(`never wraps at ${columns} columns`, () => {
      const at = desk(true, columns);
      const progress = new Progress(at);
      progress.start('train 10/100 日本', 60000);
      for (let i = 1; i <= 20; i++) {
        at.time = i * 500;
        progress.update(i * 1500, { loss: 1.23456e-7, accuracy: '97.1 %', 'learning rate': 0.001 });
        expect(at.screen()).to.have.length(1);
        expect(displayWidth(at.screen()[0])).to.be.at.most(columns - 1);
      }
      const shown = at.screen()[0];
      if (columns >= 45) expect(shown).to.contain('loss 1.235e-7').and.contain('50 %');
      if (columns < 200) return;
      expect(shown).to.match(/▕█{12} {12}▏.*images\/s.*accuracy 97\.1 %  learning rate 0\.0010  ETA 0:10/);
    });
  }

  it('prints plain lines every few seconds where nothing can be rewritten', () => {
    const at = desk(false);
    const progress = new Progress(at);
    progress.start('test', 100);
    for (let i = 1; i <= 100; i++) {
      at.time = i * 120;
      progress.update(i, { loss: NaN });
    }
    progress.end();
    expect(at.written.join('')).to.equal(
      'test   42 %  8.3 images/s  loss NaN  ETA 0:07\n' +
        'test   84 %  8.3 images/s  loss NaN  ETA 0:02\n' +
        'test  100 images in 0:12  8.3 images/s  loss NaN\n',
    );
  });

  it('says how far an interrupted phase came, and rounds percent down', () => {
    const at = desk(false);
    const progress = new Progress(at);
    progress.start('train 1/2', 1000);
    at.time = 6000;
    progress.update(999);
    progress.end();
    expect(at.written).to.have.length(2);
    expect(at.written[0]).to.match(/^train 1\/2 {3}99 % /);
    expect(at.written[1]).to.equal('train 1/2  999 of 1000 images in 0:06  167 images/s\n');
  });

  it('does without a total, and without images', () => {
    const at = desk(true);
    const progress = new Progress(at);
    progress.start('read', undefined, 'files');
    at.time = 1000;
    progress.update(5);
    expect(at.screen()).to.deep.equal(['read  5 files  5.0 files/s']);
    progress.start('none', 0);
    progress.end();
    expect(at.screen()).to.deep.equal(['read  5 files in 0:01  5.0 files/s', 'none  0 images in 0:00', '']);
  });

  it('lets whole lines pass above the live one', () => {
    const at = desk(true);
    const progress = new Progress(at);
    progress.start('train', 10);
    progress.log('a note');
    expect(at.screen()[0]).to.equal('a note');
    expect(at.screen()[1]).to.match(/^train ▕.*0 %$/);
  });

  it('refuses what it cannot show', () => {
    const progress = new Progress(desk(true));
    expect(() => progress.update(1)).to.throw(/Progress\.update: no phase is running; call start/);
    expect(() => progress.start('x', NaN)).to.throw(RangeError, /Progress\.start: total .* found NaN/);
    progress.start('x', 1);
    expect(() => progress.update(-1)).to.throw(RangeError, /Progress\.update: done .* found -1/);
  });

  it('formats', () => {
    expect([0, 12, 0.5123456, 0.00001234567, 1234.56, 12345678.9, NaN, -Infinity].map(formatNumber)).to.deep.equal(
      ['0', '12', '0.5123', '1.235e-5', '1234.6', '1.235e+7', 'NaN', '-Infinity']);
    expect([0, 41.4, 59.6, 725, 11279, Infinity].map(formatDuration)).to.deep.equal(
      ['0:00', '0:41', '1:00', '12:05', '3:07:59', '–']);
    expect([truncate('abc', 3), truncate('abcd', 3), truncate('日本語', 4), truncate('a', 0)]).to.deep.equal(
      ['abc', 'ab…', '日…', '']);
  });
});

const pets = ['cat', 'dog', 'owl'];

function petMatrix(): ConfusionMatrix {
  const matrix = new ConfusionMatrix(pets);
  for (const [truth, predicted, times] of [[0, 0, 8], [0, 1, 2], [1, 1, 9], [1, 0, 1]]) {
    for (let i = 0; i < times; i++) matrix.add(truth, predicted);
  }
  return matrix;
}

describe('train: confusion matrix', () => {
  it('counts rows by truth and columns by prediction', () => {
    const matrix = petMatrix();
    expect(matrix.counts()).to.deep.equal([[8, 2, 0], [1, 9, 0], [0, 0, 0]]);
    expect([matrix.total(), matrix.accuracy()]).to.deep.equal([20, 17 / 20]);
    matrix.counts()[0][0] = 99; // a copy
    expect(matrix.counts()[0][0]).to.equal(8);
    expect(new ConfusionMatrix(pets).accuracy()).to.be.NaN;
  });

  it('gives precision, recall and the commonest mistakes', () => {
    const [cat, dog, owl] = classScores(pets, petMatrix().counts());
    expect(cat).to.deep.equal({ name: 'cat', support: 10, precision: 8 / 9, recall: 0.8, f1: 16 / 19 });
    expect(dog).to.deep.equal({ name: 'dog', support: 10, precision: 9 / 11, recall: 0.9, f1: 18 / 21 });
    expect([owl.precision, owl.recall]).to.deep.equal([NaN, NaN]);
    expect(commonestConfusions(pets, petMatrix().counts(), 1)).to.deep.equal(
      [{ truth: 'cat', predicted: 'dog', count: 2 }]);
  });

  it('prints an aligned table', () => {
    expect(petMatrix().toString()).to.equal([
      'truth \\ predicted  cat  dog  owl   recall  precision',
      'cat                  8    2    ·   80.0 %     88.9 %',
      'dog                  1    9    ·   90.0 %     81.8 %',
      'owl                  ·    ·    ·        –          –',
      'accuracy 85.0 %  (17 of 20)',
    ].join('\n'));
  });

  it('heads columns with numbers when names are too wide, and stays aligned with wide and hostile names', () => {
    const names = Array.from({ length: 20 }, (_, i) => ['日本語', 'a\x1b[2J\nb', `class number ${i}`][i % 3]);
    const matrix = new ConfusionMatrix(names);
    for (let i = 0; i < 4000; i++) matrix.add(i % 20, i % 400 === 0 ? 19 : i % 20);
    const lines = matrix.toString().split('\n');
    expect(lines).to.have.length(22);
    expect(lines[0]).to.match(/ 0 +1 +2 +.* 19 +recall +precision$/);
    expect(lines[1]).to.match(/^ 0 日本語 /);
    expect(new Set(lines.slice(0, 21).map(displayWidth)).size).to.equal(1);
    expect(matrix.toString()).to.not.match(/\x1b/);
  });

  it('lists mistakes when there are too many classes for a table', () => {
    const matrix = new ConfusionMatrix(Array.from({ length: 1000 }, (_, i) => `class ${i}`));
    for (let i = 0; i < 12; i++) matrix.add(7, 9);
    matrix.add(1, 2);
    expect(matrix.toString().split('\n').slice(1)).to.deep.equal(
      ['12  class 7 → class 9', ' 1  class 1 → class 2', 'accuracy 0.0 %  (0 of 13)']);
  });

  it('refuses indices that are no class', () => {
    const matrix = new ConfusionMatrix(pets);
    expect(() => matrix.add(3, 0)).to.throw(
      RangeError, 'ConfusionMatrix.add: truth is 3; classes are whole numbers 0..2');
    expect(() => matrix.add(0, 0.5)).to.throw(RangeError, 'predicted is 0.5');
    expect(() => new ConfusionMatrix([])).to.throw(RangeError, 'no classes');
  });
});

describe('train: run log', () => {
  let root: string;
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'vitrine-')); });
  afterEach(() => rmSync(root, { recursive: true }));

  it('never uses a run folder twice', () => {
    const when = new Date(2026, 2, 4, 5, 6, 7);
    const folders = [1, 2, 3].map(() => createRunFolder(join(root, 'deep', 'runs'), when));
    expect(folders.map((folder) => folder.split(/[\\/]/).at(-1))).to.deep.equal(
      ['2026-03-04_05-06-07', '2026-03-04_05-06-07-2', '2026-03-04_05-06-07-3']);
    writeFileSync(join(root, 'file'), '');
    expect(() => createRunFolder(join(root, 'file'))).to.throw(/EEXIST|ENOTDIR/);
  });

  it('keeps NaN and the infinities, and goes on after a torn line', () => {
    const log = RunLog.create(root);
    log.append({ epoch: 1, loss: NaN, all: [Infinity, -Infinity], name: 'x\ny' });
    log.append({ epoch: 2, loss: 0.1 });
    writeFileSync(log.path('metrics.jsonl'), '{"epoch":3,"lo', { flag: 'a' });
    RunLog.open(log.folder).append({ epoch: 4 });
    expect(readMetrics(log.path('metrics.jsonl'))).to.deep.equal({
      records: [
        { epoch: 1, loss: NaN, all: [Infinity, -Infinity], name: 'x\ny' }, { epoch: 2, loss: 0.1 }, { epoch: 4 },
      ],
      torn: [3],
    });
    expect(() => RunLog.open(join(root, 'nowhere'))).to.throw(/RunLog\.open: .*nowhere: no such folder/);
  });

  it('takes out what is made again, and torn lines', () => {
    const log = RunLog.create(root);
    expect(log.trim(() => true), 'no file yet').to.deep.equal([]);
    for (const step of [0, 1, 2]) log.append({ step, loss: NaN });
    writeFileSync(log.path('metrics.jsonl'), '{"step":3,"lo', { flag: 'a' });
    expect(log.trim(({ step }) => Number(step) < 2)).to.deep.equal([{ step: 0, loss: NaN }, { step: 1, loss: NaN }]);
    log.append({ step: 2 });
    expect(readFileSync(log.path('metrics.jsonl'), 'utf8'))
      .to.equal('{"step":0,"loss":"NaN"}\n{"step":1,"loss":"NaN"}\n{"step":2}\n');
  });

  it('writes whole files beside their place', () => {
    const log = RunLog.create(root);
    log.write('report.html', 'old');
    log.write('report.html', 'new');
    expect(readFileSync(log.path('report.html'), 'utf8')).to.equal('new');
    expect(() => log.write(join('nowhere', 'x'), '')).to.throw(/ENOENT/);
    expect(readdirSync(log.folder)).to.deep.equal(['report.html']);
  });
});

/** Boxes [left, right, top, bottom] of the upright labels of a chart, by the estimate the layout uses. */
function labelBoxes(svg: string) {
  return [...svg.matchAll(/<text x="([-\d.]+)" y="([-\d.]+)" ([^>]*)>([^<]*)<\/text>/g)]
    .filter(([, , , attributes]) => !attributes.includes('transform'))
    .map(([, x, y, attributes, text]) => {
      const size = Number(/font-size="(\d+)"/.exec(attributes)?.[1] ?? 12);
      const width = textWidth(text, size);
      const left = Number(x) - (attributes.includes('"end"') ? width : attributes.includes('"middle"') ? width / 2 : 0);
      return { text, left, right: left + width, top: Number(y) - 0.75 * size, bottom: Number(y) + 0.2 * size };
    });
}

describe('train: charts', () => {
  it('chooses nice ticks', () => {
    const rows: [number, number, number, boolean, number[]][] = [
      [0, 1, 5, false, [0, 0.2, 0.4, 0.6, 0.8, 1]],
      [0.1, 0.34, 5, false, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]],
      [-3, 12, 4, false, [-5, 0, 5, 10, 15]],
      [1, 12, 6, true, [2, 4, 6, 8, 10, 12]],
      [1, 3, 10, true, [1, 2, 3]],
      [0, 0, 4, false, [-1, -0.5, 0, 0.5, 1]],
      [2, 2, 4, false, [1, 1.5, 2, 2.5, 3]],
    ];
    for (const [low, high, count, whole, ticks] of rows) {
      expect(niceTicks(low, high, count, whole)).to.deep.equal(ticks);
    }
    for (const [low, high] of [[1e-9, 1e140], [-1e149, 1e149], [1, 1 + 1e-15], [1e-300, 2e-300], [5e-324, 5e-324]]) {
      const ticks = niceTicks(low, high, 5);
      expect(ticks.length).to.be.within(2, 12);
      expect(ticks.every(Number.isFinite)).to.equal(true);
    }
  });

  const wave = (n: number, scale: number) =>
    Array.from({ length: n }, (_, i) => [i + 1, scale * (1 + Math.sin(i))] as const);
  const beyond = [[1, 1e308], [2, -1e308], [3, 1]] as const;
  const shapes: [string, Parameters<typeof lineChart>[0]][] = [
    ['one point', [{ name: 'a', points: [[1, 0.5]] }]],
    ['twelve epochs', [{ name: 'training', points: wave(12, 1) }, { name: 'test', points: wave(12, 2) }]],
    ['many steps', [{ name: 'loss', points: wave(123456, 1e-7) }]],
    ['huge values', [{ name: 'loss', points: wave(9, 1e30) }, { name: 'x', points: beyond }]],
    ['long names', Array.from({ length: 7 }, (_, i) => ({ name: 'WWWW long name '.repeat(i), points: wave(3, i) }))],
    ['no points', [{ name: 'a', points: [] }, { name: 'b', points: [[1, NaN]] }]],
  ];
  for (const [name, series] of shapes) {
    it(`draws ${name} without overlapping labels or broken coordinates`, () => {
      const svg = lineChart(series, { title: 'T', xLabel: 'epoch', unit: ' %' });
      expect(svg).to.not.match(/NaN|Infinity|undefined/);
      expect(svg.length).to.be.below(60_000);
      const boxes = labelBoxes(svg);
      expect(boxes.length).to.be.at.least(2);
      boxes.forEach((a, i) => {
        expect(a.left, a.text).to.be.at.least(-0.5);
        expect(a.right, a.text).to.be.at.most(560.5);
        for (const b of boxes.slice(i + 1)) {
          const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
          expect(apart, `"${a.text}" and "${b.text}"`).to.equal(true);
        }
      });
    });
  }

  it('interrupts the line where a value is not finite, says so, and keeps its place on the x axis', () => {
    const svg = lineChart([{ name: 'loss', points: [[1, 3], [2, 2], [3, NaN], [4, 1], [5, Infinity]] }],
      { title: 'Loss', xLabel: 'epoch' });
    const line = /<path d="([^"]*)" fill="none"[^>]*stroke-width="2"[^>]*\/><path[^>]*><title>/.exec(svg)?.[1] ?? '';
    expect(line).to.match(/^M\S+ \S+h0L\S+ \S+M\S+ \S+h0$/);
    expect(svg).to.contain('loss (2 not finite)').and.contain('>5</text>');
    expect(svg).to.contain('<title>loss, epoch 4: 1</title>');
  });

  it('keeps the spikes of a long line', () => {
    const points = Array.from({ length: 50_000 }, (_, i) => [i, i === 31_415 ? 9 : 1] as const);
    const svg = lineChart([{ name: 'loss', points }], { title: 'Loss', xLabel: 'step' });
    const line = / d="(M[^"]*L[^"]*)"/.exec(svg)?.[1] ?? '';
    const heights = [...line.matchAll(/[ML][-\d.]+ ([-\d.]+)/g)].map((m) => Number(m[1]));
    expect(heights.length).to.be.within(500, 1120); // one or two points a pixel column of 560
    expect(new Set(heights).size).to.equal(2);
    expect(heights.filter((y) => y === Math.min(...heights))).to.have.length(1);
  });

  it('draws a confusion matrix: one square a cell, numbers where there are any, names escaped', () => {
    const svg = heatMap(['<cat>', 'dog', 'a name much longer than its square'], petMatrix().counts(), 'Map');
    expect(svg.match(/<rect /g)).to.have.length(9);
    expect(svg).to.contain('<title>&lt;cat&gt; called dog: 2 of 10</title>').and.not.contain('<cat>');
    expect([...svg.matchAll(/>(\d+)<\/text>/g)].map((m) => m[1])).to.deep.equal(['8', '2', '1', '9']);
    expect(svg).to.not.match(/NaN|Infinity/);
  });
});

const epoch = (n: number, more: Partial<EpochMetrics> = {}): EpochMetrics => ({
  epoch: n, trainLoss: 1 / n, testLoss: 1.2 / n, testAccuracy: 1 - 0.5 / n, learningRate: 0.001 / n,
  seconds: 40, imagesPerSecond: 800, ...more,
});
const pixel = 'data:image/png;base64,iVBORw0KGgo=';
const report: ReportData = {
  title: 'A run', facts: [['Node', 'v20']], config: [['Seed', 7]], epochs: [epoch(1), epoch(2)],
  steps: Array.from({ length: 200 }, (_, i) => ({ step: i + 1, loss: 1 / (i + 1) })), classes: pets,
  confusion: petMatrix().counts(), mistakes: [{ image: pixel, truth: 'cat', predicted: 'dog', confidence: 0.987 }],
  summary: 'layer  params',
};

describe('train: report', () => {
  it('holds everything that was given', () => {
    const html = renderReport(report);
    const parts = [
      '<h1>A run</h1>', '>75.0 %<', '1:20', 'Training loss by step', 'Learning rate', 'Commonest confusions', pixel,
      '98.7 % sure', 'layer  params', '<td>v20</td>', '<td>7</td>', '88.9 %', 'prefers-color-scheme: dark',
    ];
    for (const part of parts) expect(html).to.contain(part);
    expect(html).to.not.contain('NaN');
  });

  it('loads nothing and runs nothing', () => {
    const html = renderReport(report).replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    expect(html).to.not.match(/<script|<link|<iframe|https?:|@import|url\(| on\w+=/i);
    expect(html).to.contain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
  });

  it('escapes every text', () => {
    const evil = `</title></style></pre><script>alert("x")</script>' onload='&amp;`;
    const html = renderReport({
      ...report, title: evil, facts: [[evil, evil]], config: [[evil, evil]], classes: [evil, evil, evil], summary: evil,
      mistakes: [{ image: pixel, truth: evil, predicted: evil, confidence: 1 }],
    });
    expect(html).to.not.match(/<script|' onload='/);
    expect(html.match(/<\/(style|pre)>/g)).to.deep.equal(['</style>', '</pre>']);
    expect(html.match(/&lt;script&gt;alert\(&quot;x&quot;\)/g)?.length).to.be.at.least(12);
    expect(html).to.contain('&#39; onload=&#39;&amp;amp;');
  });

  it('says so when a run was interrupted at once', () => {
    const html = renderReport({ ...report, epochs: [], steps: [], confusion: [], mistakes: [], summary: undefined });
    expect(html).to.contain('The run ended before its first epoch was complete.').and.contain('Nothing was evaluated.');
    expect(html).to.not.match(/<svg|<pre|NaN|undefined|Worst mistakes|Curves/);
  });

  it('says so when the loss was not finite', () => {
    const lost = { trainLoss: NaN, testLoss: Infinity, testAccuracy: NaN };
    const epochs = [epoch(1), epoch(2, lost), epoch(3, { trainLoss: NaN })];
    const html = renderReport({ ...report, epochs, steps: [{ step: 1, loss: 1 }, { step: 2, loss: NaN }] });
    expect(html).to.contain('not finite, first in epoch 2');
    expect(html).to.contain('training (2 not finite)').and.contain('test (1 not finite)');
    expect(html).to.not.match(/[="][^">]*\b(NaN|Infinity)\b[^"<]*"/); // in no attribute, so in no coordinate
  });

  it('does without what was not measured', () => {
    const html = renderReport({ ...report, steps: undefined,
      epochs: [{ epoch: 1, trainLoss: 1, testAccuracy: NaN, seconds: 1, imagesPerSecond: 1 }] });
    expect(html).to.not.match(/NaN|undefined|>Test accuracy<\/text>|Learning rate<\/text>/);
  });

  it('lists instead of drawing when there are very many classes', () => {
    const classes = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
    const counts = classes.map((_, t) => classes.map((__, p) => (p === (t === 3 ? 4 : t) ? 5 : 0)));
    const html = renderReport({ ...report, classes, confusion: counts });
    expect(html).to.not.contain('<rect');
    expect(html).to.contain('<td>class 3</td><td>class 4</td><td class="n">5</td>');
    expect(html).to.contain('<summary>1000 classes</summary>');
  });

  it('refuses a matrix of another size, and pictures it would have to fetch', () => {
    expect(() => renderReport({ ...report, confusion: [[1, 2]] })).to.throw(RangeError,
      'renderReport: confusion must be 3×3 for 3 classes, or [] if nothing was evaluated; found 1 rows of 2');
    const svg = 'data:image/svg+xml;base64,AAAA';
    const images = ['http://example.org/a.png', svg, 'data:image/png;base64,AA" onerror="x'];
    for (const image of images) {
      const mistakes = [{ image, truth: 'a', predicted: 'b', confidence: 1 }];
      expect(() => renderReport({ ...report, mistakes })).to.throw(/mistakes\[0\]\.image must be a base64 data URI/);
    }
  });
});
