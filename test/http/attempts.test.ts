import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterOf, systemClock } from '../../src/http/back-off.ts';
import { type ServerFault, startFaultyServer } from '../fixtures/faulty-server.ts';
import { openClient, waitlessClock } from './open-client.ts';

const TEXT = 'Attention is all you need. '.repeat(200);
const NOW = '2026-11-28T06:00:00.000Z';

describe('attempts', () => {
  it.each<ServerFault>([
    'reset',
    'cut',
    'truncated gzip',
    ...[408, 425, 429, 500, 502, 503, 504].map((status) => ({ status })),
  ])('go on after %j', async (fault) => {
    const server = await startFaultyServer(() => ({ body: TEXT }), [fault, fault]);
    const { get, taken, held } = openClient({ hosts: [server.origin] });
    expect((await get(server.origin)).body).toBe(TEXT);
    expect(server.requests).toHaveLength(3);
    expect([taken.length, held()]).toEqual([3, 0]);
  });

  it('end after six, with waits that are random up to twice as much each time', async () => {
    const faults = Array.from({ length: 9 }, () => ({ status: 502 }));
    const server = await startFaultyServer(() => ({ body: TEXT }), faults);
    const { clock, waits } = waitlessClock(NOW);
    const logged: string[] = [];
    const { get } = openClient({
      hosts: [server.origin],
      clock,
      limits: { backOffMs: 1_000, backOffMostMs: 5_000 },
      log: (_, text) => logged.push(text),
    });
    await expect(get(`${server.origin}/feed?key=secret`)).rejects.toMatchObject({
      code: 'source_failed',
      message: `Reading ${server.origin}/feed failed, 6 times tried: it answered 502.`,
    });
    expect(server.requests).toHaveLength(6);
    expect(waits).toHaveLength(5);
    const most = [1_000, 2_000, 4_000, 5_000, 5_000];
    expect(waits.every((wait, at) => wait >= 0 && wait <= (most[at] ?? 0))).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(2);
    expect(logged).toHaveLength(5);
    expect(logged.join()).not.toContain('secret');
  });

  it('tell why nobody could be reached', async () => {
    const server = await startFaultyServer(() => ({}));
    await server.close();
    const { get } = openClient({ hosts: [server.origin] });
    await expect(get(server.origin)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('6 times tried: connect ECONNREFUSED'),
    });
  });

  it.each([
    ['seconds', 120],
    ['a date', 'Sat, 28 Nov 2026 06:02:00 GMT'],
  ])('wait at least as long as Retry-After says in %s', async (_, retryAfter) => {
    const server = await startFaultyServer(() => ({ body: TEXT }), [{ status: 503, retryAfter }]);
    const { clock, waits } = waitlessClock(NOW);
    const { get } = openClient({ hosts: [server.origin], clock, limits: { backOffMs: 1_000 } });
    expect((await get(server.origin)).body).toBe(TEXT);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(120_000);
    expect(waits[0]).toBeLessThanOrEqual(121_000);
  });

  it.each([
    ['an hour', 3_600, '2026-11-28T07:00:00.000Z'],
    ['an hour, as a date', 'Sat, 28 Nov 2026 07:00:00 GMT', '2026-11-28T07:00:00.000Z'],
    ['years: believed for a week', '99999999999999999999', '2026-12-05T06:00:00.000Z'],
  ])('end at once when Retry-After asks for %s, and tell the time', async (_, retryAfter, retryAt) => {
    const server = await startFaultyServer(() => ({ body: TEXT }), [{ status: 429, retryAfter }]);
    const { clock, waits } = waitlessClock(NOW);
    const { get } = openClient({ hosts: [server.origin], clock });
    await expect(get(server.origin)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining(`It wants to be asked again at ${retryAt}.`),
      retryAt: new Date(retryAt),
    });
    expect([server.requests.length, waits]).toEqual([1, []]);
  });

  it.each([
    ['0', 0],
    ['Saturday, 28-Nov-26 06:00:10 GMT', 10_000],
    ['Sat Nov 28 06:00:10 2026', 10_000],
    ['Sat, 28 Nov 2026 05:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    [undefined, null],
  ])('understand Retry-After: %s', (header, ms) => {
    expect(retryAfterOf(header, Date.parse(NOW))).toBe(ms);
  });

  it('end as soon as the caller wants, with his reason: while waiting for the next', async () => {
    const server = await startFaultyServer(() => ({ body: TEXT }), [{ status: 503, retryAfter: 600 }]);
    const abort = new AbortController();
    const { get, held } = openClient({
      hosts: [server.origin],
      clock: {
        now: () => Date.now(),
        wait: (ms, signal) => {
          const waiting = systemClock.wait(ms, signal);
          abort.abort(new Error('The service stops.'));
          return waiting;
        },
      },
    });
    await expect(get(server.origin, { signal: abort.signal })).rejects.toThrow('The service stops.');
    expect([server.requests.length, held()]).toEqual([1, 0]);
  });

  it('end as soon as the caller wants: before the answer, and within it', async () => {
    const abort = [new AbortController(), new AbortController()];
    const server = await startFaultyServer(
      ({ url }) => {
        if (url.pathname === '/within') return { body: TEXT };
        abort[0]?.abort(new Error('Before.'));
        return new Promise(() => {});
      },
      ['ok', 'drip'],
    );
    const { get, held } = openClient({
      hosts: [server.origin],
    });
    await expect(get(server.origin, { signal: abort[0]?.signal as AbortSignal })).rejects.toThrow('Before.');
    const within = get(`${server.origin}/within`, { signal: abort[1]?.signal as AbortSignal });
    while (server.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    abort[1]?.abort(new Error('Within.'));
    await expect(within).rejects.toThrow('Within.');
    expect(held()).toBe(0);
  });

  it('do not begin for a caller who has left, or when the client was closed', async () => {
    const server = await startFaultyServer(() => ({ body: TEXT }));
    const { get, client } = openClient({ hosts: [server.origin] });
    await expect(get(server.origin, { signal: AbortSignal.abort(new Error('Left.')) })).rejects.toThrow(
      'Left.',
    );
    await client.close();
    await expect(get(server.origin)).rejects.toThrow('The client was closed.');
    expect(server.requests).toHaveLength(0);
  });

  it('end when the client is closed meanwhile', async () => {
    const server = await startFaultyServer(() => {
      void opened.client.close();
      return new Promise(() => {});
    });
    const opened = openClient({ hosts: [server.origin] });
    await expect(opened.get(server.origin)).rejects.toThrow('The client was closed.');
    expect(server.requests).toHaveLength(1);
  });

  it('end with the whole body after whatever passes, one request at a time', async () => {
    const fault = fc.constantFrom<ServerFault>(
      'ok',
      'reset',
      'cut',
      'truncated gzip',
      { status: 429, retryAfter: 0 },
      { status: 503 },
      { redirect: '/elsewhere' },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 5 }), async (schedule) => {
        const server = await startFaultyServer(() => ({ body: TEXT }), schedule);
        const { get, client, held, mostHeld, taken } = openClient({ hosts: [server.origin] });
        expect((await get(server.origin)).body).toBe(TEXT);
        expect([held(), mostHeld(), server.mostAtOnce()]).toEqual([0, 1, 1]);
        expect(taken).toHaveLength(server.requests.length);
        await client.close();
        await server.close();
      }),
      { numRuns: 60 },
    );
  });
});
