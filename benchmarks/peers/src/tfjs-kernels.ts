/** TensorFlow.js' operations on its backend in WebAssembly. */
import type * as Tfjs from '@tensorflow/tfjs';
import { EPS, kernelsInProcess } from './kernel-list.js';
import type { Kernel, KernelPeer, Op } from './kernel-list.js';
import { loadWasm } from './tfjs.js';

type Operation = (...inputs: Tfjs.Tensor[]) => Tfjs.Tensor;

export async function tfjsKernels(kernels: readonly Kernel[]): Promise<KernelPeer[]> {
  const tf = await loadWasm();
  const operations: Readonly<Record<Op, Operation>> = {
    matmul: (a, b) => tf.matMul(a, b),
    silu: (x) => tf.mul(x, tf.sigmoid(x)), // it has no SiLU
    sum: (x) => tf.sum(x),
    batchNorm(x, gamma, beta) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean.as1D(), variance.as1D(), beta.as1D(), gamma.as1D(), EPS);
    },
    depthwise(x, weight) {
      const [N, H, W, C] = x.shape;
      return tf.depthwiseConv2d(x.as4D(N, H, W, C), weight.as4D(3, 3, C, 1), 1, 'same');
    },
  };
  const operands = new Map(
    kernels.map(({ op, inputs }) => [op, inputs.map(({ shape, values }) => tf.tensor(values, [...shape]))]),
  );
  const run = (op: Op): Tfjs.Tensor => tf.tidy(() => operations[op](...(operands.get(op) ?? [])));
  const output = (op: Op): Float32Array => {
    const result = run(op);
    const values = Float32Array.from(result.dataSync());
    result.dispose();
    return values;
  };
  return [kernelsInProcess('tfjs, wasm', 1, output, (op) => run(op).dispose())];
}
