import { onTestFinished } from 'vitest';
import type { HostSettings } from '../../src/http/allowed-hosts.ts';
import { type Clock, systemClock } from '../../src/http/back-off.ts';
import type { HttpRequest } from '../../src/http/http-client.ts';
import { createHttpClient } from '../../src/http/polite-client.ts';
import { openTurns } from '../fixtures/open-turns.ts';

type Settings = Partial<Omit<Parameters<typeof createHttpClient>[0], 'hosts'>> & {
  hosts: readonly (string | HostSettings)[];
};

/** The product's client for a test, which closes it; it waits for milliseconds where the product does for minutes. */
export function openClient({ hosts, limits, ...rest }: Settings) {
  const { turns, ...seen } = openTurns();
  const client = createHttpClient({
    userAgent: 'Paperwise/0.0.0 (+mailto:reader@example.org)',
    turns,
    hosts: hosts.map((host) =>
      typeof host === 'string' ? { url: host, provider: 'test', intervalMs: 7 } : host,
    ),
    limits: { backOffMs: 2, backOffMostMs: 8, ...limits },
    ...rest,
  });
  onTestFinished(() => client.close());
  const get = (url: string, request: Partial<HttpRequest> = {}) =>
    client.get({ url, accept: 'text/plain', ...request });
  return { get, client, ...seen };
}

/** A clock whose waits are over at once, and kept; it stands at an instant. */
export function waitlessClock(instant: string): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  const clock: Clock = {
    now: () => Date.parse(instant),
    wait: async (ms, signal) => {
      waits.push(ms);
      await systemClock.wait(0, signal);
    },
  };
  return { clock, waits };
}
