/** What a report is put together from: its sections, charts and colours, and the histograms in it. */
import {
  BatchNorm2d, Linear, Module, Sequential, histogram, parameterHistograms, profile, renderReport,
} from '@vitrine/nn';
import type { Mistake, ReportData } from '@vitrine/nn';
import type { Variable } from '@vitrine/autograd';
import { Random, fromArray, ones, randn, scaleInto } from '@vitrine/tensor';
import { expect } from 'chai';
import { STYLE } from '../../packages/nn/dist/train/report/style.js';
import { barChart } from '../../packages/nn/dist/train/svg/bar-chart.js';
import { histogramChart } from '../../packages/nn/dist/train/svg/histogram-chart.js';
import { textWidth } from '../../packages/nn/dist/train/svg/marks.js';

const pixel = 'data:image/png;base64,iVBORw0KGgo=';
const overlay = `${pixel.slice(0, -1)}a`;
const mistake: Mistake = { image: pixel, overlay, truth: 'cat', predicted: 'dog', confidence: 0.9 };
const layers = new Sequential(new Linear(3, 4), new Linear(4, 2));

/** One field a section, and the section's heading. */
const parts: readonly (readonly [heading: string, data: Partial<ReportData>])[] = [
  ['Curves', { steps: [{ step: 0, loss: 1, learningRate: 0.1 }, { step: 1, loss: 0.5, learningRate: 0.2 }] }],
  ['Confusion matrix', { classes: ['cat', 'dog'], confusion: [[3, 1], [0, 4]] }],
  ['Worst mistakes', { mistakes: [mistake] }],
  ['Weights and gradients', { histograms: parameterHistograms([{ name: 'all', modules: [layers] }]) }],
  ['Stem filters', { filters: [pixel, pixel] }],
  ['Time by layer', { profile: profile(layers, ones([2, 3]), { runs: 1 }) }],
  ['Epochs', { epochs: [{ epoch: 1, trainLoss: 1, testAccuracy: 0.5, seconds: 2, imagesPerSecond: 3 }] }],
  ['Configuration', { config: [['seed', 1]] }],
  ['What it ran on', { facts: [['node', 20]] }],
  ['Model', { summary: 'layers' }],
];
const whole: ReportData = parts.reduce<ReportData>((data, [, part]) => ({ ...data, ...part }), { title: 'A run' });
const headings = (html: string): string[] => [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, heading]) => heading);

/** Tags not closed, not opened, or closed in another order; attributes that are not quoted. */
function faults(html: string): string[] {
  const open: string[] = [];
  const found: string[] = [];
  const markup = html.replace(/<!doctype html>/, '').replace(/<style>[^]*?<\/style>/, '');
  for (const [tag, closing, name, attributes] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)([^<>]*)>/gi)) {
    if (!/^(\s+[\w-]+="[^"]*")*\s*\/?$/.test(attributes)) found.push(`attributes of ${tag}`);
    if (closing !== '') {
      if (open.pop() !== name) found.push(`unexpected ${tag}`);
    } else if (!attributes.endsWith('/') && !['meta', 'img'].includes(name)) open.push(name);
  }
  if (/[<>]/.test(markup.replace(/<\/?[a-z][a-z0-9]*[^<>]*>/gi, ''))) found.push('a bracket outside of tags');
  return [...found, ...open.map((name) => `${name} stays open`)];
}

describe('report: sections', () => {
  it('with everything: every section, the result first', () => {
    const html = renderReport(whole);
    expect(headings(html)).to.deep.equal([
      'Curves', 'Confusion matrix', 'Classes', 'Worst mistakes', 'Weights and gradients', 'Stem filters',
      'Time by layer', 'Epochs', 'Configuration', 'What it ran on', 'Model',
    ]);
    expect(html.indexOf('class="tiles"')).to.be.below(html.indexOf('<h2>'));
  });

  for (const [heading, part] of parts) {
    it(`${heading}: there when given, absent otherwise, sound HTML either way`, () => {
      const only = renderReport({ title: 'A run', ...part });
      expect(headings(only)).to.contain(heading);
      const keys = heading === 'Curves' ? ['steps', 'epochs'] : Object.keys(part); // either has curves
      const without = renderReport({ ...whole, ...Object.fromEntries(keys.map((key) => [key, undefined])) });
      expect(headings(without)).not.to.contain(heading);
      expect([...faults(only), ...faults(without)]).to.deep.equal([]);
    });
  }

  it('with nothing but a title: no section at all', () => {
    const html = renderReport({ title: 'Empty' });
    expect(headings(html)).to.deep.equal([]);
    expect(html).not.to.match(/<svg|<img|<table|undefined/);
    expect(faults(html)).to.deep.equal([]);
  });

  it('refers to nothing outside of itself', () => {
    const html = renderReport(whole).replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    expect(html).not.to.match(/<script|<link|<iframe|https?:|\/\/\w|@import|url\(| on\w+=/i);
    expect([...html.matchAll(/ src="([^"]{0,20})/g)].map(([, source]) => source)).to.deep.equal(
      new Array(4).fill('data:image/png;base6'));
  });

  it('finds what is wrong with HTML', () => {
    const broken = [
      '<p>', '</p>', '<p><b></p></b>', '<p a=1></p>', '<p a="1></p>', 'a < b', '<p title=""onload="x"></p>',
    ];
    expect(broken.filter((html) => faults(html).length === 0)).to.deep.equal([]);
  });

  it('the learning rate goes by steps where steps know it, else by epochs', () => {
    const chart = (data: Partial<ReportData>): string =>
      renderReport({ title: 'A run', ...data }).split('aria-label="Learning rate"')[1] ?? '';
    const one = { trainLoss: 1, testAccuracy: 1, learningRate: 0.1, seconds: 1, imagesPerSecond: 1 };
    const epochs = [1, 2].map((epoch) => ({ epoch, ...one }));
    const steps = [0, 1].map((step) => ({ step, loss: 1, learningRate: 0.1 }));
    expect(chart({ epochs, steps })).to.contain('>step</text>');
    expect(chart({ epochs, steps: [{ step: 0, loss: 1 }] })).to.contain('>epoch</text>');
    expect(chart({ steps: [{ step: 0, loss: 1 }] })).to.equal('');
  });

  it('an overlay stands beside its mistake, and every picture is checked', () => {
    const render = (one: Mistake): string => renderReport({ title: 'A run', mistakes: [one] });
    expect(render(mistake)).to.contain('Grad-CAM').and.contain('what spoke for dog').and.contain(overlay);
    expect(render({ ...mistake, overlay: undefined })).not.to.contain('Grad-CAM');
    const bad = 'http://example.org/a.png';
    expect(() => render({ ...mistake, overlay: bad })).to.throw(/mistakes\[0\]\.overlay must be/);
    expect(() => renderReport({ title: 'A run', filters: [pixel, bad] })).to.throw(/filters\[1\] must be/);
  });

  it('of many modules the slowest have bars, and all stand in the table', () => {
    const model = new Sequential(...Array.from({ length: 40 }, () => new Linear(2, 2)));
    const html = renderReport({ title: 'A run', profile: profile(model, ones([1, 2]), { runs: 1 }) });
    expect(html).to.contain('The 24 slowest of 41 modules').and.contain('<summary>41 modules</summary>');
    expect(html.match(/<tr><td>/g)).to.have.length(41);
    expect(html).not.to.match(/NaN|undefined/);
  });
});

describe('report: colours', () => {
  /** Contrast of two colours `#rrggbb`. Source: WCAG 2.1. */
  const luminance = (hex: string): number => {
    const full = hex.length === 4 ? `#${[...hex.slice(1)].map((digit) => digit + digit).join('')}` : hex;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const schemes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name, value])));

  it('there is a light scheme and a dark one, of the same colours', () => {
    expect(schemes).to.have.length(2);
    expect([...schemes[1].keys()]).to.deep.equal([...schemes[0].keys()]);
    expect(luminance(schemes[0].get('ground') ?? '')).to.be.above(0.8);
    expect(luminance(schemes[1].get('ground') ?? '')).to.be.below(0.02);
  });

  it('text and lines reach 4.5 : 1 on every ground', () => {
    expect(contrast('#000', '#fff')).to.be.closeTo(21, 1e-9);
    for (const scheme of schemes) {
      for (const ground of ['ground', 'panel']) {
        for (const ink of ['ink', 'muted', 'series-1', 'series-2', 'series-3', 'series-4']) {
          const reached = contrast(scheme.get(ink) ?? '', scheme.get(ground) ?? '');
          expect(reached, `${ink} on ${ground}`).to.be.at.least(4.5);
        }
      }
      expect(contrast(scheme.get('ink') ?? '', scheme.get('note') ?? '')).to.be.at.least(4.5);
    }
  });
});

/** Boxes of a chart's labels, by the estimate the layout uses. */
function boxes(svg: string) {
  const labels = svg.matchAll(/<text x="([-\d.]+)" y="([-\d.]+)" ([^>]*)>([^<]*)<\/text>/g);
  return Array.from(labels, ([, x, y, attributes, escaped]) => {
    const text = escaped.replaceAll(/&[a-z]+;/g, '<');
    const size = Number(/font-size="(\d+)"/.exec(attributes)?.[1] ?? 12);
    const width = textWidth(text, size);
    const left = Number(x) - (attributes.includes('"end"') ? width : attributes.includes('"middle"') ? width / 2 : 0);
    return { text, left, right: left + width, top: Number(y) - 0.75 * size, bottom: Number(y) + 0.2 * size };
  });
}

function expectReadable(svg: string, width = 560): void {
  expect(svg.replace(/<title>[^<]*<\/title>/g, ''), 'a tooltip may say NaN').not.to.match(/NaN|Infinity|undefined/);
  expect(faults(svg)).to.deep.equal([]);
  const all = boxes(svg);
  all.forEach((a, i) => {
    expect(a.left, a.text).to.be.at.least(-0.5);
    expect(a.right, a.text).to.be.at.most(width + 0.5);
    for (const b of all.slice(i + 1)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      expect(apart, `"${a.text}" and "${b.text}"`).to.equal(true);
    }
  });
}

describe('report: bars and histograms', () => {
  it('bars: parts end to end, as long as their values, named and noted', () => {
    const svg = barChart([{ name: '<a>', values: [1, 3], note: '7 GFLOP/s' }, { name: 'b', values: [0, NaN] }],
      { title: 'T', series: ['forward', 'backward'], xLabel: 'time in ms' });
    expectReadable(svg);
    const rects = svg.matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"[^>]*><title>/g);
    const bars = Array.from(rects, (match) => match.slice(1).map(Number));
    const [[x0, y0, w0], [x1, y1, w1], ...empty] = bars;
    expect([y1, Math.round(x1 - x0 - w0)]).to.deep.equal([y0, 1]);
    expect((w1 + 1) / w0).to.be.closeTo(3, 0.01);
    expect(empty.map(([, , width]) => width)).to.deep.equal([0, 0]);
    expect(svg).to.contain('&lt;a&gt;, backward: 3').and.contain('>time in ms</text>').and.contain('>7 GFLOP/s</text>');
  });

  for (const [what, scale] of [['nothing', 0], ['small values', 1e-9], ['large values', 1e9]] as const) {
    it(`bars: readable with ${what} and long names`, () => {
      const rows = Array.from({ length: 12 }, (_, i) =>
        ({ name: 'WWW block '.repeat(i), values: [i * scale], note: `${i}.0 GFLOP/s` }));
      expectReadable(barChart(rows, { title: 'A title', series: ['time'], xLabel: 'ms' }));
      expectReadable(barChart([], { title: 'A title', series: ['a', 'b'], xLabel: 'ms' }));
    });
  }

  it('counts as numpy does: a value on an edge begins its interval, the last interval is closed', () => {
    expect(histogram([1, 2, 1, 4, 3, 4], { bins: 3 }))
      .to.deep.equal({ edges: [1, 2, 3, 4], counts: [2, 1, 3], outside: 0, notFinite: 0 });
    expect(histogram([-1, 0, 0.5, 2, NaN, Infinity], { bins: 2, range: [0, 1] }))
      .to.deep.equal({ edges: [0, 0.5, 1], counts: [1, 1], outside: 2, notFinite: 2 });
    expect(histogram([3, 3], { bins: 2 }))
      .to.deep.equal({ edges: [2.5, 3, 3.5], counts: [0, 2], outside: 0, notFinite: 0 });
    expect(histogram([], { bins: 1 }).counts).to.deep.equal([0]);
  });

  it('counts every value where its edges say', () => {
    for (const [seed, bins, scale] of [[1, 7, 1], [2, 40, 1e-6], [3, 10, 1e30]] as const) {
      const values = randn([500], new Random(seed)).toFloat64Array().map((x) => Math.round(x * 20) / 20 * scale);
      const { edges, counts } = histogram(values, { bins });
      expect(edges).to.have.length(bins + 1);
      expect([edges[0], edges[bins]]).to.deep.equal([Math.min(...values), Math.max(...values)]);
      expect(counts).to.deep.equal(counts.map((_, i) =>
        values.filter((v) => v >= edges[i] && (v < edges[i + 1] || (i === bins - 1 && v === edges[bins]))).length));
    }
  });

  it('refuses ranges and numbers of bins that make no intervals', () => {
    for (const range of [[1, 1], [2, 1], [0, Infinity], [NaN, 1], [1, 1 + 1e-16]] as const) {
      expect(() => histogram([1], { range }), String(range)).to.throw(RangeError, /histogram: the range/);
    }
    expect(() => histogram([1], { bins: 0 })).to.throw(RangeError, 'histogram: bins is a whole number >= 1; got 0');
  });

  it('draws a row each over one axis, as high as its fullest interval', () => {
    const rows = [
      { name: 'a', histogram: histogram([0, 0, 0, 1], { bins: 2, range: [0, 2] }), note: 'rms 1' },
      { name: 'b', histogram: histogram([1, NaN, 9], { bins: 2, range: [0, 2] }) },
    ];
    const svg = histogramChart(rows, { title: 'T', xLabel: 'value' });
    expectReadable(svg);
    const paths = svg.matchAll(/<path d="M[\d.]+ (\d+)V([\d.]+)H[\d.]+V([\d.]+)H/g);
    const outlines = Array.from(paths, (match) => match.slice(1).map(Number));
    expect(outlines.map(([ground, first, second]) => [ground - first, Number((ground - second).toFixed(1))]))
      .to.deep.equal([[38, 12.7], [0, 38]]);
    expect(svg).to.contain('a: 4 values').and.contain('b: 1 values, 1 outside, 1 not finite');
    const exponents = histogram([-3, -2.5], { bins: 4, range: [-12, 1] });
    const powers = histogramChart(rows.map((row) => ({ ...row, histogram: exponents })),
      { title: 'T', xLabel: 'absolute value', powersOfTen: true });
    expectReadable(powers);
    expect(powers).to.contain('>10⁻¹⁰</text>').and.contain('>10⁰</text>');
    expectReadable(histogramChart([], { title: 'T', xLabel: 'value' }));
  });

  class Pair extends Module {
    readonly norm = new BatchNorm2d(3);
    readonly linear = new Linear(3, 4);

    forward(x: Variable): Variable {
      return this.linear.call(this.norm.call(x));
    }
  }

  it('parameters: weights and gradients by group, without biases and scales, every value in its place', () => {
    const pair = new Pair();
    const groups = [{ name: 'pair', modules: [pair] }, { name: 'none', modules: [pair.norm] }];
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    const [only, ...rest] = parameterHistograms(groups);
    expect(rest).to.deep.equal([]);
    expect([only.title, only.rows.map(({ name }) => name), total(only.rows[0].histogram.counts)])
      .to.deep.equal(['Weights', ['pair'], 12]);

    pair.linear.weight.grad = fromArray([0, 0, 0, ...new Array(9).fill(1e-4)], [3, 4]);
    const [, gradients] = parameterHistograms(groups);
    const { counts, edges } = gradients.rows[0].histogram;
    expect([gradients.title, gradients.powersOfTen, total(counts)]).to.deep.equal(['Gradients', true, 9]);
    const at = counts.findIndex((count) => count === 9);
    expect(edges[at]).to.be.at.most(-4 + 1e-6);
    expect(edges[at + 1]).to.be.at.least(-4 - 1e-6);
    expect(gradients.rows[0].note).to.equal('rms 8.7e-5, 25.0 % zero');
  });

  it('parameters: all zero, or not finite, still make charts', () => {
    const pair = new Pair();
    scaleInto(pair.linear.weight.value, 0);
    pair.linear.weight.grad = fromArray(new Array(12).fill(0), [3, 4]);
    for (const value of [0, NaN]) {
      pair.linear.weight.value = fromArray(new Array(12).fill(value), [3, 4]);
      const panels = parameterHistograms([{ name: 'pair', modules: [pair] }]);
      expect(panels.map(({ title }) => title)).to.deep.equal(['Weights', 'Gradients']);
      const html = renderReport({ title: 'A run', histograms: panels });
      expect(html).not.to.match(/="[^"]*NaN/);
      expect(faults(html)).to.deep.equal([]);
    }
    expect(parameterHistograms([])).to.deep.equal([]);
  });
});
