import { join } from 'node:path';
import process from 'node:process';
import { encodePng, loadImageFolder } from '@vitrine/data';
import { expect } from 'chai';
import { bytes } from './data-samples.js';
import { root, run } from './support/examples.js';
import { withFolder } from './support/folders.js';

/** An image of side×side pixels. */
const square = (side: number): Uint8Array => encodePng(side, side, 3, bytes(3 * side * side, (i) => (i * i) % 251));

describe('data: workers that decode', () => {
  const files = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].flatMap((i) =>
    ['a', 'b'].map((name) => [`${name}/${i}.png`, square(3 + i)] as const)));

  /** What a program of its own prints, in which `replacement` may put another class in the place of `Worker`. */
  const program = async (dir: string, text: string, replacement = ''): Promise<string> => {
    const source = `
      import { syncBuiltinESMExports } from 'node:module';
      import threads from 'node:worker_threads';
      const { Worker } = threads;
      let started = 0;
      ${replacement}
      syncBuiltinESMExports();
      const { DataLoader, loadImageFolder } = await import('@vitrine/data');
      const load = (options) => loadImageFolder(${JSON.stringify(dir)}, { workers: 2, resize: 8, test: 0, ...options });
      ${text}`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', source],
      { cwd: join(root, 'tests'), timeout: 120_000 });
    return stdout + stderr;
  };

  it('keep the process alive while an image is awaited, no longer', () => withFolder(files, async (dir) => {
    expect(await program(dir, `
      const { train } = await load();
      for await (const { indices } of new DataLoader({ dataset: train, batchSize: 5, size: 8 })) {
        console.log(indices.length);
      }`)).to.equal('5\n5\n4\n');
  }));

  it('one that dies fails the image it was at, and no other', () => withFolder(files, async (dir) => {
    const printed = await program(dir, 'console.log((await load()).train.length);', `
      const mortal = 'data:text/javascript,import { parentPort } from "node:worker_threads"; ' +
        'parentPort.on("message", () => process.exit(3));';
      threads.Worker = class extends Worker {
        constructor(file, options) { super(started++ === 0 ? new URL(mortal) : file, options); }
      };`);
    expect(printed).to.match(/^13$/m);
    expect(printed).to.match(/skipped a damaged image: .*1\.png: the worker that decoded it .* exited with code 3/);
  }));

  it('with none of them, the caller decodes one image at a time, too', () =>
    withFolder({ 'a/1.png': square(1500), 'a/2.png': square(2) }, async (dir) => {
      const { train } = await loadImageFolder(dir, { workers: 0, test: 0, verify: false });
      const order: number[] = [];
      await Promise.all([0, 1].map(async (index) => {
        await train.read(index);
        order.push(index);
      }));
      expect(order).to.deep.equal([0, 1]);
    }));
});
