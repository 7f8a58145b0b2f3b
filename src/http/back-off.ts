import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { HttpFailure } from './http-failure.ts';

export interface BackOffLimits {
  /** How often a thing is tried in all. */
  attempts: number;
  /** The longest first wait in milliseconds; it doubles with every failure, up to `backOffMostMs`. */
  backOffMs: number;
  backOffMostMs: number;
  /** How long `Retry-After` is waited for; a host that wants more is left until then. */
  retryAfterMs: number;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Throws the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async wait(ms, signal) {
    await delay(ms, undefined, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  },
};

/** Why an attempt failed, when the next one may not. */
export interface Fault {
  reason: string;
  cause?: unknown;
  /** As the host said; null when it did not. */
  retryAfterMs: number | null;
}

/** A host that says it is away for years must not end a source for ever. */
const BELIEVED_MS = 7 * 86_400_000;

/**
 * Waits after each fault of one read: a random time up to `backOffMs` · 2^(failures − 1), "full jitter" of
 * M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; after what `Retry-After` asks for, when it
 * does. Throws `source_failed` when no attempt is left, or the host asks for too long a wait.
 */
export function createBackOff(deps: {
  limits: BackOffLimits;
  clock: Clock;
  /** What is read, for messages. */
  address: string;
  onWait: (text: string) => void;
}): (fault: Fault, signal: AbortSignal) => Promise<void> {
  const { limits, clock, address, onWait } = deps;
  let failures = 0;
  return async ({ reason, cause, retryAfterMs }, signal) => {
    failures++;
    const asked = Math.min(retryAfterMs ?? 0, BELIEVED_MS);
    const isAskedTooMuch = asked > limits.retryAfterMs;
    if (isAskedTooMuch || failures >= limits.attempts) {
      const retryAt = asked > 0 ? new Date(clock.now() + asked) : undefined;
      const when = retryAt ? ` It wants to be asked again at ${retryAt.toISOString()}.` : '';
      throw new HttpFailure(`Reading ${address} failed, ${failures} times tried: ${reason}.${when}`, {
        cause,
        ...(retryAt && { retryAt }),
      });
    }
    const most = Math.min(limits.backOffMostMs, limits.backOffMs * 2 ** (failures - 1));
    const waitMs = Math.round(asked + Math.random() * most);
    onWait(`Reading ${address}: ${reason}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
    await clock.wait(waitMs, signal);
  };
}

/**
 * What `Retry-After` asks for, in milliseconds from `now`: seconds, or an HTTP date in any of its three forms (RFC 9110,
 * 10.2.3 and 5.6.7), which is in GMT. Null when it says nothing that can be understood.
 */
export function retryAfterOf(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3}/.test(text)) return null;
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Why something failed; errors of several tries to connect have a code but no message. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error).replace(/[.\s]+$/, '');
  if (message !== '') return message;
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
