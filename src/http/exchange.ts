import type { Dispatcher } from 'undici';
import { readBody } from './read-body.ts';

export interface ExchangeLimits {
  /** Milliseconds until the answer's headers are there, between two parts of its body, and for all of it. */
  headersMs: number;
  idleMs: number;
  exchangeMs: number;
}

/** One answer to one request. */
export interface Exchanged {
  status: number;
  /** By its name in lower case; the first when there are several. */
  header(name: string): string | undefined;
  /** Empty when `isBodyWanted` said no. */
  body: Buffer;
}

interface ExchangeOptions {
  dispatcher: Dispatcher;
  headers: Readonly<Record<string, string>>;
  limits: ExchangeLimits;
  /** Of the body, packed and unpacked. */
  maxBytes: number;
  isBodyWanted: (status: number) => boolean;
  signal: AbortSignal;
}

/**
 * Sends one GET and reads its answer, over a connection of its own, which ends with it: so that one connection to a
 * provider is all there is, also when several processes take turns. Follows no redirect. Throws the signal's reason at
 * once; `source_failed` for what trying again would not change; anything else for what may pass.
 */
export async function exchange(url: URL, options: ExchangeOptions): Promise<Exchanged> {
  const { limits, signal } = options;
  const ending = new AbortController();
  const end = () => ending.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', end, { once: true });
  const timer = setTimeout(() => {
    ending.abort(new Error(`the answer took longer than ${limits.exchangeMs} ms`));
  }, limits.exchangeMs);
  try {
    return await untilAborted(ask(url, options, ending.signal), ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

async function ask(url: URL, options: ExchangeOptions, signal: AbortSignal): Promise<Exchanged> {
  const { dispatcher, limits, maxBytes, isBodyWanted } = options;
  const { statusCode, headers, body } = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: options.headers,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.idleMs,
    reset: true,
    signal,
  });
  const header = (name: string) => [headers[name]].flat()[0];
  if (!isBodyWanted(statusCode)) {
    await body.dump();
    return { status: statusCode, header, body: Buffer.alloc(0) };
  }
  // An empty body is not packed, whatever the headers say.
  const encoding = header('content-length') === '0' ? '' : (header('content-encoding') ?? '');
  const read = await readBody(body, encoding.trim().toLowerCase(), maxBytes);
  return { status: statusCode, header, body: read };
}

/** Waits for work no longer than a signal lets it: a connection that is being opened would not notice. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
