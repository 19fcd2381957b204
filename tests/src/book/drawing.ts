/**
 * Drawings as SVG: boxes, lines and text in the colours of a small palette, which follows the reader's light or dark
 * scheme. A drawing has a sheet of its own, so that it can be read on any page. Text that would leave its place throws.
 */
import { Buffer } from 'node:buffer';
import { encodePng } from '@vitrine/data';
import type { RasterImage } from '@vitrine/data';

/** What is drawn: the sheet's ink, or one of four hues. */
export type Hue = 'ink' | 'a' | 'b' | 'c' | 'd';
/** How a box is filled: with its hue, lightly, or not at all; a ghost has a dashed edge. */
export type Fill = 'full' | 'soft' | 'none' | 'ghost';

interface Palette {
  readonly paper: string;
  readonly edge: string;
  readonly ink: string;
  readonly faint: string;
  /** A line's colour and a light fill for each hue. */
  readonly hues: Readonly<Record<Hue, readonly [line: string, soft: string]>>;
}

const LIGHT: Palette = {
  paper: '#ffffff', edge: '#d8dae0', ink: '#22252b', faint: '#626873',
  hues: {
    ink: ['#7b818c', '#f1f2f4'], a: ['#1f6fb2', '#dcebf8'], b: ['#b4540a', '#fce8d6'], c: ['#1d7a46', '#daf1e2'],
    d: ['#7d3fb0', '#eee2f8'],
  },
};
const DARK: Palette = {
  paper: '#16181d', edge: '#353a44', ink: '#e4e6ea', faint: '#a0a7b4',
  hues: {
    ink: ['#8b919d', '#262a32'], a: ['#6cb2ee', '#17324a'], b: ['#f0a15c', '#45290f'], c: ['#67c58f', '#143722'],
    d: ['#c492ee', '#36214a'],
  },
};

const styleOf = ({ paper, edge, ink, faint, hues }: Palette): string => [
  `.sheet{fill:${paper};stroke:${edge}}text{fill:${ink}}.faint{fill:${faint}}.on{fill:${paper}}`,
  ...Object.entries(hues).map(([hue, [line, soft]]) =>
    `.${hue}-full{fill:${line};stroke:${line}}.${hue}-soft{fill:${soft};stroke:${line}}` +
    `.${hue}-none,.${hue}-ghost,.${hue}-line{fill:none;stroke:${line}}.${hue}-text,.${hue}-head{fill:${line}}`),
].join('\n');

const STYLE = `text{font-family:system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
[class$="-ghost"],.dashed{stroke-dasharray:3 3}`;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (x: number): string => String(Math.round(10 * x) / 10);

export interface TextOptions {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly mono?: boolean;
  readonly bold?: boolean;
  readonly colour?: Hue | 'faint' | 'on';
  /** The room it has. Default: the sheet. */
  readonly within?: number;
}

export interface LineOptions {
  readonly hue?: Hue;
  readonly width?: number;
  readonly dashed?: boolean;
  /** Whether it ends in an arrowhead. */
  readonly arrow?: boolean;
}

export type Point = readonly [x: number, y: number];

/** The width of a letter in em, where the widest of common fonts has it. */
const letterWidth = (letter: string): number =>
  /[ilj.,:;'|()[\] ]/.test(letter) ? 0.36 : /[mwMW]/.test(letter) ? 0.95 : 0.62;

const widthOf = (text: string, mono: boolean): number =>
  [...text].reduce((sum, letter) => sum + (mono ? 0.61 : letterWidth(letter)), 0);

export class Drawing {
  private readonly parts: string[] = [];

  /** `title` is a heading for who cannot see it, `description` tells what is seen. */
  constructor(
    readonly width: number, readonly height: number,
    private readonly title: string, private readonly description: string,
  ) {}

  box([x, y]: Point, width: number, height: number, hue: Hue, fill: Fill, corner = 3): void {
    if (x < 0 || y < 0 || x + width > this.width || y + height > this.height) {
      throw new RangeError(`${this.title}: a box at ${x},${y} of ${width}×${height} leaves the sheet`);
    }
    this.parts.push(`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ` +
      `rx="${corner}" class="${hue}-${fill}"/>`);
  }

  text([x, y]: Point, text: string, options: TextOptions = {}): void {
    const { size = 14, anchor = 'start', mono = false, bold = false, colour, within } = options;
    const width = widthOf(text, mono) * size * (bold ? 1.08 : 1);
    const left = anchor === 'start' ? x : anchor === 'middle' ? x - width / 2 : x - width;
    if (left < 4 || left + width > this.width - 4 || y < size || y > this.height - 4 || width > (within ?? Infinity)) {
      throw new RangeError(`${this.title}: "${text}", ${round(width)} wide, does not fit at ${x},${y}`);
    }
    const kind = colour === undefined ? '' : colour === 'faint' || colour === 'on' ? colour : `${colour}-text`;
    const classes = [mono ? 'mono' : '', kind].filter((name) => name !== '').join(' ');
    this.parts.push(`<text x="${round(x)}" y="${round(y)}" font-size="${size}"` +
      `${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ''}` +
      `${classes === '' ? '' : ` class="${classes}"`}>${escape(text)}</text>`);
  }

  /** Text that explains: small, and paler than what it is about. */
  note(at: Point, text: string): void {
    this.text(at, text, { size: 13, colour: 'faint' });
  }

  /** A box with its label in the middle. */
  cell(at: Point, width: number, height: number, label: string, hue: Hue, fill: Fill, size = 13): void {
    this.box(at, width, height, hue, fill);
    this.text([at[0] + width / 2, at[1] + height / 2 + size * 0.36], label, {
      size, anchor: 'middle', mono: true, within: width,
      ...(fill === 'full' && { colour: 'on' }), ...(fill === 'ghost' && { colour: 'faint' }),
    });
  }

  /** A grey picture, a byte a pixel, enlarged to `side` without smoothing; its shades are its own in either scheme. */
  image([x, y]: Point, side: number, { width, height, data }: RasterImage): void {
    this.box([x, y], side, side, 'ink', 'none', 0);
    const png = Buffer.from(encodePng(width, height, 1, data)).toString('base64');
    this.parts.push(`<image x="${round(x)}" y="${round(y)}" width="${side}" height="${side}" ` +
      `style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`);
  }

  /** A path through `points`, straight from one to the next. */
  line(points: readonly Point[], { hue = 'ink', width = 1.4, dashed = false, arrow = false }: LineOptions = {}): void {
    const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
    this.parts.push(`<path d="${path}" stroke-width="${width}" class="${hue}-line${dashed ? ' dashed' : ''}"/>`);
    if (arrow) this.head(points[points.length - 2], points[points.length - 1], hue);
  }

  /** A triangle whose tip is `to`. */
  private head(from: Point, to: Point, hue: Hue): void {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const [dx, dy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const [x, y] = [to[0] - 9 * dx, to[1] - 9 * dy];
    const corners: Point[] = [to, [x - 4 * dy, y + 4 * dx], [x + 4 * dy, y - 4 * dx]];
    const path = corners.map(([px, py]) => `${round(px)} ${round(py)}`).join('L');
    this.parts.push(`<path d="M${path}Z" class="${hue}-head"/>`);
  }

  toString(): string {
    const { width, height } = this;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
        'role="img" aria-labelledby="t d">',
      `<title id="t">${escape(this.title)}</title>`,
      `<desc id="d">${escape(this.description)}</desc>`,
      `<style>\n${STYLE}\n${styleOf(LIGHT)}\n@media (prefers-color-scheme:dark){\n${styleOf(DARK)}\n}\n</style>`,
      `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" class="sheet"/>`,
      ...this.parts,
      '</svg>\n',
    ].join('\n');
  }
}
