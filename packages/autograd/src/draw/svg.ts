/** The graph as a picture. */
import type { Variable } from '../variable.js';
import { drawingOf } from './graph.js';
import type { Box, DrawOptions } from './graph.js';
import { layOut } from './layout.js';
import type { Point } from './layout.js';

/** A character of a monospaced font is 0.6 em wide; `textLength` makes it exactly that in every font. */
const FONT = 12;
const CHARACTER = 0.6 * FONT;
const LINE = 16;
const PADDING = { x: 10, y: 7 };
const MARGIN = 16;
/** Longer names are shortened in the middle; the whole one shows when the pointer rests on the box. */
const MAX_CHARACTERS = 36;

const STYLE = `
  svg {
    --paper: #ffffff; --ink: #1f2a33; --faint: #5b6873; --line: #8a97a3;
    --operation: #eef2f6; --leaf: #d9ecdd; --constant: #ffffff;
  }
  @media (prefers-color-scheme: dark) {
    svg {
      --paper: #14191e; --ink: #e8edf2; --faint: #a9b5c0; --line: #74828f;
      --operation: #26303a; --leaf: #234232; --constant: #14191e;
    }
  }
  .paper { fill: var(--paper); }
  text {
    font: ${FONT}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    fill: var(--ink); text-anchor: middle;
  }
  .shape { fill: var(--faint); }
  rect { stroke: var(--line); }
  .paper { stroke: none; }
  .operation { fill: var(--operation); }
  .leaf { fill: var(--leaf); }
  .constant { fill: var(--constant); stroke-dasharray: 4 3; }
  path { fill: none; stroke: var(--line); stroke-width: 1.2; }
  #tip path { fill: var(--line); stroke: none; }
`;

/**
 * An SVG file of the operations behind `root`: operands above, arrows to what read them; leaves that get a gradient are
 * green, constants dashed. Light or dark as the viewer prefers. What is drawn, and how it is named, is said at
 * `drawingOf`.
 *
 *     graphToSvg(loss, { names: [...model.namedParameters(), ['images', images]] })
 *
 * Throws if `root` has no past.
 */
export function graphToSvg(root: Variable, options: DrawOptions = {}): string {
  const { boxes, arrows } = drawingOf('graphToSvg', root, options);
  const labels = boxes.map(({ label }) => shorten(label));
  const sizes = boxes.map(({ shape }, i) => ({
    width: CHARACTER * Math.max(length(labels[i]), length(shape)) + 2 * PADDING.x,
    height: 2 * LINE + 2 * PADDING.y,
  }));
  const { width, height, centres, paths } = layOut(sizes, arrows);
  const corner = `${-MARGIN} ${-MARGIN}`;
  const [w, h] = [round(width + 2 * MARGIN), round(height + 2 * MARGIN)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="${corner} ${w} ${h}" role="img">`,
    `<title>The graph of ${boxes.length} values behind ${escape(boxes.at(-1)?.label ?? '')}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
      + '<path d="M0 0L8 4L0 8Z"/></marker></defs>',
    `<rect class="paper" x="${-MARGIN}" y="${-MARGIN}" width="${w}" height="${h}"/>`,
    ...paths.map((points) => `<path d="${curve(points)}" marker-end="url(#tip)"/>`),
    ...boxes.map((box, i) => drawBox(box, labels[i], centres[i], sizes[i].width, sizes[i].height)),
    '</svg>',
    '',
  ].join('\n');
}

function drawBox({ kind, label, shape }: Box, shown: string, { x, y }: Point, width: number, height: number): string {
  const line = (text: string, dy: number, className: string): string =>
    `<text class="${className}" x="${round(x)}" y="${round(y + dy)}" textLength="${round(CHARACTER * length(text))}"`
    + ` lengthAdjust="spacingAndGlyphs">${escape(text)}</text>`;
  const corner = `x="${round(x - width / 2)}" y="${round(y - height / 2)}"`;
  const radius = kind === 'operation' ? 6 : 1;
  return [
    `<g><title>${escape(label)} ${escape(shape)}</title>`,
    `<rect class="${kind}" ${corner} width="${round(width)}" height="${height}" rx="${radius}"/>`,
    line(shown, -4, 'label'),
    line(shape, 12, 'shape'),
    '</g>',
  ].join('');
}

/** Straight where it passes a row, and between rows a curve that leaves and arrives upright. */
function curve(points: readonly Point[]): string {
  const [start, ...rest] = points;
  let before = start;
  const parts = rest.map((point) => {
    const middle = (before.y + point.y) / 2;
    const part = point.x === before.x
      ? `L${round(point.x)} ${round(point.y)}`
      : `C${round(before.x)} ${round(middle)} ${round(point.x)} ${round(middle)} ${round(point.x)} ${round(point.y)}`;
    before = point;
    return part;
  });
  return `M${round(start.x)} ${round(start.y)}${parts.join('')}`;
}

/** In characters, as they are shown. */
const length = (text: string): number => [...text].length;

function shorten(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, ' ')];
  if (characters.length <= MAX_CHARACTERS) return characters.join('');
  const half = (MAX_CHARACTERS - 1) / 2;
  return `${characters.slice(0, Math.ceil(half)).join('')}…${characters.slice(-Math.floor(half)).join('')}`;
}

const round = (x: number): number => Math.round(x * 10) / 10;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => entities[character]);
