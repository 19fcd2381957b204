/**
 * Whose file is it, and which network is in it? Names say whose, shapes say which. What neither says, by which padding
 * and eps the weights were trained, follows from the library, and for timm from the word `tf_` in a name.
 */
import { PRESETS, VARIANTS } from '../config.js';
import type { Preset } from '../config.js';
import { formatShape } from '@vitrine/tensor';
import type { Shape, WeightsFile } from '@vitrine/tensor';
import type { EfficientNetConfig } from '../model.js';
import { scale } from '../scaling.js';
import { LAYOUTS, namesIn, placesOf } from './layouts.js';
import type { LayoutName, Structure } from './layouts.js';
import { optionsIn } from './lineages.js';
import type { LineageOptions } from './lineages.js';
import { parseConfig } from './checkpoint-config.js';

/** A network, by its name and what differs from it, or in full. */
export interface Recognised {
  readonly layout: LayoutName;
  readonly variant: string;
  readonly numClasses: number;
  readonly inChannels: number;
  /** Of files that carry their whole configuration. */
  readonly config: EfficientNetConfig | null;
  readonly options: LineageOptions;
  /** What the conventions were read from. */
  readonly reason: string;
  /** What is only guessed, and how to say otherwise. */
  readonly warnings: readonly string[];
}

/** A name that no other library has. */
const LANDMARKS: Readonly<Record<LayoutName, string>> = {
  vitrine: 'stem.weight', lukemelas: '_conv_stem.weight', torchvision: 'features.0.0.weight', timm: 'conv_stem.weight',
};

/** Up to the number of a block. */
const BLOCK: Readonly<Record<LayoutName, RegExp>> = {
  vitrine: /^blocks\.\d+\./,
  lukemelas: /^_blocks\.\d+\./,
  torchvision: /^features\.\d+\.\d+\.block\./,
  timm: /^blocks\.\d+\.\d+\./,
};

type Tensors = WeightsFile['tensors'];

const outputs = (shape: Shape | undefined, layout: LayoutName): number | undefined =>
  (layout === 'vitrine' ? shape?.at(-1) : shape?.[0]);

/**
 * All there is of names: the file's, or that of the innermost folder that names a network, and the texts in it. Folders
 * around it may be called anything, and so may classes.
 */
export function hintsOf(file: string, metadata: WeightsFile['metadata']): string {
  const parts = file.split(/[/\\]/);
  const named = parts.findLast((part) => /efficientnet/i.test(part)) ?? parts.at(-1) ?? file;
  const texts = Array.from(metadata).flatMap(([key, value]) => (key === 'classes' ? [] : [value]));
  return [named, ...texts].join(' ');
}

/**
 * `hints` are those of `hintsOf`. Throws an Error, naming `file`, for a network
 * that is not known.
 */
export function recognise(
  { tensors, metadata }: Pick<WeightsFile, 'tensors' | 'metadata'>, file: string, hints: string,
): Recognised {
  const layout = LAYOUTS.find((candidate) => tensors.has(LANDMARKS[candidate]));
  if (layout === undefined) {
    const keys = [...tensors.keys()];
    const some = `${keys.slice(0, 5).join(', ')}${keys.length > 5 ? `, … (${keys.length})` : ''}`;
    throw new Error(`fromPretrained: ${file} is no EfficientNet by the names of ${LAYOUTS.join(', ')}; ` +
      `it holds ${some}`);
  }
  const config = parseConfig(metadata.get('model') ?? 'null');
  if (config !== null) {
    const { name: variant, numClasses, inChannels, convention: conventions, batchNormEps, batchNormMomentum } = config;
    const options = { conventions, batchNormMomentum, ...(batchNormEps !== undefined && { batchNormEps }) };
    return {
      layout, variant, numClasses, inChannels, config, options,
      reason: 'the configuration in the file',
      warnings: [],
    };
  }
  const structure = findStructure(tensors, layout, file);
  const key = namesIn(layout, structure);
  const stem = tensors.get(LANDMARKS[layout])?.shape;
  const numClasses = tensors.get(key('classifier.bias'))?.shape[0];
  if (stem?.length !== 4 || numClasses === undefined) {
    const [found, classes] = [
      stem === undefined ? 'missing' : formatShape(stem),
      numClasses === undefined ? 'missing' : 'there',
    ];
    throw new Error(`fromPretrained: ${file}: ${LANDMARKS[layout]} is ${found} ` +
      `and ${key('classifier.bias')} is ${classes}; expected 4 axes, and a classifier`);
  }
  return {
    layout, variant: structure.name, numClasses, inChannels: layout === 'vitrine' ? stem[2] : stem[1], config: null,
    ...conventionsOf(layout, hints),
  };
}

/** The variant whose stem, blocks and head have the widths found. */
function findStructure(tensors: Tensors, layout: LayoutName, file: string): Structure {
  const blocks = new Set([...tensors.keys()].flatMap((key) => BLOCK[layout].exec(key)?.[0] ?? [])).size;
  const found = structures(layout).find((candidate) => matches(tensors, layout, candidate, blocks));
  if (found !== undefined) return found;
  const stem = outputs(tensors.get(LANDMARKS[layout])?.shape, layout);
  throw new Error(`fromPretrained: ${file} has the names of ${layout}, but the sizes of no network that is known: ` +
    `a stem of ${stem} channels and ${blocks} blocks; ` +
    `known are ${structures(layout).map(({ name }) => name).join(', ')}`);
}

interface Candidate extends Structure {
  readonly stemChannels: number;
  readonly headChannels: number;
}

/** All that the layout has names for. */
function structures(layout: LayoutName): Candidate[] {
  const rows: readonly [string, Preset][] = [
    ...Object.entries(VARIANTS),
    ...(layout === 'vitrine' ? Object.entries(PRESETS) : []),
  ];
  const has = (candidate: Structure): boolean => {
    try {
      namesIn(layout, candidate);
      return true;
    } catch {
      return false;
    }
  };
  return rows.map(([name, row]) => ({ name, ...scale(row.architecture, row) })).filter(has);
}

function matches(tensors: Tensors, layout: LayoutName, candidate: Candidate, blocks: number): boolean {
  const { stages, stemChannels, headChannels } = candidate;
  const places = placesOf(stages);
  if (places.length !== blocks) return false;
  const key = namesIn(layout, candidate);
  const width = (ours: string): number | undefined => outputs(tensors.get(key(ours))?.shape, layout);
  return width('stem.weight') === stemChannels && width('head.weight') === headChannels &&
    places.every(({ index, config }) => {
      const { block, channels, expandRatio, squeezeRatio } = config;
      if (block === 'fused') {
        return width(`blocks.${index}.${expandRatio === 1 ? 'conv' : 'project'}.weight`) === channels;
      }
      // B0 and Lite0 differ in nothing else than squeeze-excitation and ReLU6.
      const squeezes = tensors.has(key(`blocks.${index}.squeezeExcitation.reduce.weight`));
      return width(`blocks.${index}.project.weight`) === channels && (squeezeRatio > 0) === squeezes;
    });
}

/**
 * A name of timm's for its own weights: `efficientnet_b0_ra-3dd342df.pth`, `efficientnet_b1-533bc792.pth`,
 * `timm/efficientnet_b2.ra_in1k/model.safetensors`. Without a recipe or a digest behind it, it is anybody's name.
 */
const TIMM_NAME =
  /(?<!\w)efficientnet(?:v2)?_(?:b\d|l2|lite\d|[sml])(?:(?:_\w+)?-[0-9a-f]{8}(?!\w)|\.\w+_in\d+k(?![a-z0-9]))/i;

function conventionsOf(layout: LayoutName, hints: string): Pick<Recognised, 'options' | 'reason' | 'warnings'> {
  switch (layout) {
    case 'lukemelas': return {
      options: optionsIn(layout, 'tensorflow'),
      reason: 'what lukemelas trains with',
      warnings: [],
    };
    case 'torchvision': return {
      options: optionsIn(layout, 'pytorch'),
      reason: 'what torchvision trains with',
      warnings: [],
    };
    case 'timm': {
      if (/tf_efficientnet/i.test(hints)) {
        return {
          options: optionsIn(layout, 'tensorflow'),
          reason: 'a name that begins with tf_',
          warnings: [],
        };
      }
      const named = TIMM_NAME.test(hints);
      return {
        options: optionsIn(layout, 'pytorch'),
        reason: named
          ? "a name of timm's own weights, without tf_"
          : 'a guess: no name says whether it begins with tf_',
        warnings: named
          ? []
          : ["timm's names, and nothing in the file or its name says whether these are weights of a tf_ " +
            "model; taken as PyTorch's own (padding on both sides, eps 1e-5). " +
            "If the model's name begins with tf_, give conventions: 'tensorflow'"],
      };
    }
    case 'vitrine': return {
      options: optionsIn(layout, 'tensorflow'),
      reason: 'a guess: the file does not carry the configuration',
      warnings: ["the file does not carry the network's configuration; its padding and eps are " +
        "taken as TensorFlow's. If it was trained otherwise, give conventions: 'pytorch'"],
    };
  }
}
