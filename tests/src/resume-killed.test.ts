/** A training that is killed again and again, and resumed, ends with the very bits of one that was left alone. */
import { Random, decodeTensors, setBackend } from '@vitrine/tensor';
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { STEPS, trainToEnd } from './support/resumable.js';
import type { TrainingName } from './support/resumable.js';

const CHILD = fileURLToPath(new URL('support/resume-child.js', import.meta.url));

interface Ended {
  readonly signal: string | null;
  readonly code: number | null;
  readonly steps: readonly number[];
  readonly stderr: string;
}

/** Runs a child until it ends, or, with `patience`, kills it that many ms after its first step. */
function runChild(args: readonly string[], patience?: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout === '' && patience !== undefined) setTimeout(() => child.kill('SIGKILL'), patience);
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const steps = Array.from(stdout.matchAll(/^step (\d+)$/gm), ([, step]) => Number(step));
      resolve({ code, signal, steps, stderr });
    });
  });
}

/** A step and what then is going on; or a few ms after the first step. */
type Death = readonly ['step' | 'write', number] | 'timed';

const partialFiles = (folder: string): string[] => readdirSync(folder).filter((file) => file.includes('.tmp-'));

describe('resume: killed', () => {
  let folder = '';
  before(() => setBackend('simd'));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-killed-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const plans = [
    ['paper', [['write', 2], ['step', 9], 'timed']],
    ['callbacks', [['step', 0], ['write', 7], 'timed']],
  ] as const satisfies readonly (readonly [TrainingName, readonly Death[]])[];
  for (const [name, deaths] of plans) {
    it(`${name}: killed ${deaths.length} times, on 1, 2 and 3 threads, the same bits`, async () => {
      const random = new Random(name.length);
      const seen: number[] = [];
      for (const [i, death] of deaths.entries()) {
        const threads = String(1 + (i % 3));
        const timed = death === 'timed';
        const args = [name, folder, threads, ...(timed ? [] : death.map(String))];
        const { signal, code, steps, stderr } = await runChild(args, timed ? random.integer(60) : undefined);
        seen.push(...steps);
        // A quick machine may be done before.
        if (timed && code === 0) continue;
        expect(signal, `${String(death)}: ${stderr}`).to.equal('SIGKILL');
        if (timed) continue;
        expect(steps.at(-1)).to.equal(death[1]);
        const partial = partialFiles(folder);
        expect(partial.length, 'a file that was being written').to.equal(death[0] === 'write' ? 1 : 0);
        for (const file of partial) rmSync(join(folder, file));
      }
      const { code, steps, stderr } = await runChild([name, folder, '2']);
      expect(code, stderr).to.equal(0);
      seen.push(...steps);
      expect(new Set(seen).size, 'every step').to.equal(STEPS);
      expect(seen.length, 'some of them twice, not all').to.be.within(STEPS + 1, 3 * STEPS);

      const want = await trainToEnd(name, mkdtempSync(join(folder, 'alone-')));
      const got = readFileSync(join(folder, 'final.safetensors'));
      if (Buffer.compare(want, got) === 0) return;
      const [wanted, found] = [want, got].map((bytes) => decodeTensors(bytes, name).tensors);
      for (const [key, tensor] of wanted) {
        expect(found.get(key)?.toFloat64Array(), key).to.deep.equal(tensor.toFloat64Array());
      }
      expect.fail('the tensors are the same, the files are not');
    });
  }
});
