import type { Readable } from 'node:stream';
import { z } from 'zod';
import { authorsOfLine } from './arxiv-authors.ts';
import { arxivItem } from './arxiv-record.ts';
import { jsonLinesSource } from './json-lines.ts';
import { dayOfMailDate } from './mail-date.ts';
import { isoDay, lenient, lenientList } from './record-fields.ts';
import { type PaperSource, reasonOf, type SourceItem } from './source.ts';

export const arxivSnapshotOptions = z.strictObject({
  /** Papers in at least one of these are kept; `cs` is all of its categories, too. All, when there are none. */
  categories: z
    .array(z.string().regex(/^[a-z-]+(?:\.[A-Za-z-]+)?$/, 'expected a category of arXiv, such as cs.LG'))
    .max(100)
    .default([]),
  /** Papers whose first version is of this day or later are kept. */
  from: isoDay.optional(),
});
export type ArxivSnapshotOptions = z.output<typeof arxivSnapshotOptions>;

/** A line, as far as it is used. What is left out is counted nowhere: all lines have the same fields. */
const snapshotPaper = z.object({
  id: z.string(),
  title: z.string(),
  abstract: z.string(),
  categories: z.string(),
  authors: lenient(z.string()),
  authors_parsed: lenientList(z.array(z.string())),
  comments: lenient(z.string()),
  'journal-ref': lenient(z.string()),
  doi: lenient(z.string()),
  versions: lenientList(z.object({ version: z.string(), created: z.string() })),
});

/**
 * Papers from the snapshot of arXiv's metadata (JSON Lines, plain or gzip, some gigabytes), one object a line:
 *
 *     {"id": "0704.0001", "submitter": …, "authors": "C. Bal\\'azs, E. L. Berger", "title": …, "comments": …,
 *      "journal-ref": …, "doi": …, "report-no": …, "categories": "hep-ph hep-th", "license": …, "abstract": …,
 *      "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}], "update_date": "2008-11-26",
 *      "authors_parsed": [["Balázs", "C.", ""], …]}
 *
 * The date is that of the first version. Papers whose comments say that they were withdrawn are removals. The metadata
 * is CC0. Memory stays flat. Iterating throws `invalid_input` as `jsonLinesSource` does.
 */
export function arxivSnapshotSource(file: string | Readable, options: ArxivSnapshotOptions): PaperSource {
  return jsonLinesSource(file, (value, at) => itemOf(value, at, options));
}

function itemOf(value: unknown, at: string, { categories, from }: ArxivSnapshotOptions): SourceItem | null {
  const parsed = snapshotPaper.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  const paper = parsed.data;
  const own = paper.categories.trim().split(/\s+/);
  const isOfOne = own.some((name) => categories.some((kept) => name === kept || name.startsWith(`${kept}.`)));
  if (categories.length > 0 && !isOfOne) return null;
  const numbers = paper.versions.map(({ version }) => Number(/^v([1-9]\d{0,2})$/.exec(version)?.[1] ?? 0));
  const first = paper.versions[numbers.indexOf(1)];
  const date = first === undefined ? undefined : (dayOfMailDate(first.created) ?? undefined);
  if (from !== undefined) {
    if (date === undefined) return { at, id: paper.id, reason: 'versions: expected the date of v1' };
    if (date < from) return null;
  }
  return arxivItem(
    {
      id: paper.id,
      version: Math.max(0, ...numbers) || undefined,
      title: paper.title,
      abstract: paper.abstract,
      authors: authorsOf(paper),
      date,
      categories: own,
      doi: paper.doi ?? undefined,
      journalRef: paper['journal-ref'] ?? undefined,
      comment: paper.comments ?? undefined,
    },
    at,
  );
}

/** Names are in parts, family name first: `["Lovelace", "Ada", "", "London"]`; affiliations follow the third. */
function authorsOf({ authors, authors_parsed }: z.output<typeof snapshotPaper>): string[] {
  const names = authors_parsed.map(([family = '', given = '', suffix = '']) =>
    `${given} ${family} ${suffix}`.trim(),
  );
  return names.length > 0 ? names : authorsOfLine(authors ?? '');
}
