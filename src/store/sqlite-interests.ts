import { AppError } from '../errors.ts';
import { type InterestSettings, MAX_INTEREST_SETTINGS, type PeopleStore } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { SqliteUsers } from './sqlite-users.ts';

type InterestMethods = Pick<
  PeopleStore,
  'interestSettings' | 'setInterestSettings' | 'clearInterestSettings'
>;

interface SettingsRow {
  id: string;
  name: string | null;
  is_muted: number;
  is_pinned: number;
  weight: number;
  papers: string;
  seeds: string;
  at: string;
}

/** What users said of their interests. */
export function sqliteInterests(db: SqliteDatabase, users: SqliteUsers) {
  const sql = statements(db);
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const all = (userKey: number): InterestSettings[] => sql.all.all(userKey).map(settingsOf);
  const methods: InterestMethods = {
    interestSettings: async (user) => {
      const key = users.keyOf(user);
      return key === undefined ? [] : all(key);
    },
    setInterestSettings: async (user, settings) =>
      atomically(() => {
        // Written so that NaN fails too.
        if (!(settings.weight >= 0.1 && settings.weight <= 10)) {
          throw new AppError('invalid_input', `Expected a weight from 0.1 to 10, got ${settings.weight}.`);
        }
        const key = users.ensure(user, settings.at);
        sql.put.run({ user: key, ...rowOf(settings) });
        if ((sql.count.get(key) as number) > MAX_INTEREST_SETTINGS) {
          throw new AppError(
            'invalid_input',
            `A user can have settings of up to ${MAX_INTEREST_SETTINGS} interests. Clear some of "${user}" first.`,
          );
        }
        users.changed(key);
        return settingsOf(sql.one.get(key, settings.id) as SettingsRow);
      }),
    clearInterestSettings: async (user, id) =>
      atomically(() => {
        const key = users.keyOf(user);
        if (key === undefined || sql.clear.run(key, id).changes === 0) return false;
        users.changed(key);
        users.dropIfEmpty(key);
        return true;
      }),
  };
  return { methods, all };
}

const settingsOf = (row: SettingsRow): InterestSettings => ({
  id: row.id,
  name: row.name,
  isMuted: row.is_muted === 1,
  isPinned: row.is_pinned === 1,
  weight: row.weight,
  papers: JSON.parse(row.papers) as number[],
  seeds: JSON.parse(row.seeds) as number[],
  at: row.at,
});

const rowOf = (settings: InterestSettings): SettingsRow => ({
  id: settings.id,
  name: settings.name,
  is_muted: settings.isMuted ? 1 : 0,
  is_pinned: settings.isPinned ? 1 : 0,
  weight: settings.weight,
  papers: JSON.stringify(settings.papers),
  seeds: JSON.stringify(settings.seeds),
  at: settings.at,
});

function statements(db: SqliteDatabase) {
  const select = 'SELECT * FROM interest_settings WHERE user_key = ?';
  return {
    all: db.prepare<[number], SettingsRow>(`${select} ORDER BY at, id`),
    one: db.prepare<[number, string], SettingsRow>(`${select} AND id = ?`),
    count: db.prepare<[number], number>('SELECT count(*) FROM interest_settings WHERE user_key = ?').pluck(),
    put: db.prepare<SettingsRow & { user: number }>(
      `INSERT INTO interest_settings (user_key, id, name, is_muted, is_pinned, weight, papers, seeds, at)
       VALUES (@user, @id, @name, @is_muted, @is_pinned, @weight, @papers, @seeds, @at)
       ON CONFLICT (user_key, id) DO UPDATE SET name = excluded.name, is_muted = excluded.is_muted,
         is_pinned = excluded.is_pinned, weight = excluded.weight, papers = excluded.papers,
         seeds = excluded.seeds, at = excluded.at`,
    ),
    clear: db.prepare<[number, string]>('DELETE FROM interest_settings WHERE user_key = ? AND id = ?'),
  };
}
