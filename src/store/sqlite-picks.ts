import { type HeldOptions, heldPage } from './held-page.ts';
import type { HeldPage, PeopleStore, PickDay } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { SqliteUsers } from './sqlite-users.ts';

interface DayRow {
  date: string;
  created_at: string;
  as_of: string;
  basis: string | null;
  note: string | null;
}

interface PickRow {
  date: string;
  paper_key: number;
  paperId: string;
  score: number;
  details: string;
}

/** The ledger of picks. */
export function sqlitePicks<Details>(db: SqliteDatabase, users: SqliteUsers) {
  const sql = statements(db);
  const dayOf = (user: string, key: number, row: DayRow): PickDay<Details> => ({
    user,
    date: row.date,
    createdAt: row.created_at,
    asOf: row.as_of,
    basis: row.basis === null ? null : (JSON.parse(row.basis) as unknown),
    note: row.note,
    picks: sql.picks.all(key, row.date).map((pick) => ({
      key: pick.paper_key,
      paperId: pick.paperId,
      score: pick.score,
      details: JSON.parse(pick.details) as Details,
    })),
  });
  const readDay = (user: string, date: string): PickDay<Details> | null => {
    const key = users.keyOf(user);
    const row = key === undefined ? undefined : sql.day.get(key, date);
    return key === undefined || row === undefined ? null : dayOf(user, key, row);
  };
  const methods: Pick<PeopleStore<Details>, 'picks' | 'recordPicks' | 'pickedKeys'> = {
    picks: async (user, date) => readDay(user, date),
    recordPicks: async (day) =>
      db
        .transaction(() => {
          const known = readDay(day.user, day.date);
          if (known) return known;
          const key = users.ensure(day.user, day.createdAt);
          if (day.picks.some((pick) => sql.isPicked.get(key, pick.key) !== undefined)) {
            users.dropIfEmpty(key);
            return null;
          }
          const basis = day.basis === null || day.basis === undefined ? null : JSON.stringify(day.basis);
          sql.addDay.run(key, day.date, day.createdAt, day.asOf, basis, day.note);
          day.picks.forEach((pick, index) => {
            sql.addPick.run(key, day.date, index + 1, pick.key, pick.score, JSON.stringify(pick.details));
          });
          return readDay(day.user, day.date) as PickDay<Details>;
        })
        .immediate(),
    pickedKeys: async (user) => {
      const key = users.keyOf(user);
      if (key === undefined) return new Map();
      return new Map(sql.pickedKeys.all(key).map((row) => [row.paper_key, row.date]));
    },
  };
  return {
    methods,
    days: (user: string, key: number, { after, limit }: HeldOptions): HeldPage<PickDay<Details>> =>
      heldPage(sql.days.all(key, String(after?.[0] ?? ''), limit), limit, {
        entry: (row) => dayOf(user, key, row),
        position: ({ date }) => [date],
      }),
  };
}

function statements(db: SqliteDatabase) {
  const day = 'SELECT date, created_at, as_of, basis, note FROM pick_days WHERE user_key = ?';
  return {
    day: db.prepare<[number, string], DayRow>(`${day} AND date = ?`),
    days: db.prepare<[number, string, number], DayRow>(`${day} AND date > ? ORDER BY date LIMIT ?`),
    addDay: db.prepare<[number, string, string, string, string | null, string | null]>(
      'INSERT INTO pick_days (user_key, date, created_at, as_of, basis, note) VALUES (?, ?, ?, ?, ?, ?)',
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
  };
}
