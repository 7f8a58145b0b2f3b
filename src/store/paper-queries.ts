import { type PaperFilter, restricts } from '../paper.ts';
import type { FilterKeys } from './filter-keys.ts';
import type { FilterMemory } from './filter-memory.ts';
import { type FilterWays, whereClause } from './filter-ways.ts';
import { createListingWalk, inOrder, SORT_COLUMN } from './listing-walk.ts';
import { filterSql } from './paper-row.ts';
import type { ListingPosition, ListingSort, PaperStore } from './paper-store.ts';
import type { Prepared } from './prepared.ts';

/** So few papers of a filter are put in order at once, and remembered: to walk to them past all others takes longer. */
const FEW = 500;

/** Filters whose totals are remembered, and positions in the order of few papers. */
const MOST_TOTALS = 10_000;
const MOST_POSITIONS = 500_000;

interface ListingDeps {
  prepared: Prepared;
  memory: FilterMemory;
  ways: FilterWays;
  keysOfFilter: FilterKeys;
}

/** A page of a listing, without the papers themselves. */
export interface PositionPage {
  positions: ListingPosition[];
  next: ListingPosition | null;
  total: number;
}

/**
 * `PaperStore.list`, without the papers. Keyset paging, so that a page costs the same wherever it is. Totals are counted
 * in indexes and remembered until papers change.
 */
export function createListing({ prepared, memory, ways, keysOfFilter }: ListingDeps) {
  const totals = memory.memory<number>({ most: MOST_TOTALS, sizeOf: () => 1 });
  const sizeOf = (positions: readonly ListingPosition[]) => positions.length + 50;
  const orders = {
    newest: memory.memory<readonly ListingPosition[]>({ most: MOST_POSITIONS, sizeOf }),
    trending: memory.memory<readonly ListingPosition[]>({ most: MOST_POSITIONS, sizeOf }),
  };
  const walk = createListingWalk({ prepared, ways });

  const first = (sql: string, params: readonly unknown[]): number =>
    prepared<number>(sql)
      .pluck()
      .get(...params) ?? 0;

  const counted = ({ excludedKeys: _, ...filter }: PaperFilter): number => {
    const { categories, sources, ...others } = filter;
    if (!categories && !restricts(others)) {
      const { where, params } = filterSql(filter);
      return first(`SELECT sum(papers) FROM source_counts p ${whereClause(where)}`, params);
    }
    const { from, where, params, repeats, isLong } = ways(filter);
    const isJoined = categories !== undefined && (sources !== undefined || restricts(others));
    if (repeats || (isJoined && isLong)) return keysOfFilter(filter).length;
    return first(`SELECT count(*) FROM ${from} ${whereClause(where)}`, params);
  };

  const allInOrder = (filter: PaperFilter, sort: ListingSort) => {
    const { alias, from, where, params } = ways(filter);
    const columns = `${alias}.key, ${alias}.${SORT_COLUMN[sort]} AS value`;
    return inOrder(
      prepared<ListingPosition>(`SELECT ${columns} FROM ${from} ${whereClause(where)}`).all(...params),
    );
  };

  return ({ filter = {}, sort, limit, after = null }: Parameters<PaperStore['list']>[0]): PositionPage => {
    const total = totals(filter, () => counted(filter));
    const excluded = new Set(filter.excludedKeys);
    const wanted = limit + 1 + excluded.size;
    const found =
      total <= FEW
        ? behind(
            orders[sort](filter, () => allInOrder(filter, sort)),
            after,
          )
        : walk(filter, { sort, limit: wanted, after });
    const shown = found.filter(({ key }) => !excluded.has(key)).slice(0, limit + 1);
    const positions = shown.slice(0, limit);
    return { positions, next: shown.length > limit ? (positions.at(-1) ?? null) : null, total };
  };
}

/** What comes after a position. */
function behind(
  positions: readonly ListingPosition[],
  after: ListingPosition | null,
): readonly ListingPosition[] {
  if (!after) return positions;
  const { key, value } = after;
  const at = positions.findIndex((one) => one.value < value || (one.value === value && one.key < key));
  return at < 0 ? [] : positions.slice(at);
}
