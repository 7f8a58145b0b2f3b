import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpFailure } from './http-failure.ts';

/** What `readBody` unpacks, as the header `Accept-Encoding`. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

const UNPACKERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * The body, unpacked. Reading ends, and the connection with it, as soon as more than `maxBytes` have come, packed or
 * unpacked: a small body that unpacks to a huge one costs no more than that. Throws `source_failed` then and for an
 * encoding that was not asked for; what the connection or zlib throws for a body that is cut or damaged.
 */
export async function readBody(body: Readable, encoding: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of bounded(source, maxBytes)) chunks.push(chunk);
  };
  if (encoding === '' || encoding === 'identity') {
    await pipeline(body, collect);
  } else {
    const unpacker = UNPACKERS.get(encoding);
    if (unpacker === undefined) {
      body.on('error', () => {}).destroy();
      throw new HttpFailure(`The answer is packed as "${encoding}"; asked for was ${ACCEPTED_ENCODINGS}.`);
    }
    const packed = (source: AsyncIterable<Buffer>) => bounded(source, maxBytes);
    await pipeline(body, packed, unpacker(), collect);
  }
  return Buffer.concat(chunks);
}

async function* bounded(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpFailure(`The answer is longer than ${maxBytes} bytes.`);
    yield chunk;
  }
}

/**
 * The body as text, by the character set of its media type, UTF-8 when that names none. Throws `source_failed` for a
 * character set that the WHATWG's Encoding Standard does not know.
 */
export function textOfBody(body: Buffer, contentType: string): string {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(charset);
  } catch (cause) {
    throw new HttpFailure(`The answer is in the unknown character set "${charset}".`, { cause });
  }
  return decoder.decode(body);
}
