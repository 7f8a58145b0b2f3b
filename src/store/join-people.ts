import type { PaperKey } from '../paper.ts';
import type { SqliteDatabase } from './sqlite.ts';
import { sqliteUsers } from './sqlite-users.ts';

/**
 * Moves all that is known of people and one paper to another, which turned out to be the same. Of two signals of a user
 * the later one is in force, and of two picks the earlier one stays. Called inside a transaction.
 */
export function createPeopleJoin(db: SqliteDatabase): (from: PaperKey, to: PaperKey, at: string) => void {
  const sql = statements(db);
  const users = sqliteUsers(db);
  return (from, to, at) => {
    const affected = sql.users.all({ from });
    if (affected.length === 0) return;
    const keys = { from, to };
    sql.moveFeedback.run(keys);
    sql.clearFeedback.run({ from });
    sql.moveHistory.run(keys);
    sql.dropLaterPicks.run(keys);
    sql.movePicks.run(keys);
    sql.moveEvents.run(keys);
    for (const user of affected) {
      // The last entry of the history says what is in force.
      const inForce = sql.signal.get(user, to) ?? null;
      if ((sql.lastSignal.get(user, to) ?? null) !== inForce) sql.note.run(user, to, inForce, at);
      for (const { id, papers } of sql.interests.all(user)) {
        const held = JSON.parse(papers) as PaperKey[];
        if (!held.includes(from)) continue;
        const moved = [...new Set(held.map((key) => (key === from ? to : key)))];
        sql.setInterest.run(JSON.stringify(moved), user, id);
      }
      users.changed(user);
    }
    // Whoever follows the history has read entries of the paper that is gone.
    sql.nextErasure.run();
  };
}

function statements(db: SqliteDatabase) {
  const ofUser = (table: string) => `SELECT user_key FROM ${table} WHERE paper_key = @from`;
  return {
    users: db
      .prepare<{ from: number }, number>(
        ['feedback', 'feedback_history', 'picks', 'interactions'].map(ofUser).join(' UNION '),
      )
      .pluck(),
    moveFeedback: db.prepare<{ from: number; to: number }>(
      `INSERT INTO feedback (user_key, paper_key, signal, at)
       SELECT user_key, @to, signal, at FROM feedback WHERE paper_key = @from
       ON CONFLICT (user_key, paper_key) DO UPDATE SET signal = excluded.signal, at = excluded.at
       WHERE excluded.at > feedback.at`,
    ),
    clearFeedback: db.prepare<{ from: number }>('DELETE FROM feedback WHERE paper_key = @from'),
    moveHistory: db.prepare<{ from: number; to: number }>(
      'UPDATE feedback_history SET paper_key = @to WHERE paper_key = @from',
    ),
    dropLaterPicks: db.prepare<{ from: number; to: number }>(
      `DELETE FROM picks WHERE paper_key IN (@from, @to) AND EXISTS (
         SELECT 1 FROM picks other WHERE other.user_key = picks.user_key
         AND other.paper_key IN (@from, @to) AND other.paper_key <> picks.paper_key
         AND (other.date, other.rank) < (picks.date, picks.rank)
       )`,
    ),
    movePicks: db.prepare<{ from: number; to: number }>(
      'UPDATE picks SET paper_key = @to WHERE paper_key = @from',
    ),
    moveEvents: db.prepare<{ from: number; to: number }>(
      'UPDATE interactions SET paper_key = @to WHERE paper_key = @from',
    ),
    signal: db
      .prepare<[number, number], string>('SELECT signal FROM feedback WHERE user_key = ? AND paper_key = ?')
      .pluck(),
    lastSignal: db
      .prepare<[number, number], string | null>(
        'SELECT signal FROM feedback_history WHERE user_key = ? AND paper_key = ? ORDER BY seq DESC LIMIT 1',
      )
      .pluck(),
    note: db.prepare<[number, number, string | null, string]>(
      'INSERT INTO feedback_history (user_key, paper_key, signal, at) VALUES (?, ?, ?, ?)',
    ),
    interests: db.prepare<[number], { id: string; papers: string }>(
      'SELECT id, papers FROM interest_settings WHERE user_key = ?',
    ),
    setInterest: db.prepare<[string, number, string]>(
      'UPDATE interest_settings SET papers = ? WHERE user_key = ? AND id = ?',
    ),
    nextErasure: db.prepare("UPDATE meta SET value = value + 1 WHERE name = 'people_erasures'"),
  };
}
