import { randomUUID } from 'node:crypto';
import type { Moment } from '../history.ts';
import {
  canonicalId,
  type IncomingPaper,
  mergedPaper,
  type Paper,
  type PaperKey,
  samePaper,
  textHash,
} from '../paper.ts';
import { fromBytes, toBytes } from '../vector.ts';
import { createFilterKeys } from './filter-keys.ts';
import { createFilterMemory } from './filter-memory.ts';
import { createFilterWays } from './filter-ways.ts';
import { modelIdOf, type StoredModel } from './models.ts';
import { sqlitePaperNames } from './paper-names.ts';
import { createListing } from './paper-queries.ts';
import {
  authorNames,
  categoryRows,
  isOutdated,
  type PaperRow,
  paperOf,
  rowOf,
  storedOf,
} from './paper-row.ts';
import { paperStatements } from './paper-statements.ts';
import type {
  CommitItem,
  CommitOutcome,
  CommitPlan,
  EmbeddedPaper,
  LibraryCounts,
  PaperStore,
} from './paper-store.ts';
import { createPrepared } from './prepared.ts';
import type { SqliteDatabase } from './sqlite.ts';
import { sqliteTermSets } from './term-sets.ts';

type Statements = ReturnType<typeof paperStatements>;

/** The papers of a library in SQLite, with embeddings of the model that `fingerprint` names. */
export function createSqlitePaperStore(db: SqliteDatabase, model: StoredModel): PaperStore {
  const sql = paperStatements(db, modelIdOf(db, model));
  const termSets = sqliteTermSets(db);
  const write = writer(sql, termSets.put);
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
    planCommit: async (records, replace = false) =>
      records.map((record): CommitPlan => {
        const { outcome, vectorFits, after } = resolve(sql, record, replace);
        return { outcome, toEmbed: outcome === 'unchanged' || vectorFits ? null : after };
      }),
    commitBatch: async (items, replace = false) =>
      atomically(() => items.map((item) => write.commit(item, replace))),
    removePapers: async (ids) =>
      atomically(() => {
        const rows = ids.map((id) => sql.rowById.get(canonicalId(id))).filter((row) => row !== undefined);
        const keys = new Set(rows.map((row) => row.key));
        for (const key of keys) write.remove(key);
        return keys.size;
      }),
    removeSource: async (source) =>
      atomically(() => {
        const keys = sql.keysOfSource.all(source);
        for (const key of keys) write.remove(key);
        return keys.length;
      }),
    papersByKeys: async (keys) => papersAtOnce(keys),
    paperById: async (id) => {
      const row = sql.toldById.get(canonicalId(id));
      return row ? storedOf(row) : null;
    },
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

/** What the library would hold after a record, against what it holds now. */
function resolve(sql: Statements, incoming: IncomingPaper, replace: boolean) {
  const row = sql.rowById.get(incoming.id);
  const before = row ? paperOf(row) : null;
  const outdated = row !== undefined && isOutdated(incoming, row.version);
  const after = outdated && before ? before : mergedPaper(before, incoming, replace);
  const hash = textHash(after);
  const sameText = row?.text_hash === hash;
  const vectorFits = sameText && sql.hasVector.get(row.key) !== undefined;
  const version = outdated ? row.version : (incoming.version ?? row?.version ?? null);
  const sameAuthors = before !== null && JSON.stringify(before.authors) === JSON.stringify(after.authors);
  const unchanged = before !== null && version === row?.version && samePaper(before, after);
  const outcome: CommitPlan['outcome'] =
    before === null ? 'created' : unchanged && (vectorFits || outdated) ? 'unchanged' : 'updated';
  return { row, after, hash, sameText, sameAuthors, vectorFits, version, outcome };
}

/**
 * The next revision, each time it is called. Before its first one a connection begins its epoch; and again when that
 * was rolled back, or the library was restored to an older state under our hands.
 */
function revisions(sql: Statements): () => number {
  let epoch = '';
  let reached = 0;
  return () => {
    const before = sql.meta.get('revision') as number;
    if (before < reached || sql.hasEpoch.get(epoch) === undefined) {
      epoch = randomUUID();
      sql.addEpoch.run(epoch, before);
    }
    reached = sql.nextRevision.get() as number;
    return reached;
  };
}

/** The writes that make up a transaction; each is called inside one. */
function writer(sql: Statements, putTerms: (key: PaperKey, paper: Paper) => void) {
  const nextRevision = revisions(sql);
  const touch = (key: PaperKey) => sql.touch.run(nextRevision(), key);
  const putEmbedded = (key: PaperKey, { embedding, tokens }: EmbeddedPaper) => {
    sql.putVector.run(key, toBytes(embedding));
    sql.putTokenBits.run(key, tokens);
    touch(key);
  };
  const putPaper = (key: PaperKey, before: PaperRow | undefined, paper: Paper, version: number | null) => {
    const isNew = before === undefined;
    const row = rowOf(paper, version, new Date().toISOString());
    (isNew ? sql.insert : sql.update).run({ key, ...row });
    if (row.upvotes !== (before?.upvotes ?? null)) sql.noteUpvotes.run(key, row.updated_at, row.upvotes);
    if (!isNew) sql.clearCategories.run(key);
    const { day, trend } = row;
    for (const category of categoryRows(paper.categories)) sql.addCategory.run(category, key, day, trend);
    if (!isNew) sql.clearAuthors.run(key);
    for (const { family, given } of authorNames(paper.authors)) sql.addAuthor.run(family, given, key);
  };
  return {
    putEmbedded,
    remove: (key: PaperKey) => {
      sql.remove.run(key);
      touch(key);
    },
    commit: ({ incoming, embedded }: CommitItem, replace: boolean): CommitOutcome => {
      const planned = resolve(sql, incoming, replace);
      const { row, after, hash, sameText, sameAuthors, vectorFits, version, outcome } = planned;
      if (outcome === 'unchanged') return outcome;
      if (!vectorFits && embedded?.textHash !== hash) return 'stale';
      const key =
        row?.key ?? sql.keyOf.get(incoming.id) ?? Number(sql.newKey.run(incoming.id).lastInsertRowid);
      // Embeddings of every model are of the old text now; token bits go with them.
      if (row && !sameText) sql.clearVectors.run(key);
      putPaper(key, row, after, version);
      if (!row || !sameText) putTerms(key, after);
      if (row && !sameText) sql.setRevised.run(new Date().toISOString(), key);
      // A changed title or abstract always comes with a new vector.
      if (!vectorFits && embedded) putEmbedded(key, embedded);
      else if (!sameAuthors) touch(key);
      return outcome;
    },
  };
}
