/**
 * EfficientNets with the state that PyTorch gave the fixtures.
 *
 * Every fixture is run twice: in float64, where the only difference left is that the wanted values were rounded to
 * float32 once, so that a wrong formula has nowhere to hide; and in float32, as models run.
 */
import { fromArray } from '@vitrine/tensor';
import type { DType, Tensor } from '@vitrine/tensor';
import type { Module } from '@vitrine/nn';
import { expect } from 'chai';
import { expectClose } from './close.js';
import type { FixtureTensor } from './fixtures.js';

/** The fixtures use neutral names; these are the modules'. */
export const ownName = (key: string): string =>
  key.replace('seReduce', 'squeezeExcitation.reduce').replace('seExpand', 'squeezeExcitation.expand');

export const toTensor = ({ data, shape }: FixtureTensor, dtype: DType): Tensor => fromArray(data, shape, dtype);

export const renamed = (tensors: ReadonlyMap<string, FixtureTensor>): Map<string, FixtureTensor> =>
  new Map(Array.from(tensors, ([key, tensor]) => [ownName(key), tensor]));

/** Loads all of `state` into a module made in `meta`, which takes on the element type of what it is given. */
export function load<M extends Module>(module: M, state: ReadonlyMap<string, FixtureTensor>, dtype: DType): M {
  module.loadStateDict(new Map(Array.from(renamed(state), ([key, tensor]) => [key, toTensor(tensor, dtype)])));
  return module;
}

export const parameterNames = (module: Module): string[] => Array.from(module.namedParameters(), ([name]) => name);
export const bufferNames = (module: Module): string[] => Array.from(module.namedBuffers(), ([name]) => name);

/** `got` has exactly the names of `want` and is close to it, name by name. Returns the worst error. */
export function expectAllClose(
  got: ReadonlyMap<string, Tensor>, want: ReadonlyMap<string, FixtureTensor>, tolerance: number, label: string,
): number {
  expect([...got.keys()].sort(), `${label}: names`).to.deep.equal([...want.keys()].sort());
  return Math.max(...Array.from(got, ([name, tensor]) =>
    expectClose(tensor, want.get(name)!, tolerance, `${label} ${name}`)));
}

/** The gradient of every parameter; throws, naming it, where there is none. */
export const gradients = (module: Module): Map<string, Tensor> => new Map(
  Array.from(module.namedParameters(), ([name, { grad }]) => {
    if (grad === null) throw new Error(`gradients: ${name} has no gradient`);
    return [name, grad];
  }),
);

export const buffers = (module: Module): Map<string, Tensor> =>
  new Map(Array.from(module.namedBuffers(), ([name, { value }]) => [name, value]));
