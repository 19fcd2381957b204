/** Downloads: servers that are busy halfway, callers that throw, addresses as names, digests in names, pages. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fetchFile } from '@vitrine/tensor';
import type { FetchFileOptions } from '@vitrine/tensor';
import { expect } from 'chai';
import { fetchFile as fetchInPage } from '../../packages/tensor/dist/formats/download.browser.js';
import { rejection } from './data-samples.js';

const CONTENT = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 11 + (i >> 8)) & 255));
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

const whole: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);

/** Cuts the first answer after 150,000 bytes; `second` is what comes then; parts are given as asked for. */
function cutOnce(ranges: (string | undefined)[], second: RequestListener): RequestListener {
  return (request, response) => {
    const attempt = ranges.push(request.headers.range);
    if (attempt === 2) return second(request, response);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const end = attempt === 1 ? 150_000 : CONTENT.length;
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"v1"', 'content-length': CONTENT.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` }),
    });
    response.write(CONTENT.subarray(from, end), () =>
      setTimeout(() => (end === CONTENT.length ? response.end() : response.socket?.destroy()), 50));
  };
}

async function withServer(answer: RequestListener, body: (address: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A page's cache that has this for every address, and does `put` as given. */
async function withCache(
  kept: Response | undefined, put: () => Promise<void>, body: () => Promise<void>,
): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'caches');
  const value = { open: async () => ({ match: async () => kept?.clone(), put }) };
  Object.defineProperty(globalThis, 'caches', { value, configurable: true });
  try {
    await body();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'caches');
    else Object.defineProperty(globalThis, 'caches', before);
  }
}

describe('download: trouble', () => {
  let folder = '';
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'vitrine-trouble-')); });
  afterEach(() => rm(folder, { recursive: true }));

  const options = (more: FetchFileOptions = {}): FetchFileOptions =>
    ({ cacheFolder: folder, backoff: 1, idle: 2000, ...more });

  for (const [where, fetchIt] of Object.entries({ 'on disk': fetchFile, 'in a page': fetchInPage })) {
    describe(where, () => {
      for (const status of [408, 429, 503]) {
        it(`status ${status} halfway: what is there is kept`, async () => {
          const ranges: (string | undefined)[] = [];
          const busy: RequestListener = (_request, response) => void response.writeHead(status).end();
          await withServer(cutOnce(ranges, busy), async (address) => {
            const file = await fetchIt(`${address}/a.bin`, options({ sha256: DIGEST }));
            expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
            expect(ranges).to.have.length(3);
            expect(ranges[1]).to.match(/^bytes=[1-9]\d*-$/);
            expect(ranges[2]).to.equal(ranges[1]);
          });
        });
      }

      it('an onProgress that throws ends it, and is the cause', async () => {
        let requests = 0;
        const counted: RequestListener = (request, response) => {
          requests++;
          whole(request, response);
        };
        await withServer(counted, async (address) => {
          const mine = new Error('enough');
          let caught: unknown;
          await fetchIt(`${address}/a.bin`, options({ onProgress: () => { throw mine; } }))
            .catch((error: unknown) => { caught = error; });
          if (!(caught instanceof Error) || !(caught.cause instanceof Error)) throw new Error('expected an error');
          expect(caught.message).to.equal(`fetchFile: ${address}/a.bin: enough`);
          expect(caught.cause.cause).to.equal(mine);
          expect(requests).to.equal(1);
        });
      });

      it('a date in a name is no digest; sha256: null looks at none; a message says who wants a digest', () =>
        withServer(whole, async (address) => {
          const get = (name: string, more?: FetchFileOptions): ReturnType<typeof fetchFile> =>
            fetchIt(`${address}/${name}`, options(more));
          await get('b0-20190815.pth');
          await get('b0-00000000.pth', { sha256: null });
          await get(`b0-${DIGEST.slice(0, 8)}.pth`);
          for (const digits of ['20191315', '20190832', '2019081512', '00000001']) {
            expect(await rejection(get(`b1-${digits}.pth`))).to.contain(
              `SHA-256 is ${DIGEST}, expected ${digits}… (from the file's name; sha256: null does without)`);
          }
        }));
    });
  }

  it('no address leads out of the folder', () => withServer(whole, async (address) => {
    const paths = [
      'm.pth?x=/../../../probe.txt', 'm.pth?/..', 'm.pth?a/./b/../c', 'm.pth?/',
      '%2e%2e/%2e%2e/n.pth', '..%2f..%2fo.pth',
    ];
    const found = await Promise.all(paths.map((path) => fetchFile(`${address}/${path}`, options())));
    for (const [i, { path }] of found.entries()) {
      const inside = relative(folder, path).split('/');
      expect(inside, paths[i]).to.have.length(2).and.not.include('..');
      expect(inside[0], paths[i]).to.match(/^127\.0\.0\.1_\d+$/);
    }
    expect(new Set(found.map(({ path }) => path)).size).to.equal(paths.length);
    expect(await readdir(folder)).to.have.length(1);
  }));

  it('a long query, as signed addresses have, gets a name that the file system takes', () =>
    withServer(whole, async (address) => {
      const long = (last: string): string => `${address}/m.pth?signature=${'0123456789'.repeat(60)}${last}`;
      const [a, b] = [await fetchFile(long('a'), options()), await fetchFile(long('b'), options())];
      expect(a.path).not.to.equal(b.path);
      expect((await fetchFile(long('a'), options())).path).to.equal(a.path);
      expect((await fetchFile(long('a'), options())).cached).to.equal(true);
      expect(a.path).to.match(/\/m\.pth_signature_0123456789[0-9]+-[0-9a-f]{32}$/);
    }));

  it('in a page: a cache that is full is done without', () => withServer(whole, (address) => {
    let puts = 0;
    const full = async (): Promise<void> => {
      puts++;
      throw new DOMException('Quota exceeded.', 'QuotaExceededError');
    };
    return withCache(undefined, full, async () => {
      const file = await fetchInPage(`${address}/a.bin`, options({ sha256: DIGEST }));
      expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
      expect(puts).to.equal(1);
    });
  }));

  it('in a page: what is kept is fetched again if it has not the SHA-256 asked for', () =>
    withServer(whole, (address) => {
      let puts = 0;
      const put = async (): Promise<void> => void puts++;
      return withCache(new Response('another'), put, async () => {
        const get = (sha256?: string): ReturnType<typeof fetchFile> =>
          fetchInPage(`${address}/a-00000000.pth`, options(sha256 === undefined ? {} : { sha256 }));
        const kept = await get();
        expect([kept.cached, Buffer.from(await kept.read()).toString()]).to.deep.equal([true, 'another']);
        const fresh = await get(DIGEST.toUpperCase());
        expect([fresh.cached, puts]).to.deep.equal([false, 1]);
        expect(Buffer.from(await fresh.read()).equals(CONTENT)).to.equal(true);
      });
    }));

  it('in a page: where a part cannot even be asked for, it begins anew', async () => {
    const ranges: (string | undefined)[] = [];
    const refusing: RequestListener = (request) => void request.socket.destroy(); // as a page sees a preflight refused
    await withServer(cutOnce(ranges, refusing), async (address) => {
      const file = await fetchInPage(`${address}/a.bin`, options({ sha256: DIGEST }));
      expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
      expect(ranges.at(1)).to.match(/^bytes=/);
      expect(ranges.at(-1)).to.equal(undefined);
    });
  });
});
