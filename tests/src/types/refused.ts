/**
 * What TypeScript refuses: names of options, modes and functions that do not exist, tables that lack a row. The
 * compiler is the test: where an expectation is followed by a line without an error, the build fails; types.test.ts
 * checks that each error is the one meant. Nothing here is run.
 */
import * as ag from '@vitrine/autograd';
import type { LinearArgs, Vjps, Variable } from '@vitrine/autograd';
import { EfficientNet, exportOnnx, keysOf } from '@vitrine/efficientnet';
import * as nn from '@vitrine/nn';
import * as t from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';

declare const x: Tensor;
declare const v: Variable;
declare const parameters: nn.Parameter[];
declare const model: EfficientNet;

// Options have names.

// @ts-expect-error TS2561: did you mean 'stride'?
t.conv2d(x, x, { strides: 2 });
// @ts-expect-error TS2561: did you mean 'groups'?
t.conv2d(x, x, { group: 2 });
// @ts-expect-error TS2741: a window has a size
t.averagePool2d(x, { stride: 2 });
// @ts-expect-error TS2353: the option is 'axes'
t.sum(x, { axis: 1 });
// @ts-expect-error TS2561: did you mean 'keepDims'?
ag.max(x, { axes: 0, keepDim: true });
// @ts-expect-error TS2561: did you mean 'labelSmoothing'?
nn.crossEntropy(v, x, { labelsmoothing: 0.1 });
// @ts-expect-error TS2561: did you mean 'requiresGrad'?
new ag.Variable(x, { requires_grad: true });
// @ts-expect-error TS2561: did you mean 'retainGraph'?
v.backward({ retain_graph: true });
// @ts-expect-error TS2741: there is no default learning rate
new nn.SGD(parameters, { momentum: 0.9 });
// @ts-expect-error TS2561: did you mean 'weightDecay'?
new nn.AdamW(parameters, { lr: 1e-3, weight_decay: 0.01 });
// @ts-expect-error TS2561: did you mean 'numClasses'?
EfficientNet.fromName('b0', { num_classes: 10 });

// Modes are words of a list.

// @ts-expect-error TS2322: padding is 'same', 'valid' or pixels
t.conv2d(x, x, { padding: 'full' });
// @ts-expect-error TS2345: element types are 'float32' and 'float64'
t.zeros([2], 'float16');
// @ts-expect-error TS2345: backends are 'reference' and 'simd'
t.setBackend('gpu');
// @ts-expect-error TS2322: conventions are 'tensorflow' and 'pytorch'
EfficientNet.fromName('b0', { conventions: 'keras' });
// @ts-expect-error TS2345: layouts are 'vitrine', 'lukemelas', 'torchvision', 'timm'
keysOf(model, 'keras');
// @ts-expect-error TS2322: a size, two, or 'dynamic'
exportOnnx(EfficientNet.fromName('b0'), { imageSize: 'free' });
// @ts-expect-error TS2322: what batch norm can be followed by
new nn.BatchNorm2d(8, { activation: 'gelu' });

// A tensor is not a variable, nor a number a tensor.

// @ts-expect-error TS2740: an operation on tensors takes no variables; that of autograd does
t.exp(v);
// @ts-expect-error TS2345: matrices
ag.matmul(v, 2);
// @ts-expect-error TS2345: the operations that reduce take no numbers
t.sum(3);
// @ts-expect-error TS2540: shapes are read
x.shape = [2, 3];
// @ts-expect-error TS2542: axis by axis, too
x.shape[0] = 2;
// @ts-expect-error TS2322: a stride is a number or two
t.conv2d(x, x, { stride: [1, 1, 1] });

// An operation without a derivative does not compile.

// @ts-expect-error TS2741: the row of matmul is missing
export const rows: Vjps<Pick<LinearArgs, 'matmul' | 'conv2d'>> = {
  conv2d: [ag.vjp([], (g) => g), ag.vjp([], (g) => g)],
};
// @ts-expect-error TS2322: matmul has two inputs, and so two products
export const products: Vjps<Pick<LinearArgs, 'matmul'>> = { matmul: [ag.vjp([], (g) => g)] };
// @ts-expect-error TS2416: a module's forward maps a variable to a variable
export class Wrong extends nn.Module { forward(input: Variable): Tensor { return input.value; } }
// @ts-expect-error TS2515: a module has a forward
export class Empty extends nn.Module {}
