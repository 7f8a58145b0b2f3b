import type { SourceRecord } from '../merging.ts';
import { type IncomingPaper, incomingPaper, type PaperKey, type PaperRecord } from '../paper.ts';
import {
  contradict,
  type Identifiers,
  identifiersOf,
  identityOf,
  isOtherWork,
  isSameByTitle,
  type RecordIdentity,
  type WorkEvidence,
} from '../same-record.ts';
import { hashOfTerm } from '../term-set.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** Records of one title that are compared: hundreds of papers may be called the same. */
const MOST_COMPARED = 20;

/** One row of the table `source_records`. */
export interface RecordRow {
  record_key: number;
  source: string;
  id: string;
  paper_key: PaperKey;
  version: number | null;
  record: string | null;
  is_explicit: number;
  is_withdrawn: number;
  at: string;
  arxiv_id: string | null;
  doi: string | null;
  /** The hash of the title's compact key, where that tells anything. */
  title_hash: number | null;
}

/** What of a record tells to which paper it belongs. */
interface Recognisable extends WorkEvidence {
  id: string;
  identity: RecordIdentity;
}

export type WritableRecord = Omit<RecordRow, 'record_key'>;

/** The paper that an id names, as SQL: the paper's own, of one that was joined to it, or a source's. `id` is SQL, too. */
export const keyOfId = (id: string): string => `coalesce(
  (SELECT coalesce(joined_key, key) FROM paper_ids WHERE id = ${id}),
  (SELECT min(paper_key) FROM source_records WHERE id = ${id})
)`;
export const KEY_OF_ID = keyOfId('@id');

/** The papers that the ids of a JSON list, bound twice, name, as SQL of a list of keys. */
export const KEYS_OF_IDS = `(
  SELECT coalesce(joined_key, key) FROM paper_ids WHERE id IN (SELECT value FROM json_each(?))
  UNION SELECT r.paper_key FROM source_records r
  WHERE r.id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM paper_ids i WHERE i.id = r.id)
)`;

export type SourceRecords = ReturnType<typeof sourceRecords>;

/** The records that papers are made of, and to which paper one belongs. */
export function sourceRecords(db: SqliteDatabase) {
  const sql = statements(db);
  const identifiersOfPaper = (key: PaperKey): Identifiers =>
    identifiersOf(sql.identifiers.all(key).map(([arxivId, doi]) => ({ arxivId, doi })));
  return {
    find: (source: string, id: string) => sql.find.get(source, id),
    ofPaper: (key: PaperKey) => sql.ofPaper.all(key),
    ofSource: (source: string) => sql.ofSource.all(source),
    keyOf: (id: string): PaperKey | undefined => sql.keyOf.get({ id }) ?? undefined,
    put: (row: WritableRecord) => void sql.put.run(row),
    remove: (row: RecordRow) => void sql.remove.run(row.record_key),
    move: (row: RecordRow, key: PaperKey) => void sql.moveOne.run(key, row.record_key),
    /** All records of a paper, and its pairs of papers that are two, go to another. */
    moveAll: (from: PaperKey, to: PaperKey) => {
      sql.moveAll.run(to, from);
      sql.moveApart.run({ from, to });
      sql.clearApartFrom.run({ from });
      sql.clearApart.run({ from });
    },
    /** The pairs of papers among these that someone said are two. */
    apart: (keys: readonly PaperKey[]) => {
      // Asked at each search, while most libraries have none.
      if (sql.hasApart.get() === undefined) return [];
      const list = JSON.stringify(keys);
      return sql.apartAmong.all(list, list);
    },
    /** Whether a key is a paper's, be it one that its authors took back. */
    isInUse: (key: PaperKey) => sql.hasRecord.get(key) !== undefined || sql.hasPaper.get(key) !== undefined,
    /** Whether nothing is left of a paper but its id, which may name `key` then. */
    isFree: (former: PaperKey, key: PaperKey) => sql.isFree.get({ former, key }) !== undefined,
    setApart: (a: PaperKey, b: PaperKey, at: string) => {
      sql.setApart.run(a, b, at);
      sql.setApart.run(b, a, at);
    },
    /**
     * The papers that a record is of, the surest first: that of the same record of its source, that its id names, and
     * those with its arXiv id, DOI, or title. Those that contradict it or an earlier one, or that someone said are
     * others, are left out. Several are one paper that was not known to be.
     */
    papersOf: (
      record: Recognisable,
      own: RecordRow | undefined,
    ): { keys: PaperKey[]; named: PaperKey | undefined } => {
      const { id, identity } = record;
      const found: PaperKey[] = [];
      let known = identifiersOf([identity]);
      const add = (key: PaperKey | undefined, by: 'id' | 'identifier' | 'title') => {
        if (key === undefined || found.includes(key)) return;
        const isFirstById = by === 'id' && found.length === 0;
        const apart = sql.apartFrom.all(key);
        const its = identifiersOfPaper(key);
        if (found.some((other) => apart.includes(other))) return;
        if (!isFirstById && contradict(known, its, by === 'title' ? 'title' : 'identifier')) return;
        found.push(key);
        known = {
          arxivIds: new Set([...known.arxivIds, ...its.arxivIds]),
          dois: new Set([...known.dois, ...its.dois]),
        };
      };
      add(own?.paper_key, 'id');
      const named = sql.keyOf.get({ id }) ?? undefined;
      // One that was split off is named by its id, also while it has no record.
      const isKept = named !== undefined && sql.apartFrom.all(named).length > 0;
      if (named !== undefined && (isKept || sql.hasRecord.get(named) !== undefined)) add(named, 'id');
      const { arxivId, doi, title } = identity;
      if (arxivId !== null) for (const key of sql.keysOfArxivId.all(arxivId)) add(key, 'identifier');
      const isOf = (key: PaperKey) => {
        const others = sql.ofPaper.all(key).flatMap((row) => incomingOf(row)?.facts ?? []);
        return others.length === 0 || others.some((facts) => !isOtherWork(record, facts));
      };
      for (const key of doi === null ? [] : sql.keysOfDoi.all(doi)) {
        if (!found.includes(key) && isOf(key)) add(key, 'identifier');
      }
      if (title === null) return { keys: found, named };
      for (const row of sql.ofTitle.all(hashOfTerm(title))) {
        if (found.includes(row.paper_key)) continue;
        const other = incomingOf(row);
        if (other && identityOf(other).title === title && isSameByTitle(record, other.facts)) {
          add(row.paper_key, 'title');
        }
      }
      return { keys: found, named };
    },
  };
}

/** A stored record cleaned again; null where there is nothing but that it was taken back. */
export function incomingOf({ record, source }: Pick<RecordRow, 'record' | 'source'>): IncomingPaper | null {
  return record === null ? null : incomingPaper(JSON.parse(record) as PaperRecord, source);
}

export const sourceRecordOf = (row: RecordRow): SourceRecord => ({
  source: row.source,
  id: row.id,
  version: row.version,
  facts: incomingOf(row)?.facts ?? null,
  isExplicit: row.is_explicit === 1,
  isWithdrawn: row.is_withdrawn === 1,
  at: row.at,
  order: row.record_key,
});

/** What a record is found by, as its row has it. */
export const identityColumns = ({ arxivId, doi, title }: RecordIdentity) => ({
  arxiv_id: arxivId,
  doi,
  title_hash: title === null ? null : hashOfTerm(title),
});

const COLUMNS = [
  'source',
  'id',
  'paper_key',
  'version',
  'record',
  'is_explicit',
  'is_withdrawn',
  'at',
  'arxiv_id',
  'doi',
  'title_hash',
];

function statements(db: SqliteDatabase) {
  const select = 'SELECT * FROM source_records';
  const renewed = COLUMNS.filter((name) => name !== 'source' && name !== 'id');
  return {
    find: db.prepare<[string, string], RecordRow>(`${select} WHERE source = ? AND id = ?`),
    ofPaper: db.prepare<[number], RecordRow>(`${select} WHERE paper_key = ? ORDER BY record_key`),
    ofSource: db.prepare<[string], RecordRow>(`${select} WHERE source = ?`),
    keyOf: db.prepare<{ id: string }, number | null>(`SELECT ${KEY_OF_ID}`).pluck(),
    hasPaper: db.prepare<[number]>('SELECT 1 FROM papers WHERE key = ?'),
    hasRecord: db.prepare<[number]>('SELECT 1 FROM source_records WHERE paper_key = ? LIMIT 1'),
    identifiers: db
      .prepare<[number], [string | null, string | null]>(
        'SELECT arxiv_id, doi FROM source_records WHERE paper_key = ?',
      )
      .raw(),
    keysOfArxivId: db
      .prepare<[string], number>(
        'SELECT DISTINCT paper_key FROM source_records WHERE arxiv_id = ? ORDER BY paper_key',
      )
      .pluck(),
    keysOfDoi: db
      .prepare<[string], number>(
        'SELECT DISTINCT paper_key FROM source_records WHERE doi = ? ORDER BY paper_key',
      )
      .pluck(),
    // In the index's order, and with a limit that is written out: a bound one has the statement compiled at each call.
    ofTitle: db.prepare<[number], RecordRow>(`${select} WHERE title_hash = ? LIMIT ${MOST_COMPARED}`),
    put: db.prepare<WritableRecord>(
      `INSERT INTO source_records (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `@${name}`).join(', ')})
       ON CONFLICT (id, source) DO UPDATE SET ${renewed.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    ),
    remove: db.prepare<[number]>('DELETE FROM source_records WHERE record_key = ?'),
    moveOne: db.prepare<[number, number]>('UPDATE source_records SET paper_key = ? WHERE record_key = ?'),
    moveAll: db.prepare<[number, number]>('UPDATE source_records SET paper_key = ? WHERE paper_key = ?'),
    apartFrom: db.prepare<[number], number>('SELECT other FROM apart WHERE key = ?').pluck(),
    hasApart: db.prepare('SELECT 1 FROM apart LIMIT 1'),
    apartAmong: db
      .prepare<[string, string], [number, number]>(
        `SELECT key, other FROM apart WHERE key IN (SELECT value FROM json_each(?))
         AND other IN (SELECT value FROM json_each(?))`,
      )
      .raw(),
    isFree: db.prepare<{ former: number; key: number }>(
      `SELECT 1 FROM paper_ids WHERE key = @former AND joined_key IS NULL
       AND NOT EXISTS (SELECT 1 FROM source_records WHERE paper_key = @former)
       AND NOT EXISTS (SELECT 1 FROM papers WHERE key = @former)
       AND NOT EXISTS (SELECT 1 FROM apart WHERE key = @former AND other = @key)`,
    ),
    setApart: db.prepare<[number, number, string]>(
      'INSERT OR IGNORE INTO apart (key, other, at) VALUES (?, ?, ?)',
    ),
    moveApart: db.prepare<{ from: number; to: number }>(
      `INSERT OR IGNORE INTO apart (key, other, at)
       SELECT @to, other, at FROM apart WHERE key = @from AND other <> @to
       UNION ALL SELECT other, @to, at FROM apart WHERE key = @from AND other <> @to`,
    ),
    clearApartFrom: db.prepare<{ from: number }>(
      'DELETE FROM apart WHERE key IN (SELECT other FROM apart WHERE key = @from) AND other = @from',
    ),
    clearApart: db.prepare<{ from: number }>('DELETE FROM apart WHERE key = @from'),
  };
}
