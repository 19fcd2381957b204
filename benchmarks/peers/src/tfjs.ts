/** TensorFlow.js: its backend in plain JavaScript, and the one in WebAssembly. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs';
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';
import { networkOf } from '../../dist/export/network.js';
import type { Layer, Network } from '../../dist/export/network.js';
import { inProcess } from './peer.js';
import type { Batch, Peer } from './peer.js';

type Tf = typeof Tfjs;
type Values = Map<string, Tfjs.Tensor4D>;
/** One layer with its weights on the backend. */
type Step = (values: Values) => Tfjs.Tensor;

function step(tf: Tf, layer: Layer): Step {
  const value = (values: Values, name: string): Tfjs.Tensor4D => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`tfjs: nothing has made ${name}`);
    return found;
  };
  switch (layer.op) {
    case 'conv': {
      const {
        input,
        weight,
        weightShape: [kH, kW, C, O],
        bias,
        stride,
        groups,
        activation,
      } = layer;
      const depthwise = groups > 1;
      const filter = tf.tensor4d(weight, depthwise ? [kH, kW, O, 1] : [kH, kW, C, O]);
      const offset = tf.tensor1d(bias);
      const convolve = depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
      const fused = activation === 'sigmoid' ? 'sigmoid' : 'linear'; // it has no SiLU
      return (values) => {
        // The network's padding is TensorFlow's own 'same'.
        const y = convolve({
          x: value(values, input),
          filter,
          strides: [stride, stride],
          pad: 'same',
          bias: offset,
          activation: fused,
        });
        return activation === 'silu' ? tf.mul(y, tf.sigmoid(y)) : y;
      };
    }
    case 'mean':
      return (values) => tf.mean(value(values, layer.input), [1, 2], true);
    case 'scale':
      return (values) => tf.mul(value(values, layer.input), value(values, layer.scale));
    case 'add':
      return (values) => tf.add(value(values, layer.input), value(values, layer.other));
    case 'linear': {
      const [K, O] = layer.weightShape;
      const weight = tf.tensor2d(layer.weight, [K, O]);
      const bias = tf.tensor1d(layer.bias);
      return (values) => tf.add(tf.matMul(tf.reshape(value(values, layer.input), [-1, K]), weight), bias);
    }
  }
}

async function tfjsPeer(
  tf: Tf,
  backend: string,
  name: string,
  { input, output, layers }: Network,
  { count, size, channelsLast }: Batch,
): Promise<Peer> {
  await tf.setBackend(backend);
  await tf.ready();
  const steps = layers.map((layer) => ({ name: layer.output, run: step(tf, layer) }));
  const run = async (): Promise<Float32Array> => {
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
    const logits = tf.tidy(() => {
      const values: Values = new Map([[input, tf.tensor4d(channelsLast, [count, size, size, 3])]]);
      for (const { name: made, run: compute } of steps) values.set(made, compute(values) as Tfjs.Tensor4D);
      return values.get(output);
    });
    if (logits === undefined) throw new Error(`tfjs: nothing has made ${output}`);
    const array = logits.dataSync();
    logits.dispose();
    return Float32Array.from(array);
  };
  return inProcess(name, 1, run);
}

/** TensorFlow.js with its backend in WebAssembly, ready. Under Node it has one thread. */
export async function loadWasm(): Promise<Tf> {
  const tf = await import('@tensorflow/tfjs');
  tf.enableProdMode(); // no checks, no greeting
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(`${folder}${sep}`);
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

/** The backend in JavaScript takes tens of seconds an image: one is enough. */
export async function tfjsPeers(model: EfficientNet, batch: Batch): Promise<Peer[]> {
  const tf = await loadWasm();
  const network = networkOf(model);
  const peers = [await tfjsPeer(tf, 'wasm', 'tfjs, wasm', network, batch)];
  if (batch.count === 1) peers.push(await tfjsPeer(tf, 'cpu', 'tfjs, cpu', network, batch));
  return peers;
}
