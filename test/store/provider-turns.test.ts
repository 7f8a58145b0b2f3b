import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSqliteProviderTurns } from '../../src/store/provider-turns.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Long enough for a process that others keep from the processor. */
const LEASE_MS = 2_000;
const HOUR_MS = 3_600_000;

function openTurnsIn(folder: string, leaseMs = LEASE_MS) {
  const db = openSqlite(join(folder, 'library.sqlite'));
  onTestFinished(() => void db.close());
  const row = db.prepare<[], { holder: string; lease: number }>(
    "SELECT holder, lease_until_ms AS lease FROM provider_turns WHERE provider = 'arxiv'",
  );
  return {
    db,
    turns: createSqliteProviderTurns(db, { leaseMs, pollMs: 5 }),
    /** Resolves when the turn that is held has been renewed so often. */
    async renewals(count: number) {
      for (let seen = 0, last = row.get()?.lease; seen < count; await nextTurn()) {
        const lease = row.get()?.lease;
        if (lease !== last) seen++;
        last = lease;
      }
    },
  };
}

function takeTurns(folder: string, ...args: (string | number)[]) {
  const script = fileURLToPath(new URL('./turn-taker.ts', import.meta.url));
  const file = join(folder, 'library.sqlite');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, file, String(LEASE_MS), ...args.map(String)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value as string };
}

/** Whether a promise has resolved by now. */
function watched<T>(promise: Promise<T>) {
  let isDone = false;
  promise.then(
    () => {
      isDone = true;
    },
    () => {},
  );
  return { promise, isDone: () => isDone };
}

describe('turns at a provider', () => {
  it('are kept by processes that read at once: one at a time, never sooner than allowed', async () => {
    const intervalMs = 40;
    const body = 'paper '.repeat(20_000);
    const server = await startFaultyServer(
      () => ({ body }),
      ['ok', 'reset', 'ok', 'cut', { status: 503 }, 'ok', 'truncated gzip', { status: 429, retryAfter: 0 }],
    );
    const folder = temporaryFolder();
    openTurnsIn(folder);
    const takers = [1, 2, 3].map(() => takeTurns(folder, server.origin, intervalMs, 6));
    expect(await Promise.all(takers.map(({ nextLine }) => nextLine()))).toEqual(Array(3).fill('ready'));
    for (const { child } of takers) child.stdin.write('go');
    const read = await Promise.all(takers.map(async ({ nextLine }) => JSON.parse(await nextLine())));
    expect(read).toEqual(takers.map(() => Array(6).fill(body.length)));
    expect(server.requests).toHaveLength(3 * 6 + 5);
    expect(server.mostAtOnce()).toBe(1);
    expect(server.closestMs()).toBeGreaterThanOrEqual(intervalMs);
    const takersSeen = server.requests.map(({ headers }) => headers['user-agent']);
    // They did take turns, and did not go one after the other.
    expect(new Set(takersSeen.slice(0, 6 + 5)).size).toBeGreaterThan(1);
  });

  it('wait for the end of the one before, and then for the pause; other providers do not', async () => {
    const { turns } = openTurnsIn(temporaryFolder());
    const end = await turns.take('arxiv', { intervalMs: 50 });
    const second = watched(turns.take('arxiv', { intervalMs: 50 }));
    await (await turns.take('hugging-face', { intervalMs: 50 }))();
    expect(second.isDone()).toBe(false);
    const endedMs = performance.now();
    await end();
    await (await second.promise)();
    expect(performance.now() - endedMs).toBeGreaterThanOrEqual(50);
  });

  it('go on after a process that died, when its lease is over, and not while it lives', async () => {
    const folder = temporaryFolder();
    const { turns, renewals } = openTurnsIn(folder);
    const holder = takeTurns(folder);
    await holder.nextLine();
    const next = watched(turns.take('arxiv', { intervalMs: 1 }));
    await renewals(4);
    expect(next.isDone()).toBe(false);
    holder.child.kill('SIGKILL');
    const end = await next.promise;
    await end();
  });

  it('are not held up by times that a clock wrote which ran ahead', async () => {
    const leaseMs = 100;
    const { db, turns } = openTurnsIn(temporaryFolder(), leaseMs);
    db.prepare("INSERT INTO provider_turns VALUES ('arxiv', :ahead, 'died', :ahead)").run({
      ahead: Date.now() + HOUR_MS,
    });
    const beganMs = performance.now();
    await (await turns.take('arxiv', { intervalMs: 20 }))();
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(leaseMs - 1);
    db.prepare('UPDATE provider_turns SET next_at_ms = ?').run(Date.now() + HOUR_MS);
    await (await turns.take('arxiv', { intervalMs: 20 }))();
  });

  it('stay those of a process that lives when the clock is set back', async () => {
    const { db, turns, renewals } = openTurnsIn(temporaryFolder());
    const end = await turns.take('arxiv', { intervalMs: 1 });
    db.prepare('UPDATE provider_turns SET lease_until_ms = lease_until_ms + ?').run(HOUR_MS);
    const next = watched(turns.take('arxiv', { intervalMs: 1 }));
    await renewals(4);
    expect(next.isDone()).toBe(false);
    await end();
    await (await next.promise)();
  });

  it('are not waited for by who has left', async () => {
    const { turns } = openTurnsIn(temporaryFolder());
    const end = await turns.take('arxiv', { intervalMs: HOUR_MS });
    const abort = new AbortController();
    const waiting = turns.take('arxiv', { intervalMs: HOUR_MS, signal: abort.signal });
    abort.abort(new Error('The service stops.'));
    await expect(waiting).rejects.toThrow('The service stops.');
    await end();
    const pausing = turns.take('arxiv', { intervalMs: HOUR_MS, signal: AbortSignal.timeout(5) });
    await expect(pausing).rejects.toThrow('timeout');
  });
});
