/**
 * Where boxes go: rows from operands down to results, so that every arrow points downwards.
 *
 * Source: Sugiyama, Tagawa & Toda 1981, in four steps: rows by the longest path; long arrows get a bend in every row
 * they cross; boxes of a row are ordered by the mean place of their neighbours (barycentres), sweeping up and down;
 * last, positions are drawn to those of the neighbours as far as the row's order and the gaps allow.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout extends Size {
  /** The middle of each box. */
  readonly centres: readonly Point[];
  /** The points each arrow passes through, from the bottom of one box to the top of another. */
  readonly paths: readonly (readonly Point[])[];
}

const GAP = { x: 18, y: 34 };
const SWEEPS = 12;

/** A box, or a bend of an arrow, which is a box of no width. */
interface Item {
  readonly size: Size;
  row: number;
  x: number;
  readonly above: Item[];
  readonly below: Item[];
}

/** Arrows go from an earlier box to a later one, so that there are no cycles. */
export function layOut(sizes: readonly Size[], arrows: readonly (readonly [from: number, to: number])[]): Layout {
  const boxes = sizes.map((size): Item => ({ size, row: 0, x: 0, above: [], below: [] }));
  assignRows(boxes, arrows);
  const rows: Item[][] = Array.from({ length: Math.max(0, ...boxes.map(({ row }) => row + 1)) }, () => []);
  for (const box of boxes) rows[box.row].push(box);
  const chains = arrows.map(([from, to]) => chain(boxes[from], boxes[to], rows));
  order(rows);
  position(rows);

  const left = Math.min(...rows.flat().map(({ x, size }) => x - size.width / 2));
  const width = Math.max(...rows.flat().map(({ x, size }) => x + size.width / 2)) - left;
  const heights = rows.map((row) => Math.max(...row.map(({ size }) => size.height)));
  const tops = heights.map((_, i) => heights.slice(0, i).reduce((y, above) => y + above + GAP.y, 0));
  const middles = heights.map((height, i) => tops[i] + height / 2);
  const point = ({ x, row }: Item, dy = 0): Point => ({ x: x - left, y: middles[row] + dy });
  return {
    width,
    height: heights.reduce((sum, height) => sum + height, 0) + GAP.y * Math.max(0, rows.length - 1),
    centres: boxes.map((box) => point(box)),
    paths: chains.map((items) => items.flatMap((item, i) => {
      if (i === 0) return [point(item, item.size.height / 2)];
      if (i === items.length - 1) return [point(item, -item.size.height / 2)];
      return [point(item, -heights[item.row] / 2), point(item, heights[item.row] / 2)];
    })),
  };
}

/** A box stands below all its operands; one without operands right above the first that reads it. */
function assignRows(boxes: readonly Item[], arrows: readonly (readonly [number, number])[]): void {
  const into = boxes.map(() => new Array<number>());
  const outOf = boxes.map(() => new Array<number>());
  for (const [from, to] of arrows) {
    into[to].push(from);
    outOf[from].push(to);
  }
  boxes.forEach((box, i) => (box.row = Math.max(0, ...into[i].map((from) => boxes[from].row + 1))));
  boxes.forEach((box, i) => {
    if (into[i].length === 0 && outOf[i].length > 0) box.row = Math.min(...outOf[i].map((to) => boxes[to].row)) - 1;
  });
}

/** The arrow as boxes and bends, one a row. */
function chain(from: Item, to: Item, rows: Item[][]): Item[] {
  const items = [from];
  for (let row = from.row + 1; row < to.row; row++) {
    const bend: Item = { size: { width: 0, height: 0 }, row, x: 0, above: [], below: [] };
    rows[row].push(bend);
    items.push(bend);
  }
  items.push(to);
  for (let i = 1; i < items.length; i++) {
    items[i - 1].below.push(items[i]);
    items[i].above.push(items[i - 1]);
  }
  return items;
}

const average = (numbers: readonly number[], otherwise: number): number =>
  (numbers.length === 0 ? otherwise : numbers.reduce((a, b) => a + b, 0) / numbers.length);

/**
 * Sorts each row by the mean place of the neighbours in the row before, downwards and upwards in turn; the order with
 * the fewest crossings stays.
 */
function order(rows: Item[][]): void {
  const places = new Map<Item, number>();
  const note = (row: readonly Item[]): void => row.forEach((item, i) => places.set(item, i));
  const of = (items: readonly Item[]): number[] => items.map((item) => places.get(item) ?? 0);
  rows.forEach(note);
  let best = { crossings: crossings(rows, places), rows: rows.map((row) => [...row]) };
  for (let sweep = 0; sweep < SWEEPS && best.crossings > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) {
      const barycentres = new Map(row.map((item, i) => [item, average(of(down ? item.above : item.below), i)]));
      row.sort((a, b) => barycentres.get(a)! - barycentres.get(b)!);
      note(row);
    }
    const now = crossings(rows, places);
    if (now < best.crossings) best = { crossings: now, rows: rows.map((row) => [...row]) };
  }
  best.rows.forEach((row, i) => (rows[i] = row));
}

function crossings(rows: readonly (readonly Item[])[], places: ReadonlyMap<Item, number>): number {
  let count = 0;
  for (const row of rows) {
    const ends = row.map((item) => item.below.map((below) => places.get(below) ?? 0));
    for (let i = 0; i < ends.length; i++) {
      for (let j = i + 1; j < ends.length; j++) {
        for (const a of ends[i]) for (const b of ends[j]) if (a > b) count++;
      }
    }
  }
  return count;
}

/** Packs each row, then draws every item to the mean of its neighbours, in the row's order and with its gaps. */
function position(rows: readonly (readonly Item[])[]): void {
  for (const row of rows) {
    row.forEach((item, i) => (item.x = i === 0 ? 0 : row[i - 1].x + distance(row[i - 1], item)));
    const middle = ((row.at(0)?.x ?? 0) + (row.at(-1)?.x ?? 0)) / 2;
    for (const item of row) item.x -= middle;
  }
  for (let sweep = 0; sweep < 4 * SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) {
      settle(row, row.map((item) => {
        const neighbours = [...item.above, ...item.below];
        const weight = neighbours.reduce((sum, neighbour) => sum + weightOf(neighbour), 0);
        const pull = neighbours.reduce((sum, neighbour) => sum + weightOf(neighbour) * neighbour.x, 0);
        return weight === 0 ? item.x : pull / weight;
      }));
    }
  }
}

/** The operations are to stand one below the other; long arrows give way, and leaves stand aside. */
function weightOf({ above, below, size }: Item): number {
  if (size.width === 0) return 0.2;
  return above.length === 0 && below.length === 1 ? 0.02 : 1;
}

const distance = (a: Item, b: Item): number => (a.size.width + b.size.width) / 2 + GAP.x;

/**
 * The places nearest to the wishes, by weighted squared distance, that keep the order and the gaps: without the gaps
 * that is isotonic regression, by pooling adjacent violators (Ayer et al. 1955).
 */
function settle(row: readonly Item[], wishes: readonly number[]): void {
  const offsets = row.map(() => 0);
  for (let i = 1; i < row.length; i++) offsets[i] = offsets[i - 1] + distance(row[i - 1], row[i]);
  const pools: { sum: number; weight: number; count: number }[] = [];
  row.forEach((item, i) => {
    const weight = weightOf(item);
    let pool = { sum: weight * (wishes[i] - offsets[i]), weight, count: 1 };
    for (;;) {
      const before = pools.at(-1);
      if (before === undefined || before.sum / before.weight <= pool.sum / pool.weight) break;
      pool = { sum: before.sum + pool.sum, weight: before.weight + pool.weight, count: before.count + pool.count };
      pools.pop();
    }
    pools.push(pool);
  });
  let i = 0;
  for (const { sum, weight, count } of pools) {
    for (const end = i + count; i < end; i++) row[i].x = sum / weight + offsets[i];
  }
}
