/**
 * The most that deflate can shrink: a match of 258 bytes takes at least two bits (RFC 1951, 3.2.5), so that a byte
 * becomes at most 1,032.
 */
const MAX_RATIO = 1032;

/**
 * Undoes deflate (a zlib stream: RFC 1950) where it is known how many bytes come out; Node and browsers bring the
 * algorithm along. Throws an Error that begins with `where` if the stream is corrupt, cut short, or holds more or less
 * than `length` bytes: what inflates without end is stopped at the first byte too many. Whether bytes behind the stream
 * are an error is up to the platform: Node 20 passes over them, browsers and later Nodes do not.
 */
export async function inflate(where: string, parts: readonly Uint8Array[], length: number): Promise<Uint8Array> {
  const compressed = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > compressed * MAX_RATIO) {
    throw new Error(`${where}: ${compressed} bytes of compressed pixels cannot hold ${length}: it is cut short`);
  }
  const out = new Uint8Array(length);
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const part of parts) if (part.length > 0) controller.enqueue(part);
      controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${where}: the compressed pixels are damaged, cut short or followed by other bytes (${reason})`,
        { cause });
    });
    if (done) break;
    if (filled + value.length > length) {
      await reader.cancel();
      throw new Error(`${where}: more than ${length} bytes of pixels, which is what its size comes to: it is damaged`);
    }
    out.set(value, filled);
    filled += value.length;
  }
  if (filled < length) throw new Error(`${where}: ${filled} bytes of pixels; its size comes to ${length}`);
  return out;
}
