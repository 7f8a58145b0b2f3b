import { createCoLikes } from './co-likes.ts';
import type { StoredModel } from './models.ts';
import type { PeopleStore } from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';
import { sqliteEvents } from './sqlite-events.ts';
import { sqliteFeedback } from './sqlite-feedback.ts';
import { sqliteInterests } from './sqlite-interests.ts';
import { sqlitePicks } from './sqlite-picks.ts';
import { sqliteSeeds } from './sqlite-seeds.ts';
import { sqliteUsers } from './sqlite-users.ts';

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
  return {
    ...feedback.methods,
    ...seeds.methods,
    ...interests.methods,
    ...events.methods,
    ...picks.methods,
    coLiked: async (keys, { limit, excludingUser }) =>
      coLikes(keys, { limit, excluding: users.keyOf(excludingUser) }),
    users: async ({ after = '', limit }) => users.names(after, limit),
    exportUser: async (user) =>
      db.transaction(() => {
        const key = users.keyOf(user);
        if (key === undefined) {
          return { feedback: [], days: [], history: [], seeds: [], interests: [], events: [] };
        }
        return {
          feedback: feedback.all(key),
          days: picks.days(user, key),
          history: feedback.history(key),
          seeds: seeds.records(key),
          interests: interests.all(key),
          events: events.all(key),
        };
      })(),
    eraseUser: async (user) => db.transaction(() => users.erase(user)).immediate(),
    userCount: async () => users.count(),
    counts: async () => users.counts(),
  };
}
