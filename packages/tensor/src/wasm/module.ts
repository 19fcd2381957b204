/**
 * From emitted kernels to callable ones. A kernel is emitted and compiled when it is first called, as a module of its
 * own over the heap's memory: a program pays for the kernels it uses, and start-up for none. (All 90 at once: 100 ms on
 * a cold engine, nearly all of it our own emitting; one: about one.)
 *
 * On a shared heap the bytes also go into the heap, so that worker threads, which get no messages, find them there.
 */
import type { Heap } from '../heap/heap.js';
import type { KernelSource } from './asm.js';
import { encodeModule } from './encode.js';

/** An emitted kernel, callable. */
export type KernelFunction = (...args: readonly number[]) => void;

export interface KernelModule {
  /** By name; compiled at first reading. */
  readonly kernels: Readonly<Record<string, KernelFunction>>;
  /** Kernel number i is called names[i]. */
  readonly names: readonly string[];
  /**
   * Where workers look up the bytes of kernel i: address and length, two words a kernel. 0 on a heap that is not
   * shared.
   */
  readonly tableAddress: number;
}

/** The kernels over a heap. Throws if the heap has no WebAssembly memory. */
export function compileKernels(sources: readonly KernelSource[], heap: Heap): KernelModule {
  const { memory } = heap;
  if (memory === null) {
    throw new Error('compileKernels: the heap is made of plain arrays; SIMD kernels need a WebAssembly memory');
  }
  const shared = heap.kind === 'shared';
  const tableAddress = shared ? heap.reserve(8 * sources.length) : 0;
  const kernels: Record<string, KernelFunction> = {};
  sources.forEach((source, number) => {
    Object.defineProperty(kernels, source.name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const bytes = encodeModule([source.emit()], { module: 'env', name: 'memory', shared, maximum: heap.maxPages });
        if (shared) publish(bytes, heap, tableAddress, number);
        const value = instantiate(bytes, memory, source.name);
        Object.defineProperty(kernels, source.name, { value, enumerable: true });
        return value;
      },
    });
  });
  return { kernels, names: sources.map(({ name }) => name), tableAddress };
}

function publish(bytes: Uint8Array, heap: Heap, tableAddress: number, number: number): void {
  const address = heap.reserve(bytes.length);
  const { buffer } = heap.memory!;
  new Uint8Array(buffer, address, bytes.length).set(bytes);
  new Int32Array(buffer, tableAddress + 8 * number, 2).set([address, bytes.length]);
}

/** The kernels as a worker sees them: number i, compiled from the bytes that the main thread has left in the heap. */
export function publishedKernels(
  names: readonly string[], memory: WebAssembly.Memory, tableAddress: number,
): (number: number) => KernelFunction {
  const known = new Map<number, KernelFunction>();
  return (number) => {
    let kernel = known.get(number);
    if (kernel === undefined) {
      const [address, length] = new Int32Array(memory.buffer, tableAddress + 8 * number, 2);
      kernel = instantiate(new Uint8Array(memory.buffer, address, length).slice(), memory, names[number]);
      known.set(number, kernel);
    }
    return kernel;
  };
}

function instantiate(bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory, name: string): KernelFunction {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return exports[name] as KernelFunction;
}
