/**
 * Einstein's summation: `einsum('bqhd,bkhd->bhqk', q, k)`. Every letter is an index; letters that the result does not
 * have are summed over.
 *
 * Two steps. `parseEinsum` reads the equation against the operands' shapes. `contractEinsum` then works through the
 * operands from left to right with a handful of operations, which the caller supplies: the ones on tensors here, the
 * ones on variables in @vitrine/autograd, which so get their derivatives from the operations they are made of.
 */
import { scope } from '../heap/scope.js';
import { formatShape, sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkSameDType, checkTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { diagonal } from './diagonal.js';
import { mul } from './elementwise.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { permute, reshape } from './views.js';

/** An axis by name: a letter of the equation, or `…1`, `…2`, …: an axis of an ellipsis, counted from its end. */
export type Label = string;

/** An equation together with the shapes it was read against. */
export interface Einsum {
  /** The labels of every operand's axes. */
  readonly inputs: readonly (readonly Label[])[];
  readonly output: readonly Label[];
  readonly lengths: ReadonlyMap<Label, number>;
}

/**
 * Sums of products over labelled axes, for any number of operands: `'ij,jk->ik'` is a matrix product, `'ii->'` a trace,
 * `'i,j->ij'` an outer product, `'...ij->...ji'` a transposition.
 *
 * Without an arrow the result has the axes of `...`, then all letters that occur once, in alphabetical order (capitals
 * first). `...` stands for any number of axes and is broadcast; a result without it sums over them. A letter has one
 * length everywhere: 1 is not stretched. A letter twice in one operand takes the diagonal.
 *
 * Operands are contracted from left to right, each step one (batched) matrix product, or, where nothing is summed over
 * or all that is left are shared indices, products of elements; with three or more the order of the operands decides
 * how much work that is. The result may be a view of an operand. Throws a RangeError that names letter and shapes.
 * Source: NumPy's and PyTorch's einsum.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  operands.forEach((operand, i) => checkTensor('einsum', `operand ${i + 1}`, operand));
  const parsed = parseEinsum(equation, operands.map(({ shape }) => shape));
  checkSameDType('einsum', ...operands);
  const algebra = { diagonal, matmul, mul, permute, reshape, sum };
  return scope(() => contractEinsum<Tensor>(algebra, parsed, operands), 'einsum');
}

/** Reads an equation against the shapes of its operands; all that can be wrong is found here. */
export function parseEinsum(equation: string, shapes: readonly Shape[]): Einsum {
  const fail = (what: string): never => {
    const given = shapes.map(formatShape).join(', ') || 'none';
    throw new RangeError(`einsum: ${what}; equation '${equation}', operands ${given}`);
  };
  if (typeof equation !== 'string') {
    throw new TypeError(
      `einsum: the equation is a string such as 'ij,jk->ik', and comes first; got ${typeof equation}`,
    );
  }
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  if (more.length > 0) fail("an equation has at most one '->'");
  const terms = left.split(',');
  if (shapes.length === 0) fail('takes at least one operand');
  if (terms.length !== shapes.length) {
    fail(`the equation has ${terms.length} operands, ${shapes.length} ${shapes.length === 1 ? 'was' : 'were'} given`);
  }

  const lengths = new Map<Label, number>();
  const inputs = terms.map((term, i) => {
    const letters = lettersOf(term, fail);
    const dots = shapes[i].length - letters.filter((letter) => letter !== '...').length;
    if (letters.includes('...') ? dots < 0 : dots !== 0) {
      fail(`operand ${i + 1} has ${shapes[i].length} axes, '${term}' names ${shapes[i].length - dots}`);
    }
    const labels = letters.flatMap((letter) => (letter === '...' ? ellipsis(dots) : [letter]));
    labels.forEach((label, axis) => {
      const [length, before] = [shapes[i][axis], lengths.get(label)];
      if (before !== undefined && before !== length) {
        if (!label.startsWith('…')) fail(`'${label}' has lengths ${before} and ${length}`);
        if (before !== 1 && length !== 1) {
          fail(`axes under '...' have lengths ${before} and ${length}, which do not broadcast`);
        }
      }
      if (before === undefined || before === 1) lengths.set(label, length);
    });
    return labels;
  });

  const dots = Math.max(0, ...inputs.map((labels) => labels.filter((label) => label.startsWith('…')).length));
  const single = [...lengths.keys()].filter((label) => !label.startsWith('…') && occursOnce(label, inputs));
  const output = right === undefined
    ? [...ellipsis(dots), ...single.sort()]
    : lettersOf(right, fail).flatMap((letter) => (letter === '...' ? ellipsis(dots) : [letter]));
  output.forEach((label, axis) => {
    if (!lengths.has(label)) fail(`'${label}' of the result is in no operand`);
    if (output.indexOf(label) !== axis) fail(`'${label}' stands twice in the result`);
  });
  return { inputs, output, lengths };
}

/** `'b...ij'` → b, ..., i, j. */
function lettersOf(term: string, fail: (what: string) => never): string[] {
  const letters = term.match(/\.\.\.|./gsu) ?? [];
  const odd = letters.find((letter) => !/^(?:[A-Za-z]|\.\.\.)$/.test(letter));
  if (odd !== undefined) fail(`an index is a letter or '...'; got '${odd}' in '${term}'`);
  if (letters.filter((letter) => letter === '...').length > 1) fail(`'...' stands twice in '${term}'`);
  return letters;
}

/** Axes of an ellipsis, counted from its end: broadcasting aligns ends. */
const ellipsis = (axes: number): Label[] => Array.from({ length: axes }, (_, i) => `…${axes - i}`);

const occursOnce = (label: Label, inputs: readonly (readonly Label[])[]): boolean =>
  inputs.flat().filter((other) => other === label).length === 1;

/** What a contraction is made of, on tensors or on variables. */
export interface EinsumAlgebra<T> {
  diagonal(x: T, axis1: number, axis2: number): T;
  matmul(a: T, b: T): T;
  mul(a: T, b: T): T;
  permute(x: T, axes: readonly number[]): T;
  reshape(x: T, shape: Shape): T;
  sum(x: T, options: { readonly axes: readonly number[] }): T;
}

/** An operand on the way, with the names of its axes. */
interface Labelled<T> {
  readonly value: T;
  readonly labels: readonly Label[];
}

/** The operands contracted from left to right. */
export function contractEinsum<T extends { readonly shape: Shape }>(
  algebra: EinsumAlgebra<T>, { inputs, output, lengths }: Einsum, operands: readonly T[],
): T {
  // An axis that broadcasting stretches is left out: the operand does not depend on it.
  const own = inputs.map((labels, i) => labels.filter((label, axis) => operands[i].shape[axis] === lengths.get(label)));
  let left: Labelled<T> | null = null;
  for (const [i, operand] of operands.entries()) {
    const keep = new Set([...output, ...own.slice(i + 1).flat()]);
    const value = shaped(algebra, operand, own[i].map((label) => lengths.get(label)!));
    const right: Labelled<T> = prepare(algebra, { value, labels: own[i] }, new Set([...keep, ...(left?.labels ?? [])]));
    left = left === null ? right : contractPair(algebra, left, right, keep);
  }
  // parseEinsum has seen to it that there is an operand, and that every label of the result is in one.
  return arrange(algebra, left!, output);
}

/** One axis a label (where a label is there twice, a diagonal), and none that nobody wants: those are summed over. */
function prepare<T>(algebra: EinsumAlgebra<T>, operand: Labelled<T>, wanted: ReadonlySet<Label>): Labelled<T> {
  let { value, labels } = operand;
  for (;;) {
    const second = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
    if (second < 0) break;
    const label = labels[second];
    value = algebra.diagonal(value, labels.indexOf(label), second);
    labels = [...labels.filter((_, axis) => axis !== second && axis !== labels.indexOf(label)), label];
  }
  const alone = labels.flatMap((label, axis) => (wanted.has(label) ? [] : [axis]));
  if (alone.length > 0) value = algebra.sum(value, { axes: alone });
  return { value, labels: labels.filter((label) => wanted.has(label)) };
}

/**
 * Sums a·b over the labels that both have and `keep` does not. With the shared labels that are kept as batch, those of
 * one operand alone as rows or columns, this is a batched product of matrices.
 */
function contractPair<T extends { readonly shape: Shape }>(
  algebra: EinsumAlgebra<T>, a: Labelled<T>, b: Labelled<T>, keep: ReadonlySet<Label>,
): Labelled<T> {
  const batch = a.labels.filter((label) => b.labels.includes(label) && keep.has(label));
  const summed = a.labels.filter((label) => b.labels.includes(label) && !keep.has(label));
  const rows = a.labels.filter((label) => !b.labels.includes(label));
  const columns = b.labels.filter((label) => !a.labels.includes(label));
  const lengthsOf = ({ value, labels: own }: Labelled<T>, wanted: readonly Label[]): number[] =>
    wanted.map((label) => value.shape[own.indexOf(label)]);
  const [counts, K, M, N] = [lengthsOf(a, batch), lengthsOf(a, summed), lengthsOf(a, rows), lengthsOf(b, columns)];
  const labels = [...batch, ...rows, ...columns];
  if (summed.length === 0 || (rows.length === 0 && columns.length === 0)) {
    // No matrices: a loop over products of single numbers, or of single rows and columns, would be all overhead.
    const left = shaped(
      algebra,
      arrange(algebra, a, [...batch, ...rows, ...summed]),
      [...counts, ...M, ...N.map(() => 1), ...K],
    );
    const right = shaped(
      algebra,
      arrange(algebra, b, [...batch, ...columns, ...summed]),
      [...counts, ...M.map(() => 1), ...N, ...K],
    );
    const product = algebra.mul(left, right);
    if (summed.length === 0) return { value: product, labels };
    return { value: algebra.sum(product, { axes: summed.map((_, i) => labels.length + i) }), labels };
  }
  const left = shaped(
    algebra,
    arrange(algebra, a, [...batch, ...rows, ...summed]),
    [...counts, sizeOf(M), sizeOf(K)],
  );
  const right = shaped(
    algebra,
    arrange(algebra, b, [...batch, ...summed, ...columns]),
    [...counts, sizeOf(K), sizeOf(N)],
  );
  return { value: shaped(algebra, algebra.matmul(left, right), [...counts, ...M, ...N]), labels };
}

/** The axes in the order of `wanted`. */
function arrange<T>(algebra: EinsumAlgebra<T>, { value, labels }: Labelled<T>, wanted: readonly Label[]): T {
  const axes = wanted.map((label) => labels.indexOf(label));
  return axes.every((axis, i) => axis === i) ? value : algebra.permute(value, axes);
}

/** Nothing to do, and no copy of a permuted view, where the shape is right already. */
const shaped = <T extends { readonly shape: Shape }>(algebra: EinsumAlgebra<T>, x: T, shape: Shape): T =>
  (sameShape(x.shape, shape) ? x : algebra.reshape(x, shape));
