import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as browserFiles from '../../packages/tensor/dist/formats/files.browser.js';
import * as nodeFiles from '../../packages/tensor/dist/formats/files.node.js';
import { decodeArray } from '../../packages/tensor/dist/formats/raw-array.js';
import { bytesOf, shifted } from './formats-samples.js';

describe('formats: half precision', () => {
  const halves: readonly (readonly [bits: number, float16: number, bfloat16: number])[] = [
    [0x0000, 0, 0],
    [0x8000, -0, -0],
    [0x0001, 2 ** -24, 2 ** -133],
    [0x03ff, 1023 * 2 ** -24, (1 + 127 / 128) * 2 ** -120],
    [0x0400, 2 ** -14, 2 ** -119],
    [0x3c00, 1, 2 ** -7],
    [0xc000, -2, -2],
    [0x3f80, 1.875, 1],
    [0x7bff, 65504, (1 + 127 / 128) * 2 ** 120],
    [0x7c00, Infinity, 2 ** 121],
    [0xfc00, -Infinity, -(2 ** 121)],
    [0x7e00, NaN, 2 ** 125],
    [0x7f80, NaN, Infinity],
    [0xff80, NaN, -Infinity],
    [0x7fc0, NaN, NaN],
  ];
  for (const [bits, float16, bfloat16] of halves) {
    it(`0x${bits.toString(16).padStart(4, '0')} is F16 ${float16} and BF16 ${bfloat16}`, () => {
      const bytes = bytesOf(Uint16Array.of(bits));
      const f16 = decodeArray('test', 'F16', [1], bytes);
      const bf16 = decodeArray('test', 'BF16', [1], bytes);
      expect([f16.dtype, bf16.dtype]).to.deep.equal(['F32', 'F32']);
      expect(Object.is(f16.data[0], float16), `F16 ${f16.data[0]}`).to.equal(true);
      expect(Object.is(bf16.data[0], bfloat16), `BF16 ${bf16.data[0]}`).to.equal(true);
    });
  }
});

describe('formats: files', () => {
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'vitrine-formats-')); });
  after(() => rm(folder, { recursive: true }));

  it('the browser twin exports what the Node file exports', () => {
    expect(Object.keys(browserFiles)).to.deep.equal(Object.keys(nodeFiles));
  });

  it('writes, replaces, reads back, and leaves nothing beside', async () => {
    const path = join(folder, 'a.bin');
    await nodeFiles.writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    await nodeFiles.writeFileAtomic(path, shifted(Uint8Array.of(9, 8), 3));
    const bytes = await nodeFiles.readFile(path);
    expect(bytes.constructor).to.equal(Uint8Array);
    expect([...bytes]).to.deep.equal([9, 8]);
    nodeFiles.writeFileAtomicSync(path, 'é\n');
    expect([...(await nodeFiles.readFile(path))]).to.deep.equal([0xc3, 0xa9, 10]);
    expect(await readdir(folder)).to.deep.equal(['a.bin']);
    await rm(path);
  });

  it('two writers of one file do not mix', async () => {
    const path = join(folder, 'both.bin');
    const contents = [1, 2, 3, 4].map((value) => new Uint8Array(100_000).fill(value));
    await Promise.all(contents.map((content) => nodeFiles.writeFileAtomic(path, content)));
    const bytes = await nodeFiles.readFile(path);
    expect(bytes.length).to.equal(100_000);
    expect(new Set(bytes).size).to.equal(1);
    expect(await readdir(folder)).to.deep.equal(['both.bin']);
    await rm(path);
  });

  it('names the path and what to do when reading fails', async () => {
    const missing = join(folder, 'none.npy');
    const readMissing = await messageOf(nodeFiles.readFile(missing));
    expect(readMissing).to.equal(`readFile: ${missing}: no such file; check the path (ENOENT)`);
    const readFolder = await messageOf(nodeFiles.readFile(folder));
    expect(readFolder).to.equal(`readFile: ${folder}: this is a folder; name a file (EISDIR)`);
  });

  it('a file that may be missing is undefined then, and no other failure is', async () => {
    const path = join(folder, 'there');
    await writeFile(path, Uint8Array.of(1, 2));
    expect([...(await nodeFiles.readFileIfThere(path) ?? [])]).to.deep.equal([1, 2]);
    for (const missing of [join(folder, 'none'), join(path, 'below a file')]) {
      expect(await nodeFiles.readFileIfThere(missing)).to.equal(undefined);
    }
    expect(await messageOf(nodeFiles.readFileIfThere(folder)))
      .to.equal(`readFile: ${folder}: this is a folder; name a file (EISDIR)`);
    await rm(path);
  });

  it('names the path and what to do when writing fails, and removes its temporary file', async () => {
    const lost = join(folder, 'nowhere', 'a.bin');
    const advice = `folder ${join(folder, 'nowhere')} does not exist; create it first (ENOENT)`;
    expect(await messageOf(nodeFiles.writeFileAtomic(lost, ''))).to.equal(`writeFileAtomic: ${lost}: ${advice}`);
    expect(() => nodeFiles.writeFileAtomicSync(lost, '')).to.throw(Error, `writeFileAtomicSync: ${lost}: ${advice}`);
    const taken = join(folder, 'taken');
    await mkdir(taken);
    const problem = `${taken}: this is a folder`;
    expect(await messageOf(nodeFiles.writeFileAtomic(taken, 'x'))).to.contain(`writeFileAtomic: ${problem}`);
    expect(() => nodeFiles.writeFileAtomicSync(taken, 'x')).to.throw(Error, `writeFileAtomicSync: ${problem}`);
    expect(await readdir(folder)).to.deep.equal(['taken']);
  });

  it('in a page: a file that may be missing is one of status 404', async () => {
    const server = createServer(({ url }, response) => response.writeHead(Number(url?.slice(1))).end('ab'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    try {
      expect([...(await browserFiles.readFileIfThere(`${base}/200`) ?? [])]).to.deep.equal([97, 98]);
      expect(await browserFiles.readFileIfThere(`${base}/404`)).to.equal(undefined);
      expect(await messageOf(browserFiles.readFile(`${base}/404`))).to.match(/^readFile: .*404: status 404 N/);
      expect(await messageOf(browserFiles.readFileIfThere(`${base}/500`))).to.match(/^readFile: .*500: status 500 /);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('in a page: fetches, reports failures, refuses to write', async () => {
    expect([...(await browserFiles.readFile('data:;base64,AQID'))]).to.deep.equal([1, 2, 3]);
    const broken = await messageOf(browserFiles.readFile('data:broken'));
    expect(broken).to.match(/^readFile: data:broken: .*check the address/);
    expect([...(await browserFiles.readFileIfThere('data:;base64,AQID') ?? [])]).to.deep.equal([1, 2, 3]);
    expect(await messageOf(browserFiles.readFileIfThere('data:broken'))).to.equal(broken);
    const refusal = 'a.npy: a page cannot write files; make the bytes with the format\'s serialize function';
    expect(await messageOf(browserFiles.writeFileAtomic('a.npy', ''))).to.contain(`writeFileAtomic: ${refusal}`);
    expect(() => browserFiles.writeFileAtomicSync('a.npy', '')).to.throw(Error, `writeFileAtomicSync: ${refusal}`);
  });
});

/** The message a promise is rejected with; fails when it is not. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('expected a rejection with an Error');
}
