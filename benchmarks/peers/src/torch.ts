/** PyTorch, where the system's Python has it: a process of its own, asked over a pipe. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { outputChannelsFirst } from './network.js';
import type { Layer, Network } from './network.js';
import type { Batch, Peer } from './peer.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('../torch_peer.py', import.meta.url));

/** Numbers go into one file, one after the other; the description says how many each takes. */
class Numbers {
  private readonly parts: Float32Array[] = [];

  add(shape: readonly number[], values: Float32Array): { shape: readonly number[] } {
    this.parts.push(values);
    return { shape };
  }

  write(path: string): void {
    writeFileSync(
      path,
      Buffer.concat(this.parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
    );
  }
}

function describe(layer: Layer, numbers: Numbers): object {
  switch (layer.op) {
    case 'conv': {
      const {
        weight,
        weightShape: [kH, kW, C, O],
        bias,
        ...rest
      } = layer;
      const packed = numbers.add([O, C, kH, kW], outputChannelsFirst(weight, layer.weightShape));
      return { ...rest, weight: packed, bias: numbers.add([O], bias) };
    }
    case 'linear': {
      const { weight, weightShape, bias, ...rest } = layer;
      const packed = numbers.add(weightShape, weight);
      return { ...rest, weight: packed, bias: numbers.add([weightShape[1]], bias) };
    }
    default:
      return layer;
  }
}

/** Throws unless this Python has PyTorch. */
function version(): string {
  const { status, stdout } = spawnSync(PYTHON, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${PYTHON} has no module torch`);
  return stdout.trim();
}

async function peer(
  name: string,
  layout: 'contiguous' | 'channels_last',
  network: Network,
  { count, size, channelsFirst }: Batch,
  threads: number,
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-torch-'));
  const numbers = new Numbers();
  const images = numbers.add([count, 3, size, size], channelsFirst);
  const layers = network.layers.map((layer) => describe(layer, numbers));
  numbers.write(join(folder, 'numbers.f32'));
  writeFileSync(
    join(folder, 'network.json'),
    JSON.stringify({ threads, layout, input: network.input, output: network.output, images, layers }),
  );
  const child = spawn(PYTHON, [SCRIPT, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name}: the process has ended`);
    return value;
  };
  return {
    name,
    threads,
    async logits() {
      await ask('logits');
      const bytes = readFileSync(join(folder, 'logits.f32'));
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    time: async () => Number(await ask('time')),
    async close() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

export async function torchPeers(network: Network, batch: Batch, threads: number): Promise<Peer[]> {
  const name = `PyTorch ${version()}`;
  return [
    await peer(name, 'contiguous', network, batch, threads),
    await peer(`${name}, channels_last`, 'channels_last', network, batch, threads),
  ];
}
