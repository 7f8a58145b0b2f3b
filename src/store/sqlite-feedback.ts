import { AppError } from '../errors.ts';
import { canonicalId } from '../paper.ts';
import { type HeldOptions, heldPage, numberIn } from './held-page.ts';
import {
  type Feedback,
  type FeedbackEntry,
  type FeedbackOptions,
  type FeedbackOutcome,
  type HeldPage,
  type PeopleStore,
  SIGNALS,
  type Signal,
} from './people-store.ts';
import { KEY_OF_ID } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { SqliteUsers } from './sqlite-users.ts';

type FeedbackMethods = Pick<
  PeopleStore,
  'setFeedback' | 'addFeedback' | 'clearFeedback' | 'feedback' | 'feedbackRevision'
>;

/** Feedback in force, and its history beside it. */
export function sqliteFeedback(db: SqliteDatabase, users: SqliteUsers) {
  const sql = statements(db);
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const methods: FeedbackMethods = {
    setFeedback: async (user, paperId, signal, at) =>
      atomically((): Feedback => {
        const paper = sql.paper.get({ id: canonicalId(paperId) });
        if (paper === undefined) {
          throw new AppError('not_found', `There is no paper with the id "${canonicalId(paperId)}".`);
        }
        const { key, id } = paper;
        const userKey = users.ensure(user, at);
        sql.set.run(userKey, key, signal, at);
        sql.note.run(userKey, key, signal, at);
        users.changed(userKey);
        return { key, paperId: id, signal, at };
      }),
    addFeedback: async (user, paperIds, signal, at) =>
      atomically(() => {
        const keys = paperIds.map((id) => sql.paper.get({ id: canonicalId(id) })?.key);
        if (keys.every((key) => key === undefined)) return keys.map(() => null);
        const userKey = users.ensure(user, at);
        const outcomes = keys.map((key): FeedbackOutcome | null => {
          if (key === undefined) return null;
          const before = sql.signalOf.get(userKey, key);
          if (before !== undefined) return before === signal ? 'unchanged' : 'kept';
          sql.set.run(userKey, key, signal, at);
          sql.note.run(userKey, key, signal, at);
          return 'added';
        });
        if (outcomes.includes('added')) users.changed(userKey);
        return outcomes;
      }),
    clearFeedback: async (user, paperId, at = new Date().toISOString()) =>
      atomically(() => {
        const userKey = users.keyOf(user);
        if (userKey === undefined) return false;
        const paperKey = sql.clear.get({ userKey, id: canonicalId(paperId) });
        if (paperKey === undefined) return false;
        sql.note.run(userKey, paperKey, null, at);
        users.changed(userKey);
        return true;
      }),
    feedback: async (user, options) => {
      const userKey = users.keyOf(user);
      return userKey === undefined ? { feedback: [], total: 0 } : page(sql, userKey, options);
    },
    feedbackRevision: async (user) => users.revision(user),
  };
  return {
    methods,
    all: (userKey: number, { after, limit }: HeldOptions): HeldPage<Feedback> => {
      const [at = '', key = 0] = after ?? [];
      const rows = sql.all.all(userKey, String(at), Number(key), limit);
      return heldPage(rows, limit, { entry: (row) => row, position: (row) => [row.at, row.key] });
    },
    history: (userKey: number, { after, limit }: HeldOptions): HeldPage<FeedbackEntry> =>
      heldPage(sql.history.all(userKey, numberIn(after), limit), limit, {
        entry: ({ seq: _, ...entry }) => entry,
        position: ({ seq }) => [seq],
      }),
  };
}

function page(
  { latest, earlier }: ReturnType<typeof statements>,
  userKey: number,
  { limit, signals = SIGNALS, after = null, asOf }: FeedbackOptions,
): { feedback: Feedback[]; total: number } {
  const wanted = JSON.stringify(signals);
  const { at, key } = after ?? { at: '~', key: Number.MAX_SAFE_INTEGER };
  if (asOf === undefined) {
    return {
      feedback: latest.page.all(userKey, wanted, at, key, limit),
      total: latest.count.get(userKey, wanted) as number,
    };
  }
  return {
    feedback: earlier.page.all(userKey, asOf, wanted, at, key, limit),
    total: earlier.count.get(userKey, asOf, wanted) as number,
  };
}

function statements(db: SqliteDatabase) {
  const columns = 'f.paper_key AS key, i.id AS paperId, f.signal, f.at';
  const ids = 'JOIN paper_ids i ON i.key = f.paper_key';
  const wanted = 'f.signal IN (SELECT value FROM json_each(?))';
  const behind = '(f.at, f.paper_key) < (?, ?) ORDER BY f.at DESC, f.paper_key DESC LIMIT ?';
  // Beside max() SQLite takes the other columns from the row that has it. What was taken back has no signal, and so
  // none of those wanted.
  const inForceThen = `(SELECT paper_key, max(seq), signal, at FROM feedback_history WHERE user_key = ? AND at <= ?
    GROUP BY paper_key) f`;
  return {
    paper: db.prepare<{ id: string }, { key: number; id: string }>(
      `SELECT p.key, i.id FROM papers p JOIN paper_ids i ON i.key = p.key WHERE p.key = ${KEY_OF_ID}`,
    ),
    set: db.prepare<[number, number, Signal, string]>(
      `INSERT INTO feedback (user_key, paper_key, signal, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_key, paper_key) DO UPDATE SET signal = excluded.signal, at = excluded.at`,
    ),
    note: db.prepare<[number, number, Signal | null, string]>(
      'INSERT INTO feedback_history (user_key, paper_key, signal, at) VALUES (?, ?, ?, ?)',
    ),
    signalOf: db
      .prepare<[number, number], Signal>('SELECT signal FROM feedback WHERE user_key = ? AND paper_key = ?')
      .pluck(),
    clear: db
      .prepare<{ userKey: number; id: string }, number>(
        `DELETE FROM feedback WHERE user_key = @userKey AND paper_key = ${KEY_OF_ID} RETURNING paper_key`,
      )
      .pluck(),
    latest: {
      page: db.prepare<[number, string, string, number, number], Feedback>(
        `SELECT ${columns} FROM feedback f ${ids} WHERE f.user_key = ? AND ${wanted} AND ${behind}`,
      ),
      count: db
        .prepare<[number, string], number>(
          `SELECT count(*) FROM feedback f WHERE f.user_key = ? AND ${wanted}`,
        )
        .pluck(),
    },
    earlier: {
      page: db.prepare<[number, string, string, string, number, number], Feedback>(
        `SELECT ${columns} FROM ${inForceThen} ${ids} WHERE ${wanted} AND ${behind}`,
      ),
      count: db
        .prepare<[number, string, string], number>(`SELECT count(*) FROM ${inForceThen} WHERE ${wanted}`)
        .pluck(),
    },
    all: db.prepare<[number, string, number, number], Feedback>(
      `SELECT ${columns} FROM feedback f ${ids} WHERE f.user_key = ? AND (f.at, f.paper_key) > (?, ?)
       ORDER BY f.at, f.paper_key LIMIT ?`,
    ),
    history: db.prepare<[number, number, number], FeedbackEntry & { seq: number }>(
      `SELECT f.seq, ${columns} FROM feedback_history f INDEXED BY feedback_history_order ${ids}
       WHERE f.user_key = ? AND f.seq > ? ORDER BY f.seq LIMIT ?`,
    ),
  };
}
