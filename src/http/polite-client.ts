import { messageOf } from '../errors.ts';
import { type AllowedHosts, createAllowedHosts, type HostSettings } from './allowed-hosts.ts';
import {
  type BackOffLimits,
  type Clock,
  createBackOff,
  type Fault,
  reasonOf,
  retryAfterOf,
  systemClock,
} from './back-off.ts';
import { createDispatcher, type ProxySettings } from './dispatcher.ts';
import { type Exchanged, type ExchangeLimits, exchange } from './exchange.ts';
import type { HttpAnswer, HttpClient, HttpRequest, ProviderTurns } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import { ACCEPTED_ENCODINGS, textOfBody } from './read-body.ts';
import { parsedAddress, shownAddress } from './web-address.ts';

export interface HttpLimits extends ExchangeLimits, BackOffLimits {
  connectMs: number;
  /** Bytes of a body, packed and unpacked, when a request names no other number. */
  bodyBytes: number;
  redirects: number;
}

export const HTTP_LIMITS: Readonly<HttpLimits> = {
  connectMs: 10_000,
  headersMs: 60_000,
  idleMs: 30_000,
  exchangeMs: 300_000,
  bodyBytes: 64 * 1024 * 1024,
  redirects: 5,
  attempts: 6,
  backOffMs: 1_000,
  backOffMostMs: 60_000,
  retryAfterMs: 15 * 60_000,
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const isBodyWanted = (status: number) => status !== 304 && !REDIRECTS.has(status) && !PASSING.has(status);

interface Deps {
  /** The hosts that may be asked, also through redirects. */
  hosts: readonly HostSettings[];
  /** `Paperwise/VERSION (+CONTACT)`. */
  userAgent: string;
  turns: ProviderTurns;
  proxy?: ProxySettings | null;
  limits?: Partial<HttpLimits>;
  /** Told of every wait before another attempt. */
  log?: (level: 'info', text: string) => void;
  clock?: Clock;
}

/**
 * A client for sources (`HttpClient`). Every attempt, and every step of a redirect, takes a turn at the provider of its
 * host, and gives it back when the answer has been read. What is thrown for a read that failed is an `HttpFailure`, with
 * the time at which the host wants to be asked again, when it said one. Throws `config_invalid` for hosts or a proxy
 * whose address is none.
 */
export function createHttpClient(deps: Deps): HttpClient {
  const { userAgent, turns, proxy = null, log = () => {}, clock = systemClock } = deps;
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const hosts = createAllowedHosts(deps.hosts);
  const dispatcher = createDispatcher({ proxy, lookup: hosts.lookup, connectMs: limits.connectMs });
  const closing = new AbortController();

  /** The answer of one attempt, or why it failed, when the next may not. */
  const attempt = async (
    url: URL,
    headers: Record<string, string>,
    { maxBytes = limits.bodyBytes }: HttpRequest,
    signal: AbortSignal,
  ): Promise<Exchanged | Fault> => {
    const { provider, intervalMs } = hosts.of(url);
    const endTurn = await turns.take(provider, { intervalMs, signal });
    try {
      const options = { dispatcher, headers, limits, maxBytes, isBodyWanted, signal };
      const answer = await exchange(url, options);
      if (!PASSING.has(answer.status)) return answer;
      const retryAfterMs = retryAfterOf(answer.header('retry-after'), clock.now());
      return { reason: `it answered ${answer.status}`, retryAfterMs };
    } catch (cause) {
      signal.throwIfAborted();
      if (willNotPass(cause)) throw failureAt(url, cause);
      return { reason: reasonOf(cause), cause, retryAfterMs: null };
    } finally {
      await endTurn();
    }
  };

  const follow = async (request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    const first = parsedAddress(request.url);
    if (first === null) throw new HttpFailure(`"${request.url}" is no address.`);
    const backOff = createBackOff({
      ...{ limits, clock, address: shownAddress(first) },
      onWait: (text) => log('info', text),
    });
    let url = first;
    let redirects = 0;
    for (;;) {
      const headers = headersOf(request, { userAgent, isFirstHost: url.origin === first.origin });
      const outcome = await attempt(url, headers, request, signal);
      if ('reason' in outcome) {
        await backOff(outcome, signal);
        continue;
      }
      if (!REDIRECTS.has(outcome.status)) return answerOf(url, outcome);
      if (++redirects > limits.redirects) {
        throw new HttpFailure(`${shownAddress(first)} redirects more than ${limits.redirects} times.`);
      }
      url = redirected(url, outcome, hosts);
    }
  };

  return {
    async get(request) {
      const ending = new AbortController();
      const stop = () => ending.abort(request.signal?.reason);
      const close = () => ending.abort(closing.signal.reason);
      if (request.signal?.aborted) stop();
      if (closing.signal.aborted) close();
      request.signal?.addEventListener('abort', stop, { once: true });
      closing.signal.addEventListener('abort', close, { once: true });
      try {
        ending.signal.throwIfAborted();
        return await follow(request, ending.signal);
      } finally {
        request.signal?.removeEventListener('abort', stop);
        closing.signal.removeEventListener('abort', close);
      }
    },
    async close() {
      closing.abort(new HttpFailure('The client was closed.'));
      await dispatcher.destroy();
    },
  };
}

function headersOf(
  { accept, etag, lastModified, headers = {} }: HttpRequest,
  { userAgent, isFirstHost }: { userAgent: string; isFirstHost: boolean },
): Record<string, string> {
  // Keys and the like are for the host that the caller named.
  const further = isFirstHost ? Object.entries(headers) : [];
  return {
    ...Object.fromEntries(further.map(([name, value]) => [name.toLowerCase(), value])),
    accept,
    'accept-encoding': ACCEPTED_ENCODINGS,
    'user-agent': userAgent,
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

function redirected(from: URL, { status, header }: Exchanged, hosts: AllowedHosts): URL {
  const location = header('location');
  const to = location === undefined ? null : parsedAddress(location, from);
  if (to === null) {
    throw new HttpFailure(`${shownAddress(from)} answers ${status} without an address to go on to.`);
  }
  try {
    hosts.of(to);
  } catch (cause) {
    throw failureAt(from, cause);
  }
  return to;
}

function answerOf(url: URL, { status, header, body }: Exchanged): HttpAnswer {
  const contentType = header('content-type') ?? '';
  const etag = header('etag');
  const lastModified = header('last-modified');
  try {
    return {
      status,
      body: textOfBody(body, contentType),
      contentType,
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      url: url.href,
    };
  } catch (cause) {
    throw failureAt(url, cause);
  }
}

/** Ours, or of a request that undici will never send, or that a proxy wants a password for. */
const willNotPass = (error: unknown) =>
  error instanceof HttpFailure ||
  (error instanceof Error && 'code' in error && error.code === 'UND_ERR_INVALID_ARG');

const failureAt = (url: URL, cause: unknown) =>
  new HttpFailure(`Reading ${shownAddress(url)} failed: ${messageOf(cause)}`, { cause });
