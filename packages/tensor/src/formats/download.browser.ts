/**
 * Files from the network, kept by the browser's Cache API where there is one (a page served over https, or localhost).
 * The twin for Node, with the same exports, is download.node.ts.
 */
import { checkDigest, expectedDigest, sha256Of, transfer } from './transfer.js';
import type { FetchFileOptions, FetchedFile } from './transfer.js';

/**
 * The file at `url` (relative to the page), from the cache if it is there and has the SHA-256 asked for. A connection
 * that is cut is taken up where it ended. Throws an Error naming the URL and the reason; what was received is then not
 * in the cache. A cache that takes no more, for lack of space, is done without.
 */
export async function fetchFile(url: string | URL, options: FetchFileOptions = {}): Promise<FetchedFile> {
  const { href } = new URL(url, globalThis.location?.href);
  const { cacheFolder = 'vitrine', sha256 } = options;
  const file = (bytes: Uint8Array, cached: boolean): FetchedFile => ({ path: href, cached, read: async () => bytes });
  const expected = expectedDigest(href, sha256);
  const cache = 'caches' in globalThis ? await caches.open(cacheFolder) : null;
  const kept = await cache?.match(href);
  if (kept !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    // What is in the cache was verified when it came: only digits that the caller gives are looked at again.
    if (typeof sha256 !== 'string' || (await sha256Of(bytes)).startsWith(sha256.toLowerCase())) {
      return file(bytes, true);
    }
  }
  const bytes = await receiveAll(href, options);
  if (expected !== null) checkDigest(`fetchFile: ${href}`, await sha256Of(bytes), expected.digits, expected.source);
  // Not kept, it is fetched again another time; the bytes are in hand all the same.
  await cache?.put(href, new Response(bytes)).catch(() => undefined);
  return file(bytes, false);
}

/** Into one array of the length the server says; where it says none, into arrays each twice as long as the last. */
async function receiveAll(href: string, options: FetchFileOptions): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(0);
  const write = async (chunk: Uint8Array, position: number, total: number | null): Promise<void> => {
    const end = position + chunk.length;
    if (end > bytes.length) {
      const longer = new Uint8Array(Math.max(end, total ?? 2 * bytes.length));
      longer.set(bytes.subarray(0, position));
      bytes = longer;
    }
    bytes.set(chunk, position);
  };
  const length = await transfer(href, write, { ...options, startsAnew: true });
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
