/**
 * Files in a page: reading fetches a URL, writing is refused.
 * The twin for Node, with the same exports, is files.node.ts.
 */

/** All bytes at `url`. Throws an Error naming the URL and the reason: no connection, or a status other than 2xx. */
export async function readFile(url: string): Promise<Uint8Array> {
  return bytesOf(url, await answerOf(url));
}

/** As {@link readFile}, but undefined if there is no such file: status 404. */
export async function readFileIfThere(url: string): Promise<Uint8Array | undefined> {
  const response = await answerOf(url);
  return response.status === 404 ? undefined : bytesOf(url, response);
}

async function answerOf(url: string): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = 'check the address and whether its server lets this page read it';
    throw new Error(`readFile: ${url}: ${reason}; ${hint}`, { cause });
  }
}

async function bytesOf(url: string, response: Response): Promise<Uint8Array> {
  if (!response.ok) {
    throw new Error(`readFile: ${url}: status ${response.status} ${response.statusText}; check the address`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Throws: a page has no files. */
export async function writeFileAtomic(path: string, _content: Uint8Array | string): Promise<void> {
  throw refusal('writeFileAtomic', path);
}

/** Throws: a page has no files. */
export function writeFileAtomicSync(path: string, _content: Uint8Array | string): void {
  throw refusal('writeFileAtomicSync', path);
}

const refusal = (op: string, path: string): Error =>
  new Error(
    `${op}: ${path}: a page cannot write files; make the bytes with the format's serialize function ` +
      `(serializeSafetensors, serializeNpy) and offer them as a download`,
  );
