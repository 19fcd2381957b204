/**
 * A chapter of the book as a program. Its blocks of TypeScript, in order, are one module, and what they print is
 * written behind them:
 *
 *     ```ts                  a piece of the program; `// → …` says what is printed, else a block of `text` behind it
 *     ```ts refused          what the compiler refuses, after all that came before; `text` below is in its message
 *     ```ts source=<path>    a quotation of that file, for reading; a line `// …` stands for lines left out
 */
import { fences } from '../support/examples.js';
import type { Fence } from '../support/examples.js';

export interface Piece extends Fence {
  /** Promised lines. */
  readonly prints: readonly string[];
}

export interface Quotation extends Fence {
  readonly source: string;
}

export interface Chapter {
  readonly pieces: readonly Piece[];
  readonly refused: readonly Piece[];
  readonly quotations: readonly Quotation[];
}

/** Printed between pieces. */
const MARK = '\0';

/** Throws for an unknown word behind ```ts, and for a block of `text` that belongs to no program. */
export function parseChapter(markdown: string): Chapter {
  const pieces: Piece[] = [];
  const refused: Piece[] = [];
  const quotations: Quotation[] = [];
  const blocks = fences(markdown);
  blocks.forEach((block, i) => {
    const { language, info, text, line } = block;
    const before = blocks[i - 1];
    if (language === 'text' && (before?.language !== 'ts' || before.info.startsWith('source='))) {
      throw new Error(`line ${line}: output of no program`);
    }
    if (language !== 'ts') return;
    if (info.startsWith('source=')) {
      quotations.push({ ...block, source: info.slice('source='.length) });
      return;
    }
    const next = blocks[i + 1];
    const below = next?.language === 'text' ? next.text.split('\n') : [];
    const beside = Array.from(text.matchAll(/\/\/ → (.*)$/gm), ([, found]) => found);
    const piece = { ...block, prints: [...beside, ...below] };
    if (info === 'refused') refused.push(piece);
    else if (info === '') pieces.push(piece);
    else throw new Error(`line ${line}: a block of ts is plain, refused, or has a source=<path>; got "${info}"`);
  });
  return { pieces, refused, quotations };
}

/** The pieces as one module whose lines have the numbers they have in the document: errors can be found there. */
export function programOf(pieces: readonly Fence[]): string {
  const lines: string[] = [];
  for (const { line, text } of pieces) {
    while (lines.length < line - 1) lines.push('');
    lines.push(`console.log(${JSON.stringify(MARK)});`, ...text.split('\n'));
  }
  return `${lines.join('\n')}\n`;
}

/** What each piece has printed, as lines. */
export const outputsOf = (stdout: string): string[][] =>
  stdout.split(`${MARK}\n`).slice(1).map((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n')));

const trimmed = (text: string): string[] => text.split('\n').map((line) => line.trim());

/** The first part of a quotation that is not in `source`, in order and but for indentation; null if all is. */
export function missingFrom(source: string, { text }: Quotation): string | null {
  const lines = trimmed(source);
  let from = 0;
  for (const part of text.split(/^ *\/\/ …$\n?/m).map((piece) => trimmed(piece.replace(/\n$/, '')))) {
    let at = from;
    while (at + part.length <= lines.length && !part.every((line, i) => line === lines[at + i])) at++;
    if (at + part.length > lines.length) return part.join('\n');
    from = at + part.length;
  }
  return null;
}
