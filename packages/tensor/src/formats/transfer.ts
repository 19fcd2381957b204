/**
 * A long download over a connection that may be cut: what is there is kept, the rest is asked for again.
 * The files that keep the bytes are download.node.ts and download.browser.ts.
 * Source of the header fields: RFC 9110, section 14 (Range, Content-Range) and 13.1.5 (If-Range).
 */

export interface TransferOptions {
  /** Attempts after the first that may pass without a byte more than before. Default 4. */
  readonly retries?: number;
  /** Wait before the first of them, in milliseconds; doubled with each. Default 500. */
  readonly backoff?: number;
  /** A connection that is silent for so many milliseconds counts as cut. Default 30,000. */
  readonly idle?: number;
  /** Bytes received so far and in all; null where the server does not say. */
  readonly onProgress?: (received: number, total: number | null) => void;
}

export interface FetchFileOptions extends TransferOptions {
  /**
   * Where files are kept: a folder, by default `$XDG_CACHE_HOME/vitrine` or `~/.cache/vitrine`; in a page a cache,
   * 'vitrine'.
   */
  readonly cacheFolder?: string;
  /**
   * SHA-256 in hexadecimal, or its first 8 digits and more; null: it is not looked at. Default: what the file's name
   * ends in, `name-355c32eb.pth`.
   */
  readonly sha256?: string | null;
}

export interface FetchedFile {
  /** Where it is: a path, in a page the URL. */
  readonly path: string;
  /** Whether it was there already. */
  readonly cached: boolean;
  readonly read: () => Promise<Uint8Array>;
}

export interface ReceivingOptions extends TransferOptions {
  /**
   * A request for a part that gets no answer at all is followed by one for the whole. A browser lets no page send
   * If-Range to another server that has not allowed it, and the page is told no reason. Default false.
   */
  readonly startsAnew?: boolean;
}

/** What the server said at the beginning, so that a later part is known to be of the same file. */
interface Remote {
  position: number;
  total: number | null;
  validator: string | null;
}

type Write = (chunk: Uint8Array, position: number, total: number | null) => Promise<void>;

/** Nothing that waiting would change. */
class Refusal extends Error {}

/**
 * Receives what is at `url` and hands it to `write`, chunk by chunk with its position and the length of the whole (null
 * where the server does not say). A position of 0 that comes again means: from the beginning, the server gives no parts
 * or the file has changed. Returns the length.
 * Throws an Error naming the URL, the reason of the last attempt, and how far it got.
 */
export async function transfer(
  url: string, write: Write, options: ReceivingOptions = {},
): Promise<number> {
  const { retries = 4, backoff = 500 } = options;
  const remote: Remote = { position: 0, total: null, validator: null };
  let furthest = 0;
  for (let failures = 0; ;) {
    try {
      await receive(url, remote, write, options);
      return remote.position;
    } catch (cause) {
      const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
      if (cause instanceof Refusal) throw new Error(`fetchFile: ${url}: ${reason}`, { cause });
      failures = remote.position > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, remote.position);
      if (failures > retries) {
        const far = `${furthest} of ${remote.total ?? 'an unknown number of'} bytes`;
        throw new Error(
          `fetchFile: ${url}: ${reason}; gave up after ${failures} attempts without progress, at ${far}`,
          { cause },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, backoff * 2 ** (failures - 1)));
    }
  }
}

/** fetch hides what happened in its error's cause. */
const reasonOf = ({ message, cause }: Error): string =>
  (cause instanceof Error && cause.message !== '' && cause.message !== message
    ? `${message}: ${cause.message}`
    : message);

/** One attempt. Returns when all is there, and throws otherwise; `remote` says how far it got. */
async function receive(
  url: string, remote: Remote, write: Write, { idle = 30_000, onProgress, startsAnew = false }: ReceivingOptions,
): Promise<void> {
  const controller = new AbortController();
  const silent = (): void => controller.abort(new Error(`no byte for ${idle} ms`));
  let timer = setTimeout(silent, idle);
  try {
    const response = await fetch(url, { headers: requestHeaders(remote), signal: controller.signal })
      .catch((cause: unknown) => {
        if (startsAnew) remote.position = 0;
        throw cause;
      });
    if (isComplete(response, remote)) return;
    accept(response, remote);
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      clearTimeout(timer);
      try {
        await write(part.value, remote.position, remote.total);
        remote.position += part.value.length;
        onProgress?.(remote.position, remote.total);
      } catch (cause) {
        throw new Refusal(cause instanceof Error ? cause.message : String(cause), { cause }); // no space left, say
      }
      timer = setTimeout(silent, idle);
    }
    const { position, total } = remote;
    if (total !== null && position !== total) {
      throw new Error(`the connection ended after ${position} of ${total} bytes`);
    }
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/** Parts of a compressed answer could not be put together, hence identity. */
const requestHeaders = ({ position, validator }: Remote): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...(position > 0 && { range: `bytes=${position}-` }),
  ...(position > 0 && validator !== null && { 'if-range': validator }),
});

/** Asked for what follows the last byte, a server answers 416 and the length. */
const isComplete = ({ status, headers }: Response, { position }: Remote): boolean =>
  status === 416 && position > 0 && headers.get('content-range') === `bytes */${position}`;

/** Takes down what the answer says of the file; throws where it has no use. */
function accept({ status, statusText, headers }: Response, remote: Remote): void {
  if (status === 206) {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const same = total === '*' || remote.total === null || Number(total) === remote.total;
    if (Number(from) === remote.position && same) {
      if (total !== '*') remote.total = Number(total);
      return;
    }
    remote.position = 0;
    throw new Error(
      `asked for a part, the server answers with another (${headers.get('content-range') ?? 'no Content-Range'})`,
    );
  }
  const said = `status ${status} ${statusText}`.trim();
  if (status === 408 || status === 429 || status >= 500) throw new Error(said); // for now: what is there stays good
  if (status !== 200 && status !== 416) throw new Refusal(`${said}; check the address`);
  remote.position = 0;
  if (status === 416) throw new Error(said);
  const length = headers.get('content-length');
  remote.total = length === null || headers.has('content-encoding') ? null : Number(length);
  const tag = headers.get('etag');
  remote.validator = tag !== null && !tag.startsWith('W/') ? tag : headers.get('last-modified');
}

/** What the file's SHA-256 should begin with, and who says so. */
export interface ExpectedDigest {
  readonly digits: string;
  /** For messages; empty where the caller does. */
  readonly source: string;
}

/** As torch.hub writes them into names: from 8 digits on. */
const NAMED_DIGEST = /-([0-9a-f]{8,64})\.\w+$/;

/** `name-20190815.pth`: one SHA-256 in sixty thousand begins with digits that read as a date. */
const DATE = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;

/** What the caller says, else what the name says; null where nothing does, or the caller wants none. */
export function expectedDigest(url: string, sha256: string | null | undefined): ExpectedDigest | null {
  if (sha256 === null) return null;
  if (sha256 === undefined) {
    const digits = NAMED_DIGEST.exec(new URL(url).pathname)?.[1];
    return digits === undefined || DATE.test(digits)
      ? null
      : { digits, source: " (from the file's name; sha256: null does without)" };
  }
  if (!/^[0-9a-f]{8,64}$/i.test(sha256)) {
    throw new RangeError(`fetchFile: sha256 is 8 to 64 hexadecimal digits; got '${sha256}'`);
  }
  return { digits: sha256.toLowerCase(), source: '' };
}

/** Throws, naming both, unless `digest` begins with the digits `expected`; `source`: who expects them. */
export function checkDigest(name: string, digest: string, expected: string, source = ''): void {
  if (!digest.startsWith(expected.toLowerCase())) {
    const wanted = `${expected}${expected.length < 64 ? '…' : ''}${source}`;
    throw new Error(`${name}: SHA-256 is ${digest}, expected ${wanted}; the file is damaged or another one`);
  }
}

/** SHA-256 of bytes in memory, in hexadecimal. A page must be served over https (or localhost) for it. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) {
    throw new Error('sha256Of: browsers compute no digests in a page that is not served over https; leave sha256 out');
  }
  // A copy where the bytes are in shared memory, of which no digest is computed.
  const own = bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
  return Array.from(
    new Uint8Array(await subtle.digest('SHA-256', own)), (byte) => byte.toString(16).padStart(2, '0'),
  ).join('');
}
