/** Arrays on Vitrine's heap for the time of one benchmark. */
import { Random } from '@vitrine/tensor';
import { Storage } from '@vitrine/tensor/internal';

export type Floats = Storage['data'];

export class Arrays {
  private readonly storages: Storage[] = [];
  private readonly random: Random;

  constructor(seed = 1) {
    this.random = new Random(seed);
  }

  /** n elements of no particular value. */
  empty(n: number): Floats {
    const storage = new Storage('float32', [n], false);
    this.storages.push(storage);
    return storage.data;
  }

  /** Uniform in [low, high). */
  uniform(n: number, low = -1, high = 1): Floats {
    const array = this.empty(n);
    for (let i = 0; i < n; i++) array[i] = low + (high - low) * this.random.uniform();
    return array;
  }

  release(): void {
    for (const storage of this.storages) storage.release('the end of its benchmark');
    this.storages.length = 0;
  }
}
