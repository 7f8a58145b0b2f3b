import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import { assertEmbedding, fromBytes, toBytes } from '../vector.ts';
import { type HeldOptions, heldPage, numberIn } from './held-page.ts';
import { modelIdOf, type StoredModel } from './models.ts';
import {
  type HeldPage,
  MAX_SEEDS,
  type PeopleStore,
  type Seed,
  type SeedInput,
  type SeedKind,
  type SeedRecord,
} from './people-store.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { SqliteUsers } from './sqlite-users.ts';

type SeedMethods = Pick<
  PeopleStore,
  'addSeeds' | 'seeds' | 'removeSeed' | 'seedsWithoutEmbedding' | 'setSeedEmbedding'
>;
type SeedRow = Omit<Seed, 'embedding'> & { vector: Buffer };

/** Seeds with their embeddings of one model. */
export function sqliteSeeds(db: SqliteDatabase, users: SqliteUsers, model: StoredModel) {
  const sql = statements(db, modelIdOf(db, model));
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const methods: SeedMethods = {
    addSeeds: async (user, seeds, at) => {
      for (const { embedding } of seeds) assertEmbedding(embedding, model.dimensions);
      if (seeds.length === 0) return [];
      return atomically(() => add(sql, users, { user, seeds, at }));
    },
    seeds: async (user, { asOf } = {}) => {
      const key = users.keyOf(user);
      if (key === undefined) return [];
      return (asOf === undefined ? sql.current.all(key) : sql.asOf.all({ key, asOf })).map(seedOf);
    },
    removeSeed: async (user, id, at = new Date().toISOString()) =>
      atomically(() => {
        const key = users.keyOf(user);
        if (key === undefined || sql.remove.run(at, key, id).changes === 0) return false;
        sql.dropOldest.run({ key });
        users.changed(key);
        return true;
      }),
    seedsWithoutEmbedding: async (user) => {
      const key = users.keyOf(user);
      return key === undefined ? [] : sql.withoutVector.all(key);
    },
    setSeedEmbedding: async (id, embedding) => {
      assertEmbedding(embedding, model.dimensions);
      return atomically(() => {
        const key = sql.ownerOf.get(id);
        if (key === undefined) return false;
        sql.putVector.run(id, toBytes(embedding));
        users.changed(key);
        return true;
      });
    },
  };
  return {
    methods,
    records: (userKey: number, { after, limit }: HeldOptions): HeldPage<SeedRecord> =>
      heldPage(sql.records.all(userKey, numberIn(after), limit), limit, {
        entry: (record) => record,
        position: ({ id }) => [id],
      }),
  };
}

/** Inside a transaction. */
function add(
  sql: ReturnType<typeof statements>,
  users: SqliteUsers,
  { user, seeds, at }: { user: string; seeds: readonly SeedInput[]; at: string },
): Seed[] {
  const key = users.ensure(user, at);
  let changes = 0;
  const ids = seeds.map(({ kind, title, abstract, embedding }) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([kind, title, abstract]))
      .digest('hex');
    const known = sql.idOf.get(key, hash);
    const id = known ?? Number(sql.insert.run(key, kind, title, abstract, hash, at).lastInsertRowid);
    changes += sql.addVector.run(id, toBytes(embedding)).changes;
    return id;
  });
  const held = sql.count.get(key) as number;
  if (held > MAX_SEEDS) {
    throw new AppError(
      'invalid_input',
      `A user can have up to ${MAX_SEEDS} seeds; with these, "${user}" would have ${held}. Remove some first.`,
    );
  }
  if (changes > 0) users.changed(key);
  return ids.map((id) => seedOf(sql.byId.get(id) as SeedRow));
}

const seedOf = ({ vector, ...seed }: SeedRow): Seed => ({ ...seed, embedding: fromBytes(vector) });

function statements(db: SqliteDatabase, modelId: number) {
  const columns = 's.seed_id AS id, s.kind, s.title, s.abstract, s.added_at AS at';
  const select = `SELECT ${columns}, v.vector FROM seeds s
    JOIN seed_vectors v ON v.seed_id = s.seed_id AND v.model_id = ${modelId}`;
  return {
    idOf: db
      .prepare<[number, string], number>(
        'SELECT seed_id FROM seeds WHERE user_key = ? AND hash = ? AND removed_at IS NULL',
      )
      .pluck(),
    insert: db.prepare<[number, SeedKind, string, string, string, string]>(
      'INSERT INTO seeds (user_key, kind, title, abstract, hash, added_at) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    addVector: db.prepare<[number, Buffer]>(
      `INSERT INTO seed_vectors (seed_id, model_id, vector) VALUES (?, ${modelId}, ?) ON CONFLICT DO NOTHING`,
    ),
    putVector: db.prepare<[number, Buffer]>(
      `INSERT INTO seed_vectors (seed_id, model_id, vector) VALUES (?, ${modelId}, ?)
       ON CONFLICT (seed_id, model_id) DO UPDATE SET vector = excluded.vector`,
    ),
    count: db
      .prepare<[number], number>('SELECT count(*) FROM seeds WHERE user_key = ? AND removed_at IS NULL')
      .pluck(),
    byId: db.prepare<[number], SeedRow>(`${select} WHERE s.seed_id = ?`),
    current: db.prepare<[number], SeedRow>(
      `${select} WHERE s.user_key = ? AND s.removed_at IS NULL ORDER BY s.seed_id`,
    ),
    asOf: db.prepare<{ key: number; asOf: string }, SeedRow>(
      `${select} WHERE s.user_key = @key AND s.added_at <= @asOf
       AND (s.removed_at IS NULL OR s.removed_at > @asOf) ORDER BY s.seed_id`,
    ),
    remove: db.prepare<[string, number, number]>(
      'UPDATE seeds SET removed_at = ? WHERE user_key = ? AND seed_id = ? AND removed_at IS NULL',
    ),
    // What was taken back is bounded too: the latest stay.
    dropOldest: db.prepare<{ key: number }>(
      `DELETE FROM seeds WHERE user_key = @key AND removed_at IS NOT NULL AND seed_id NOT IN (
         SELECT seed_id FROM seeds WHERE user_key = @key AND removed_at IS NOT NULL
         ORDER BY removed_at DESC, seed_id DESC LIMIT ${MAX_SEEDS}
       )`,
    ),
    withoutVector: db.prepare<[number], Omit<Seed, 'embedding'>>(
      `SELECT ${columns} FROM seeds s WHERE s.user_key = ? AND s.removed_at IS NULL AND NOT EXISTS (
         SELECT 1 FROM seed_vectors v WHERE v.seed_id = s.seed_id AND v.model_id = ${modelId}
       ) ORDER BY s.seed_id`,
    ),
    ownerOf: db
      .prepare<[number], number>('SELECT user_key FROM seeds WHERE seed_id = ? AND removed_at IS NULL')
      .pluck(),
    records: db.prepare<[number, number, number], SeedRecord>(
      `SELECT ${columns}, s.removed_at AS removedAt FROM seeds s WHERE s.user_key = ? AND s.seed_id > ?
       ORDER BY s.seed_id LIMIT ?`,
    ),
  };
}
