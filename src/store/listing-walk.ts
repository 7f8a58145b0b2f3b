import type { PaperFilter } from '../paper.ts';
import { trendOf } from '../trend.ts';
import { FACTS, type FilterWays, whereClause } from './filter-ways.ts';
import { dateConditions, filterSql } from './paper-row.ts';
import type { ListingPosition, ListingSort } from './paper-store.ts';
import type { Prepared } from './prepared.ts';

/** Far more than a logarithm is off by, far less than a day is worth. */
const ROUNDING = 1e-6;

export const SORT_COLUMN = { newest: 'day', trending: 'trend' } as const;

interface WalkOptions {
  sort: ListingSort;
  limit: number;
  after: ListingPosition | null;
}

interface WalkDeps {
  prepared: Prepared;
  ways: FilterWays;
}

/** An index in the order of a listing, and what is left to ask of its papers. */
interface Stream {
  from: string;
  alias: 'c' | 'p';
  where: string[];
  params: unknown[];
}

/**
 * Reads the papers of a filter off an index in the order of a listing, until there are enough of them. Where sources or
 * categories are asked for, only their papers are passed; those of each are read alone, and merged.
 */
export function createListingWalk({ prepared, ways }: WalkDeps) {
  const mostUpvotes = () =>
    prepared<number | null>('SELECT max(coalesce(upvotes, 0)) FROM papers INDEXED BY papers_upvotes')
      .pluck()
      .get() ?? 0;

  const walked = (stream: Stream, filter: PaperFilter, { sort, limit, after }: WalkOptions) => {
    const { from, alias, where, params } = stream;
    const value = `${alias}.${SORT_COLUMN[sort]}`;
    const conditions: [string, ...unknown[]][] = [];
    const { least, most } =
      sort === 'newest' ? { least: null, most: filter.to ?? null } : trendBounds(filter, mostUpvotes);
    // One bound from above, so that SQLite cannot take the wider one.
    if (after && (most === null || after.value <= most)) {
      conditions.push([`(${value}, ${alias}.key) < (?, ?)`, after.value, after.key]);
      if (sort === 'newest' && most !== null) conditions.push([`${value} > ''`]);
    } else if (most !== null) {
      conditions.push([sort === 'newest' ? `${value} > '' AND ${value} <= ?` : `${value} <= ?`, most]);
    }
    if (least !== null) conditions.push([`${value} >= ?`, least]);
    const { to, ...newest } = filter;
    conditions.push(...dateConditions(alias, sort === 'newest' ? newest : filter));
    const all = [...where, ...conditions.map(([sql]) => sql)];
    return prepared<ListingPosition>(
      `SELECT ${alias}.key, ${value} AS value FROM ${from} ${whereClause(all)}
       ORDER BY ${value} DESC, ${alias}.key DESC LIMIT ?`,
    ).all(...params, ...conditions.flatMap(([, ...values]) => values), limit);
  };

  return (filter: PaperFilter, options: WalkOptions): ListingPosition[] => {
    const streams = streamsOf(filter, options.sort, ways);
    const found = streams.flatMap((stream) => walked(stream, filter, options));
    return (streams.length > 1 ? inOrder(found) : found).slice(0, options.limit);
  };
}

/** A stream for each of the categories or of the sources, whichever are fewer papers; or one of all papers. */
function streamsOf(filter: PaperFilter, sort: ListingSort, ways: FilterWays): Stream[] {
  const { categories, sources, from: _from, to: _to, excludedKeys: _, ...facts } = filter;
  const column = SORT_COLUMN[sort];
  if (categories && !(sources && ways({ categories, sources }).alias === 'p')) {
    const others = filterSql({ ...facts, ...(sources && { sources }) });
    const index = `paper_categories c INDEXED BY paper_categories_${column}`;
    return [...new Set(categories)].map((category) => ({
      from: others.where.length === 0 ? index : `${index} CROSS JOIN ${FACTS} ON p.key = c.key`,
      alias: 'c',
      where: ['c.category = ?', ...others.where],
      params: [category, ...others.params],
    }));
  }
  const others = filterSql({ ...facts, ...(categories && { categories }) });
  if (!sources) return [{ from: `papers p INDEXED BY papers_${column}`, alias: 'p', ...others }];
  const index = sort === 'newest' ? 'papers_source' : 'papers_source_trend';
  return [...new Set(sources)].map((source) => ({
    from: `papers p INDEXED BY ${index}`,
    alias: 'p',
    where: ['p.source = ?', ...others.where],
    params: [source, ...others.params],
  }));
}

/** Between which values of the trending order (src/trend.ts) the papers of some days lie, whatever their upvotes. */
function trendBounds({ from, to, minUpvotes = 0 }: PaperFilter, mostUpvotes: () => number) {
  const known = (trend: number) => (Number.isFinite(trend) ? trend : null);
  return {
    least: from === undefined ? null : known(trendOf(minUpvotes, from) - ROUNDING),
    most: to === undefined ? null : known(trendOf(mostUpvotes(), to) + ROUNDING),
  };
}

/** Positions in the order of a listing, the highest values first, each paper once. */
export function inOrder(positions: readonly ListingPosition[]): ListingPosition[] {
  const all = [...new Map(positions.map((position) => [position.key, position])).values()];
  return all.sort((a, b) => (a.value === b.value ? b.key - a.key : a.value < b.value ? 1 : -1));
}
