import { LRUCache } from 'lru-cache';
import type { PaperFilter, PaperKey } from '../paper.ts';
import { whereClause } from './paper-queries.ts';
import { filterSql } from './paper-row.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** Keys remembered over all filters, 8 bytes each: a hundred filters that half of 40,000 papers pass. */
const MOST_KEYS = 2_000_000;

/**
 * Resolves filters to the keys of the papers that pass, ascending; `excludedKeys` is not applied. Callers share the
 * lists: nobody may change one.
 *
 * A search asks twice, and the next page again, so that lists are remembered until anything in the database
 * changes: `data_version` tells of every commit by another connection, `total_changes` of every row written by
 * this one, so that a list is never older than the last commit. People's feedback empties the memory too: that
 * costs a millisecond or two, and needs no bookkeeping that could be forgotten.
 */
export function createFilterKeys(db: SqliteDatabase): (filter: PaperFilter) => readonly PaperKey[] {
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const ownChanges = db.prepare<[], number>('SELECT total_changes()').pluck();
  const remembered = new LRUCache<string, readonly PaperKey[]>({
    maxSize: MOST_KEYS,
    // An entry's own cost counts as some keys, so that empty lists are bounded as well.
    sizeCalculation: (keys) => keys.length + 50,
  });
  let state = '';
  return (filter) => {
    // Before the query: a commit between the two makes the list newer than its state, never older.
    const current = `${dataVersion.get()} ${ownChanges.get()}`;
    if (current !== state) remembered.clear();
    state = current;
    const { excludedKeys: _, ...conditions } = filter;
    const name = JSON.stringify(Object.entries(conditions).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = remembered.get(name);
    if (known) return known;
    const keys = resolved(db, conditions);
    remembered.set(name, keys);
    return keys;
  };
}

/**
 * Facts and categories are looked up apart, each from an index alone: left to itself, SQLite reads every paper's
 * row, abstract and all, for most filters, at ten times the cost.
 */
function resolved(db: SqliteDatabase, { categories, ...facts }: PaperFilter): readonly PaperKey[] {
  const { where, params } = filterSql(facts);
  const ofFacts = () =>
    keysOf(db, `SELECT key FROM papers p INDEXED BY papers_day ${whereClause(where)}`, params);
  if (!categories) return ofFacts();
  const marks = categories.map(() => '?').join(', ');
  const ofCategories = keysOf(
    db,
    `SELECT key FROM paper_categories WHERE category IN (${marks})`,
    categories,
  );
  return where.length === 0 ? ofCategories : inBoth(ofCategories, ofFacts());
}

/** Ascending, each once. Sorted here: SQLite sorts rows through a tree on the side, several times slower. */
function keysOf(db: SqliteDatabase, sql: string, params: readonly unknown[]): PaperKey[] {
  const keys = db
    .prepare<unknown[], PaperKey>(sql)
    .pluck()
    .all(...params);
  const isAscending = keys.every((key, at) => at === 0 || key > (keys[at - 1] as PaperKey));
  if (isAscending) return keys;
  const sorted = Float64Array.from(keys).sort();
  return Array.from(sorted).filter((key, at) => key !== sorted[at - 1]);
}

/** Of two ascending lists. */
function inBoth(a: readonly PaperKey[], b: readonly PaperKey[]): PaperKey[] {
  let at = 0;
  return a.filter((key) => {
    while (at < b.length && (b[at] as PaperKey) < key) at++;
    return b[at] === key;
  });
}
