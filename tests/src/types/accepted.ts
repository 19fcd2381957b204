/** What must compile: the forms that users write. Nothing here is run. */
import * as ag from '@vitrine/autograd';
import type { Variable } from '@vitrine/autograd';
import { EfficientNet } from '@vitrine/efficientnet';
import * as nn from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';

declare const x: Tensor;
declare const v: Variable;

// Numbers, tensors and variables mix where two are combined.
export const sums: Variable[] = [ag.add(v, v), ag.add(v, x), ag.add(x, 1), ag.add(2, v)];
export const plain: Tensor[] = [t.add(x, 1), t.mul(2, x)];

// An option that was not given is undefined.
declare const axes: number[] | undefined;
export const reduced: Tensor = t.sum(x, { axes });
export const convolved: Tensor =
  t.conv2d(x, x, { stride: undefined, padding: { top: 0, bottom: 1, left: 0, right: 1 } });

// What `as const` makes of a literal is a shape.
const shape = [2, 3] as const;
export const zeros: Tensor = t.zeros(shape);

export class Residual extends nn.Module {
  constructor(readonly body: nn.Module) {
    super();
  }

  forward(input: Variable): Variable {
    return ag.add(input, this.body.call(input));
  }
}

export const model: nn.Module =
  new nn.Sequential(new nn.Conv2d(3, 8, 3, { padding: 'same' }), new nn.SiLU(), new Residual(new nn.Linear(8, 8)));
export const network: EfficientNet = EfficientNet.fromName('b0', { numClasses: 10, conventions: 'pytorch' });

/** Options may come from a variable of a wider type only when it is narrow enough. */
const padding: 'same' | 'valid' = 'same';
export const padded: Tensor = t.conv2d(x, x, { padding });
