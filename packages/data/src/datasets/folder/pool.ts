/** Decoding on any number of worker threads, or none: the images are the same, only sooner. */
import { spawnDecoder } from '#decoder';
import type { RasterImage } from '../../image/raster.js';
import { readImage, type ReadImageOptions } from './read-image.js';

export interface Job {
  readonly id: number;
  readonly path: string;
  /** Whether the pixels are sent, or only whether there are any. */
  readonly keep: boolean;
}

export type Answer =
  | { readonly id: number; readonly image: RasterImage | null }
  | { readonly id: number; readonly error: string };

/** A worker's first message: its file could be loaded. */
export type Ready = 'ready';

export interface DecoderListener {
  readonly onReady: () => void;
  readonly onAnswer: (answer: Answer) => void;
  /** The worker is gone, and why. */
  readonly onEnd: (reason: string) => void;
}

export interface DecoderHandle {
  /** Jobs are done in the order they are posted. */
  readonly post: (job: Job) => void;
  /** Whether the process stays alive for this worker. */
  readonly holdProcess: (hold: boolean) => void;
  readonly terminate: () => void;
}

/** A job, and who waits for it. */
interface Task extends Job {
  readonly resolve: (image: RasterImage | null) => void;
  readonly reject: (error: Error) => void;
}

interface Decoder {
  ready: boolean;
  readonly handle: DecoderHandle;
  /** Posted and not yet answered, in order: the first is being worked on. */
  readonly tasks: Map<number, Task>;
}

/**
 * Reads images on `workers` threads, started when first needed; with 0, in the caller, one at a time as a worker does.
 * Jobs are posted at once to the worker with the fewest, and do not wait until the caller, which may be busy with a
 * training step, hands out the next. Workers keep the process alive only while somebody waits for an image.
 */
export class DecodePool {
  readonly #decoders = new Set<Decoder>();
  #closed = false;
  /** Why no worker can start; the next one could not, either. */
  #failure: Error | undefined;
  #jobs = 0;
  /** The end of the last image that was asked for in the caller; never rejects. */
  #done: Promise<void> = Promise.resolve();

  constructor(private readonly workers: number, private readonly options: ReadImageOptions) {
    if (!Number.isInteger(workers) || workers < 0) {
      throw new Error(`loadImageFolder: workers is ${workers}; expected a whole number from 0`);
    }
  }

  /** Rejects with an Error naming the file if it cannot be read. */
  async read(path: string): Promise<RasterImage> {
    const image = await this.#run(path, true);
    if (image === null) throw new Error(`loadImageFolder: ${path}: no pixels came back`);
    return image;
  }

  /**
   * Reads the image without keeping it: why it cannot be read, or null if it can. Rejects if workers cannot start,
   * which is no image's fault.
   */
  async problem(path: string): Promise<string | null> {
    try {
      await this.#run(path, false);
      return null;
    } catch (error) {
      if (error === this.#failure) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Ends the workers; what is being waited for rejects, and so does every later read. (The caller ends its image.) */
  close(): void {
    this.#closed = true;
    this.#end(closed);
  }

  #end(reason: (path: string) => Error): void {
    for (const { handle, tasks } of this.#decoders) {
      handle.terminate();
      for (const { path, reject } of tasks.values()) reject(reason(path));
    }
    this.#decoders.clear();
  }

  async #run(path: string, keep: boolean): Promise<RasterImage | null> {
    if (this.#closed) throw closed(path);
    if (this.workers === 0) return this.#inCaller(path);
    const id = this.#jobs++;
    return new Promise((resolve, reject) => this.#give({ id, path, keep, resolve, reject }));
  }

  #inCaller(path: string): Promise<RasterImage> {
    const image = this.#done.then(() => {
      if (this.#closed) throw closed(path);
      return readImage(path, this.options);
    });
    const forget = (): void => undefined;
    this.#done = image.then(forget, forget);
    return image;
  }

  #give(task: Task): void {
    const decoder = this.#leastBusy();
    if (decoder instanceof Error) {
      task.reject(decoder);
      return;
    }
    decoder.tasks.set(task.id, task);
    decoder.handle.holdProcess(true);
    const { id, path, keep } = task;
    decoder.handle.post({ id, path, keep });
  }

  #leastBusy(): Decoder | Error {
    if (this.#failure !== undefined) return this.#failure;
    const [best] = [...this.#decoders].sort((a, b) => a.tasks.size - b.tasks.size);
    return best === undefined || (best.tasks.size > 0 && this.#decoders.size < this.workers) ? this.#spawn() : best;
  }

  #spawn(): Decoder | Error {
    try {
      const decoder: Decoder = {
        ready: false,
        tasks: new Map(),
        handle: spawnDecoder(this.options, {
          onReady: () => { decoder.ready = true; },
          onAnswer: (answer) => this.#settle(decoder, answer),
          onEnd: (reason) => this.#replace(decoder, reason),
        }),
      };
      this.#decoders.add(decoder);
      return decoder;
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** A worker has ended before it began. Another is not tried for every image: all that is waited for rejects. */
  #fail(reason: string): Error {
    const failure = new Error(`loadImageFolder: decoding workers cannot start: ${reason}; set workers to 0`);
    this.#failure = failure;
    this.#end(() => failure);
    return failure;
  }

  #settle({ tasks, handle }: Decoder, answer: Answer): void {
    const task = tasks.get(answer.id);
    if (task === undefined) return;
    tasks.delete(answer.id);
    if (tasks.size === 0) handle.holdProcess(false);
    if ('error' in answer) task.reject(new Error(answer.error));
    else task.resolve(answer.image);
  }

  /** A worker has died, perhaps for want of memory: of the image it was at. The others of its images go elsewhere. */
  #replace(decoder: Decoder, reason: string): void {
    if (!this.#decoders.has(decoder)) return;
    if (!decoder.ready) {
      this.#fail(reason);
      return;
    }
    this.#decoders.delete(decoder);
    const [first, ...others] = decoder.tasks.values();
    first?.reject(new Error(`loadImageFolder: ${first.path}: the worker that decoded it ended: ${reason}`));
    for (const task of others) this.#give(task);
  }
}

const closed = (path: string): Error =>
  new Error(`loadImageFolder: ${path}: the folder was closed; read it before close(), or load it again`);
