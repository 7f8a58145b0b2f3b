import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';
import { parseAccept } from 'hono/utils/accept';

/** Bytes of a body that is worth compressing: less fits into one packet anyway. */
const LEAST = 1_024;

/** What handlers answer whole. Exports are streams of other types, and stay as they are. */
const COMPRESSED_TYPES = /^(?:application\/(?:problem\+)?json|text\/(?:plain|html|css|javascript))(?:;|$)/;

/** In the order of preference. Fast settings: answers are made for one client each. */
const ENCODINGS = {
  br: (body: Buffer) =>
    compressBrotli(body, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 4,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    }),
  gzip: (body: Buffer) => compressGzip(body, { level: 4 }),
} as const;
type Encoding = keyof typeof ENCODINGS;

const compressBrotli = promisify(brotliCompress);
const compressGzip: (body: Buffer, options: { level: number }) => Promise<Buffer> = promisify(gzip);

/**
 * Compresses answers for clients that accept it, on libuv's threads. What an answer holds beside what its client sent is
 * no secret from that client, and the key is never in one: that compressed lengths tell of contents (BREACH) gives nothing away.
 */
export function compressAnswers(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers, status } = c.res;
    const type = headers.get('content-type');
    const isFile = headers.has('content-disposition');
    if ((type === null || !COMPRESSED_TYPES.test(type) || isFile) && status !== 304) return;
    headers.append('vary', 'accept-encoding');
    const accepted = c.req.header('accept-encoding');
    if (accepted === undefined || c.req.method === 'HEAD' || status === 304) return;
    const encoding = bestEncoding(accepted);
    if (!encoding) return;
    const body = Buffer.from(await c.res.arrayBuffer());
    const isLarge = body.length >= LEAST;
    if (isLarge) {
      headers.set('content-encoding', encoding);
      headers.delete('content-length');
    }
    const sent = isLarge ? await ENCODINGS[encoding](body) : body;
    // Set anew: Hono would add the headers of the one before, and make a stream of the body.
    c.res = undefined;
    c.res = new Response(new Uint8Array(sent), { status, headers });
  };
}

/** Of the encodings that a client accepts, the one that it likes best (RFC 9110, 12.5.3). */
function bestEncoding(accepted: string): Encoding | null {
  const asked = parseAccept(accepted);
  const qualityOf = (name: string) =>
    (asked.find(({ type }) => type.toLowerCase() === name) ?? asked.find(({ type }) => type === '*'))?.q ?? 0;
  let best: { encoding: Encoding; quality: number } | null = null;
  // Who likes an answer better as it is gets it so.
  const least = asked.find(({ type }) => type.toLowerCase() === 'identity')?.q ?? 0;
  for (const encoding of ['br', 'gzip'] as const) {
    const quality = qualityOf(encoding);
    if (quality >= least && quality > (best?.quality ?? 0)) best = { encoding, quality };
  }
  return best?.encoding ?? null;
}
