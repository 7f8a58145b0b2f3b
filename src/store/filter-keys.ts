import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import type { FilterMemory } from './filter-memory.ts';
import { type FilterWays, whereClause } from './filter-ways.ts';
import type { Prepared } from './prepared.ts';

/** Keys remembered over all filters, 8 bytes each: a hundred filters that half of 40,000 papers pass. */
const MOST_KEYS = 2_000_000;

/** Keys up to so many times their number are sorted by marking them. */
const MOST_SPARSE = 100;

export interface FilterKeysDeps {
  prepared: Prepared;
  memory: FilterMemory;
  ways: FilterWays;
}

/**
 * Resolves filters to the keys of the papers that pass, ascending; `excludedKeys` is not applied. Callers share the
 * lists, which are remembered until papers change: nobody may change one. What a list costs the first time is linear in
 * the papers that its most selective condition lets through.
 */
export function createFilterKeys({ prepared, memory, ways }: FilterKeysDeps) {
  const remembered = memory.memory<readonly PaperKey[]>({
    most: MOST_KEYS,
    // An entry's own cost counts as some keys, so that empty lists are bounded as well.
    sizeOf: (keys) => keys.length + 50,
  });
  const keysOf = (filter: PaperFilter): readonly PaperKey[] => remembered(filter, () => resolved(filter));
  const resolved = (filter: PaperFilter): readonly PaperKey[] => {
    const { categories, excludedKeys: _, ...others } = filter;
    const way = ways(filter);
    // Long lists are merged faster than facts or categories are looked up one by one.
    if (categories && restricts(others) && way.isLong) return inBoth(keysOf({ categories }), keysOf(others));
    // One row: with a row a paper most of the time is the driver's.
    const list = prepared<string>(
      `SELECT json_group_array(${way.alias}.key) FROM ${way.from} ${whereClause(way.where)}`,
    );
    return ascending(JSON.parse(list.pluck().get(...way.params) ?? '[]') as PaperKey[]);
  };
  return keysOf;
}

export type FilterKeys = ReturnType<typeof createFilterKeys>;

/** Ascending, each once. Sorted here: SQLite sorts rows through a tree on the side, several times slower. */
function ascending(keys: PaperKey[]): PaperKey[] {
  if (keys.every((key, at) => at === 0 || key > (keys[at - 1] as PaperKey))) return keys;
  const highest = keys.reduce((most, key) => Math.max(most, key), 0);
  if (highest > MOST_SPARSE * keys.length) return [...new Set(Float64Array.from(keys).sort())];
  // Keys lie close together: marking them on a list of all is faster than comparing them.
  const isIn = new Uint8Array(highest + 1);
  for (const key of keys) isIn[key] = 1;
  const sorted: PaperKey[] = [];
  for (let key = isIn.indexOf(1); key >= 0; key = isIn.indexOf(1, key + 1)) sorted.push(key);
  return sorted;
}

/** Of two ascending lists. */
function inBoth(a: readonly PaperKey[], b: readonly PaperKey[]): PaperKey[] {
  let at = 0;
  return a.filter((key) => {
    while (at < b.length && (b[at] as PaperKey) < key) at++;
    return b[at] === key;
  });
}
