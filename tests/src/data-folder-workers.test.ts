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
        'parentPort.postMessage("ready"); parentPort.on("message", () => process.exit(3));';
      threads.Worker = class extends Worker {
        constructor(file, options) { super(started++ === 0 ? new URL(mortal) : file, options); }
      };`);
    expect(printed).to.match(/^13$/m);
    expect(printed).to.match(/skipped a damaged image: .*1\.png: the worker that decoded it .* exited with code 3/);
  }));

  const unable = {
    'whose file is missing': 'constructor(file, options) { started++; super(new URL("lost.js", file), options); }',
    'that end at once': 'constructor() { started++; super("process.exit(4)", { eval: true }); }',
    'that the system refuses': 'constructor() { started++; throw new Error("no more threads"); }',
  };
  for (const [which, constructor] of Object.entries(unable)) {
    it(`those ${which} are no image's fault`, () => withFolder(files, async (dir) => {
      const printed = await program(dir, `
        const told = (promise) => promise.catch(({ message }) => console.log(message));
        await told(load());
        console.log(started <= 2);
        const { train } = await load({ verify: false });
        await told(Promise.all([train.read(0), train.read(1)]));
        await told(train.read(2));
        console.log(started <= 4);`, `threads.Worker = class extends Worker { ${constructor} };`);
      const lines = printed.trimEnd().split('\n');
      const failure = new RegExp('^loadImageFolder: decoding workers cannot start: ' +
        '(.*lost\\.js.*|exited with code 4|no more threads); set workers to 0$');
      expect([lines[1], lines[4], lines.length]).to.deep.equal(['true', 'true', 5]);
      for (const line of [lines[0], lines[2], lines[3]]) expect(line).to.match(failure);
    }));
  }

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
