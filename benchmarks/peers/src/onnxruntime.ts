/** ONNX Runtime: native, and as WebAssembly. */
import { encodeOnnx } from '../../dist/export/onnx.js';
import type { Network } from '../../dist/export/network.js';
import { inProcess } from './peer.js';
import type { Batch, Peer } from './peer.js';

/** What the two packages have in common, as far as it is needed. */
interface Runtime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { intraOpNumThreads: number; executionProviders: string[]; graphOptimizationLevel: 'all' },
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
  network: Network,
  { count, size, channelsFirst }: Batch,
  threads: number,
): Promise<Peer> {
  const session = await runtime.InferenceSession.create(encodeOnnx(network, count, size), {
    intraOpNumThreads: threads,
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
  });
  return inProcess(name, threads, async () => {
    const results = await session.run({
      [network.input]: new runtime.Tensor('float32', channelsFirst, [count, 3, size, size]),
    });
    const { data } = results[network.output];
    if (!(data instanceof Float32Array)) throw new Error(`${name}: the logits are no float32`);
    return data;
  });
}

export async function nativePeers(network: Network, batch: Batch, threads: number): Promise<Peer[]> {
  const runtime: Runtime = await import('onnxruntime-node');
  return [await peer(runtime, 'cpu', 'onnxruntime-node', network, batch, threads)];
}

export async function webPeers(network: Network, batch: Batch, threads: number): Promise<Peer[]> {
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = threads; // once for a process
  const runtime: Runtime = web;
  return [await peer(runtime, 'wasm', 'onnxruntime-web', network, batch, threads)];
}
