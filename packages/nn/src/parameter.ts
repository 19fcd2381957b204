/** What a module remembers: parameters, which are trained, and buffers, which are not. */
import { keep } from '@vitrine/tensor';
import type { HoldsStorages, Storage, Tensor } from '@vitrine/tensor';
import { Variable } from '@vitrine/autograd';

/** A leaf variable that a module owns and an optimizer updates. Belongs to no scope. */
export class Parameter extends Variable {
  constructor(value: Tensor) {
    super(keep(value), { requiresGrad: true });
  }
}

/** A tensor that belongs to a module's state but gets no gradient: running statistics. Updated in place. */
export class ModuleBuffer implements HoldsStorages {
  value: Tensor;

  constructor(value: Tensor) {
    this.value = keep(value);
  }

  storages(): Storage[] {
    return [this.value.storage];
  }
}
