import { AppError, messageOf } from '../../src/errors.ts';
import type { HttpClient } from '../../src/http/http-client.ts';

const ANSWER_MS = 60_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** A client that asks once and follows no redirect: for what a person asks for, and waits for, at a named place. */
export function createPlainClient(): HttpClient {
  const closing = new AbortController();
  return {
    async get({ url, accept, headers = {}, maxBytes = MAX_BODY_BYTES, signal }) {
      const signals = [closing.signal, AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])];
      const shown = new URL(url);
      try {
        const answer = await fetch(url, {
          headers: { ...headers, accept },
          redirect: 'error',
          signal: AbortSignal.any(signals),
        });
        const chunks: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of answer.body ?? []) {
          length += chunk.length;
          if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
          chunks.push(chunk);
        }
        const body = Buffer.concat(chunks).toString('utf8');
        const contentType = answer.headers.get('content-type') ?? '';
        return { status: answer.status, body, contentType, url: answer.url };
      } catch (cause) {
        const why =
          cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
        const at = `${shown.origin}${shown.pathname}`;
        throw new AppError('source_failed', `Reading ${at} failed: ${why}.`, { cause });
      }
    },
    async close() {
      closing.abort();
    },
  };
}
