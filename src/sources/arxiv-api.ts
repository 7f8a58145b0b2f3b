import { z } from 'zod';
import { dayBefore, daysBetween } from '../days.ts';
import { AppError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { arxivApiPages, type Window } from './arxiv-api-pages.ts';
import { ARXIV_SOURCE } from './arxiv-record.ts';
import type { Feed, FeedCursor, FeedPage } from './feed.ts';
import { baseUrl, isoDay } from './record-fields.ts';

/** The API gives the first 30,000 papers of a query, whatever it finds. */
const MOST_OF_QUERY = 30_000;
/** Without a cursor and a first day, so many days before today are read. */
const FIRST_DAYS = 7;
/** Queries of more than a thousand results are to be avoided: windows grow while they have fewer than half of it. */
const FEW = 500;
const LONGEST_WINDOW_DAYS = 28;

export const arxivApiOptions = z.strictObject({
  url: baseUrl('https://export.arxiv.org/api/query'),
  /** As the API's `search_query`: `cat:cs.LG OR cat:cs.CL`. */
  query: z.string().trim().min(1).max(2_000),
  /** The first day of submission, when nothing has been read yet; the last seven days by default. */
  from: isoDay.optional(),
  /** So many days that were over are read again each time: papers appear some days after their submission. */
  lookBackDays: z.int().min(0).max(90).default(3),
  pageSize: z.int().min(1).max(2_000).default(200),
});
export type ArxivApiOptions = z.output<typeof arxivApiOptions>;

const cursorSchema = z.object({
  query: z.string(),
  /** The last day that was over when it was read, as all before it; null while there is none. */
  finished: isoDay.nullable(),
});

/**
 * Papers by arXiv's API (`GET /api/query`, Atom 1.0 with OpenSearch counts), which searches by the day of the first
 * submission: new versions of older papers, and papers that moderators held for longer than `lookBackDays`, do not come
 * this way; OAI-PMH has them. Terms: one request in three seconds, over one connection; the metadata is CC0.
 *
 * Days are UTC. They are asked for in windows of some days, oldest first, so that no query has more results than the API
 * gives. The cursor is the last finished day; a window that was cut off is read again from its beginning.
 */
export function arxivApiFeed(options: ArxivApiOptions, { http }: { http: HttpClient }): Feed {
  return {
    source: ARXIV_SOURCE,
    pages: (cursor, { now, signal }) => {
      const today = now.toISOString().slice(0, 10);
      const readPages = arxivApiPages(options, { http, signal });
      return windowPages(options, finishedOf(cursor, options, today), today, readPages);
    },
  };
}

/** The last finished day of a cursor; null for one of another query, and of a clock that was wrong. */
function finishedOf(cursor: FeedCursor | null, { query }: ArxivApiOptions, today: string): string | null {
  const parsed = cursorSchema.safeParse(cursor);
  if (!parsed.success || parsed.data.query !== query) return null;
  const { finished } = parsed.data;
  return finished !== null && finished > today ? null : finished;
}

async function* windowPages(
  options: ArxivApiOptions,
  finishedBefore: string | null,
  today: string,
  readPages: ReturnType<typeof arxivApiPages>,
): AsyncGenerator<FeedPage> {
  let finished = finishedBefore;
  let from = firstDayOf(options, finished, today);
  let days = FIRST_DAYS;
  while (from <= today) {
    const length = Math.min(days, daysBetween(from, today) + 1);
    const window = { from, to: dayBefore(from, 1 - length) };
    let isTooLong = false;
    for await (const { items, total, isLast } of readPages(window)) {
      isTooLong = total > MOST_OF_QUERY;
      if (isTooLong) break;
      if (isLast) {
        finished = laterOf(finished, window.to < today ? window.to : dayBefore(today, 1));
        if (total < FEW) days = Math.min(days * 2, LONGEST_WINDOW_DAYS);
      }
      yield { items, cursor: { query: options.query, finished } };
    }
    if (isTooLong) days = halfOf(window, length);
    else from = dayBefore(window.to, -1);
  }
}

/** The first day that is read: what may have come since the last finished one, but nothing before the settings' first. */
function firstDayOf({ from, lookBackDays }: ArxivApiOptions, finished: string | null, today: string): string {
  if (finished === null) return from ?? dayBefore(today, FIRST_DAYS);
  const again = dayBefore(finished < today ? finished : dayBefore(today, 1), lookBackDays - 1);
  return from === undefined ? again : laterOf(from, again);
}

const laterOf = (day: string | null, other: string) => (day !== null && day > other ? day : other);

/** Half as many days for a window with too many papers. Throws `source_failed` when it is a day already. */
function halfOf({ from }: Window, length: number): number {
  if (length > 1) return Math.ceil(length / 2);
  throw new AppError(
    'source_failed',
    `arXiv's API has more than ${MOST_OF_QUERY} papers of ${from} for this query, and gives no more: narrow it.`,
  );
}
