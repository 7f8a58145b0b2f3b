import { createHash } from 'node:crypto';
import type { Context } from 'hono';

/** The answer to a client that has what it asks for already, in the OpenAPI document. */
export const NOT_MODIFIED = {
  304: { description: '`If-None-Match` names the `ETag` of what would be answered: keep what you have.' },
} as const;

/**
 * Gives an answer its entity tag (RFC 9110, 8.8.3). Tags are weak: the same answer may be sent compressed or not.
 * `no-cache` lets clients keep the answer, but ask each time.
 */
export function tag(c: Context, name: string): void {
  c.header('etag', `W/"${name}"`);
  c.header('cache-control', 'no-cache');
}

/** Whether the client has the answer with this tag already (RFC 9110, 13.1.2): then 304 is to be sent, tagged alike. */
export function hasAlready(c: Context, name: string): boolean {
  const known = c.req.header('if-none-match');
  if (known === undefined) return false;
  const isKnown = known.trim() === '*' || [...known.matchAll(/"([^"]*)"/g)].some(([, one]) => one === name);
  if (isKnown) tag(c, name);
  return isKnown;
}

/** A name for a content, the same in every process. */
export const nameOfContent = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
