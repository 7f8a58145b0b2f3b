import { type AuthorName, authorName, titleKey } from '../identity.ts';
import { firstDayOf, type IncomingPaper, type Paper, type PaperFilter, textHash } from '../paper.ts';
import { trendOf } from '../trend.ts';
import type { StoredPaper } from './paper-store.ts';

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
  language: string | null;
  version: number | null;
  text_hash: string;
  trend: number;
  added_at: string;
  updated_at: string;
}

export type WritableRow = Omit<PaperRow, 'key' | 'id' | 'added_at'>;

/** What a paper is told from. */
type ToldColumns = Omit<
  PaperRow,
  'key' | 'title_key' | 'day' | 'version' | 'text_hash' | 'trend' | 'added_at' | 'updated_at'
>;

/** The columns of `ToldRow`, of `papers p` and `paper_ids i`. */
export const TOLD_COLUMNS =
  'p.key, i.id, p.title, p.abstract, p.authors, p.date, p.categories, p.source, p.url, p.doi, p.arxiv_id, p.venue, ' +
  'p.upvotes, p.comment_count, p.organization, p.author_count, p.code_url, p.comment, p.language';

/** As an array: the driver takes longer to make an object of a row. */
export type ToldRow = [
  ...[key: number, id: string, title: string, abstract: string, authors: string, date: string | null],
  ...[categories: string, source: string, url: string | null, doi: string | null, arxivId: string | null],
  ...[venue: string | null, upvotes: number | null, commentCount: number | null, organization: string | null],
  ...[authorCount: number | null, codeUrl: string | null, comment: string | null, language: string | null],
];

/** A row of `TOLD_COLUMNS` as the paper that it tells. */
export function storedOf(row: ToldRow): StoredPaper {
  return {
    key: row[0],
    paper: paperOf({
      id: row[1],
      title: row[2],
      abstract: row[3],
      authors: row[4],
      date: row[5],
      categories: row[6],
      source: row[7],
      url: row[8],
      doi: row[9],
      arxiv_id: row[10],
      venue: row[11],
      upvotes: row[12],
      comment_count: row[13],
      organization: row[14],
      author_count: row[15],
      code_url: row[16],
      comment: row[17],
      language: row[18],
    }),
  };
}

export function paperOf(row: ToldColumns): Paper {
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
    ...(row.language !== null && { language: row.language }),
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
    language: paper.language ?? null,
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
 * A filter as SQL conditions on `papers p`, with their parameters. `excludedKeys` is the caller's. The conditions are in
 * the very expressions of the indexes of facts (src/store/migrations.ts), so that those answer without the papers' rows.
 */
export function filterSql(filter: PaperFilter | undefined): { where: string[]; params: unknown[] } {
  const where: string[] = [];
  const params: unknown[] = [];
  const add = ([sql, value]: [string, unknown]) => {
    where.push(sql);
    params.push(value);
  };
  if (filter?.categories !== undefined) {
    const [is, value] = isAnyOf('c.category', filter.categories);
    add([`EXISTS (SELECT 1 FROM paper_categories c WHERE c.key = p.key AND ${is})`, value]);
  }
  for (const condition of dateConditions('p', filter)) add(condition);
  if (filter?.sources !== undefined) add(isAnyOf('p.source', filter.sources));
  if (filter?.minUpvotes !== undefined) add(['coalesce(p.upvotes, 0) >= ?', filter.minUpvotes]);
  if (filter?.hasCode !== undefined) add(['(p.code_url IS NULL) = ?', filter.hasCode ? 0 : 1]);
  if (filter?.knownAt !== undefined) add(['p.added_at <= ?', filter.knownAt]);
  return { where, params };
}

/** The days of a filter, as conditions on a table's column `day`; '' is an unknown one. */
export function dateConditions(
  table: string,
  { from, to }: Pick<PaperFilter, 'from' | 'to'> = {},
): [sql: string, value: string][] {
  const conditions: [string, string][] = [];
  if (from !== undefined) conditions.push([`${table}.day >= ?`, from]);
  if (to !== undefined) conditions.push([`${table}.day > '' AND ${table}.day <= ?`, to]);
  return conditions;
}

/** That a column has one of some values: of a single one an index keeps its order. */
export function isAnyOf(column: string, values: readonly string[]): [sql: string, value: string] {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return [`${column} = ?`, only];
  return [`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)];
}
