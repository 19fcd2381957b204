/**
 * Files from the network, kept by the browser's Cache API where there is one (a page served over https, or localhost).
 * The twin for Node, with the same exports, is download.node.ts.
 */
import { joinBytes } from './bytes.js';
import { checkDigest, expectedDigest, sha256Of, transfer } from './transfer.js';
import type { FetchFileOptions, FetchedFile } from './transfer.js';

/**
 * The file at `url` (relative to the page), from the cache if it is there. A connection that is cut is taken up where
 * it ended. Throws an Error naming the URL and the reason; the cache then has no such file.
 */
export async function fetchFile(url: string | URL, options: FetchFileOptions = {}): Promise<FetchedFile> {
  const { href } = new URL(url, globalThis.location?.href);
  const { cacheFolder = 'vitrine', sha256 } = options;
  const file = (bytes: Uint8Array, cached: boolean): FetchedFile => ({ path: href, cached, read: async () => bytes });
  const cache = 'caches' in globalThis ? await caches.open(cacheFolder) : null;
  const kept = await cache?.match(href);
  if (kept !== undefined) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    // What is in the cache was verified when it came.
    if (sha256 !== undefined) checkDigest(`fetchFile: ${href}`, await sha256Of(bytes), sha256);
    return file(bytes, true);
  }
  const expected = expectedDigest(href, sha256);
  const bytes = await receiveAll(href, options);
  if (expected !== null) checkDigest(`fetchFile: ${href}`, await sha256Of(bytes), expected);
  await cache?.put(href, new Response(bytes));
  return file(bytes, false);
}

async function receiveAll(href: string, options: FetchFileOptions): Promise<Uint8Array<ArrayBuffer>> {
  let chunks: Uint8Array[] = [];
  await transfer(href, async (chunk, position) => {
    if (position === 0) chunks = [];
    chunks.push(chunk);
  }, options);
  return joinBytes(chunks);
}
