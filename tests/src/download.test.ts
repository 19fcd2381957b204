/** Downloads from a server on this machine that does all that servers do wrong. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EfficientNet, encodeWeights } from '@vitrine/efficientnet';
import { fetchFile } from '@vitrine/tensor';
import type { FetchFileOptions } from '@vitrine/tensor';
import { expect } from 'chai';
import { fetchFile as fetchInPage } from '../../packages/tensor/dist/formats/download.browser.js';

const CONTENT = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

/** Where the request's range begins. */
const rangeOf = ({ headers }: IncomingMessage): number => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);

/** Sends bytes from..end, then either ends or cuts the connection. */
function send(response: ServerResponse, from: number, end = CONTENT.length): void {
  response.write(CONTENT.subarray(from, end), () =>
    setTimeout(() => (end === CONTENT.length ? response.end() : response.socket?.destroy()), 50));
}

const whole: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': CONTENT.length });
  send(response, 0);
};

/** Cuts after 100,000 bytes each time, and continues where asked. */
const cutting: Answer = (request, response) => {
  const from = rangeOf(request);
  const end = Math.min(from + 100_000, CONTENT.length);
  const part = {
    'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`,
    'content-length': CONTENT.length - from,
  };
  response.writeHead(from > 0 ? 206 : 200, {
    etag: '"v1"',
    ...(from > 0 ? part : { 'content-length': CONTENT.length }),
  });
  send(response, from, end);
};

/** Knows no ranges, and is cut twice. */
const forgetful: Answer = (_request, response, attempt) => {
  response.writeHead(200, { 'content-length': CONTENT.length });
  send(response, 0, attempt < 2 ? 150_000 : CONTENT.length);
};

/** Ends 10 bytes before what it announces, always. */
const boastful: Answer = (request, response) => {
  const from = rangeOf(request);
  if (from > 0) {
    response.writeHead(416, { 'content-range': `bytes */${CONTENT.length - 1}` }).end();
    return;
  }
  response.writeHead(200, { 'content-length': CONTENT.length });
  response.write(CONTENT.subarray(0, CONTENT.length - 10), () => setTimeout(() => response.socket?.destroy(), 50));
};

/** Another file by the second attempt: If-Range does not match, and all of the new one is sent. */
const changing: Answer = (request, response, attempt) => {
  if (rangeOf(request) > 0) expect(request.headers['if-range']).to.equal('"v1"');
  response.writeHead(200, {
    etag: attempt === 0 ? '"v1"' : '"v2"',
    'content-length': attempt === 0 ? 400_000 : CONTENT.length,
  });
  if (attempt === 0) response.write(Buffer.alloc(200_000, 9), () => setTimeout(() => response.socket?.destroy(), 50));
  else send(response, 0);
};

/** A part, but not the one that was asked for. */
const confused: Answer = (_request, response, attempt) => {
  if (attempt !== 1) {
    response.writeHead(200, { 'content-length': CONTENT.length });
    send(response, 0, attempt === 0 ? 50_000 : CONTENT.length);
    return;
  }
  response.writeHead(206, {
    'content-range': `bytes 0-${CONTENT.length - 1}/${CONTENT.length}`,
    'content-length': CONTENT.length,
  });
  send(response, 0);
};

const busy: Answer = (request, response, attempt) => {
  if (attempt < 2) response.writeHead(503).end();
  else whole(request, response, attempt);
};

/** No length, no error: the end of the chunks is the end of the file. */
const chunked: Answer = (_request, response) => {
  response.writeHead(200);
  send(response, 0);
};

const silent: Answer = (request, response, attempt) => {
  if (attempt > 0) return cutting(request, response, attempt);
  response.writeHead(200, { 'content-length': CONTENT.length });
  response.write(CONTENT.subarray(0, 1000));
};

const gone: Answer = (_request, response) => void response.writeHead(404).end('<!doctype html>');

const answers = { whole, cutting, forgetful, boastful, changing, confused, busy, chunked, silent, gone };

describe('download', () => {
  let server: Server;
  let address = '';
  let folder = '';
  const attempts = new Map<string, number>();
  let files: Readonly<Record<string, Uint8Array>> = {};

  before((done) => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-download-'));
    server = createServer((request, response) => {
      const url = request.url ?? '';
      const attempt = attempts.get(url) ?? 0;
      attempts.set(url, attempt + 1);
      const kind = url.split('/')[1];
      const file = files[url];
      if (file !== undefined) response.writeHead(200, { 'content-length': file.length }).end(file);
      else answers[kind as keyof typeof answers](request, response, attempt);
    }).listen(0, '127.0.0.1', () => {
      const bound = server.address();
      address = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
      done();
    });
  });
  after((done) => {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close(() => done());
  });

  const faces = { 'on disk': fetchFile, 'in a page': fetchInPage };
  const quick: FetchFileOptions = { backoff: 1 };
  const cached = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.\w+$/.test(name) && !/^127[^/]*$/.test(name));

  for (const [where, fetchIt] of Object.entries(faces)) {
    describe(where, () => {
      const get = (path: string, options: FetchFileOptions = {}): ReturnType<typeof fetchFile> =>
        fetchIt(`${address}/${path}`, { cacheFolder: folder, ...quick, ...options });
      const fails = async (path: string, options: FetchFileOptions = {}): Promise<string> => {
        try {
          await get(path, options);
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
        throw new Error('expected an error');
      };
      const word = where.replaceAll(' ', '_');

      for (const [kind, tries] of [
        ['whole', 1], ['cutting', 3], ['forgetful', 3], ['changing', 2], ['confused', 3], ['busy', 3], ['chunked', 1],
      ] as const) {
        it(`${kind}: all bytes`, async () => {
          const path = `${kind}/${word}.bin`;
          const file = await get(path, { sha256: DIGEST });
          expect(file.cached).to.equal(false);
          expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
          // What was on its way when the connection was cut may be lost, and asked for again.
          expect(attempts.get(`/${path}`)).to.be.within(tries, kind === 'cutting' ? 2 * tries : tries);
        });
      }

      it('a silent connection counts as cut', async () => {
        const file = await get(`silent/${word}.bin`, { idle: 100 });
        expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
      });

      it('progress rises to the whole, and says how much that is', async () => {
        const seen: [number, number | null][] = [];
        await get(`cutting/${word}-progress.bin`, {
          onProgress: (received, total) => void seen.push([received, total]),
        });
        expect(seen.at(-1)).to.deep.equal([CONTENT.length, CONTENT.length]);
        expect(seen.every(([received], i) => i === 0 || received > seen[i - 1][0])).to.equal(true);
        await get(`chunked/${word}-progress.bin`, { onProgress: (_received, total) => expect(total).to.equal(null) });
      });

      it('a file that never gets whole is given up, with how far it got', async () => {
        expect(await fails(`boastful/${word}.bin`, { retries: 2 })).to.match(new RegExp(
          `^fetchFile: ${address}/boastful/${word}\\.bin: .*; gave up after 3 attempts without progress, ` +
            `at ${CONTENT.length - 10} of ${CONTENT.length} bytes$`));
      });

      it('404 is not tried again', async () => {
        expect(await fails(`gone/${word}.bin`))
          .to.equal(`fetchFile: ${address}/gone/${word}.bin: status 404 Not Found; check the address`);
        expect(attempts.get(`/gone/${word}.bin`)).to.equal(1);
      });

      it('the digits in a name are those of its SHA-256, others are refused', async () => {
        await get(`whole/${word}-${DIGEST.slice(0, 8)}.pth`);
        expect(await fails(`whole/${word}-00000000.pth`)).to.equal(
          `fetchFile: ${address}/whole/${word}-00000000.pth: SHA-256 is ${DIGEST}, expected 00000000… ` +
            "(from the file's name; sha256: null does without); the file is damaged or another one");
        expect(await fails(`whole/${word}.x`, { sha256: DIGEST.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }))
          .to.match(/the file is damaged or another one$/);
        expect(await fails(`whole/${word}.y`, { sha256: 'xyz' }))
          .to.match(/sha256 is 8 to 64 hexadecimal digits; got 'xyz'/);
      });
    });
  }

  // A suite of its own: mocha runs it after those above.
  describe('the cache', () => {
    it('what failed is not in the cache, and nothing is left over', () => {
      expect(cached().filter((name) => /\.part$|gone|boastful|00000000|\.x$|\.y$/.test(name))).to.deep.equal([]);
      expect(cached().some((name) => name.endsWith(join('whole', 'on_disk.bin')))).to.equal(true);
    });

    it('a file that is there is not fetched again, unless a SHA-256 is given that it has not', async () => {
      const url = `${address}/whole/again.bin`;
      const first = await fetchFile(url, { cacheFolder: folder });
      const second = await fetchFile(url, { cacheFolder: folder, sha256: DIGEST });
      expect([first.cached, second.cached, attempts.get('/whole/again.bin')]).to.deep.equal([false, true, 1]);
      expect(second.path).to.equal(first.path);
      writeFileSync(first.path, 'damaged');
      const third = await fetchFile(url, { cacheFolder: folder, sha256: DIGEST });
      expect([third.cached, attempts.get('/whole/again.bin')]).to.deep.equal([false, 2]);
      expect(Buffer.from(await third.read()).equals(CONTENT)).to.equal(true);
    });

    it('files of one name from two places do not meet, and none leaves the folder', async () => {
      const [a, b] = await Promise.all(
        ['whole/a/model.bin', 'whole/b/../../whole/c/model.bin?download=true'].map((path) =>
          fetchFile(`${address}/${path}`, { cacheFolder: folder })));
      expect(a.path).not.to.equal(b.path);
      for (const { path } of [a, b]) {
        expect(path.startsWith(folder) && !path.includes('..') && existsSync(path), path).to.equal(true);
      }
    });

    it('two fetches of one file at a time both succeed', async () => {
      const both = await Promise.all([0, 1].map(() =>
        fetchFile(`${address}/cutting/both.bin`, { cacheFolder: folder, ...quick })));
      for (const file of both) expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
      expect(cached().filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    });

    it('a file: URL is the file itself', async () => {
      const path = join(folder, 'here é.bin');
      writeFileSync(path, CONTENT);
      const file = await fetchFile(pathToFileURL(path));
      expect(file.path).to.equal(path);
      expect(Buffer.from(await file.read()).equals(CONTENT)).to.equal(true);
    });

    it('fromPretrained takes a URL, and the name in it', async () => {
      const model = EfficientNet.fromName('tiny-28', { numClasses: 3 });
      files = { '/models/tiny.safetensors': encodeWeights(model) };
      const loaded =
        await EfficientNet.fromPretrained('tiny-28', `${address}/models/tiny.safetensors`, { cacheFolder: folder });
      expect(loaded.pretrained?.source).to.equal(`${address}/models/tiny.safetensors`);
      expect(loaded.head.weight.value.toFloat32Array()).to.deep.equal(model.head.weight.value.toFloat32Array());
      const path = cached().find((name) => name.endsWith('tiny.safetensors'))!;
      expect(readFileSync(join(folder, path)).equals(Buffer.from(files['/models/tiny.safetensors']))).to.equal(true);
    });
  });
});
