import { type AuthorName, authorName, titleKey } from '../identity.ts';
import { firstDayOf, type IncomingPaper, type Paper, type PaperFilter, textHash } from '../paper.ts';
import { trendOf } from '../trend.ts';

/** One row of the table `papers`. */
export interface PaperRow {
  key: number;
  id: string;
  title: string;
  title_key: string;
  abstract: string;
  authors: string;
  date: string | null;
  day: string;
  categories: string;
  source: string;
  url: string | null;
  doi: string | null;
  arxiv_id: string | null;
  venue: string | null;
  upvotes: number | null;
  comment_count: number | null;
  organization: string | null;
  author_count: number | null;
  code_url: string | null;
  comment: string | null;
  version: number | null;
  text_hash: string;
  trend: number;
  added_at: string;
  updated_at: string;
}

export type WritableRow = Omit<PaperRow, 'key' | 'id' | 'added_at'>;

export function paperOf(row: PaperRow): Paper {
  return {
    id: row.id,
    title: row.title,
    abstract: row.abstract,
    authors: JSON.parse(row.authors) as string[],
    date: row.date,
    categories: JSON.parse(row.categories) as string[],
    source: row.source,
    ...(row.url !== null && { url: row.url }),
    ...(row.doi !== null && { doi: row.doi }),
    ...(row.arxiv_id !== null && { arxivId: row.arxiv_id }),
    ...(row.venue !== null && { venue: row.venue }),
    ...(row.upvotes !== null && { upvotes: row.upvotes }),
    ...(row.comment_count !== null && { commentCount: row.comment_count }),
    ...(row.organization !== null && { organization: row.organization }),
    ...(row.author_count !== null && { authorCount: row.author_count }),
    ...(row.code_url !== null && { codeUrl: row.code_url }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}

export function rowOf(paper: Paper, version: number | null, now: string): WritableRow {
  const day = paper.date === null ? '' : firstDayOf(paper.date);
  return {
    title: paper.title,
    title_key: titleKey(paper.title),
    abstract: paper.abstract,
    authors: JSON.stringify(paper.authors),
    date: paper.date,
    day,
    categories: JSON.stringify(paper.categories),
    source: paper.source,
    url: paper.url ?? null,
    doi: paper.doi ?? null,
    arxiv_id: paper.arxivId ?? null,
    venue: paper.venue ?? null,
    upvotes: paper.upvotes ?? null,
    comment_count: paper.commentCount ?? null,
    organization: paper.organization ?? null,
    author_count: paper.authorCount ?? null,
    code_url: paper.codeUrl ?? null,
    comment: paper.comment ?? null,
    version,
    text_hash: textHash(paper),
    trend: trendOf(paper.upvotes ?? 0, paper.date),
    updated_at: now,
  };
}

/** Whether a record is of an older version of the paper than the one stored (`v1` after `v2`). */
export function isOutdated(incoming: IncomingPaper, storedVersion: number | null): boolean {
  return incoming.version !== null && storedVersion !== null && incoming.version < storedVersion;
}

/** The rows that a paper has in `paper_categories`: each category, and its archive (`cs` of `cs.LG`). */
export function categoryRows(categories: readonly string[]): string[] {
  return [...new Set(categories.flatMap((name) => [name, name.split('.')[0] ?? name]))];
}

/** The rows that a paper has in `paper_authors`; two authors of one name make one. */
export function authorNames(authors: readonly string[]): AuthorName[] {
  const names = authors.map(authorName).filter((name) => name !== null);
  return [...new Map(names.map((name) => [`${name.family}\n${name.given}`, name])).values()];
}

/**
 * A filter as SQL conditions on `papers p`, with their parameters. `excludedKeys` is the caller's. Upvotes and code
 * are the very expressions of the index `papers_day`, so that it answers without the papers' rows.
 */
export function filterSql(filter: PaperFilter | undefined): { where: string[]; params: unknown[] } {
  const where: string[] = [];
  const params: unknown[] = [];
  const add = (sql: string, ...values: unknown[]) => {
    where.push(sql);
    params.push(...values);
  };
  const marks = (list: readonly string[]) => list.map(() => '?').join(', ');
  if (filter?.from !== undefined) add('p.day >= ?', filter.from);
  if (filter?.to !== undefined) add("p.day <= ? AND p.day <> ''", filter.to);
  if (filter?.categories !== undefined) {
    add(
      `p.key IN (SELECT c.key FROM paper_categories c WHERE c.category IN (${marks(filter.categories)}))`,
      ...filter.categories,
    );
  }
  if (filter?.sources !== undefined) add(`p.source IN (${marks(filter.sources)})`, ...filter.sources);
  if (filter?.minUpvotes !== undefined) add('coalesce(p.upvotes, 0) >= ?', filter.minUpvotes);
  if (filter?.hasCode !== undefined) add('(p.code_url IS NULL) = ?', filter.hasCode ? 0 : 1);
  if (filter?.knownAt !== undefined) add('p.added_at <= ?', filter.knownAt);
  return { where, params };
}
