import { randomUUID } from 'node:crypto';
import { type MergedPaper, mergeRecords } from '../merging.ts';
import { isCleaned, type PaperKey } from '../paper.ts';
import { toBytes } from '../vector.ts';
import { createPeopleJoin } from './join-people.ts';
import { authorNames, categoryRows, type PaperRow, rowOf } from './paper-row.ts';
import type { PaperStatements } from './paper-statements.ts';
import type { CommitItem, CommitOptions, CommitOutcome, EmbeddedPaper } from './paper-store.ts';
import { type Resolution, resolveRecord, resolveRemoval } from './resolve-record.ts';
import { type RecordRow, type SourceRecords, sourceRecordOf } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';
import type { sqliteTermSets } from './term-sets.ts';

export type PaperWriter = ReturnType<typeof createPaperWriter>;

interface Deps {
  db: SqliteDatabase;
  sql: PaperStatements;
  records: SourceRecords;
  putTerms: ReturnType<typeof sqliteTermSets>['put'];
}

/** The writes that make up a transaction; each is called inside one. */
export function createPaperWriter({ db, sql, records, putTerms }: Deps) {
  const nextRevision = revisions(sql);
  const joinPeople = createPeopleJoin(db);
  const touch = (key: PaperKey) => sql.touch.run(nextRevision(), key);
  const newKey = (id: string): PaperKey => Number(sql.newKey.run(id).lastInsertRowid);

  const putEmbedded = (key: PaperKey, { embedding, tokens }: EmbeddedPaper) => {
    sql.putVector.run(key, toBytes(embedding));
    sql.putTokenBits.run(key, tokens);
    touch(key);
  };
  const remove = (key: PaperKey) => {
    sql.remove.run(key);
    touch(key);
  };
  const putRow = (key: PaperKey, before: PaperRow | undefined, { paper, origins }: MergedPaper) => {
    const isNew = before === undefined;
    const row = rowOf(paper, origins.get('title')?.version ?? null, new Date().toISOString());
    (isNew ? sql.insert : sql.update).run({ key, ...row });
    if (row.upvotes !== (before?.upvotes ?? null)) sql.noteUpvotes.run(key, row.updated_at, row.upvotes);
    if (!isNew) sql.clearCategories.run(key);
    const { day, trend } = row;
    for (const category of categoryRows(paper.categories)) sql.addCategory.run(category, key, day, trend);
    if (!isNew) sql.clearAuthors.run(key);
    for (const { family, given } of authorNames(paper.authors)) sql.addAuthor.run(family, given, key);
    return row;
  };
  /** Makes the paper what its records make it. Without an embedding a changed text has none from then on. */
  const putPaper = (
    key: PaperKey,
    before: PaperRow | undefined,
    after: MergedPaper | null,
    embedded: EmbeddedPaper | null,
  ) => {
    if (after === null) {
      if (before) remove(key);
      return;
    }
    const row = putRow(key, before, after);
    const isOtherText = before !== undefined && before.text_hash !== row.text_hash;
    // Embeddings of every model are of the old text now; token bits go with them.
    if (isOtherText) sql.clearVectors.run(key);
    if (!before || isOtherText) putTerms(key, after.paper);
    if (isOtherText && !isCleaned(before, after.paper)) sql.setRevised.run(row.updated_at, key);
    if (embedded) putEmbedded(key, embedded);
    else if (!before || isOtherText || before.authors !== row.authors) touch(key);
  };
  /** The paper `from` is `to` from now on: its records and what people said of it move, and its id names `to`. */
  const join = (from: PaperKey, to: PaperKey, at: string) => {
    records.moveAll(from, to);
    sql.setJoined.run({ from, to });
    joinPeople(from, to, at);
    const addedAt = sql.addedAt.get(from);
    if (addedAt === undefined) return;
    // What it was known to have, unless the paper itself is gone.
    if (sql.addedAt.get(to) !== undefined) {
      sql.moveUpvotes.run(to, from);
      sql.knownSince.run({ key: to, at: addedAt });
    }
    remove(from);
  };
  const settle = (key: PaperKey) => {
    const before = sql.rowByKey.get(key);
    const id = sql.idOf.get(key) ?? '';
    putPaper(key, before, mergeRecords(id, records.ofPaper(key).map(sourceRecordOf)), null);
  };
  const apply = (resolution: Resolution, embedded: EmbeddedPaper | null) => {
    const { id, put, before, after } = resolution;
    const at = put?.at ?? new Date().toISOString();
    const key = resolution.key ?? newKey(id);
    for (const row of resolution.drop) records.remove(row);
    if (put) records.put({ ...put, paper_key: key });
    // What came may say the same in other words: only the record is written then.
    if (resolution.outcome !== 'unchanged') {
      putPaper(key, before, after, resolution.vectorFits ? null : embedded);
    }
    for (const from of resolution.joined) join(from, key, at);
    // The id of a paper that was removed comes back as the name of another one.
    const former = put && resolution.key !== null ? sql.keyOf.get(id) : undefined;
    if (former !== undefined && former !== key && records.isFree(former, key)) join(former, key, at);
  };

  return {
    putEmbedded,
    settle,
    /** Removes a paper with its records; false when there is none. */
    remove: (key: PaperKey): boolean => {
      const rows = records.ofPaper(key);
      for (const row of rows) records.remove(row);
      // What was joined to it may come as papers of their own.
      sql.clearJoinedTo.run(key);
      const isThere = sql.hashOf.get(key) !== undefined;
      if (isThere) remove(key);
      // One that its authors took back is forgotten, and may come again.
      return isThere || rows.length > 0;
    },
    commit: (
      { incoming, embedded }: CommitItem,
      { replace = false, embedLater = false }: CommitOptions,
    ): CommitOutcome => {
      const resolution =
        'why' in incoming
          ? resolveRemoval({ sql, records }, incoming, new Date().toISOString())
          : resolveRecord({ sql, records }, incoming, replace);
      if (!resolution) return 'unchanged';
      const { after, vectorFits, hash, saysTheSame } = resolution;
      // It waits for its embedding already.
      const outcome = embedLater && saysTheSame ? 'unchanged' : resolution.outcome;
      const isFitting = embedded?.textHash === hash;
      if (after !== null && !vectorFits && !isFitting && !embedLater) return 'stale';
      apply({ ...resolution, outcome }, isFitting ? embedded : null);
      return outcome;
    },
    /** Takes a record out into a paper of its own, whose key it gives back; the two are apart from then on. */
    split: (row: RecordRow, id: string, at: string): PaperKey => {
      const own = sql.keyOf.get(id);
      if (own !== undefined) sql.clearJoined.run(own);
      const key = own ?? newKey(id);
      records.move(row, key);
      records.setApart(row.paper_key, key, at);
      settle(row.paper_key);
      settle(key);
      return key;
    },
  };
}

/**
 * The next revision, each time it is called. Before its first one a connection begins its epoch; and again when that
 * was rolled back, or the library was restored to an older state under our hands.
 */
function revisions(sql: PaperStatements): () => number {
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
