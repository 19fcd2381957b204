/** The pieces of HTML that sections are made of. */
import { formatNumber } from '../progress.js';
import { escapeText } from '../svg/marks.js';

export type Fact = readonly [label: string, value: string | number | boolean];

/** `numeric`: the columns set flush right. */
export function table(
  heads: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[],
): string {
  const right = (column: number): string => (numeric.includes(column) ? ' class="n"' : '');
  const head = heads.map((text, i) => `<th scope="col"${right(i)}>${escapeText(text)}</th>`).join('');
  const body = rows.map((row) => row.map((text, i) => `<td${right(i)}>${escapeText(text)}</td>`).join(''));
  const lines = body.map((cells) => `<tr>${cells}</tr>`).join('\n');
  return scrolling(`<table><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table>`);
}

/** What is wider than a narrow screen scrolls by itself; tabindex lets the arrow keys do it. */
export const scrolling = (body: string): string => `<div class="scroll" tabindex="0">${body}</div>`;

/** `body` behind a line to click, if `fold`. */
export const folded = (summary: string, body: string, fold: boolean): string =>
  fold ? `<details><summary>${summary}</summary>${body}</details>` : body;

/** Nothing, without a body. */
export const section = (title: string, body: string): string =>
  body === '' ? '' : `<section><h2>${title}</h2>${body}</section>`;

/** `–` for what was not. */
export const measured = (value: number | undefined, format = formatNumber): string =>
  value === undefined ? '–' : format(value);

export function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(([name, value]) =>
    `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(String(value))}</td></tr>`);
  return rows.length === 0 ? '' : scrolling(`<table class="facts"><tbody>${rows.join('\n')}</tbody></table>`);
}

/** An SVG, in a frame that scrolls where the page is narrower. */
export const chart = (svg: string, kind = ''): string =>
  `<figure${kind === '' ? '' : ` class="${kind}"`} tabindex="0">${svg}</figure>`;

export const charts = (svgs: readonly string[]): string =>
  svgs.length === 0 ? '' : `<div class="charts">${svgs.map((svg) => chart(svg)).join('')}</div>`;

/** Throws unless `image` holds its picture itself, so that the page needs no other file. */
export function checkImage(what: string, image: string): void {
  if (/^data:image\/(png|jpeg|webp|gif|bmp);base64,[A-Za-z0-9+/]+={0,2}$/.test(image)) return;
  const found = image.length > 40 ? `${image.slice(0, 40)}…` : image;
  throw new Error(
    `renderReport: ${what} must be a base64 data URI of a PNG, JPEG, WebP, GIF or BMP, ` +
      `so that the page needs no other file; found ${JSON.stringify(found)}`,
  );
}
