/**
 * A storage is a run of elements that tensors look at through shapes and strides.
 *
 *   float32   on the heap, or, where the heap is of that kind, in an array
 *   float64   a plain Float64Array; exists so that gradients can be checked to 1e-6
 *   meta      a length and no bytes; shape rules work, kernels are skipped
 */
import type { Block, Heap } from './heap/heap.js';
import type { Scope } from './heap/scope.js';
import type { Floats } from './kernels/geometry.js';
import { runtime } from './runtime.js';
import { formatShape, sizeOf } from './shape.js';
import type { Shape } from './shape.js';

export type DType = 'float32' | 'float64';

/** Up to here, an element type holds every whole number. */
export const LARGEST_INTEGER: Readonly<Record<DType, number>> = { float32: 2 ** 24, float64: 2 ** 53 };

/** Gives a heap block back once its storage is unreachable. It must not reach the storage itself. */
const finalizer = new FinalizationRegistry<{ heap: Heap; block: Block }>(({ heap, block }) => {
  heap.free(block);
  runtime.finalizedBytes += block.bytes;
});

export class Storage {
  readonly length: number;
  readonly heap: Heap | null;
  /** The scope that will release it; null when the graph or the collector owns it. */
  scope: Scope | null = null;
  /** Counts changes made in place, so that the graph notices when what it saved is no longer what it saved. */
  version = 0;
  private block: Block | null = null;
  private view: Floats | null = null;
  private generation = 0;
  private owner: 'scope' | 'graph' | 'collector' = 'collector';
  /** Whether its bytes are counted as unscoped: those the collector may have to find. Released ones it need not. */
  private unscoped = false;
  private saves = 0;
  private releasedBy: string | null = null;

  /** Uninitialised storage for `shape`; owned by the innermost open scope. */
  constructor(readonly dtype: DType, readonly shape: Shape, readonly isMeta: boolean) {
    this.length = sizeOf(shape);
    this.heap = !isMeta && dtype === 'float32' ? runtime.heap : null;
    if (this.heap !== null) {
      this.block = this.heap.allocate(this.length, formatShape(shape));
      this.view = this.heap.view(this.block, this.length);
      this.generation = this.heap.generation;
    } else if (!isMeta) {
      this.view = new Float64Array(this.length);
    }
    if (runtime.scope !== null) this.enter(runtime.scope);
    else this.giveToCollector();
  }

  /**
   * The elements. The view is for kernels: it outlives its block, so nothing may hold on to it.
   * Throws if the storage was released, naming the scope that did it, or is meta.
   */
  get data(): Floats {
    if (this.view === null) throw new Error(this.explainAbsence());
    if (this.heap !== null && this.generation !== this.heap.generation) {
      this.view = this.heap.view(this.block!, this.length);
      this.generation = this.heap.generation;
    }
    return this.view;
  }

  get isReleased(): boolean {
    return this.releasedBy !== null;
  }

  /** Throws if the storage was released; a meta storage passes. */
  assertLive(): void {
    if (this.releasedBy !== null) throw new Error(this.explainAbsence());
  }

  /** Frees the bytes now and poisons the storage: any later use names `by`. */
  release(by: string): void {
    if (this.releasedBy !== null) return;
    this.releasedBy = by;
    this.scope = null;
    this.view = null;
    if (this.block !== null) {
      finalizer.unregister(this);
      this.heap!.free(this.block);
      if (this.unscoped) runtime.unscopedBytes = Math.max(0, runtime.unscopedBytes - this.block.bytes);
      this.block = null;
    }
  }

  /** No scope releases it any more; the garbage collector will. */
  keep(): void {
    this.assertLive();
    if (this.owner !== 'collector') this.giveToCollector();
  }

  /** Its scope ends. `returned`: the parent takes over, or the collector where there is none. */
  leave(parent: Scope | null, returned: boolean, name: string): void {
    if (returned) {
      if (parent !== null) this.enter(parent);
      else this.giveToCollector();
    } else if (this.saves > 0) {
      this.giveToCollector();
      this.owner = 'graph';
    } else {
      this.release(`the end of ${name}`);
    }
  }

  /** The graph needs the bytes until `unsave`. Calls are counted. */
  save(): void {
    this.assertLive();
    this.saves++;
  }

  unsave(): void {
    this.saves--;
    if (this.saves === 0 && this.owner === 'graph') this.release('backward(), which had used it');
  }

  private enter(scope: Scope): void {
    this.owner = 'scope';
    this.scope = scope;
    scope.add(this);
  }

  private giveToCollector(): void {
    this.owner = 'collector';
    this.scope = null;
    if (this.block !== null) {
      finalizer.unregister(this);
      finalizer.register(this, { heap: this.heap!, block: this.block }, this);
      if (!this.unscoped) runtime.unscopedBytes += this.block.bytes;
      this.unscoped = true;
    }
  }

  private explainAbsence(): string {
    const what = `the tensor made as ${formatShape(this.shape)}`;
    if (this.releasedBy !== null) {
      return `${what} was released by ${this.releasedBy}; ` +
        `return it from its scope, or keep() it there, to use it later`;
    }
    return `${what} is meta: it has a shape but no values; make it outside meta(), or load values into it first`;
  }
}
