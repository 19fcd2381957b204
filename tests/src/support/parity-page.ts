/** docs/parity.md: written from a ledger, and read back. */
import { keyOf } from './ledger.js';
import type { Entry, Quantity } from './ledger.js';

export interface Section {
  /** As tests note it. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
}

/** The columns. Three threads give what one gives, to the last bit; fuzz.test.ts sees to that. */
const COLUMNS: readonly (readonly [face: string, quantity: Quantity, title: string])[] = [
  ['reference', 'forward', 'forward'],
  ['simd', 'forward', 'SIMD'],
  ['reference', 'gradient', 'gradient'],
  ['simd', 'gradient', 'SIMD'],
];

/** Two digits: 1.2e-7. */
const format = (error: number | undefined): string =>
  (error === undefined ? '' : error === 0 ? '0' : error.toExponential(1));

export const columnKeys = COLUMNS.map(([face, quantity]) => keyOf(face, quantity));

const table = (entries: readonly Entry[]): string[] => [
  `| | cases | ${COLUMNS.map(([, , title]) => title).join(' | ')} |`,
  `|-|-:|${'-:|'.repeat(COLUMNS.length)}`,
  ...entries.map(({ row, cases, worst }) =>
    `| ${row} | ${cases.size} | ${columnKeys.map((key) => format(worst.get(key))).join(' | ')} |`),
];

/** The whole page; `introduction` stands before the tables. */
export function writePage(introduction: string, sections: readonly Section[], entries: readonly Entry[]): string {
  const parts = sections.map(({ name, title, about }) => {
    const rows = entries.filter(({ section }) => section === name).sort((a, b) => (a.row < b.row ? -1 : 1));
    return [`## ${title}`, '', about, '', ...table(rows)].join('\n');
  });
  return `${introduction}\n\n${parts.join('\n\n')}\n`;
}

export interface Stated {
  readonly title: string;
  readonly row: string;
  readonly cases: number;
  /** In the order of the columns; null where a cell is empty. */
  readonly errors: readonly (number | null)[];
}

/** The rows of a page. */
export function readPage(text: string): Stated[] {
  let title = '';
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('## ')) title = line.slice(3);
    const cells = line.split('|').slice(1, -1).map((cell) => cell.trim());
    if (cells.length !== 2 + COLUMNS.length || !/^\d+$/.test(cells[1])) return [];
    return [{
      title, row: cells[0], cases: Number(cells[1]),
      errors: cells.slice(2).map((cell) => (cell === '' ? null : Number(cell))),
    }];
  });
}
