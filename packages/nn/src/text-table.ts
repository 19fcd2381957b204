/** Columns of text, for a terminal. */

export interface TextTable {
  readonly lines: readonly string[];
  /** A line as wide as the table. */
  readonly rule: string;
}

/** A line a row; the first `left` columns are flush left, the others right. All rows have the first one's cells. */
export function textTable(rows: readonly (readonly string[])[], left: number): TextTable {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const padded = (cell: string, i: number): string => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  return {
    lines: rows.map((row) => row.map(padded).join('  ').trimEnd()),
    rule: '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)),
  };
}
