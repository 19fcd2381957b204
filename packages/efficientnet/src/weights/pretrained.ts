/** From a file to a network: read, recognise, make in `meta`, fill tensor by tensor. */
import {
  checkDigest, decodeWeights, fetchFile, formatShape, keep, meta, sameShape, scope, sha256Of, sum, zeros,
} from '@vitrine/tensor';
import type { FetchFileOptions, RawArray, Shape, Tensor, WeightsFile } from '@vitrine/tensor';
import { readFile } from '@vitrine/tensor/files';
import { conventionsFor } from '../config.js';
import type { ConventionName } from '../config.js';
import { renew } from '../initialize.js';
import type { EfficientNet, EfficientNetConfig, EfficientNetOptions } from '../model.js';
import { fromOwn, fromTorch, shapeToTorch } from './axes.js';
import { parseClasses, parseColours, parsePreprocessing } from './checkpoint-config.js';
import { isCounter, keysOf } from './layouts.js';
import type { LayoutName } from './layouts.js';
import { forChannels, preprocessingFor } from './preprocessing.js';
import type { Preprocessing } from './preprocessing.js';
import { optionsIn } from './lineages.js';
import { hintsOf, recognise } from './recognise.js';
import type { Recognised } from './recognise.js';

/**
 * A path (in a page, an address relative to it), an address that begins with http, the file's bytes, or what
 * `decodeWeights` made of them.
 */
export type WeightsSource = string | URL | Uint8Array | WeightsFile;

export interface PretrainedOptions extends FetchFileOptions {
  /** Padding and batch-norm settings the weights were trained with, where the file does not tell. */
  readonly conventions?: ConventionName;
  /** Other than the file's: the classifier alone is freshly initialised. */
  readonly numClasses?: number;
  /**
   * Other than the file's: the stem is adapted. 1 takes the sum over the file's channels C, n repeat them in turn,
   * times C/n.
   */
  readonly inChannels?: number;
  /** The moving average of the weights, where a training checkpoint holds one. (Not of weights that are decoded.) */
  readonly ema?: boolean;
  /** What the file is called, where the source is bytes: timm's names say how the weights were trained. */
  readonly fileName?: string;
  /** Told what is only guessed. Default `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** What was found in the file. */
export interface PretrainedInfo {
  readonly source: string;
  readonly format: WeightsFile['format'];
  readonly layout: LayoutName;
  readonly variant: string;
  readonly conventions: ConventionName;
  readonly batchNormEps: number;
  /** Of the file; the network may have another number. */
  readonly numClasses: number;
  /** Names of the network's classes, where the file has them; null for a classifier that is new. */
  readonly classes: readonly string[] | null;
  /** How images are to be prepared, in the network's channels; null if nothing says so. */
  readonly preprocessing: Preprocessing | null;
  /** What was done that is worth knowing. */
  readonly notes: readonly string[];
}

/** What this file needs of model.ts, which imports it. */
export interface ModelMaker {
  readonly configFor: (name: string, options: EfficientNetOptions) => EfficientNetConfig;
  readonly make: (config: EfficientNetConfig) => EfficientNet;
}

/** `EfficientNet.fromPretrained`, where it is described. */
export async function loadPretrained(
  maker: ModelMaker, name: string, source: WeightsSource, options: PretrainedOptions,
): Promise<EfficientNet> {
  const { warn = (message: string) => console.warn(message) } = options;
  const { file, called } = await readSource(source, options);
  const hints = hintsOf(called, file.metadata);
  const found = recognise(file, called, hints);
  checkName(maker, name, found, called);
  if (options.conventions === undefined) {
    for (const warning of found.warnings) warn(`fromPretrained: ${called}: ${warning}`);
  }

  const config = configOf(maker, found, options);
  const model = meta(() => maker.make(config)).eval();
  const notes = [...file.notes, ...fill(model, file.tensors, found, called)];
  const {
    convention: conventions, name: variant, batchNormEps = conventionsFor(conventions, variant).batchNormEps,
  } = config;
  const { format, metadata } = file;
  const colours = parseColours(metadata.get('training') ?? 'null');
  const side = { resize: config.imageSize, crop: config.imageSize, interpolation: 'bilinear' } as const;
  const preprocessing = parsePreprocessing(metadata.get('preprocessing') ?? 'null') ??
    (colours === null ? preprocessingFor(variant, found.layout, conventions, hints) : { ...side, ...colours });
  model.pretrained = {
    source: called, format, layout: found.layout, variant, conventions, batchNormEps,
    numClasses: found.numClasses, notes,
    classes: config.numClasses === found.numClasses ? parseClasses(metadata.get('classes') ?? 'null') : null,
    preprocessing: preprocessing === null || config.inChannels === found.inChannels
      ? preprocessing
      : forChannels(preprocessing, config.inChannels),
  };
  return model;
}

const isDecoded = (source: WeightsSource): source is WeightsFile => typeof source === 'object' && 'tensors' in source;

/** What is in the source, and what messages call it. */
async function readSource(
  source: WeightsSource, options: PretrainedOptions,
): Promise<{ readonly file: WeightsFile; readonly called: string }> {
  const { ema = false, fileName } = options;
  if (isDecoded(source)) return { file: source, called: fileName ?? 'the weights given' };
  const { bytes, path } = await readBytes(source, options);
  const called = fileName ?? path;
  return { file: decodeWeights(bytes, called, { ema }), called };
}

async function readBytes(
  source: string | URL | Uint8Array, options: PretrainedOptions,
): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
  if (source instanceof URL || (typeof source === 'string' && /^https?:/.test(source))) {
    return { bytes: await (await fetchFile(source, options)).read(), path: String(source) };
  }
  const path = typeof source === 'string' ? source : 'the bytes given';
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  const { sha256 } = options;
  if (typeof sha256 === 'string') checkDigest(`fromPretrained: ${path}`, await sha256Of(bytes), sha256);
  return { bytes, path };
}

function checkName({ configFor }: ModelMaker, name: string, { variant }: Recognised, file: string): void {
  if (name === 'auto' || name === variant) return;
  const asked = configFor(name, {}).name;
  if (asked === variant) return;
  throw new Error(`fromPretrained: ${file} holds ${variant}, not ${asked}; ` +
    `ask for '${variant}', or 'auto' takes what there is`);
}

function configOf(
  { configFor }: ModelMaker, found: Recognised, { conventions, numClasses, inChannels }: PretrainedOptions,
): EfficientNetConfig {
  const sizes = { numClasses: numClasses ?? found.numClasses, inChannels: inChannels ?? found.inChannels };
  // Other conventions than the file's have their own eps and momentum, which in timm are timm's.
  const settings = conventions === undefined || conventions === found.options.conventions
    ? found.options
    : optionsIn(found.layout, conventions);
  if (found.config === null) return configFor(found.variant, { ...sizes, ...settings });
  if (settings === found.options) return { ...found.config, ...sizes };
  const { batchNormEps: _, ...rest } = found.config;
  const { batchNormMomentum } = conventionsFor(settings.conventions, found.variant);
  return { ...rest, ...sizes, convention: settings.conventions, batchNormMomentum };
}

/**
 * Gives every parameter and buffer its values, or none: names and shapes are compared first. One tensor at a time is
 * converted, so that the peak of memory is the file and the network. Returns what did not come from the file as it was.
 */
function fill(model: EfficientNet, tensors: WeightsFile['tensors'], found: Recognised, file: string): string[] {
  const { layout, numClasses, inChannels } = found;
  const { config } = model;
  const newClassifier = config.numClasses !== numClasses;
  const newStem = config.inChannels !== inChannels;
  const keys = keysOf(model, layout);
  const shapes = new Map(Array.from(model.stateDict(), ([name, { shape }]) => [name, shape]));
  if (newStem) shapes.set('stem.weight', [3, 3, inChannels, config.stemChannels]);
  if (newClassifier) {
    shapes.set('classifier.weight', [config.headChannels, numClasses]).set('classifier.bias', [numClasses]);
  }
  checkTensors(tensors, keys, shapes, found, file);

  const convert = layout === 'vitrine' ? fromOwn : fromTorch;
  const valueOf = (name: string): Tensor => {
    const value = convert(arrayOf(tensors, keys, name));
    return newStem && name === 'stem.weight' ? adaptChannels(value, config.inChannels) : value;
  };
  for (const [name, owner] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (newClassifier && name.startsWith('classifier.')) continue;
    owner.value = keep(scope(() => valueOf(name)));
  }
  if (newClassifier) renew(model.classifier);
  return [
    ...(newStem ? [`the stem's weights for ${inChannels} channels were adapted to ${config.inChannels}`] : []),
    ...(newClassifier
      ? [`the classifier has ${config.numClasses} classes, the file's ${numClasses}: it is freshly initialised`]
      : []),
  ];
}

function arrayOf(tensors: WeightsFile['tensors'], keys: ReadonlyMap<string, string>, name: string): RawArray {
  const array = tensors.get(keys.get(name) ?? '');
  if (array === undefined) throw new Error(`fromPretrained: no '${name}'`);
  return array;
}

/** One error lists all that is missing, too much, or of another shape. */
function checkTensors(
  tensors: WeightsFile['tensors'], keys: ReadonlyMap<string, string>, shapes: ReadonlyMap<string, Shape>,
  { layout, variant }: Recognised, file: string,
): void {
  const expected = new Set(keys.values());
  const missing = [...expected].filter((key) => !tensors.has(key));
  const unexpected = [...tensors.keys()].filter((key) => !expected.has(key) && !isCounter(key));
  const misshapen = Array.from(keys).flatMap(([name, key]) => {
    const [has, own] = [tensors.get(key)?.shape, shapes.get(name) ?? []];
    const wants = layout === 'vitrine' ? own : shapeToTorch(own);
    return has === undefined || sameShape(has, wants)
      ? []
      : [`${key} is ${formatShape(has)}, not ${formatShape(wants)}`];
  });
  const complaints = Object.entries({ missing, unexpected, misshapen }).filter(([, list]) => list.length > 0);
  if (complaints.length === 0) return;
  const lines = complaints.map(([what, list]) => {
    const more = list.length > 8 ? `; … (${list.length})` : '';
    return `\n  ${what}: ${list.slice(0, 8).join('; ')}${more}`;
  });
  throw new Error(`fromPretrained: ${file} is taken for ${variant} with ${layout}'s names, ` +
    `but does not fit${lines.join('')}`);
}

/**
 * A stem for another number of channels. Weight `[kH,kW,C,O]` → `[kH,kW,channels,O]`: for one channel the sum over C,
 * for n the old ones in turn, times C/n. For one, and where C divides n, images whose channels are alike give what they
 * gave.
 * Source: timm `adapt_input_conv`.
 */
function adaptChannels(weight: Tensor, channels: number): Tensor {
  const [kH, kW, before, out] = weight.shape;
  if (channels === 1) return sum(weight, { axes: 2, keepDims: true });
  const adapted = zeros([kH, kW, channels, out]);
  const [from, to] = [weight.toFloat32Array(), adapted.storage.data];
  for (let k = 0; k < kH * kW; k++) {
    for (let channel = 0; channel < channels; channel++) {
      const row = (k * before + (channel % before)) * out;
      for (let o = 0; o < out; o++) to[(k * channels + channel) * out + o] = (from[row + o] * before) / channels;
    }
  }
  return adapted;
}
