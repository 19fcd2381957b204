/**
 * A training in one file, to go on from as if it had not stopped. A safetensors file with the tensors
 *
 *     model.<name>            parameters and buffers
 *     optimizer.<name>        its `stateDict`: slots, steps, rates
 *     ema.<name>              the averages, if there are any
 *     callback.<name>.<…>     what callbacks remember
 *
 * and, as JSON in its metadata under 'training', the rest: where it stands and the state of the default random stream.
 * Other texts may stand beside it, such as those by which the model can be used without the training.
 */
import { loadTensors, randomState, saveTensors, setRandomState } from '@vitrine/tensor';
import type { RandomState, Tensor } from '@vitrine/tensor';
import type { Callback, Stateful, TrainingPosition, TrainingState } from './callback.js';

const VERSION = 1;

/** What stands in the metadata. */
interface Header {
  readonly version: number;
  /** The class of the optimizer: states of several kinds look alike. */
  readonly optimizer: string;
  readonly random: RandomState;
  readonly position: TrainingPosition;
}

/**
 * Writes a training, with a random stream that stands where it stands now, beside `path`, then renames the file: a
 * process that is killed at any moment leaves the old file or the new one. All is read before the first wait.
 * `metadata`: texts to leave beside its own, 'training'.
 */
export function saveTraining(
  path: string, state: TrainingState, position: TrainingPosition, metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const tensors = new Map<string, Tensor>();
  for (const [prefix, part] of partsOf('saveTraining', state)) {
    for (const [name, tensor] of part.stateDict()) tensors.set(`${prefix}.${name}`, tensor);
  }
  const header: Header = { version: VERSION, optimizer: kindOf(state), random: randomState(), position };
  return saveTensors(path, tensors, new Map([...metadata, ['training', JSON.stringify(header, spellOut)]]));
}

/**
 * Takes up a training that `saveTraining` wrote: same model, same kind of optimizer over the same groups, averages and
 * callbacks as then; the default random stream as well. Returns where it stands, for `fit`'s `from`:
 *
 *     const from = await resumeTraining(path, { model, optimizer, ema, callbacks });
 *     await fit(model, data, { epochs, optimizer, schedule, ema, callbacks, from });
 *
 * Everything after is bit for bit what it would have been, on the same backend, on any number of threads. What is no
 * state (a schedule, the loss, the data's seed, which parameters are frozen) the caller gives again, the same. `accept`
 * is shown the texts that stand in the file before anything is taken up, and throws if it is another training's.
 * Throws an Error naming the file and what does not fit; the objects may then be loaded in part.
 */
export async function resumeTraining(
  path: string, state: TrainingState, accept: (metadata: ReadonlyMap<string, string>) => void = () => undefined,
): Promise<TrainingPosition> {
  const { tensors, metadata } = await loadTensors(path);
  accept(metadata);
  const where = `resumeTraining: ${path}`;
  const { optimizer, random, position } = readHeader(where, metadata.get('training'));
  if (optimizer !== kindOf(state)) {
    throw new Error(`${where}: the optimizer was ${optimizer}, now it is ${kindOf(state)}; go on with the same`);
  }
  const parts = partsOf('resumeTraining', state);
  const owned = divide(where, tensors, [...parts.keys()]);
  for (const [prefix, part] of parts) {
    try {
      part.loadStateDict(owned.get(prefix) ?? new Map<string, Tensor>());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${where}: ${prefix}: ${reason}`, { cause });
    }
  }
  setRandomState(random);
  return position;
}

const kindOf = ({ optimizer }: TrainingState): string => optimizer.constructor.name;

/** All that has tensors to keep, by the beginning of their names. */
function partsOf(op: string, { model, optimizer, ema, callbacks = [] }: TrainingState): Map<string, Stateful> {
  const parts = new Map<string, Stateful>([['model', model], ['optimizer', optimizer]]);
  if (ema !== undefined) parts.set('ema', ema);
  for (const callback of callbacks) {
    if (!isStateful(callback)) continue;
    const { name } = callback;
    if (name === undefined || !/^[\w-]+$/.test(name)) {
      throw new Error(`${op}: a callback with a state needs a name of letters, digits, _ and -; got ${name ?? 'none'}`);
    }
    if (parts.has(`callback.${name}`)) {
      throw new Error(`${op}: two callbacks with a state are named '${name}'; give one of them a name of its own`);
    }
    parts.set(`callback.${name}`, callback);
  }
  return parts;
}

export const isStateful = (callback: Callback): callback is Callback & Stateful =>
  callback.stateDict !== undefined && callback.loadStateDict !== undefined;

/** Every tensor to the part it belongs to. Throws if some belong to none, or a part has none. */
function divide(
  where: string, tensors: ReadonlyMap<string, Tensor>, prefixes: readonly string[],
): Map<string, Map<string, Tensor>> {
  const divided = new Map<string, Map<string, Tensor>>();
  for (const [key, tensor] of tensors) {
    const [, prefix, name] = /^((?:callback\.)?[^.]+)\.(.+)$/.exec(key) ?? ['', key, ''];
    if (!divided.has(prefix)) divided.set(prefix, new Map());
    divided.get(prefix)?.set(name, tensor);
  }
  const unknown = [...divided.keys()].filter((prefix) => !prefixes.includes(prefix));
  if (unknown.length > 0) {
    throw new Error(`${where}: the file has a state of ${unknown.join(', ')}; nothing is given that could take it up`);
  }
  const missing = prefixes.filter((prefix) => !divided.has(prefix));
  if (missing.length > 0) {
    throw new Error(`${where}: the file has no state of ${missing.join(', ')}; was the training without?`);
  }
  return divided;
}

/** JSON has no NaN and no infinities; a metric may be one. */
const spellOut = (_key: string, value: unknown): unknown =>
  (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);

function readHeader(where: string, text: string | undefined): Header {
  if (text === undefined) throw new Error(`${where}: the file holds no training; weights alone are for loadStateDict`);
  const value: unknown = JSON.parse(text, (_key, item: unknown) =>
    (item === 'NaN' || item === 'Infinity' || item === '-Infinity' ? Number(item) : item));
  if (!isHeader(value)) {
    const version = typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'none';
    throw new Error(`${where}: the training is not of version ${VERSION}, the one this library reads; got ${version}`);
  }
  return value;
}

/** The version says what else there is. */
const isHeader = (value: unknown): value is Header =>
  typeof value === 'object' && value !== null && 'version' in value && value.version === VERSION
  && 'optimizer' in value && 'random' in value && 'position' in value;
