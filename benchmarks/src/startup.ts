/** How long it takes until something can be computed: processes of their own, in turn, from start to first output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { StartupRow } from './harness/results.js';

const PROGRAMS = [
  ['bare', 'Node alone'],
  ['kernel', 'import @vitrine/tensor, first matrix product'],
  ['network', 'import @vitrine/efficientnet, B0 made, fused, first logits'],
] as const;

async function secondsToOutput(program: string): Promise<number> {
  const path = fileURLToPath(new URL(`./startup/${program}.js`, import.meta.url));
  const started = performance.now();
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output: number | null = null;
  child.stdout.on('data', () => (output ??= (performance.now() - started) / 1000));
  const [code] = await exited;
  if (code !== 0 || output === null)
    throw new Error(`startup: ${program}.js ended with code ${String(code)}${output === null ? ' and no output' : ''}`);
  return output;
}

/** All programs once a round. The first round, which fills the file cache, is not counted. */
export async function measureStartup(rounds: number): Promise<StartupRow[]> {
  const rows = PROGRAMS.map(([program, name]) => ({ program, name, samples: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { program, samples } of rows) {
      const seconds = await secondsToOutput(program);
      if (round > 0) samples.push(seconds);
    }
  }
  return rows.map(({ name, samples }) => ({ name, samples }));
}
