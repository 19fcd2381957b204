/** Weights from a file of any kind: which kind it is, which of its values are the weights, under which names. */
import { readFile } from '#files';
import { describe } from './pickle-values.js';
import type { DType, RawArray } from './raw-array.js';
import { parseSafetensors } from './safetensors.js';
import { TorchTensor } from './torch-objects.js';
import { isTorchFile, parseTorch } from './torch.js';
import type { TorchValue } from './torch.js';
import { isZip } from './zip.js';

export interface WeightsFile {
  readonly format: 'safetensors' | 'torch zip' | 'torch legacy';
  /** Elements in the writer's layout; views of the file's bytes where alignment allows. */
  readonly tensors: ReadonlyMap<string, RawArray>;
  /** Element types as they stand in the file; `tensors` has F32 for F16 and BF16. */
  readonly dtypes: ReadonlyMap<string, DType>;
  /** Texts beside the tensors (safetensors). */
  readonly metadata: ReadonlyMap<string, string>;
  /** What was found on the way and is worth saying: which entry was taken, which prefix taken off, what was left. */
  readonly notes: readonly string[];
}

export interface WeightsOptions {
  /** Take the exponential moving average of the weights, where a training checkpoint holds one. Default false. */
  readonly ema?: boolean;
}

/**
 * Reads weights from a path (in a page, a URL): safetensors, or a file of torch.save, zip or legacy. The content
 * decides, not the name. See `decodeWeights`. Peak memory is the file's size and what is made of it: tensors are views
 * of its bytes, copies where these are not aligned (in a legacy file, most) or the type changes.
 */
export const loadWeights = async (path: string, options: WeightsOptions = {}): Promise<WeightsFile> =>
  decodeWeights(await readFile(path), path, options);

/**
 * The same from bytes; `name` is for errors. Throws an Error naming it if it is of no known kind, damaged, or holds no
 * weights.
 */
export function decodeWeights(bytes: Uint8Array, name: string, options: WeightsOptions = {}): WeightsFile {
  if (isTorchFile(bytes)) {
    const found = stateDictOf(parseTorch(bytes, name), name, options);
    return { format: isZip(bytes) ? 'torch zip' : 'torch legacy', metadata: new Map(), ...found };
  }
  if (!looksLikeSafetensors(bytes)) {
    throw new Error(
      `decodeWeights: ${name}: neither safetensors nor a file of torch.save (.pth, .pt); ` +
        `it begins with ${hex(bytes.subarray(0, 8))}`,
    );
  }
  const { tensors, metadata, dtypes } = parseSafetensors(bytes, name);
  const named = tensors.has('optimizer.steps')
    ? ofTraining(tensors, dtypes, name, options) : ofWeights(tensors, dtypes, name, options);
  return { format: 'safetensors', metadata, ...named };
}

/** Of a file that holds weights and no training: these. */
function ofWeights(
  tensors: WeightsFile['tensors'], dtypes: WeightsFile['dtypes'], name: string, { ema = false }: WeightsOptions,
): Named {
  if (ema) {
    throw new Error(
      `decodeWeights: ${name}: no moving average of the weights beside them; it holds ${list([...tensors.keys()])}; ` +
        'leave out option ema',
    );
  }
  return plainNames(tensors, dtypes);
}

/** Of a training that `saveTraining` of @vitrine/nn wrote, the weights of its model, or their averages. */
function ofTraining(
  tensors: WeightsFile['tensors'], dtypes: WeightsFile['dtypes'], name: string, { ema = false }: WeightsOptions,
): Named {
  const has = (prefix: string): boolean => [...tensors.keys()].some((key) => key.startsWith(prefix));
  const averages = 'ema.average.';
  if (ema && !has(averages)) {
    throw new Error(`decodeWeights: ${name}: no moving average of the weights: the training made none`);
  }
  const prefix = ema ? averages : 'model.';
  return { tensors: below(tensors, prefix), dtypes: below(dtypes, prefix), notes: [
    `a training that can be resumed; of it, ${ema ? 'the moving average of the weights' : 'the weights of the model'}`,
    ...(!ema && has(averages) ? ['there is a moving average, too: option ema takes it'] : []),
  ] };
}

/** The header's length, then its brace. */
const looksLikeSafetensors = (bytes: Uint8Array): boolean => bytes.length > 8 && bytes[8] === 0x7b;

const hex = (bytes: Uint8Array): string =>
  (bytes.length === 0 ? 'nothing' : Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' '));

/** Where training scripts keep the weights in a checkpoint, and their moving average. */
const WEIGHTS = ['state_dict', 'model', 'model_state_dict', 'net', 'weights'];
const AVERAGES = ['state_dict_ema', 'model_ema', 'ema_state_dict', 'ema'];

type Dict = ReadonlyMap<TorchValue, TorchValue>;

type Named = Pick<WeightsFile, 'tensors' | 'dtypes' | 'notes'>;

/**
 * The weights in what torch.save was given: the dict itself, or its entry `state_dict`, `model` and their like; a
 * common prefix `module.` (DataParallel) taken off.
 */
export function stateDictOf(value: TorchValue, name: string, { ema = false }: WeightsOptions = {}): Named {
  if (value instanceof TorchTensor) throw new Error(`stateDictOf: ${name}: holds one tensor, not a dict of named ones`);
  if (!(value instanceof Map)) {
    throw new Error(`stateDictOf: ${name}: holds ${describe(value)}; expected a state dict (save model.state_dict())`);
  }
  const notes: string[] = [];
  const dict = chosen(value, name, ema, notes);
  const tensors = new Map<string, RawArray>();
  const dtypes = new Map<string, DType>();
  const left: string[] = [];
  for (const [key, entry] of dict) {
    if (typeof key === 'string' && entry instanceof TorchTensor) {
      tensors.set(key, entry.toArray());
      dtypes.set(key, entry.dtype);
    } else {
      left.push(describe(key));
    }
  }
  if (tensors.size === 0) throw new Error(`stateDictOf: ${name}: no tensors by name; it holds ${list(left)}`);
  if (left.length > 0) notes.push(`left out what is no tensor: ${list(left)}`);
  const named = plainNames(tensors, dtypes);
  return { ...named, notes: [...notes, ...named.notes] };
}

function chosen(top: Dict, name: string, ema: boolean, notes: string[]): Dict {
  const entry = (keys: readonly string[]): [string, Dict] | undefined => {
    for (const key of keys) {
      const inner = top.get(key);
      if (inner instanceof Map && holdsTensors(inner)) return [key, inner];
    }
    return undefined;
  };
  const average = entry(AVERAGES);
  if (ema && average === undefined) {
    throw new Error(
      `stateDictOf: ${name}: no moving average of the weights (${AVERAGES.join(', ')}); ` +
        `it holds ${list([...top.keys()].map(describe))}`,
    );
  }
  // An entry that says what it is goes first: beside it may be tensors of other meaning, such as the best accuracy.
  const found = ema ? average : entry(WEIGHTS) ?? (holdsTensors(top) ? undefined : average);
  if (found === undefined) return top;
  notes.push(`weights from its entry '${found[0]}'`);
  if (!ema && average !== undefined && found !== average) {
    notes.push(`there is a moving average, too ('${average[0]}'): option ema takes it`);
  }
  return found[1];
}

const holdsTensors = (dict: Dict): boolean => [...dict.values()].some((value) => value instanceof TorchTensor);

/** Of torch.optim.swa_utils.AveragedModel, beside the names under `module.`: how many models it has averaged. */
const AVERAGED = 'n_averaged';

/** Names as the network itself gives them. */
function plainNames(tensors: WeightsFile['tensors'], dtypes: WeightsFile['dtypes']): Named {
  const isAverage = tensors.size > 1 && tensors.get(AVERAGED)?.shape.length === 0 &&
    [...tensors.keys()].every((key) => key === AVERAGED || key.startsWith('module.'));
  if (!isAverage) return withoutPrefix(tensors, dtypes);
  const rest = new Map(tensors);
  rest.delete(AVERAGED);
  const named = withoutPrefix(rest, dtypes);
  return { ...named, notes: [`left out '${AVERAGED}', which counts the models averaged`, ...named.notes] };
}

const PREFIXES = ['module.', '_orig_mod.', 'model.'];

/** Wrappers (DataParallel, torch.compile, Lightning) put a prefix before every name. */
function withoutPrefix(tensors: WeightsFile['tensors'], dtypes: WeightsFile['dtypes']): Named {
  const prefix = PREFIXES.find((candidate) =>
    tensors.size > 0 && [...tensors.keys()].every((key) => key.startsWith(candidate)));
  if (prefix === undefined) return { tensors, dtypes, notes: [] };
  const again = withoutPrefix(below(tensors, prefix), below(dtypes, prefix));
  return { ...again, notes: [`prefix '${prefix}' taken off every name`, ...again.notes] };
}

/** The entries whose names begin with the prefix, under the rest of them. */
const below = <T>(map: ReadonlyMap<string, T>, prefix: string): ReadonlyMap<string, T> => new Map(Array.from(map)
  .filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));

const list = (names: readonly string[]): string =>
  (names.length === 0
    ? 'nothing'
    : `${names.slice(0, 8).map(describe).join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`);
