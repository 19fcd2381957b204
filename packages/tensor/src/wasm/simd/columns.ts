/**
 * Loops over a matrix whose columns are channels: the shape of batch normalisation and of sums of rows.
 *
 * Sums down a column live in registers for a block of rows at a time, up to 16 channels (one cache line) wide; what a
 * part of the rows has summed so far stands in memory, a row of C floats. So every line of x is read once, no sum in
 * float32 has more than 32 terms, of values or of blocks, and what comes of a part depends on nothing but its rows.
 */
import { bytesOf, f32, f32x4, i32 } from '../asm.js';
import type { Body, Expr, Lanes, Local, Type } from '../asm.js';

export type Address = Local<'i32'>;

/**
 * A body over any lanes: `column` is the offset of its first channel in bytes, `vectors` how many values lie side by
 * side.
 */
export type OnColumns = <F extends Type, I extends Type>(v: Lanes<F, I>, column: Address, vectors: number) => void;

/** Emits `body` for the channels begin ≤ c < end: `wide` vectors at a time, then one vector, then single channels. */
export function eachColumn($: Body, begin: Expr<'i32'>, end: Expr<'i32'>, wide: 1 | 2 | 4, body: OnColumns): void {
  const column = $.let(bytesOf(begin));
  const stop = $.let(bytesOf(end));
  const loop = (bytes: number, emit: () => void): void =>
    $.while(i32.leU(i32.const(bytes), i32.sub(stop, column)), () => {
      emit();
      $.set(column, i32.add(column, i32.const(bytes)));
    });
  if (wide > 1) loop(16 * wide, () => body(f32x4, column, wide));
  loop(16, () => body(f32x4, column, 1));
  loop(4, () => body(f32, column, 1));
}

/** Calls `body` as long as `left` ≥ count elements are left; the addresses in `moving` go along. */
export function eachRun($: Body, left: Address, count: number, moving: readonly Address[], body: () => void): void {
  $.while(i32.leU(i32.const(count), left), () => {
    body();
    for (const address of moving) $.set(address, i32.add(address, i32.const(4 * count)));
    $.set(left, i32.sub(left, i32.const(count)));
  });
}

/** Rows summed in registers before they are added to memory. */
export const BLOCK_ROWS = 32;

/** Rows summed in float32 into one partial: 32 blocks. */
export const MAX_PART_ROWS = 32 * BLOCK_ROWS;

/**
 * The parts begin ≤ p < end of `rows` rows, `partRows` each, the last one fewer: their first row and the row past the
 * last.
 */
export function eachPart(
  $: Body, { rows, partRows, begin, end }: Readonly<Record<'rows' | 'partRows' | 'begin' | 'end', Address>>,
  part: (first: Address, past: Address) => void,
): void {
  const p = $.let(begin);
  $.for(p, end, i32.const(1), () => {
    const first = $.let(i32.mul(p, partRows));
    part(first, $.let(smaller(rows, i32.add(first, partRows))));
  });
}

/** Cuts the rows begin ≤ row < end into blocks. `block(row, rows)` gets the first row and how many there are. */
export function eachBlock(
  $: Body, begin: Expr<'i32'>, end: Expr<'i32'>, block: (row: Address, rows: Address) => void,
): void {
  const row = $.let(begin);
  const rows = $.let(i32.const(0));
  $.while(i32.ltU(row, end), () => {
    $.set(rows, smaller(i32.sub(end, row), i32.const(BLOCK_ROWS)));
    block(row, rows);
    $.set(row, i32.add(row, rows));
  });
}

/** Calls `body` for `rows` ≥ 1 rows; the addresses in `moving` go down by `rowBytes` each time. */
export function eachRow(
  $: Body, rows: Expr<'i32'>, rowBytes: Expr<'i32'>, moving: readonly Address[], body: () => void,
): void {
  const left = $.let(rows);
  $.while(left, () => {
    body();
    for (const address of moving) $.set(address, i32.add(address, rowBytes));
    $.set(left, i32.sub(left, i32.const(1)));
  });
}

export const smaller = (a: Expr<'i32'>, b: Expr<'i32'>): Expr<'i32'> => i32.select(a, b, i32.ltU(a, b));

/** Writes `value` over C floats. */
export const fill = ($: Body, to: Expr<'i32'>, C: Expr<'i32'>, value: number): void =>
  eachColumn($, i32.const(0), C, 1, (v, column) => $.do(v.store(i32.add(to, column), v.const(value))));
