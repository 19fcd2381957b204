/**
 * A variable is a tensor that remembers how it was made.
 *
 * Every operation on variables computes its value at once and, if gradients are wanted, leaves a `Node`: the
 * operation's arguments and its row of vector-Jacobian products. `backward` walks the nodes from the loss to the
 * leaves.
 */
import type { HoldsStorages, Shape, Storage, Tensor } from '@vitrine/tensor';
import { formatShape } from '@vitrine/tensor';
import { checkTensor } from '@vitrine/tensor/internal';
import { backward } from './backward.js';
import type { BackwardOptions } from './backward.js';
import type { Node } from './node.js';

export interface VariableOptions {
  /** Whether `backward` should leave a gradient here. */
  readonly requiresGrad?: boolean;
}

export class Variable implements HoldsStorages {
  /**
   * The current value. Replaced only by loading weights and by averages that stand in; optimizers write into it in
   * place.
   */
  value: Tensor;
  /** ∂loss/∂value after `backward`, summed over calls; null until then and after `zeroGrad`. */
  grad: Tensor | null = null;
  /** How it was made; null for a leaf. */
  node: Node | null = null;
  private wantsGrad: boolean;

  /** A leaf of the graph. */
  constructor(value: Tensor, { requiresGrad = false }: VariableOptions = {}) {
    checkTensor('Variable', 'value', value);
    this.value = value;
    this.wantsGrad = requiresGrad;
  }

  get shape(): Shape {
    return this.value.shape;
  }

  get requiresGrad(): boolean {
    return this.wantsGrad;
  }

  /** Only leaves can change their mind: the result of an operation needs a gradient if any of its operands does. */
  set requiresGrad(wanted: boolean) {
    if (this.node !== null) {
      throw new Error(`requiresGrad: ${this.node.op} made this variable; only leaves can be switched (use detach)`);
    }
    this.wantsGrad = wanted;
  }

  get isLeaf(): boolean {
    return this.node === null;
  }

  /** The value of a variable with one element. */
  item(): number {
    return this.value.item();
  }

  /** The same value, with no past: gradients stop here. Shares the storage. */
  detach(): Variable {
    return new Variable(this.value);
  }

  /** Adds ∂this/∂leaf to `grad` of every leaf that requires it. See `backward`. */
  backward(options: BackwardOptions = {}): void {
    backward(this, options);
  }

  /** Forgets the gradient and frees its bytes. */
  zeroGrad(): void {
    this.grad?.storage.release('zeroGrad()');
    this.grad = null;
  }

  storages(): Storage[] {
    return this.grad === null ? [this.value.storage] : [this.value.storage, this.grad.storage];
  }

  toString(): string {
    const past = this.node !== null ? `, made by ${this.node.op}` : this.requiresGrad ? ', requiresGrad' : '';
    return `Variable(${this.value.isMeta ? formatShape(this.shape) : this.value.toString()}${past})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
