/** The elementwise kernels under the contracts of kernels/elementwise.ts: which emitted kernel fits which strides. */
import * as reference from '../../kernels/elementwise.js';
import type { BinaryName, UnaryName } from '../../kernels/elementwise.js';
import type { Kernels } from '../../runtime.js';
import { collapseAxes, sizeOf } from '../../shape.js';
import type { Shape } from '../../shape.js';
import { addressOf } from '../runner.js';
import type { Runner } from '../runner.js';
import { LONG, binaryFormulas, stepsOf, unaryFormulas } from './elementwise.js';
import type { FastBinary } from './elementwise.js';

/**
 * Elements a thread takes at a time, in whole cache lines. Short functions wait for memory, 12 bytes an element:
 * 100 µs, or 20 if all is in the cache. Long ones compute for about 1 ns: 30 µs.
 */
export const CHUNK = { short: 131_072, long: 32_768 };
const chunkOf = (name: string): number => (LONG.has(name) ? CHUNK.long : CHUNK.short);

/** A shape of at most three axes as planes of R rows of C. */
export const rowsOf = (shape: Shape): { C: number; R: number } => ({ C: shape.at(-1) ?? 1, R: shape.at(-2) ?? 1 });

/** Bytes from plane to plane and from row to row. */
export const outerBytes = (strides: readonly number[]): [plane: number, row: number] => {
  const [row = 0, plane = 0] = strides.slice(0, -1).reverse();
  return [4 * plane, 4 * row];
};

const COMMUTATIVE: readonly BinaryName[] = ['add', 'mul', 'maximum', 'minimum'];
const isFast = (name: BinaryName): name is FastBinary => Object.hasOwn(binaryFormulas, name);
const isFastUnary = (name: UnaryName): boolean => Object.hasOwn(unaryFormulas, name);

export const elementwiseFace = (run: Runner): Pick<Kernels, 'unaryKernel' | 'binaryKernel' | 'copy'> => ({
  unaryKernel(name, shape, x, xStrides, out) {
    // Rare: four axes that do not collapse, and an innermost axis that is not contiguous; functions without emitter.
    if (shape.length > 3 || xStrides.at(-1) !== 1 || !isFastUnary(name)) {
      return reference.unaryKernel(name, shape, x, xStrides, out);
    }
    const { C, R } = rowsOf(shape);
    const args = [C, R, addressOf(x), ...outerBytes(xStrides), addressOf(out)];
    run.ranges(`unary-${name}`, sizeOf(shape), chunkOf(name), args);
  },

  binaryKernel(name, shape, a, aStrides, b, bStrides, out) {
    const last = shape.length - 1;
    if (aStrides[last] === 0 && COMMUTATIVE.includes(name)) {
      [a, aStrides, b, bStrides] = [b, bStrides, a, aStrides];
    }
    const steps = `${letter(aStrides[last])}${letter(bStrides[last])}`;
    // Rare: as above; a gradient against a broadcast row; comparisons and powers.
    if (shape.length > 3 || !isFast(name) || !stepsOf(name).includes(steps)) {
      return reference.binaryKernel(name, shape, a, aStrides, b, bStrides, out);
    }
    const { C, R } = rowsOf(shape);
    run.ranges(`binary-${name}-${steps}`, sizeOf(shape), chunkOf(name), [
      C, R, addressOf(a), ...outerBytes(aStrides), addressOf(b), ...outerBytes(bStrides), addressOf(out),
    ]);
  },

  copy(fullShape, x, fullStrides, out) {
    if (sizeOf(fullShape) === 0) return;
    const { shape, strides: [strides] } = collapseAxes(fullShape, [fullStrides]);
    if (shape.length > 3) return reference.copy(shape, x, strides, out); // rare: see above
    const { C, R } = rowsOf(shape);
    const [plane, row] = outerBytes(strides);
    const step = strides[shape.length - 1];
    if (step === 1) {
      run.ranges('unary-copy', sizeOf(shape), CHUNK.short, [C, R, addressOf(x), plane, row, addressOf(out)]);
    } else if (row === 4 && R > 1) {
      const groups = Math.ceil(R / 4);
      const planes = sizeOf(shape) / (R * C);
      const chunk = Math.max(1, Math.round(CHUNK.long / (4 * C)));
      const args = [C, R, addressOf(x), plane, 4 * step, addressOf(out)];
      run.ranges('copy-transposed', planes * groups, chunk, args);
    } else {
      run.ranges('copy-strided', sizeOf(shape), CHUNK.long, [C, R, addressOf(x), plane, row, 4 * step, addressOf(out)]);
    }
  },
});

/** As in the names of binary kernels: v for a vector, s for a scalar; other strides have none. */
const letter = (step: number): string => (step === 1 ? 'v' : step === 0 ? 's' : '?');
