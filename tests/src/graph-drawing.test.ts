/** Drawings of the graph: that they show what is there, and can be read. */
import * as ag from '@vitrine/autograd';
import { Variable, checkpoint, graphToDot, graphToSvg } from '@vitrine/autograd';
import type { DrawOptions } from '@vitrine/autograd';
import { CONVENTIONS, MBConv } from '@vitrine/efficientnet';
import { Linear, Sequential, SiLU, Tanh, crossEntropy } from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import { expect } from 'chai';
import { layOut } from '../../packages/autograd/dist/draw/layout.js';
import type { Point } from '../../packages/autograd/dist/draw/layout.js';

const leaf = (...shape: number[]): Variable => new Variable(t.ones(shape), { requiresGrad: true });

interface Graph {
  readonly root: Variable;
  readonly names: ReadonlyMap<string, Variable>;
}

function makeMlp(): Graph {
  const model = new Sequential(new Linear(6, 8), new SiLU(), new Linear(8, 7), new Tanh(), new Linear(7, 4));
  const images = new Variable(t.ones([5, 6]));
  const root = crossEntropy(model.call(images), t.tensor([0, 1, 2, 3, 0]));
  return { root, names: new Map([...model.namedParameters(), ['images', images]]) };
}

function makeBlock(): Graph {
  const block = new MBConv({
    inChannels: 8, outChannels: 8, kernel: 3, stride: 1, expandRatio: 4, dropPath: 0.2, squeezeRatio: 0.25,
    activation: 'silu', conventions: CONVENTIONS.pytorch,
  });
  const x = leaf(2, 8, 8, 8);
  return { root: ag.sum(block.call(x)), names: new Map<string, Variable>([...block.namedParameters(), ['x', x]]) };
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: string;
  readonly texts: readonly { readonly text: string; readonly width: number; readonly x: number; readonly y: number }[];
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Rect[];
  readonly paths: readonly (readonly Point[])[];
}

const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
const number = (tag: string, name: string): number => Number(attribute(tag, name));

/** What the picture shows, read off its source. */
function read(svg: string): Picture {
  const [root] = /<svg[^>]*>/.exec(svg)!;
  const boxes = [...svg.matchAll(/<g>(.*?)<\/g>/gs)].map(([, body]): Rect => {
    const [rect] = /<rect[^>]*>/.exec(body)!;
    return {
      x: number(rect, 'x'), y: number(rect, 'y'), width: number(rect, 'width'), height: number(rect, 'height'),
      kind: attribute(rect, 'class'),
      texts: [...body.matchAll(/(<text[^>]*>)([^<]*)<\/text>/g)].map(([, tag, text]) =>
        ({ text, width: number(tag, 'textLength'), x: number(tag, 'x'), y: number(tag, 'y') })),
    };
  });
  const paths = [...svg.matchAll(/<path d="(M[^"]*)" marker-end/g)].map(([, d]) =>
    [...d.matchAll(/([MLC])([^MLC]*)/g)].map(([, , text]) => {
      const [px, py] = text.trim().split(' ').map(Number).slice(-2);
      return { x: px, y: py };
    }));
  return { width: number(root, 'width'), height: number(root, 'height'), boxes, paths };
}

const labels = (svg: string): string[] => read(svg).boxes.map(({ texts }) => texts.map(({ text }) => text).join(' '));

describe('graph drawing: DOT', () => {
  it('boxes with names and shapes, arrows from operands', () => {
    const [a, w] = [new Variable(t.ones([2, 3])), leaf(3, 4)];
    const dot = graphToDot(ag.mean(ag.silu(ag.matmul(a, w))), { names: new Map([['the "weight"', w]]) });
    expect(
      dot.split('\n').filter((line) => /^ {2}n\d/.test(line)).map((line) => line.replace(/, shape.*/, '')),
    ).to.deep.equal([
      '  n0 [label="constant\\n[2,3]"', '  n1 [label="the \\"weight\\"\\n[3,4]"', '  n2 [label="matmul\\n[2,4]"',
      '  n3 [label="silu\\n[2,4]"', '  n4 [label="sum\\n[]"', '  n5 [label="div\\n[]"',
      '  n0 -> n2;', '  n1 -> n2;', '  n2 -> n3;', '  n3 -> n4;', '  n4 -> n5;',
    ]);
    expect(dot).to.match(/^digraph \{\n[^]*\n\}\n$/);
  });

  it('an operand that is read twice, by one operation or two, is one box', () => {
    const v = leaf(2);
    const squared = ag.mul(v, v);
    const dot = graphToDot(ag.add(squared, v));
    expect(dot.match(/->/g)).to.have.length(3);
    expect(dot.match(/label/g)).to.have.length(3);
  });
});

describe('graph drawing: SVG', () => {
  it('an MLP: parameters by their names, constants and operations', () => {
    const { root, names } = makeMlp();
    const svg = graphToSvg(root, { names });
    expect(labels(svg)).to.include.members([
      'images [5,6]', '0.weight [6,8]', '4.bias [4]', 'logSoftmax [5,4]', 'takeAlong [5,1]', 'constant [5]', 'div []',
    ]);
    const kinds = read(svg).boxes.map(({ kind }) => kind);
    const count = (kind: string): number => kinds.filter((other) => other === kind).length;
    expect([count('leaf'), count('constant'), count('operation')]).to.deep.equal([6, 2, 15]);
  });

  it('an MBConv block: all 15 leaves have their names', () => {
    const { root, names } = makeBlock();
    const svg = graphToSvg(root, { names });
    const shown = labels(svg);
    for (const [name, { shape }] of names) expect(shown).to.include(`${name} ${t.formatShape(shape)}`);
    expect(read(svg).boxes.filter(({ kind }) => kind === 'leaf')).to.have.length(names.size);
    expect(shown).to.not.include('leaf');
  });

  const pictures: Readonly<Record<string, () => [root: Variable, options?: DrawOptions]>> = {
    'an MLP': () => {
      const { root, names } = makeMlp();
      return [root, { names }];
    },
    'an MBConv block': () => {
      const { root, names } = makeBlock();
      return [root, { names }];
    },
    'an MBConv block without names': () => [makeBlock().root],
    'one operation': () => [ag.exp(leaf(3))],
  };
  for (const [name, make] of Object.entries(pictures)) {
    describe(name, () => {
      let svg = '';
      let again = '';
      let { width, height, boxes, paths }: Picture = { width: 0, height: 0, boxes: [], paths: [] };
      before(() => {
        const drawn = make();
        svg = graphToSvg(...drawn);
        again = graphToSvg(...drawn);
        ({ width, height, boxes, paths } = read(svg));
        expect(boxes.length).to.be.at.least(2);
      });

      it('text fits its box, boxes fit the picture', () => {
        for (const box of boxes) {
          expect(box.texts).to.have.length(2);
          for (const text of box.texts) {
            expect(text.width, text.text).to.be.at.most(box.width - 10).and.at.least([...text.text].length * 5);
            expect(text.x).to.be.closeTo(box.x + box.width / 2, 0.2);
            expect(text.y).to.be.within(box.y + 12, box.y + box.height - 4);
          }
          expect(box.x).to.be.at.least(0);
          expect(box.y).to.be.at.least(0);
          expect(box.x + box.width).to.be.at.most(width);
          expect(box.y + box.height).to.be.at.most(height);
        }
      });

      it('no box covers another', () => {
        boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
          const apart = a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
          expect(apart, `${a.texts[0].text} and ${b.texts[0].text}`).to.equal(true);
        }));
      });

      it('every arrow goes down, from the edge of one box to the edge of another, and passes none', () => {
        expect(paths.length).to.be.at.least(1);
        for (const path of paths) {
          path.slice(1).forEach((point, i) => expect(point.y).to.be.greaterThan(path[i].y));
          const [start, end] = [path[0], path.at(-1)!];
          const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.3;
          expect(boxes.some((box) => near(box.x + box.width / 2, start.x) && near(box.y + box.height, start.y)))
            .to.equal(true);
          expect(boxes.some((box) => near(box.x + box.width / 2, end.x) && near(box.y, end.y))).to.equal(true);
          for (const { x: px, y: py } of path.slice(1, -1)) {
            expect(boxes.some((box) =>
              px > box.x && px < box.x + box.width && py >= box.y && py <= box.y + box.height)).to.equal(false);
          }
        }
      });

      it('is well-formed, and the same each time', () => {
        const open: string[] = [];
        for (const [, closing, tag, , selfClosing] of svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>/g)) {
          if (closing === '/') expect(open.pop()).to.equal(tag);
          else if (selfClosing !== '/') open.push(tag);
        }
        expect(open).to.deep.equal([]);
        expect(svg)
          .to.match(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="[\d.]+" height="[\d.]+"[^]*<\/svg>\n$/);
        expect(svg).to.not.match(/NaN|undefined|Infinity/);
        expect(again).to.equal(svg);
      });
    });
  }

  it('colours for light and dark: text on box has a contrast of at least 7, shapes 4.5', () => {
    const svg = graphToSvg(ag.exp(leaf(3)));
    const luminance = (hex: string): number => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (a: string, b: string): number => {
      const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q);
      return (high + 0.05) / (low + 0.05);
    };
    const themes = [...svg.matchAll(/svg \{\s*(--paper[^}]*)\}/g)].map(([, body]) =>
      new Map([...body.matchAll(/--(\w+): (#\w{6})/g)].map(([, name, value]) => [name, value])));
    expect(themes).to.have.length(2);
    for (const theme of themes) {
      for (const box of ['operation', 'leaf', 'constant']) {
        expect(contrast(theme.get('ink')!, theme.get(box)!)).to.be.at.least(7);
        expect(contrast(theme.get('faint')!, theme.get(box)!)).to.be.at.least(4.5);
      }
      expect(contrast(theme.get('line')!, theme.get('paper')!)).to.be.at.least(2.5);
    }
    expect(svg).to.include('prefers-color-scheme: dark');
  });

  it('names are escaped, and shortened in the middle where they are long', () => {
    const w = leaf(2);
    const svg = graphToSvg(ag.exp(w), { names: [['a<b & "c"', w], ['second name', w]] });
    expect(svg).to.include('>a&lt;b &amp; &quot;c&quot;</text>');
    expect(svg).to.not.include('second name');
    const long = graphToSvg(ag.exp(w), { names: [[`blocks.${'x'.repeat(60)}.weight`, w]] });
    expect(long).to.match(/>blocks\.x+…x+\.weight<\/text>/);
    expect(long).to.include(`<title>blocks.${'x'.repeat(60)}.weight [2]</title>`);
  });

  it('the graph may have been gone back through, and its tensors released', () => {
    const w = leaf(2);
    const loss = t.scope(() => ag.sum(ag.exp(ag.mul(w, 2))));
    loss.backward();
    expect(labels(graphToSvg(loss))).to.deep.equal(['leaf [2]', 'mul [2]', 'exp [2]', 'sum []']);
  });

  it('a checkpoint is one box, whose operands are all that it reads', () => {
    const layer = new Linear(6, 4);
    const images = new Variable(t.ones([5, 6]));
    const svg = graphToSvg(checkpoint((v) => layer.call(v), images), {
      names: [...layer.namedParameters(), ['images', images]],
    });
    expect(labels(svg)).to.have.members(['weight [6,4]', 'bias [4]', 'images [5,6]', 'checkpoint [5,4]']);
    expect(read(svg).paths).to.have.length(3);
  });

  it('a leaf has no graph', () => {
    expect(() => graphToSvg(leaf(1))).to.throw('graphToSvg: the root is a leaf');
    expect(() => graphToDot(ag.noGrad(() => ag.exp(leaf(1))))).to.throw('graphToDot: the root is a leaf');
  });
});

describe('graph drawing: layout', () => {
  const size = { width: 40, height: 20 };
  const boxes = (n: number): { width: number; height: number }[] => new Array<typeof size>(n).fill(size);

  it('a row is as far down as the longest path to it; leaves stand right above what reads them', () => {
    // A chain 0 → 1 → 2 → 4, an arrow past it, and a leaf.
    const { centres, paths } = layOut(boxes(5), [[0, 1], [1, 2], [0, 4], [2, 4], [3, 4]]);
    const rows = centres.map(({ y }) => y);
    expect(rows[0]).to.be.lessThan(rows[1]);
    expect([rows[3], rows[1] < rows[2], rows[2] < rows[4]]).to.deep.equal([rows[2], true, true]);
    expect(paths[2], 'bends in the two rows it crosses').to.have.length(6);
  });

  it('rows are sorted so that arrows do not cross', () => {
    // Two chains whose second rows are listed in the other order.
    const { centres } = layOut(boxes(6), [[0, 3], [1, 2], [2, 4], [3, 5]]);
    const left = (a: number, b: number): boolean => centres[a].x < centres[b].x;
    expect(left(0, 1)).to.equal(left(3, 2));
    expect(left(3, 2)).to.equal(left(5, 4));
  });

  it('a chain is straight', () => {
    const { centres, width } = layOut(boxes(4), [[0, 1], [1, 2], [2, 3]]);
    for (const { x: at } of centres) expect(at).to.be.closeTo(20, 1e-9);
    expect(width).to.equal(40);
  });
});
