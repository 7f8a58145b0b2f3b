import type { PaperFilter } from '../paper.ts';
import { ftsQuery } from './fts-query.ts';
import { filterSql, type PaperRow, paperOf } from './paper-row.ts';
import type { PaperStore } from './paper-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** BM25 weights of title, abstract and authors. */
const BM25_WEIGHTS = '2.0, 1.0, 0.5';

export const whereClause = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;

/** `PaperStore.lexical`, in SQL. */
export function lexicalSearch(
  db: SqliteDatabase,
  query: string,
  { limit, filter }: { limit: number; filter?: PaperFilter },
): Awaited<ReturnType<PaperStore['lexical']>> {
  const match = ftsQuery(query);
  if (match === null) return { hits: [], total: 0 };
  const { where, params } = filterSql(filter);
  const excluded = new Set(filter?.excludedKeys);
  const join = where.length === 0 ? '' : 'JOIN papers p ON p.key = f.rowid';
  const conditions = whereClause(['papers_fts MATCH ?', ...where]);
  const rows = db
    .prepare<unknown[], { key: number; rank: number }>(
      `SELECT f.rowid AS key, bm25(papers_fts, ${BM25_WEIGHTS}) AS rank
       FROM papers_fts f ${join} ${conditions} ORDER BY rank, f.rowid LIMIT ?`,
    )
    .all(match, ...params, limit + excluded.size);
  const total = db
    .prepare<unknown[], number>(`SELECT count(*) FROM papers_fts f ${join} ${conditions}`)
    .pluck()
    .get(match, ...params) as number;
  const hits = rows
    .filter((row) => !excluded.has(row.key))
    .map((row) => ({ key: row.key, score: -row.rank }));
  return { hits: hits.slice(0, limit), total };
}

/** `PaperStore.list`, in SQL: keyset paging, so that a page costs the same wherever it is. */
export function listPapers(
  db: SqliteDatabase,
  { filter, sort, limit, after }: Parameters<PaperStore['list']>[0],
): Awaited<ReturnType<PaperStore['list']>> {
  const value = sort === 'newest' ? 'p.day' : 'p.trend';
  const { where, params } = filterSql(filter);
  const total = db
    .prepare<unknown[], number>(`SELECT count(*) FROM papers p ${whereClause(where)}`)
    .pluck()
    .get(...params) as number;
  if (after) {
    where.push(`(${value}, p.key) < (?, ?)`);
    params.push(after.value, after.key);
  }
  if (filter?.excludedKeys && filter.excludedKeys.length > 0) {
    where.push('p.key NOT IN (SELECT value FROM json_each(?))');
    params.push(JSON.stringify(filter.excludedKeys));
  }
  const rows = db
    .prepare<unknown[], PaperRow & { value: string | number }>(
      `SELECT p.*, i.id, ${value} AS value FROM papers p JOIN paper_ids i ON i.key = p.key
       ${whereClause(where)} ORDER BY ${value} DESC, p.key DESC LIMIT ?`,
    )
    .all(...params, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    papers: page.map((row) => ({ key: row.key, paper: paperOf(row) })),
    next: rows.length > limit && last ? { value: last.value, key: last.key } : null,
    total,
  };
}
