/** A list of modules that is a module. */
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/**
 * Modules by number; children are named `0`, `1`, …, as in PyTorch. It says nothing of how they run: the module it
 * belongs to loops over it.
 *
 *     for (const block of this.blocks) x = block.call(x);
 *
 * The recommended way to hold several modules is a plain array, `readonly blocks: readonly Block[] = […]`: it gives
 * the same names (`blocks.0`), prints alike and needs no class. A ModuleList is for where the list itself has to be a
 * module: in another list, or frozen, switched to evaluation, saved or loaded on its own.
 */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #items: M[];

  constructor(items: Iterable<M> = []) {
    super();
    this.#items = [];
    this.push(...items);
  }

  get length(): number {
    return this.#items.length;
  }

  /** The module at an index; a negative one counts from the end. Throws a RangeError where there is none. */
  at(index: number): M {
    const item = Number.isInteger(index) ? this.#items.at(index) : undefined;
    if (item === undefined) {
      throw new RangeError(`ModuleList: there is no module ${index}; the list has ${this.length}`);
    }
    return item;
  }

  /** Adds modules at the end; an optimizer that was made before does not know their parameters. Returns the length. */
  push(...items: readonly M[]): number {
    const wrong = items.findIndex((item) => !(item instanceof Module));
    if (wrong >= 0) {
      throw new TypeError(`ModuleList: item ${this.length + wrong} is no Module; got ${String(items[wrong])}`);
    }
    return this.#items.push(...items);
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#items.values();
  }

  override *namedChildren(): Generator<[string, M]> {
    for (const [i, item] of this.#items.entries()) yield [String(i), item];
  }

  forward(_x: Variable): Variable {
    throw new Error('ModuleList: a list does not say how its modules run; loop over them, or use Sequential');
  }
}
