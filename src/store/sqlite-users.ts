import type { ErasedCounts } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** Every table that holds something on a user; a new one belongs here, and its rows go with the user's. */
const HELD: Record<keyof ErasedCounts, string> = {
  feedback: 'feedback',
  pickDays: 'pick_days',
  picks: 'picks',
  history: 'feedback_history',
  seeds: 'seeds',
  interests: 'interest_settings',
  events: 'interactions',
};

export type SqliteUsers = ReturnType<typeof sqliteUsers>;

/** Users by name, and what all that is held on them has in common. Writes are called inside a transaction. */
export function sqliteUsers(db: SqliteDatabase) {
  const sql = statements(db);
  const keyOf = (user: string) => sql.key.get(user) as number | undefined;
  return {
    keyOf,
    /** The key of a user, who exists from now on. */
    ensure: (user: string, now: string): number => {
      sql.add.run(user, now);
      return keyOf(user) as number;
    },
    /** Says that what shapes the user's recommendations has changed. */
    changed: (key: number): void => {
      sql.setRevision.run(sql.nextRevision.get() as number, key);
    },
    revision: (user: string): number => sql.revision.get(user) ?? 0,
    /** A user on whom nothing is held any more is forgotten. */
    dropIfEmpty: (key: number): void => {
      sql.dropIfEmpty.run({ key });
    },
    /** Deletes a user with everything held, and says how much that was. */
    erase: (user: string): ErasedCounts => {
      const key = keyOf(user);
      const counts = sql.heldCounts.get({ key: key ?? null }) as ErasedCounts;
      if (key === undefined) return counts;
      sql.drop.run(key);
      // Whoever follows the history misses the entries that went; this tells.
      sql.nextErasure.run();
      return counts;
    },
    names: (after: string, limit: number): string[] => sql.names.all(after, limit),
    count: () => sql.count.get() ?? 0,
    counts: () => sql.counts.get() as { users: number; feedback: number; picks: number },
  };
}

function statements(db: SqliteDatabase) {
  const tables = Object.entries(HELD);
  const nothing = tables.map(([, table]) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE user_key = @key)`);
  const counts = tables.map(
    ([name, table]) => `(SELECT count(*) FROM ${table} WHERE user_key = @key) AS ${name}`,
  );
  return {
    key: db.prepare<[string], number>('SELECT user_key FROM users WHERE name = ?').pluck(),
    add: db.prepare<[string, string]>(
      'INSERT INTO users (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
    ),
    revision: db.prepare<[string], number>('SELECT revision FROM users WHERE name = ?').pluck(),
    nextRevision: db
      .prepare<[], number>("UPDATE meta SET value = value + 1 WHERE name = 'people_revision' RETURNING value")
      .pluck(),
    setRevision: db.prepare<[number, number]>('UPDATE users SET revision = ? WHERE user_key = ?'),
    drop: db.prepare<[number]>('DELETE FROM users WHERE user_key = ?'),
    dropIfEmpty: db.prepare<{ key: number }>(
      `DELETE FROM users WHERE user_key = @key AND ${nothing.join(' AND ')}`,
    ),
    nextErasure: db.prepare("UPDATE meta SET value = value + 1 WHERE name = 'people_erasures'"),
    heldCounts: db.prepare<{ key: number | null }, ErasedCounts>(`SELECT ${counts.join(', ')}`),
    names: db
      .prepare<[string, number], string>('SELECT name FROM users WHERE name > ? ORDER BY name LIMIT ?')
      .pluck(),
    count: db.prepare<[], number>('SELECT count(*) FROM users').pluck(),
    counts: db.prepare(
      `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM feedback) AS feedback,
              (SELECT count(*) FROM picks) AS picks`,
    ),
  };
}
