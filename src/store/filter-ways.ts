import type { PaperFilter } from '../paper.ts';
import { filterSql, isAnyOf } from './paper-row.ts';
import type { Prepared } from './prepared.ts';

/** Entries of an index that are counted to compare how many papers conditions let through. */
const MOST_COUNTED = 10_000;

/** How the papers of a filter are got at: by its most selective condition, the others beside it. */
export interface Way {
  from: string;
  /** What has the columns `key`, `day` and `trend` in it. */
  alias: 'c' | 'p';
  where: string[];
  params: unknown[];
  /** Whether more than `MOST_COUNTED` papers are looked at. */
  isLong: boolean;
  /** Whether a paper can come more than once. */
  repeats: boolean;
}

export const whereClause = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;

/** All papers with their facts, in the order of their keys. */
export const FACTS = 'papers p INDEXED BY papers_facts';

/** Finds ways to the papers of filters; `excludedKeys` is the caller's. */
export function createFilterWays(prepared: Prepared) {
  const counted = ({ from, where, params }: Pick<Way, 'from' | 'where' | 'params'>): number =>
    prepared<number>(
      `SELECT count(*) FROM (SELECT 1 FROM ${from} ${whereClause(where)} LIMIT ${MOST_COUNTED})`,
    )
      .pluck()
      .get(...params) ?? 0;
  return (filter: PaperFilter): Way => {
    const ways = [...byCategories(filter), ...byFacts(filter)];
    const [only] = ways;
    if (only && ways.length === 1 && !filter.categories) return { ...only.way, isLong: true };
    const entries = ways.map(({ alone }) => counted(alone));
    const least = Math.min(...entries);
    const best = ways[entries.indexOf(least)];
    const isLong = least >= MOST_COUNTED;
    return best ? { ...best.way, isLong } : { ...all(FACTS, filter), isLong };
  };
}

export type FilterWays = ReturnType<typeof createFilterWays>;

/** A way, and its own condition alone, by which it is chosen. */
interface Choice {
  way: Omit<Way, 'isLong'>;
  alone: Pick<Way, 'from' | 'where' | 'params'>;
}

const all = (from: string, filter: PaperFilter) => ({
  ...{ from, alias: 'p' as const, repeats: false },
  ...filterSql(filter),
});

function byCategories({ categories, ...others }: PaperFilter): Choice[] {
  if (categories === undefined) return [];
  const [is, value] = isAnyOf('c.category', categories);
  const facts = filterSql(others);
  const alone = { from: 'paper_categories c', where: [is], params: [value] };
  // The facts only where they are asked for: a category's papers are found in its own index.
  const from = facts.where.length === 0 ? alone.from : `${alone.from} CROSS JOIN ${FACTS} ON p.key = c.key`;
  return [
    {
      way: {
        ...{ from, alias: 'c', repeats: categories.length > 1 },
        where: [is, ...facts.where],
        params: [value, ...facts.params],
      },
      alone,
    },
  ];
}

function byFacts(filter: PaperFilter): Choice[] {
  const { from, to, sources, minUpvotes, hasCode } = filter;
  const conditions: [index: string, PaperFilter][] = [];
  if (sources !== undefined) conditions.push(['papers_source', { sources }]);
  if (minUpvotes !== undefined) conditions.push(['papers_upvotes', { minUpvotes }]);
  if (hasCode !== undefined) conditions.push(['papers_code', { hasCode }]);
  const days = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  if (from !== undefined || to !== undefined) conditions.push(['papers_day', days]);
  return conditions.map(([index, condition]) => {
    const source = `papers p INDEXED BY ${index}`;
    return { way: all(source, filter), alone: { from: source, ...filterSql(condition) } };
  });
}
