import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A longer line is no paper; it is passed over without being held in memory. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** The stream's chunks, unpacked when it begins with gzip's magic number. */
export async function gunzipped(
  input: Readable,
  onRead: (bytes: number) => void,
): Promise<AsyncIterable<Buffer>> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const counted = async function* () {
    for (let next = first; !next.done; next = await chunks.next()) {
      onRead(next.value.length);
      yield next.value;
    }
  };
  const isGzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isGzip) return counted();
  // The callback keeps an error of the input from being unhandled; it reaches the reader through the gunzip.
  return pipeline(Readable.from(counted()), createGunzip(), () => {}) as AsyncIterable<Buffer>;
}

/** Splits chunks at line feeds; null stands for a line that was too long. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Buffer | null => {
    const line = length > MAX_LINE_BYTES ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= MAX_LINE_BYTES) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
