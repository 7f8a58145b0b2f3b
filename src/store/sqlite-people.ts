import { AppError } from '../errors.ts';
import { canonicalId } from '../paper.ts';
import { type Feedback, type PeopleStore, type PickDay, SIGNALS, type Signal } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

interface DayRow {
  date: string;
  created_at: string;
  note: string | null;
}

interface PickRow {
  date: string;
  paper_key: number;
  paperId: string;
  score: number;
  details: string;
}

/** Feedback and the picks ledger in SQLite. */
export function createSqlitePeopleStore<Details>(db: SqliteDatabase): PeopleStore<Details> {
  const sql = statements(db);
  const userKey = (user: string) => sql.userKey.get(user) as number | undefined;
  const ensureUser = (user: string, now: string): number => {
    sql.addUser.run(user, now);
    return userKey(user) as number;
  };
  /** A user on whom nothing is held any more is forgotten. */
  const dropEmptyUser = (key: number) => sql.dropUserIfEmpty.run(key, key, key);
  const dayOf = (user: string, key: number, row: DayRow): PickDay<Details> => ({
    user,
    date: row.date,
    createdAt: row.created_at,
    note: row.note,
    picks: sql.picks.all(key, row.date).map((pick) => ({
      key: pick.paper_key,
      paperId: pick.paperId,
      score: pick.score,
      details: JSON.parse(pick.details) as Details,
    })),
  });
  const readDay = (user: string, date: string): PickDay<Details> | null => {
    const key = userKey(user);
    const row = key === undefined ? undefined : sql.day.get(key, date);
    return key === undefined || row === undefined ? null : dayOf(user, key, row);
  };
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();

  return {
    setFeedback: async (user, paperId, signal, at) =>
      atomically((): Feedback => {
        const id = canonicalId(paperId);
        const key = sql.paperKey.get(id);
        if (key === undefined) throw new AppError('not_found', `There is no paper with the id "${id}".`);
        sql.setFeedback.run(ensureUser(user, at), key, signal, at);
        return { key, paperId: id, signal, at };
      }),
    clearFeedback: async (user, paperId) =>
      atomically(() => {
        const key = userKey(user);
        if (key === undefined) return false;
        const { changes } = sql.clearFeedback.run(key, canonicalId(paperId));
        dropEmptyUser(key);
        return changes > 0;
      }),
    feedback: async (user, { limit, signals = SIGNALS, after = null }) => {
      const key = userKey(user);
      if (key === undefined) return { feedback: [], total: 0 };
      const wanted = JSON.stringify(signals);
      const position = after ?? { at: '~', key: Number.MAX_SAFE_INTEGER };
      return {
        feedback: sql.feedback.all(key, wanted, position.at, position.key, limit),
        total: sql.feedbackCount.get(key, wanted) as number,
      };
    },
    picks: async (user, date) => readDay(user, date),
    recordPicks: async (day) =>
      atomically(() => {
        const known = readDay(day.user, day.date);
        if (known) return known;
        const key = ensureUser(day.user, day.createdAt);
        if (day.picks.some((pick) => sql.isPicked.get(key, pick.key) !== undefined)) {
          dropEmptyUser(key);
          return null;
        }
        sql.addDay.run(key, day.date, day.createdAt, day.note);
        day.picks.forEach((pick, index) => {
          sql.addPick.run(key, day.date, index + 1, pick.key, pick.score, JSON.stringify(pick.details));
        });
        return readDay(day.user, day.date) as PickDay<Details>;
      }),
    pickedKeys: async (user) => {
      const key = userKey(user);
      if (key === undefined) return new Map();
      return new Map(sql.pickedKeys.all(key).map((row) => [row.paper_key, row.date]));
    },
    exportUser: async (user) => {
      const key = userKey(user);
      if (key === undefined) return { feedback: [], days: [] };
      return {
        feedback: sql.allFeedback.all(key),
        days: sql.days.all(key).map((row) => dayOf(user, key, row)),
      };
    },
    eraseUser: async (user) =>
      atomically(() => {
        const key = userKey(user);
        if (key === undefined) return { feedback: 0, pickDays: 0, picks: 0 };
        const counts = sql.heldCounts.get(key, key, key) as {
          feedback: number;
          pickDays: number;
          picks: number;
        };
        sql.dropUser.run(key);
        return counts;
      }),
    counts: async () => sql.counts.get() as { users: number; feedback: number; picks: number },
  };
}

function statements(db: SqliteDatabase) {
  const feedback = `SELECT f.paper_key AS key, i.id AS paperId, f.signal, f.at FROM feedback f
    JOIN paper_ids i ON i.key = f.paper_key WHERE f.user_key = ?`;
  const wanted = 'f.signal IN (SELECT value FROM json_each(?))';
  return {
    userKey: db.prepare<[string], number>('SELECT user_key FROM users WHERE name = ?').pluck(),
    addUser: db.prepare<[string, string]>(
      'INSERT INTO users (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
    ),
    dropUser: db.prepare<[number]>('DELETE FROM users WHERE user_key = ?'),
    dropUserIfEmpty: db.prepare<[number, number, number]>(
      `DELETE FROM users WHERE user_key = ? AND NOT EXISTS (SELECT 1 FROM feedback WHERE user_key = ?)
       AND NOT EXISTS (SELECT 1 FROM pick_days WHERE user_key = ?)`,
    ),
    paperKey: db
      .prepare<[string], number>(
        'SELECT p.key FROM papers p JOIN paper_ids i ON i.key = p.key WHERE i.id = ?',
      )
      .pluck(),
    setFeedback: db.prepare<[number, number, Signal, string]>(
      `INSERT INTO feedback (user_key, paper_key, signal, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_key, paper_key) DO UPDATE SET signal = excluded.signal, at = excluded.at`,
    ),
    clearFeedback: db.prepare<[number, string]>(
      'DELETE FROM feedback WHERE user_key = ? AND paper_key = (SELECT key FROM paper_ids WHERE id = ?)',
    ),
    feedback: db.prepare<[number, string, string, number, number], Feedback>(
      `${feedback} AND ${wanted} AND (f.at, f.paper_key) < (?, ?) ORDER BY f.at DESC, f.paper_key DESC LIMIT ?`,
    ),
    feedbackCount: db
      .prepare<[number, string], number>(`SELECT count(*) FROM feedback f WHERE f.user_key = ? AND ${wanted}`)
      .pluck(),
    allFeedback: db.prepare<[number], Feedback>(`${feedback} ORDER BY f.at, f.paper_key`),
    day: db.prepare<[number, string], DayRow>(
      'SELECT date, created_at, note FROM pick_days WHERE user_key = ? AND date = ?',
    ),
    days: db.prepare<[number], DayRow>(
      'SELECT date, created_at, note FROM pick_days WHERE user_key = ? ORDER BY date',
    ),
    addDay: db.prepare<[number, string, string, string | null]>(
      'INSERT INTO pick_days (user_key, date, created_at, note) VALUES (?, ?, ?, ?)',
    ),
    isPicked: db.prepare<[number, number]>('SELECT 1 FROM picks WHERE user_key = ? AND paper_key = ?'),
    addPick: db.prepare<[number, string, number, number, number, string]>(
      'INSERT INTO picks (user_key, date, rank, paper_key, score, details) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    picks: db.prepare<[number, string], PickRow>(
      `SELECT p.date, p.paper_key, i.id AS paperId, p.score, p.details FROM picks p
       JOIN paper_ids i ON i.key = p.paper_key WHERE p.user_key = ? AND p.date = ? ORDER BY p.rank`,
    ),
    pickedKeys: db.prepare<[number], { paper_key: number; date: string }>(
      'SELECT paper_key, date FROM picks WHERE user_key = ?',
    ),
    heldCounts: db.prepare(
      `SELECT (SELECT count(*) FROM feedback WHERE user_key = ?) AS feedback,
              (SELECT count(*) FROM pick_days WHERE user_key = ?) AS pickDays,
              (SELECT count(*) FROM picks WHERE user_key = ?) AS picks`,
    ),
    counts: db.prepare(
      `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM feedback) AS feedback,
              (SELECT count(*) FROM picks) AS picks`,
    ),
  };
}
