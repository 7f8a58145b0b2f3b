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
 * requests nearer to each other than the pause. Nobody waits longer than a lease or a pause for a time that the row
 * holds, so that a clock that was set back stops nothing.
 */
export function createSqliteProviderTurns(
  db: SqliteDatabase,
  times: Partial<typeof TIMES> = {},
): ProviderTurns {
  const { leaseMs, pollMs } = { ...TIMES, ...times };
  const sql = statements(db);

  /** How long to wait, in milliseconds, before the turn may be free; 0 when it is. */
  const waitOf = (row: TurnRow | undefined, now: number, intervalMs: number): number => {
    if (row === undefined) return 0;
    if (row.holder !== null && row.leaseUntilMs > now) return pollMs;
    return Math.min(Math.max(0, row.nextAtMs - now), intervalMs);
  };
  /** Looks only: those who wait do not keep others from writing. */
  const look = (provider: string, intervalMs: number): number => {
    const now = Date.now();
    const row = sql.row.get(provider);
    const latest = { provider, leaseUntilMs: now + leaseMs, nextAtMs: now + intervalMs };
    // Written by a clock that ran ahead. A holder that lives renews its lease by the clock of now.
    if (row && (row.leaseUntilMs > latest.leaseUntilMs || row.nextAtMs > latest.nextAtMs))
      sql.limit.run(latest);
    return waitOf(row, now, intervalMs);
  };
  const tryToTake = db.transaction((provider: string, holder: string, intervalMs: number): boolean => {
    const now = Date.now();
    if (waitOf(sql.row.get(provider), now, intervalMs) > 0) return false;
    sql.take.run({ provider, holder, leaseUntilMs: now + leaseMs, nextAtMs: now + intervalMs });
    return true;
  });
  const hold = (provider: string, holder: string, intervalMs: number): (() => Promise<void>) => {
    const renewal = setInterval(() => {
      const now = Date.now();
      try {
        sql.renew.run({ provider, holder, leaseUntilMs: now + leaseMs, nextAtMs: now + intervalMs });
      } catch {
        // The store is busy: there is a second renewal before the lease is over.
      }
    }, leaseMs / 3);
    renewal.unref();
    return async () => {
      clearInterval(renewal);
      sql.end.run({ provider, holder, nextAtMs: Date.now() + intervalMs });
    };
  };

  return {
    async take(provider, { intervalMs, signal }) {
      const holder = randomUUID();
      for (;;) {
        signal?.throwIfAborted();
        const waitMs = look(provider, intervalMs);
        if (waitMs === 0 && tryToTake.immediate(provider, holder, intervalMs)) {
          return hold(provider, holder, intervalMs);
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
