/** Files as other libraries publish them, with weights by the rule of fill.ts. */
import { EfficientNet, keysOf } from '@vitrine/efficientnet';
import type { ConventionName, LayoutName } from '@vitrine/efficientnet';
import { serializeSafetensors } from '@vitrine/tensor';
import type { RawArray, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { readFixture } from './fixtures.js';
import type { Fixture } from './fixtures.js';

/** A network in one convention: the logits of images 0 and 1 are the tensor `logits`. */
export interface PretrainedCase {
  readonly variant: string;
  /** Whose implementations computed them, the same to 1e-10. */
  readonly layouts: readonly Exclude<LayoutName, 'vitrine'>[];
  readonly convention: ConventionName;
  /** Side of the images. */
  readonly size: number;
  readonly logits: string;
}

export const pretrainedFixtures = (): Fixture<PretrainedCase> => readFixture('pretrained.safetensors');

/** The state dict of a library's network, in its order. */
export interface KeysCase {
  readonly layout: Exclude<LayoutName, 'vitrine'>;
  readonly variant: string;
  readonly count: number;
  /** Of the sorted lines `key 1,2,3`, joined by newlines. */
  readonly sha256: string;
  readonly entries?: readonly (readonly [key: string, shape: readonly number[]])[];
}

export const keysFixtures = (): readonly KeysCase[] => readFixture<KeysCase>('weights-keys.safetensors').cases;

/** The names of a network in a layout, given to arrays that have its names here. */
export const renameTo = (
  layout: LayoutName, model: EfficientNet, arrays: ReadonlyMap<string, RawArray>,
): [string, RawArray][] => {
  const keys = keysOf(model, layout);
  return Array.from(arrays, ([name, array]) => [keys.get(name)!, array]);
};

/** A safetensors file. */
export const fileOf = (
  layout: LayoutName, model: EfficientNet, arrays: ReadonlyMap<string, RawArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => serializeSafetensors(renameTo(layout, model, arrays), new Map(Object.entries(metadata)));

/** What the file of a case would be called. timm has two lineages, told apart by the name. */
export const fileName = (
  layout: LayoutName, { variant, convention }: Pick<PretrainedCase, 'variant' | 'convention'>,
): string => {
  const name = `efficientnet_${variant.replace('-', '_')}`;
  if (layout !== 'timm') return `${name}.pth`;
  const theirs = name.replace('_v2', 'v2');
  return convention === 'tensorflow' ? `tf_${theirs}.safetensors` : `timm/${theirs}.ra_in1k/model.safetensors`;
};

/** Same shape, same bits: what a comparison of millions of elements one by one would take seconds for. */
export function expectSameBits(got: Tensor, want: Tensor, label: string): void {
  expect(got.shape, label).to.deep.equal(want.shape);
  const [a, b] = [got, want].map((tensor) => Buffer.from(tensor.toFloat32Array().buffer));
  expect(a.equals(b), label).to.equal(true);
}

/** Gives the memory of a network back at once: the collector would take its time. */
export function release(model: EfficientNet): void {
  for (const tensor of model.stateDict().values()) tensor.storage.release('the test, which is done with it');
}
