/** Tensors to and from files: safetensors for named tensors, NPY for one. */
import { readFile, writeFileAtomic } from '#files';
import { fromArray } from '../ops/create.js';
import { Tensor, checkTensor } from '../tensor.js';
import { parseNpy, serializeNpy } from './npy.js';
import type { RawArray } from './raw-array.js';
import { parseSafetensors, serializeSafetensors } from './safetensors.js';

/** Float64 arrays stay float64; everything else becomes float32, whole numbers included (exact up to 2²⁴). */
const toTensor = ({ dtype, data, shape }: RawArray): Tensor =>
  fromArray(data, shape, dtype === 'F64' ? 'float64' : 'float32');

const fromTensor = (tensor: Tensor): RawArray =>
  tensor.dtype === 'float64'
    ? { dtype: 'F64', shape: tensor.shape, data: tensor.toFloat64Array() }
    : { dtype: 'F32', shape: tensor.shape, data: tensor.toFloat32Array() };

export interface TensorFile {
  readonly tensors: Map<string, Tensor>;
  /** Texts the writer left beside the tensors. */
  readonly metadata: Map<string, string>;
}

/**
 * The tensors in the bytes of a safetensors file; `name` is for errors. Throws for anything the format does not allow.
 */
export function decodeTensors(bytes: Uint8Array, name: string): TensorFile {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  return { tensors: new Map(Array.from(tensors, ([key, array]) => [key, toTensor(array)])), metadata };
}

/** The bytes of a safetensors file, tensors in the order given. */
export function encodeTensors(
  tensors: ReadonlyMap<string, Tensor>, metadata?: ReadonlyMap<string, string>,
): Uint8Array {
  for (const [name, tensor] of tensors) checkTensor('encodeTensors', `'${name}'`, tensor);
  return serializeSafetensors(Array.from(tensors, ([name, tensor]) => [name, fromTensor(tensor)] as const), metadata);
}

/** Reads a safetensors file: a path, or in a browser a URL. */
export const loadTensors = async (path: string): Promise<TensorFile> => decodeTensors(await readFile(path), path);

/** Writes a safetensors file beside its place, then renames it: readers see the old file or the whole new one. */
export const saveTensors = (
  path: string, tensors: ReadonlyMap<string, Tensor>, metadata?: ReadonlyMap<string, string>,
): Promise<void> => writeFileAtomic(path, encodeTensors(tensors, metadata));

/** Reads a NumPy `.npy` file. */
export const loadNpy = async (path: string): Promise<Tensor> => toTensor(parseNpy(await readFile(path), path));

/** Writes a NumPy `.npy` file, beside its place and then renamed. */
export async function saveNpy(path: string, tensor: Tensor): Promise<void> {
  checkTensor('saveNpy', 'tensor', tensor);
  await writeFileAtomic(path, serializeNpy(fromTensor(tensor)));
}
