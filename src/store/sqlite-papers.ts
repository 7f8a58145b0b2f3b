import type { Moment } from '../history.ts';
import { canonicalId, type PaperKey } from '../paper.ts';
import { fromBytes } from '../vector.ts';
import { createFilterKeys } from './filter-keys.ts';
import { createFilterMemory } from './filter-memory.ts';
import { createFilterWays } from './filter-ways.ts';
import { modelIdOf, type StoredModel } from './models.ts';
import { sqlitePaperNames } from './paper-names.ts';
import { createListing } from './paper-queries.ts';
import { storedOf } from './paper-row.ts';
import { paperStatements } from './paper-statements.ts';
import type { LibraryCounts, PaperStore } from './paper-store.ts';
import { createPaperWriter } from './paper-writer.ts';
import { createPrepared } from './prepared.ts';
import { sourceRecords } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';
import { sqlitePaperCommits } from './sqlite-commits.ts';
import { sqliteTermSets } from './term-sets.ts';

/** The papers of a library in SQLite, with embeddings of the model that `fingerprint` names. */
export function createSqlitePaperStore(db: SqliteDatabase, model: StoredModel): PaperStore {
  const sql = paperStatements(db, modelIdOf(db, model));
  const termSets = sqliteTermSets(db);
  const records = sourceRecords(db);
  const write = createPaperWriter({ db, sql, records, putTerms: termSets.put });
  const prepared = createPrepared(db);
  const memory = createFilterMemory(db);
  const ways = createFilterWays(prepared);
  const keysOfFilter = createFilterKeys({ prepared, memory, ways });
  const listing = createListing({ prepared, memory, ways, keysOfFilter });
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const papersOf = (keys: readonly PaperKey[]) =>
    keys
      .map((key) => sql.toldByKey.get(key))
      .filter((row) => row !== undefined)
      .map(storedOf);
  /** In one transaction, as each statement for itself would lock and unlock the file. */
  const papersAtOnce = db.transaction(papersOf);

  return {
    libraryId: async () => sql.meta.get('library_id') as string,
    latestRevision: async () => sql.meta.get('revision') as number,
    latestMoment: async () => sql.latestMoment.get() as Moment,
    hadMoment: async (moment) => sql.hadMoment.get(moment) === 1,
    vectorChanges: async (afterRevision, limit) =>
      sql.vectorChanges.all(afterRevision, limit).map(({ revision, key, vector }) => ({
        revision,
        key,
        embedding: vector === null ? null : fromBytes(vector),
      })),
    textChanges: async (afterRevision, limit) =>
      sql.textChanges.all(afterRevision, limit).map(({ revision, key, title, abstract, authors }) => ({
        revision,
        key,
        text: title === null ? null : { title, abstract, authors: JSON.parse(authors) as string[] },
      })),
    matchingKeys: async (filter) => keysOfFilter(filter),
    ...sqlitePaperCommits({ db, sql, records, write }),
    papersByKeys: async (keys) => papersAtOnce(keys),
    paperById: async (id) => {
      const row = sql.toldById.get({ id: canonicalId(id) });
      return row ? storedOf(row) : null;
    },
    apart: async (keys) => records.apart(keys),
    ...sqlitePaperNames(prepared),
    identities: async (keys) =>
      new Map(
        sql.identities
          .all(JSON.stringify(keys))
          .map(([key, doi, arxivId, titleKey]) => [key, { key, doi, arxivId, titleKey }]),
      ),
    authorLists: async (keys) =>
      new Map(
        sql.authorLists
          .all(JSON.stringify(keys))
          .map(({ key, authors, authorCount }) => [
            key,
            { authors: JSON.parse(authors) as string[], ...(authorCount !== null && { authorCount }) },
          ]),
      ),
    embedding: async (key) => {
      const vector = sql.vector.get(key);
      return vector === undefined ? null : fromBytes(vector);
    },
    tokenBits: async (keys) =>
      new Map(sql.tokenBits.all(JSON.stringify(keys)).map(({ key, bits }) => [key, bytesOf(bits)])),
    list: async (options) =>
      // Of one state of the library, whoever writes meanwhile.
      db.transaction(() => {
        const { positions, ...page } = listing(options);
        return { ...page, papers: papersOf(positions.map(({ key }) => key)) };
      })(),
    papersAfter: async (key, limit) => sql.toldAfter.all(key, limit).map(storedOf),
    papersWithoutEmbedding: async (key, limit) => sql.withoutEmbedding.all(key, limit).map(storedOf),
    addEmbeddings: async (items) =>
      atomically(() => {
        const fitting = items.filter((item) => sql.hashOf.get(item.key) === item.textHash);
        for (const item of fitting) write.putEmbedded(item.key, item);
        return fitting.length;
      }),
    rankingFacts: async (keys) => termSets.facts(keys),
    termSets: async (keys) => termSets.sets(keys),
    fillTermSets: async (after, limit) => termSets.fill(after, limit),
    sampleKeys: async ({ upTo, limit }) => termSets.sampleKeys(upTo, limit),
    papersState: async () => sql.meta.get('papers_state') as string,
    newestKey: async () => sql.newestKey.get() ?? 0,
    upvotesAt: async (keys, asOf) =>
      new Map(sql.upvotesAt.all(asOf, JSON.stringify(keys)).map(({ key, upvotes }) => [key, upvotes])),
    newestDay: async () => sql.newestDay.get() || null,
    counts: async () => ({
      ...(sql.counts.get() as Omit<LibraryCounts, 'bySource'>),
      bySource: Object.fromEntries(sql.countsBySource.raw().all() as [string, number][]),
    }),
    close: async () => {
      db.close();
    },
  };
}

/** The bytes of a buffer as a plain array, not copied: the driver gives each blob memory of its own. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Buffer) =>
  new Uint8Array(buffer, byteOffset, byteLength);
