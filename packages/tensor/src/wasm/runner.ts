/** What a SIMD face needs from its surroundings: to run an emitted kernel over a range, and to borrow memory. */
export interface Runner {
  /**
   * Calls kernel(...args, begin, end) for the ranges [0, chunk), [chunk, 2·chunk), … up to `total`, in any order, on
   * any number of threads. The ranges depend on `chunk` alone, so that a kernel that sums over its range gives the same
   * result on any number of threads. Arguments are addresses, counts and floats.
   */
  ranges(kernel: string, total: number, chunk: number, args: readonly number[]): void;
  /** Lends `length` floats of the heap, aligned to 64 bytes, uninitialised, for the time of `body`. */
  scratch(length: number, body: (array: Float32Array) => void): void;
}

/** Where the elements of an array on the heap begin, in bytes. */
export const addressOf = (array: Float32Array | Float64Array): number => array.byteOffset;
