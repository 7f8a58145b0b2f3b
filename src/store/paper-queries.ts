import { filterSql, type PaperRow, paperOf } from './paper-row.ts';
import type { PaperStore } from './paper-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

export const whereClause = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;

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
