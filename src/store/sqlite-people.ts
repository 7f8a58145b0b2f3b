import { createCoLikes } from './co-likes.ts';
import type { HeldOptions } from './held-page.ts';
import type { StoredModel } from './models.ts';
import type { HeldPage, PeopleStore, UserExport } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';
import { sqliteEvents } from './sqlite-events.ts';
import { sqliteFeedback } from './sqlite-feedback.ts';
import { sqliteInterests } from './sqlite-interests.ts';
import { sqlitePicks } from './sqlite-picks.ts';
import { sqliteSeeds } from './sqlite-seeds.ts';
import { sqliteUsers } from './sqlite-users.ts';

/** How the lists of an export are read, page by page. */
type Lists<Details> = {
  [List in keyof UserExport<Details>]: (
    user: string,
    key: number,
    options: HeldOptions,
  ) => HeldPage<UserExport<Details>[List][number]>;
};

/** All that is known of people, in SQLite, with embeddings of the model that `fingerprint` names. */
export function createSqlitePeopleStore<Details>(
  db: SqliteDatabase,
  model: StoredModel,
): PeopleStore<Details> {
  const users = sqliteUsers(db);
  const feedback = sqliteFeedback(db, users);
  const seeds = sqliteSeeds(db, users, model);
  const interests = sqliteInterests(db, users);
  const events = sqliteEvents(db, users);
  const picks = sqlitePicks<Details>(db, users);
  const coLikes = createCoLikes(db);
  const lists: Lists<Details> = {
    feedback: (_, key, options) => feedback.all(key, options),
    days: picks.days,
    history: (_, key, options) => feedback.history(key, options),
    seeds: (_, key, options) => seeds.records(key, options),
    // A few hundred at the most.
    interests: (_, key) => ({ entries: interests.all(key), next: null }),
    events: (_, key, options) => events.all(key, options),
  };
  return {
    ...feedback.methods,
    ...seeds.methods,
    ...interests.methods,
    ...events.methods,
    ...picks.methods,
    coLiked: async (keys, { limit, excludingUser }) =>
      coLikes(keys, { limit, excluding: users.keyOf(excludingUser) }),
    users: async ({ after = '', limit }) => users.names(after, limit),
    held: async (user, list, { limit, after = null }) => {
      const key = users.keyOf(user);
      return key === undefined ? { entries: [], next: null } : lists[list](user, key, { limit, after });
    },
    exportUser: async (user) =>
      db.transaction(() => {
        const key = users.keyOf(user);
        const all = <List extends keyof Lists<Details>>(list: List) =>
          key === undefined ? [] : lists[list](user, key, { limit: -1, after: null }).entries;
        return {
          feedback: all('feedback'),
          days: all('days'),
          history: all('history'),
          seeds: all('seeds'),
          interests: all('interests'),
          events: all('events'),
        };
      })(),
    eraseUser: async (user) => db.transaction(() => users.erase(user)).immediate(),
    userCount: async () => users.count(),
    counts: async () => users.counts(),
  };
}
