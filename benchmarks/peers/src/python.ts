/** PyTorch, where the system's Python has it: a process of its own, asked over a pipe. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';

/** Numbers go into one file, one after the other; the description says how many each takes. */
export class Numbers {
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

/** How PyTorch is set up. */
export interface Setting {
  readonly name: string;
  readonly layout: 'contiguous' | 'channels_last';
  /** Added to the process's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface PythonProcess {
  /** The answer to one line. Throws if the process has ended. */
  readonly ask: (question: string) => Promise<string>;
  /** What the last answer left in the folder. */
  readonly result: () => Float32Array;
  readonly close: () => Promise<void>;
}

/** Prints the version, and which library a matrix product has brought into the process. */
const WHICH = `
import torch
torch.rand(64, 64) @ torch.rand(64, 64)
with open('/proc/self/maps') as file:
    maps = file.read()
names = {'openblas': 'OpenBLAS', 'mkl_': 'MKL', 'libblas': 'reference BLAS'}
blas = [name for part, name in names.items() if part in maps]
print('PyTorch', ', '.join([torch.__version__, *blas[:1]]))
`;

/**
 * PyTorch with its version and its BLAS, for the tables: with the reference BLAS a matrix product takes 15 times as
 * long. Throws unless this Python has PyTorch.
 */
export function torchVersion(): string {
  const { status, stdout } = spawnSync(PYTHON, ['-c', WHICH], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${PYTHON} has no module torch`);
  return stdout.trim();
}

/** Starts python/SCRIPT on a folder with the description and its numbers. */
export function startPython(
  script: 'inference.py' | 'training.py' | 'kernels.py',
  { name, layout, environment }: Setting,
  threads: number,
  description: object,
  numbers: Numbers,
): PythonProcess {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-torch-'));
  numbers.write(join(folder, 'numbers.f32'));
  writeFileSync(join(folder, 'description.json'), JSON.stringify({ threads, layout, ...description }));
  const child = spawn(PYTHON, [fileURLToPath(new URL(`../python/${script}`, import.meta.url)), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: String(threads),
      OPENBLAS_NUM_THREADS: String(threads), // it does not listen to PyTorch
      ...environment,
    },
  });
  child.stdin.on('error', () => {}); // it has ended: the missing answer says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${question}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${name}: the process has ended`);
      return value;
    },
    result() {
      const bytes = readFileSync(join(folder, 'result.f32'));
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.stdin.end();
        await exited;
      }
      rmSync(folder, { recursive: true });
    },
  };
}
