/**
 * What the charts of a report are drawn with: SVG as text, for a page that is one file.
 *
 * Colours are CSS variables with a fallback, `var(--series-1, #1f5fae)`, so that a page can set them for light and
 * dark. Nothing measures text here, so widths are estimated generously (`textWidth`), and every label is given the room
 * of its estimate, or cut to it: none runs into another.
 */

export const FONT = 12;
const FALLBACK = ['#1f5fae', '#b3500b', '#2a7a4b', '#7b3fa0'];
export const INK = 'var(--ink, currentColor)';
export const MUTED = 'var(--muted, currentColor)';
export const RULE = 'var(--rule, #8888)';

export const colour = (i: number): string => `var(--series-${(i % 4) + 1}, ${FALLBACK[i % 4]})`;

/** The whole text as a tooltip over a label that may have been cut. */
export const named = (text: string, whole: string): string => `<g><title>${escapeText(whole)}</title>${text}</g>`;

export function figure(title: string, width: number, height: number, marks: readonly string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeText(title)}" ` +
    `font-family="system-ui, sans-serif" font-size="${FONT}">${marks.join('\n')}</svg>`;
}

export const label = (x: number, y: number, text: string, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeText(text)}</text>`;

export const formatValue = (value: number): string => String(Number(value.toPrecision(5)));
// Math.min(...values) would overflow the stack at a hundred thousand steps.
export const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
export const round = (value: number): number => Math.round(value * 100) / 100;

/** An upper estimate of a text's width in pixels at a font size, for the common sans-serif fonts. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const c of text) {
    if (c >= '\u1100') ems += 1.05;
    else if (/[A-Z@%mw—…]/.test(c)) ems += c === 'M' || c === 'W' || c === 'm' || c === '@' ? 1 : 0.85;
    else ems += /[ijltfrI .,:;'|!()[\]-]/.test(c) ? 0.42 : 0.66;
  }
  return ems * size;
}

/** The text, or its beginning and `…`, no wider than `width` pixels. */
export function fit(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;',
};

/** Text made safe as content or attribute value of HTML and SVG; characters no XML may hold become `�`. */
export const escapeText = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF\p{Cs}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]);
