/**
 * Scopes: who releases what.
 *
 * A storage has one owner at a time:
 *   'scope'      the innermost scope open when it was made; released at that scope's end, unless returned or kept;
 *   'graph'      it outlived its scope only because the autograd graph saved it; released when the graph lets go;
 *   'collector'  made outside every scope, returned from the outermost one, or kept: freed after JavaScript's
 *                garbage collector finds it unreachable.
 */
import { runtime } from '../runtime.js';
import { Storage } from '../storage.js';

export class Scope {
  private readonly made: Storage[] = [];

  constructor(readonly name: string, readonly parent: Scope | null) {}

  add(storage: Storage): void {
    this.made.push(storage);
  }

  /** Releases what was made here, except what `result` holds, which the parent scope takes over. */
  close(result: unknown): void {
    const returned = new Set<Storage>();
    collectStorages(result, returned, new Set());
    for (const storage of this.made) {
      if (storage.scope === this) {
        storage.leave(returned.has(storage) ? this.parent : null, returned.has(storage), this.name);
      }
    }
  }
}

/**
 * Runs `body`; at its end every tensor made inside is released, except those it returns (arrays, objects and Maps
 * are walked; a view counts for its storage), those the autograd graph has saved, and those that were `keep()`-ed.
 *
 *     const mean = scope(() => mul(sum(x), 1 / x.size));
 *
 * Scopes nest. If `body` throws, all it made is released. Throws a TypeError if it returns a Promise: what runs after
 * an await would run outside the scope.
 */
export function scope<T>(body: () => T, name = 'scope'): T {
  const opened = new Scope(name, runtime.scope);
  runtime.scope = opened;
  let result: T | undefined;
  try {
    result = body();
    if (isPromise(result)) {
      throw new TypeError(
        `scope "${name}": the function returned a Promise; ` +
          `a scope ends when its function returns, so await outside of it`,
      );
    }
    return result;
  } catch (error) {
    result = undefined;
    throw error;
  } finally {
    runtime.scope = opened.parent;
    opened.close(result);
  }
}

/** Hands every tensor in `value` to the garbage collector: no scope will release it. Returns `value`. */
export function keep<T>(value: T): T {
  const storages = new Set<Storage>();
  collectStorages(value, storages, new Set());
  for (const storage of storages) storage.keep();
  return value;
}

const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** What has tensors inside and wants scopes to know: a tensor names its storage, a variable its tensors. */
export interface HoldsStorages {
  storages(): Iterable<Storage>;
}

const holdsStorages = (value: object): value is HoldsStorages =>
  'storages' in value && typeof value.storages === 'function';

function collectStorages(value: unknown, found: Set<Storage>, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
  seen.add(value);
  if (holdsStorages(value)) {
    for (const storage of value.storages()) found.add(storage);
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) collectStorages(item, found, seen);
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      collectStorages(key, found, seen);
      collectStorages(item, found, seen);
    }
  } else {
    for (const item of Object.values(value)) collectStorages(item, found, seen);
  }
}
