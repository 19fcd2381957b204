/** ONNX Runtime: native, and as WebAssembly. */
import { exportOnnx } from '../../../packages/efficientnet/dist/index.js';
import type { EfficientNet } from '../../../packages/efficientnet/dist/index.js';
import { inProcess } from './peer.js';
import type { Batch, Peer } from './peer.js';

/** What the two packages have in common, as far as it is needed. */
interface Runtime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: {
        intraOpNumThreads: number;
        executionProviders: string[];
        graphOptimizationLevel: 'all';
        freeDimensionOverrides: Record<string, number>;
      },
    ): Promise<Session>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

interface Session {
  run(feeds: Record<string, unknown>): Promise<Readonly<Record<string, { readonly data: unknown }>>>;
}

async function peer(
  runtime: Runtime,
  provider: string,
  name: string,
  model: EfficientNet,
  { count, size, channelsFirst }: Batch,
  threads: number,
): Promise<Peer> {
  const session = await runtime.InferenceSession.create(exportOnnx(model, { imageSize: size }), {
    intraOpNumThreads: threads,
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { N: count }, // one shape, known beforehand, as Vitrine's plan has it
  });
  const shape = [count, model.config.inChannels, size, size];
  return inProcess(name, threads, async () => {
    const { logits } = await session.run({ input: new runtime.Tensor('float32', channelsFirst, shape) });
    const { data } = logits;
    if (!(data instanceof Float32Array)) throw new Error(`${name}: the logits are no float32`);
    return data;
  });
}

export async function nativePeers(model: EfficientNet, batch: Batch, threads: number): Promise<Peer[]> {
  const runtime: Runtime = await import('onnxruntime-node');
  return [await peer(runtime, 'cpu', 'onnxruntime-node', model, batch, threads)];
}

export async function webPeers(model: EfficientNet, batch: Batch, threads: number): Promise<Peer[]> {
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = threads; // once for a process
  const runtime: Runtime = web;
  return [await peer(runtime, 'wasm', 'onnxruntime-web', model, batch, threads)];
}
