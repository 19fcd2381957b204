/** What `--augment` takes: names of augmentations, with commas between, in the order in which they are done. */
import {
  autoAugment, colourJitter, compose, cutMix, flipLeftRight, mixOneOf, mixup, padAndCrop, randAugment, randomAffine,
  randomApply, randomErasing, randomResizedCrop,
} from '@vitrine/data';
import type { Augment, Mix, RandomErasingOptions } from '@vitrine/data';
import { givenOf, numbersOf, parseSpec, rowOf } from './spec.js';
import type { Spec } from './spec.js';

/** What a loader is given. */
export interface Augmentation {
  /** On each image's bytes. */
  readonly augment?: Augment;
  /** On each batch. */
  readonly mix?: Mix;
}

interface Row {
  readonly usage: string;
  readonly help: string;
  /** `size`: the side of the images that the network sees. */
  readonly make: (spec: Spec, size: number) => Augmentation;
}

/** An augmentation of single images; with @ it is done to some of them. */
const perImage = (make: (spec: Spec, size: number) => Augment): Row['make'] => (spec, size) => {
  const augment = make(spec, size);
  return { augment: spec.probability === undefined ? augment : randomApply(spec.probability, augment) };
};

const perBatch = (make: typeof mixup): Row['make'] => (spec) => {
  const [alpha] = numbersOf(spec, 1);
  if (alpha === undefined) throw new Error(`'${spec.text}': ${spec.name} takes alpha, such as ${spec.name}:0.2`);
  return { mix: make({ alpha, ...givenOf({ probability: spec.probability }) }) };
};

const AUGMENTATIONS: Readonly<Record<string, Row>> = {
  flip: {
    usage: 'flip[@P]', help: 'left and right exchanged, with probability P (0.5)',
    make: (spec) => {
      numbersOf(spec, 0);
      return { augment: randomApply(spec.probability ?? 0.5, flipLeftRight) };
    },
  },
  crop: {
    usage: 'crop:K', help: 'moved by up to K pixels',
    make: perImage((spec) => padAndCrop(needed(spec, 'pixels, such as crop:2'))),
  },
  'resized-crop': {
    usage: 'resized-crop[:MIN]', help: 'a piece of MIN (0.08) to all of the area, resized',
    make: perImage((spec, size) => randomResizedCrop(size, { scale: [numbersOf(spec, 1)[0] ?? 0.08, 1] })),
  },
  rotate: {
    usage: 'rotate:D', help: 'turned by up to D degrees',
    make: perImage((spec) => randomAffine({ degrees: needed(spec, 'degrees, such as rotate:15') })),
  },
  jitter: {
    usage: 'jitter:X', help: 'brightness, contrast, saturation times 1−X to 1+X',
    make: perImage((spec) => {
      const amount = needed(spec, 'an amount, such as jitter:0.4');
      return colourJitter({ brightness: amount, contrast: amount, saturation: amount });
    }),
  },
  erase: {
    usage: 'erase[:P[:MAX[:random]]]',
    help: 'a box of up to MAX (0.33) of the area black, or noise, with probability P (0.5)',
    make: perImage(erase),
  },
  randaugment: {
    usage: 'randaugment[:N[:M]]', help: 'N (2) operations of strength M (9 of 30)',
    make: perImage((spec) => {
      const [numOps, magnitude] = numbersOf(spec, 2);
      return randAugment(givenOf({ numOps, magnitude }));
    }),
  },
  autoaugment: {
    usage: 'autoaugment[:cifar10]', help: "the policy found for ImageNet, or CIFAR-10's",
    make: perImage((spec) => {
      const [policy = 'imagenet', ...more] = spec.args;
      if (more.length === 0 && (policy === 'imagenet' || policy === 'cifar10')) return autoAugment(policy);
      throw new Error(`'${spec.text}': autoaugment takes imagenet or cifar10`);
    }),
  },
  mixup: { usage: 'mixup:A[@P]', help: 'neighbours in the batch mixed by Beta(A, A)', make: perBatch(mixup) },
  cutmix: {
    usage: 'cutmix:A[@P]', help: 'a box of the neighbour pasted, its area by Beta(A, A)', make: perBatch(cutMix),
  },
};

function needed(spec: Spec, what: string): number {
  const [value] = numbersOf(spec, 1);
  if (value === undefined) throw new Error(`'${spec.text}': ${spec.name} takes ${what}`);
  return value;
}

function erase(spec: Spec): Augment {
  const noise = spec.args.at(-1) === 'random';
  const [probability, most] = numbersOf({ ...spec, args: noise ? spec.args.slice(0, -1) : spec.args }, 2);
  const scale: RandomErasingOptions['scale'] = most === undefined ? undefined : [Math.min(0.02, most), most];
  return randomErasing(givenOf({ probability, scale, value: noise ? 'random' as const : undefined }));
}

/**
 * `flip,crop:2,cutmix:1@0.5` → what a loader does; `none` nothing. Of several mixes one is drawn for each batch.
 * Throws an Error that quotes the part that is wrong.
 */
export function parseAugmentation(text: string, size: number): Augmentation {
  if (text.trim() === 'none') return {};
  const made = text.split(',').map((part) => {
    const spec = parseSpec(part);
    return rowOf(AUGMENTATIONS, spec).make(spec, size);
  });
  const augments = made.flatMap(({ augment }) => (augment === undefined ? [] : [augment]));
  const mixes = made.flatMap(({ mix }) => (mix === undefined ? [] : [mix]));
  return {
    ...(augments.length > 0 && { augment: augments.length === 1 ? augments[0] : compose(...augments) }),
    ...(mixes.length > 0 && { mix: mixes.length === 1 ? mixes[0] : mixOneOf(...mixes) }),
  };
}

/** Whether images are mirrored: what looks at each of them once looks at the mirror images, too. */
export const mirrors = (text: string): boolean => text.split(',').some((part) => parseSpec(part).name === 'flip');

export const augmentationHelp = Object.values(AUGMENTATIONS)
  .map(({ usage, help }) => `  ${usage.padEnd(26)}${help}\n`).join('');
