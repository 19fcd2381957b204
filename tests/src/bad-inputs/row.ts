/** One row: an operation, a call of it that must throw, and what the error says. */
import { zeros } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';

export type Row = readonly [op: string, call: () => unknown, message: string];

export const z = (...shape: number[]): Tensor => zeros(shape);
export const double = (...shape: number[]): Tensor => zeros(shape, 'float64');
/** What TypeScript would not let through, as plain JavaScript sends it. */
export const sent = (json: string): never => JSON.parse(json) as never;
/** What is no tensor. */
export const noTensor = sent('{"shape":[2]}');
