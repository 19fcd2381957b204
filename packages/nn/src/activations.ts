/** Activations as modules, for `Sequential`, under PyTorch's names. In a `forward` of one's own, call the functions. */
import type { GeluOptions, SoftplusOptions } from '@vitrine/tensor';
import {
  elu, gelu, hardsigmoid, hardswish, leakyRelu, logSoftmax, relu, relu6, sigmoid, silu, softmax, softplus, tanh,
} from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { Module } from './module.js';

/** x·σ(x). */
export class SiLU extends Module {
  forward(x: Variable): Variable {
    return silu(x);
  }
}

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: Variable): Variable {
    return relu(x);
  }
}

/** 1/(1 + e⁻ˣ). */
export class Sigmoid extends Module {
  forward(x: Variable): Variable {
    return sigmoid(x);
  }
}

/** (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ). */
export class Tanh extends Module {
  forward(x: Variable): Variable {
    return tanh(x);
  }
}

/** x from 0 up to 6. */
export class ReLU6 extends Module {
  forward(x: Variable): Variable {
    return relu6(x);
  }
}

/** x for x > 0, else slope·x. */
export class LeakyReLU extends Module {
  constructor(readonly slope = 0.01) {
    super();
  }

  forward(x: Variable): Variable {
    return leakyRelu(x, this.slope);
  }

  override describe(): string {
    return `slope=${this.slope}`;
  }
}

/** x for x > 0, else alpha·(eˣ − 1). */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: Variable): Variable {
    return elu(x, this.alpha);
  }

  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/** x·Φ(x), Φ the distribution function of the standard normal. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor({ approximate = 'none' }: GeluOptions = {}) {
    super();
    this.approximate = approximate;
  }

  forward(x: Variable): Variable {
    return gelu(x, { approximate: this.approximate });
  }

  override describe(): string {
    return `approximate=${this.approximate}`;
  }
}

/** x/6 + ½ from 0 up to 1. */
export class Hardsigmoid extends Module {
  forward(x: Variable): Variable {
    return hardsigmoid(x);
  }
}

/** x·hardsigmoid(x). */
export class Hardswish extends Module {
  forward(x: Variable): Variable {
    return hardswish(x);
  }
}

/** log(1 + e^(beta·x))/beta, or x where beta·x > threshold. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: SoftplusOptions = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Variable): Variable {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  override describe(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** eˣ/Σeˣ along the last axis. */
export class Softmax extends Module {
  forward(x: Variable): Variable {
    return softmax(x);
  }
}

/** log softmax, along the last axis. */
export class LogSoftmax extends Module {
  forward(x: Variable): Variable {
    return logSoftmax(x);
  }
}
