import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../errors.ts';
import { BIBLIOGRAPHY_LIMITS } from '../sources/bibliography.ts';

/** Requests a minute and client: generous on this machine, where an evaluation or a script is the client. */
export const RATE_PER_MINUTE = { loopback: 120_000, other: 1_200 } as const;

export const BODY_LIMITS = {
  /** Bytes of a body that brings papers, a bibliography, a list on a person, and of any other. */
  papers: 8 * 1024 * 1024,
  library: BIBLIOGRAPHY_LIMITS.bytes,
  lists: 1024 * 1024,
  other: 256 * 1024,
} as const;

/** How many bytes the body of a request to a path may have. */
export function bodyLimitOf(path: string): number {
  if (path.startsWith('/v1/papers')) return BODY_LIMITS.papers;
  const [, resource] = /^\/v1\/users\/[^/]+\/(library|seeds|interactions)$/.exec(path) ?? [];
  if (resource === 'library') return BODY_LIMITS.library;
  return resource === undefined ? BODY_LIMITS.other : BODY_LIMITS.lists;
}

/**
 * Requires `Authorization: Bearer <key>`. Throws `unauthorized`. Digests are compared, so that neither the time of a
 * comparison nor its refusal tells the key's length.
 */
export function requireKey(key: string): MiddlewareHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(key);
  return async (c, next) => {
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given === undefined) {
      throw new AppError('unauthorized', 'Expected the header "Authorization: Bearer <key>", got none.');
    }
    if (!timingSafeEqual(digest(given), expected))
      throw new AppError('unauthorized', 'The key is not the right one.');
    await next();
  };
}

/**
 * Refuses requests for other host names than this machine's, and requests that another site's page sent. Without a
 * key, this is what keeps web pages in the user's browser away: from reading by a name that they made point to
 * 127.0.0.1 (DNS rebinding), and from recording picks by an image address.
 */
export function requireLocalHost(): MiddlewareHandler {
  return async (c, next) => {
    const { hostname } = new URL(c.req.url);
    if (!isLoopbackName(hostname)) {
      throw new AppError(
        'forbidden',
        `Expected a request to localhost, got one to "${hostname}". To serve other names, set PAPERWISE_API_KEY.`,
      );
    }
    if (isForeign(c.req.header('origin')) || c.req.header('sec-fetch-site') === 'cross-site') {
      throw new AppError(
        'forbidden',
        'Expected a request from this machine, got one that another web site sent.',
      );
    }
    await next();
  };
}

/** Whether an Origin header names another machine's page ("null" is a page without a place of its own). */
const isForeign = (origin: string | undefined) =>
  origin !== undefined && (!URL.canParse(origin) || !isLoopbackName(new URL(origin).hostname));

const isLoopbackName = (name: string) =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(name);

const isLoopbackAddress = (address: string) => /^(?:::ffff:)?127\./.test(address) || address === '::1';

/** Requests a minute for each client address (of IPv6, the /64 network). Throws `rate_limited`. */
export function limitRate(perMinute: number | null): MiddlewareHandler {
  const limiter = (points: number) => new RateLimiterMemory({ points, duration: 60 });
  const local = limiter(perMinute ?? RATE_PER_MINUTE.loopback);
  const other = limiter(perMinute ?? RATE_PER_MINUTE.other);
  return async (c, next) => {
    const address = clientAddress(c);
    const chosen = isLoopbackAddress(address) ? local : other;
    try {
      await chosen.consume(isIPv6(address) ? networkOf(address) : address);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.ceil(refusal.msBeforeNext / 1_000);
      c.header('retry-after', String(seconds));
      throw new AppError(
        'rate_limited',
        `Expected at most ${chosen.points} requests a minute; wait ${seconds} s.`,
      );
    }
    await next();
  };
}

/** The /64 network of an IPv6 address: its first four groups, written out. */
export function networkOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** The client's address; requests without a socket, as tests make them, count as this machine's. */
function clientAddress(c: Context): string {
  return c.env && 'incoming' in c.env ? (getConnInfo(c).remote.address ?? '127.0.0.1') : '127.0.0.1';
}

/**
 * Refuses larger bodies, at once by their stated length, or when they turn out longer. Nobody reads the body of a GET,
 * and to look whether it has one costs as much as the rest of the way to a handler.
 */
export function limitBody(maxSizeOf: (path: string) => number): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    const maxSize = maxSizeOf(c.req.path);
    const onError = () => {
      throw new AppError('payload_too_large', `Expected a body of at most ${maxSize} bytes.`);
    };
    return bodyLimit({ maxSize, onError })(c, next);
  };
}
