import { randomUUID } from 'node:crypto';
import type { SqliteDatabase } from './sqlite.ts';
import type { FeedCounts, FeedRun, FeedState, SyncStore } from './sync-store.ts';

interface FeedRow {
  feed: string;
  last_began: string | null;
  last_success: string | null;
  succeeded_since: string | null;
  error_at: string | null;
  error: string | null;
  failures: number;
  retry_at: string | null;
  last_counts: string;
  all_counts: string;
  running_until: string | null;
}

const NO_COUNTS: FeedCounts = { created: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 };

/** `now` is the clock, in milliseconds since 1970. */
export function createSqliteSyncStore(db: SqliteDatabase, now: () => number = Date.now): SyncStore {
  const sql = statements(db);
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const instant = (ms = now()) => new Date(ms).toISOString();

  const runOf = (feed: string, runner: string, aliveMs: number): FeedRun => {
    const mine = { feed, runner };
    /** In one transaction, and only while the run is ours: a run that was taken for dead says nothing any more. */
    const end = (counts: FeedCounts, write: () => void) =>
      atomically(() => {
        const row = sql.ofRunner.get(mine);
        if (!row) return;
        const all = countsOf(row.all_counts);
        for (const name of Object.keys(all) as (keyof FeedCounts)[]) all[name] += counts[name];
        sql.ended.run({ feed, last: JSON.stringify(counts), all: JSON.stringify(all) });
        write();
      });
    return {
      goOn: async () => sql.goOn.run({ ...mine, until: instant(now() + aliveMs) }).changes === 1,
      succeed: async (counts) => end(counts, () => sql.succeeded.run({ feed, at: instant() })),
      fail: async (counts, { message, retryAt }) =>
        end(counts, () => sql.failed.run({ feed, at: instant(), message, retryAt })),
      stop: async (counts) => end(counts, () => {}),
    };
  };

  return {
    states: async () => new Map(sql.all.all().map((row) => [row.feed, stateOf(row, instant())])),
    begin: async (feed, { aliveMs }) =>
      atomically(() => {
        const runner = randomUUID();
        const at = instant();
        const taken = sql.begin.run({ feed, runner, at, until: instant(now() + aliveMs) }).changes === 1;
        return taken ? runOf(feed, runner, aliveMs) : null;
      }),
  };
}

const countsOf = (json: string): FeedCounts => ({
  ...NO_COUNTS,
  ...(JSON.parse(json) as Partial<FeedCounts>),
});

function stateOf(row: FeedRow, now: string): FeedState {
  const { running_until: until } = row;
  return {
    feed: row.feed,
    lastBegan: row.last_began,
    lastSuccess: row.last_success,
    succeededSince: row.succeeded_since,
    lastError: row.error_at === null ? null : { at: row.error_at, message: row.error ?? '' },
    failures: row.failures,
    retryAt: row.retry_at,
    lastCounts: countsOf(row.last_counts),
    allCounts: countsOf(row.all_counts),
    runningUntil: until !== null && until > now ? until : null,
  };
}

function statements(db: SqliteDatabase) {
  return {
    all: db.prepare<[], FeedRow>('SELECT * FROM feeds ORDER BY feed'),
    // A clock that ran ahead may have written until when a dead run counts as alive.
    begin: db.prepare<{ feed: string; runner: string; at: string; until: string }>(
      `INSERT INTO feeds (feed, last_began, runner, running_until) VALUES (@feed, @at, @runner, @until)
       ON CONFLICT (feed) DO UPDATE SET last_began = @at, runner = @runner, running_until = @until
       WHERE runner IS NULL OR running_until <= @at OR running_until > @until`,
    ),
    ofRunner: db.prepare<{ feed: string; runner: string }, FeedRow>(
      'SELECT * FROM feeds WHERE feed = @feed AND runner = @runner',
    ),
    goOn: db.prepare<{ feed: string; runner: string; until: string }>(
      'UPDATE feeds SET running_until = @until WHERE feed = @feed AND runner = @runner',
    ),
    ended: db.prepare<{ feed: string; last: string; all: string }>(
      `UPDATE feeds SET runner = NULL, running_until = NULL, last_counts = @last, all_counts = @all
       WHERE feed = @feed`,
    ),
    succeeded: db.prepare<{ feed: string; at: string }>(
      `UPDATE feeds SET last_success = @at, succeeded_since = last_began, error_at = NULL, error = NULL, failures = 0, retry_at = NULL
       WHERE feed = @feed`,
    ),
    failed: db.prepare<{ feed: string; at: string; message: string; retryAt: string }>(
      `UPDATE feeds SET error_at = @at, error = @message, failures = failures + 1, retry_at = @retryAt
       WHERE feed = @feed`,
    ),
  };
}
