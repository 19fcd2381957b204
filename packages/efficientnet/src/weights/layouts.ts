/**
 * What three libraries call the same tensors: a table a library.
 * Sources: lukemelas/EfficientNet-PyTorch `model.py`, torchvision `efficientnet.py`, timm `efficientnet.py` and
 * `_efficientnet_blocks.py`.
 */
import type { StageConfig } from '../config.js';
import type { EfficientNetConfig } from '../model.js';
import type { Module } from '@vitrine/nn';

/** 'vitrine': the names of `stateDict()`, and axes as this library has them. The others have PyTorch's axes. */
export type LayoutName = 'vitrine' | 'lukemelas' | 'torchvision' | 'timm';

export const LAYOUTS: readonly LayoutName[] = ['vitrine', 'lukemelas', 'torchvision', 'timm'];

/** What of a network its names depend on. */
export type Structure = Pick<EfficientNetConfig, 'name' | 'stages' | 'activation'>;

/** Blocks differ in names, not by their sizes, but by what they are made of. */
type BlockKind = 'MBConv' | 'MBConv without expansion' | 'Fused-MBConv' | 'Fused-MBConv without expansion';

/** A block's place: counted through the network, and in its stage. All from 0. */
export interface BlockPlace {
  readonly index: number;
  readonly stage: number;
  readonly at: number;
  readonly config: StageConfig;
}

export const placesOf = (stages: readonly StageConfig[]): BlockPlace[] => {
  const places: Omit<BlockPlace, 'index'>[] =
    stages.flatMap((config, stage) => Array.from({ length: config.repeats }, (_, at) => ({ stage, at, config })));
  return places.map((place, index) => ({ ...place, index }));
};

function kindOf({ block, expandRatio }: StageConfig): BlockKind {
  if (block === 'fused') return expandRatio === 1 ? 'Fused-MBConv without expansion' : 'Fused-MBConv';
  return expandRatio === 1 ? 'MBConv without expansion' : 'MBConv';
}

/** Our name of a module, and theirs. */
type Names = Readonly<Record<string, string>>;

interface Layout {
  readonly ends: (stages: number) => Names;
  readonly prefix: (place: BlockPlace) => string;
  /** After the prefix. A kind that is left out does not exist there. */
  readonly blocks: Readonly<Partial<Record<BlockKind, Names>>>;
  /** Whether there are networks without squeeze-excitation and with ReLU6. */
  readonly lite: boolean;
}

const TABLES: Readonly<Record<Exclude<LayoutName, 'vitrine'>, Layout>> = {
  lukemelas: {
    ends: () => ({ stem: '_conv_stem', stemNorm: '_bn0', head: '_conv_head', headNorm: '_bn1', classifier: '_fc' }),
    prefix: ({ index }) => `_blocks.${index}`,
    blocks: {
      'MBConv': {
        'expand': '_expand_conv', 'expandNorm': '_bn0',
        'depthwise': '_depthwise_conv', 'depthwiseNorm': '_bn1',
        'squeezeExcitation.reduce': '_se_reduce', 'squeezeExcitation.expand': '_se_expand',
        'project': '_project_conv', 'projectNorm': '_bn2',
      },
      'MBConv without expansion': {
        'depthwise': '_depthwise_conv', 'depthwiseNorm': '_bn1',
        'squeezeExcitation.reduce': '_se_reduce', 'squeezeExcitation.expand': '_se_expand',
        'project': '_project_conv', 'projectNorm': '_bn2',
      },
    },
    lite: false,
  },

  torchvision: {
    ends: (stages) => ({
      stem: 'features.0.0', stemNorm: 'features.0.1',
      head: `features.${stages + 1}.0`, headNorm: `features.${stages + 1}.1`,
      classifier: 'classifier.1', // 0 is the dropout
    }),
    prefix: ({ stage, at }) => `features.${stage + 1}.${at}.block`,
    blocks: {
      'MBConv': {
        'expand': '0.0', 'expandNorm': '0.1',
        'depthwise': '1.0', 'depthwiseNorm': '1.1',
        'squeezeExcitation.reduce': '2.fc1', 'squeezeExcitation.expand': '2.fc2',
        'project': '3.0', 'projectNorm': '3.1',
      },
      'MBConv without expansion': {
        'depthwise': '0.0', 'depthwiseNorm': '0.1',
        'squeezeExcitation.reduce': '1.fc1', 'squeezeExcitation.expand': '1.fc2',
        'project': '2.0', 'projectNorm': '2.1',
      },
      'Fused-MBConv': { conv: '0.0', convNorm: '0.1', project: '1.0', projectNorm: '1.1' },
      'Fused-MBConv without expansion': { conv: '0.0', convNorm: '0.1' },
    },
    lite: false,
  },

  timm: {
    ends: () => ({ stem: 'conv_stem', stemNorm: 'bn1', head: 'conv_head', headNorm: 'bn2', classifier: 'classifier' }),
    prefix: ({ stage, at }) => `blocks.${stage}.${at}`,
    blocks: {
      'MBConv': {
        'expand': 'conv_pw', 'expandNorm': 'bn1',
        'depthwise': 'conv_dw', 'depthwiseNorm': 'bn2',
        'squeezeExcitation.reduce': 'se.conv_reduce', 'squeezeExcitation.expand': 'se.conv_expand',
        'project': 'conv_pwl', 'projectNorm': 'bn3',
      },
      'MBConv without expansion': {
        'depthwise': 'conv_dw', 'depthwiseNorm': 'bn1',
        'squeezeExcitation.reduce': 'se.conv_reduce', 'squeezeExcitation.expand': 'se.conv_expand',
        'project': 'conv_pw', 'projectNorm': 'bn2', // `conv_pw` widens in the other blocks
      },
      'Fused-MBConv': { conv: 'conv_exp', convNorm: 'bn1', project: 'conv_pwl', projectNorm: 'bn2' },
      'Fused-MBConv without expansion': { conv: 'conv', convNorm: 'bn1' },
    },
    lite: true,
  },
};

const LEAVES: Names = { weight: 'weight', bias: 'bias', runningMean: 'running_mean', runningVar: 'running_var' };

/**
 * The layout's name of a tensor of the network, for the name it has here: `blocks.0.depthwise.weight` is torchvision's
 * `features.1.0.block.0.0.weight`. Throws an Error if the layout has no such networks.
 */
export function namesIn(layout: LayoutName, { name, stages, activation }: Structure): (ours: string) => string {
  if (layout === 'vitrine') return (ours) => ours;
  const { ends, prefix, blocks, lite } = TABLES[layout];
  const places = placesOf(stages);
  const odd = places.find(({ config }) => blocks[kindOf(config)] === undefined);
  if (odd !== undefined) {
    throw new Error(`keysOf: ${layout} has no ${kindOf(odd.config)}, of which ${name} is made; ${others(layout)}`);
  }
  const plain = places.some(({ config }) => config.block === 'mbconv' && config.squeezeRatio === 0);
  if (!lite && (plain || activation === 'relu6')) {
    throw new Error(`keysOf: ${layout} has no networks without squeeze-excitation or with ReLU6, ` +
      `such as ${name}; ${others(layout)}`);
  }
  const endNames = ends(stages.length);
  const moduleName = (path: string): string | undefined => {
    const [, index, part] = /^blocks\.(\d+)\.(.+)$/.exec(path) ?? [];
    if (index === undefined) return endNames[path];
    const place = places[Number(index)];
    const theirs = place === undefined ? undefined : blocks[kindOf(place.config)]?.[part];
    return theirs === undefined ? undefined : `${prefix(place)}.${theirs}`;
  };
  return (ours) => {
    const dot = ours.lastIndexOf('.');
    const theirs = moduleName(ours.slice(0, dot));
    const leaf = LEAVES[ours.slice(dot + 1)];
    if (theirs === undefined || leaf === undefined) throw new Error(`keysOf: '${ours}' is no tensor of ${name}`);
    return `${theirs}.${leaf}`;
  };
}

const others = (layout: LayoutName): string =>
  `take ${LAYOUTS.filter((other) => other !== layout).map((other) => `'${other}'`).join(' or ')}`;

/**
 * Of every parameter and buffer of a network, in the order of `stateDict()`, its name here and its name in the layout.
 * (PyTorch's batch norms also have a `num_batches_tracked`, a whole number that evaluation does not use: see
 * `countersOf`.)
 */
export function keysOf(model: Module & { readonly config: Structure }, layout: LayoutName): Map<string, string> {
  const theirs = namesIn(layout, model.config);
  return new Map(Array.from(model.stateDict().keys(), (ours) => [ours, theirs(ours)]));
}

const COUNTER = 'num_batches_tracked';

/** Keys of PyTorch's batch counters, one a batch norm. */
export const countersOf = (keys: Iterable<string>): string[] =>
  [...keys].flatMap((key) => (key.endsWith('.running_var') ? [key.replace(/running_var$/, COUNTER)] : []));

export const isCounter = (key: string): boolean => key.endsWith(`.${COUNTER}`);
