/**
 * What the fixtures measured: the worst error of every operation, block and network against PyTorch. Tests note here
 * what they compare; parity.test.ts, which runs after them, holds docs/parity.md against it.
 */

/** forward: a value; gradient: of any input or parameter. */
export type Quantity = 'forward' | 'gradient';

export interface Entry {
  readonly section: string;
  readonly row: string;
  /** Whose names they are, so that a row counts a case once however many of its results are compared. */
  readonly cases: Set<string>;
  /** By face of the kernels and quantity. */
  readonly worst: Map<string, number>;
}

export const keyOf = (face: string, quantity: Quantity): string => `${face} ${quantity}`;

export class Ledger {
  private readonly entries = new Map<string, Entry>();

  note(section: string, row: string, testCase: string, face: string, quantity: Quantity, error: number): void {
    const name = `${section}/${row}`;
    const entry = this.entries.get(name) ??
      { section, row, cases: new Set<string>(), worst: new Map<string, number>() };
    this.entries.set(name, entry);
    entry.cases.add(testCase);
    const key = keyOf(face, quantity);
    entry.worst.set(key, Math.max(entry.worst.get(key) ?? 0, error));
  }

  /** In the order in which they were first noted. */
  rows(): Entry[] {
    return [...this.entries.values()];
  }
}

/** Of this run of the tests. */
export const ledger = new Ledger();
