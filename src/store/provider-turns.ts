import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderTurns } from '../http/http-client.ts';
import type { SqliteDatabase } from './sqlite.ts';

const TIMES = {
  /** A turn whose process died ends after this; a living one renews it three times as often. */
  leaseMs: 30_000,
  /** How often it is looked whether another's turn has ended. */
  pollMs: 100,
};

interface TurnRow {
  nextAtMs: number;
  holder: string | null;
  leaseUntilMs: number;
}

/**
 * Turns that all processes on the library share, by a row for each provider. A pause begins when a turn ends, not when it
 * began: a request may be long on its way, and only its answer tells that it has arrived; so the provider sees no two
 * requests nearer to each other than the pause, which all who ask it must name alike. Nobody waits longer than a lease or a
 * pause for a time that the row holds, so that a clock that was set back stops nothing. A process that stands still for
 * longer than a lease loses its turn.
 */
export function createSqliteProviderTurns(
  db: SqliteDatabase,
  times: Partial<typeof TIMES> = {},
): ProviderTurns {
  const { leaseMs, pollMs } = { ...TIMES, ...times };
  const sql = statements(db);

  /** How long to wait, in milliseconds, before the turn may be free; 0 when it is. */
  const waitOf = (row: TurnRow | undefined, now: number, pauseMs: number): number => {
    if (row === undefined) return 0;
    if (row.holder !== null && row.leaseUntilMs > now) return pollMs;
    return Math.min(Math.max(0, row.nextAtMs - now), pauseMs);
  };
  /** Looks only: those who wait do not keep others from writing. */
  const look = (provider: string, pauseMs: number): number => {
    const now = Date.now();
    const row = sql.row.get(provider);
    const latest = { provider, leaseUntilMs: now + leaseMs, nextAtMs: now + pauseMs };
    // Written by a clock that ran ahead. A holder that lives renews its lease by the clock of now.
    if (row && (row.leaseUntilMs > latest.leaseUntilMs || row.nextAtMs > latest.nextAtMs))
      sql.limit.run(latest);
    return waitOf(row, now, pauseMs);
  };
  const tryToTake = db.transaction((provider: string, holder: string, pauseMs: number): boolean => {
    const now = Date.now();
    if (waitOf(sql.row.get(provider), now, pauseMs) > 0) return false;
    sql.take.run({ provider, holder, leaseUntilMs: now + leaseMs, nextAtMs: now + pauseMs });
    return true;
  });
  const hold = (provider: string, holder: string, pauseMs: number): (() => Promise<void>) => {
    const renewal = setInterval(() => {
      const now = Date.now();
      try {
        sql.renew.run({ provider, holder, leaseUntilMs: now + leaseMs, nextAtMs: now + pauseMs });
      } catch {
        // The store is busy: there is a second renewal before the lease is over.
      }
    }, leaseMs / 3);
    renewal.unref();
    return async () => {
      clearInterval(renewal);
      sql.end.run({ provider, holder, nextAtMs: Date.now() + pauseMs });
    };
  };

  return {
    async take(provider, { intervalMs, signal }) {
      const holder = randomUUID();
      // The clock leaves parts of a millisecond out.
      const pauseMs = Math.ceil(intervalMs) + 1;
      for (;;) {
        signal?.throwIfAborted();
        const waitMs = look(provider, pauseMs);
        if (waitMs === 0 && tryToTake.immediate(provider, holder, pauseMs)) {
          return hold(provider, holder, pauseMs);
        }
        await delay(Math.max(1, waitMs), undefined, signal && { signal }).catch((error: unknown) => {
          throw signal?.aborted ? signal.reason : error;
        });
      }
    },
  };
}

function statements(db: SqliteDatabase) {
  type Times = { provider: string; leaseUntilMs: number; nextAtMs: number };
  return {
    row: db.prepare<[string], TurnRow>(
      `SELECT next_at_ms AS nextAtMs, holder, lease_until_ms AS leaseUntilMs
       FROM provider_turns WHERE provider = ?`,
    ),
    limit: db.prepare<[Times]>(
      `UPDATE provider_turns
       SET lease_until_ms = min(lease_until_ms, @leaseUntilMs), next_at_ms = min(next_at_ms, @nextAtMs)
       WHERE provider = @provider`,
    ),
    take: db.prepare<[Times & { holder: string }]>(
      `INSERT INTO provider_turns (provider, next_at_ms, holder, lease_until_ms)
       VALUES (@provider, @nextAtMs, @holder, @leaseUntilMs)
       ON CONFLICT (provider) DO UPDATE SET
         next_at_ms = excluded.next_at_ms, holder = excluded.holder, lease_until_ms = excluded.lease_until_ms`,
    ),
    renew: db.prepare<[Times & { holder: string }]>(
      `UPDATE provider_turns SET next_at_ms = @nextAtMs, lease_until_ms = @leaseUntilMs
       WHERE provider = @provider AND holder = @holder`,
    ),
    end: db.prepare<[{ provider: string; holder: string; nextAtMs: number }]>(
      `UPDATE provider_turns SET next_at_ms = @nextAtMs, holder = NULL
       WHERE provider = @provider AND holder = @holder`,
    ),
  };
}
