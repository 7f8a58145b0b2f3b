import { z } from 'zod';
import { dayBefore } from '../days.ts';
import { AppError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { DAILY_PAPERS_SOURCE, dailyPaperItem } from './daily-papers-item.ts';
import { type Period, periodOf, periodsBetween } from './daily-papers-periods.ts';
import type { Feed, FeedCursor, FeedOptions, FeedPage } from './feed.ts';
import { jsonAnswer } from './json-answer.ts';
import { baseUrl, isoDay } from './record-fields.ts';

/** Papers of one request, the most that the API gives. */
const PAGE_SIZE = 100;
/** A listing that goes on for longer is none. */
const MAX_PAGES = 100;
/** A hundred papers of thousands of authors each. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Without a cursor and a first day, so many days before today are read. */
const FIRST_DAYS = 7;
/** A longer mark of an answer's version is not worth keeping. */
const MAX_ETAG_LENGTH = 200;

export const dailyPapersOptions = z.strictObject({
  url: baseUrl('https://huggingface.co'),
  /** The listings that are read: of days, ISO weeks or months; or those that trend now, a hundred at most. */
  by: z.enum(['date', 'week', 'month', 'trending']).default('date'),
  /** The first day, when nothing has been read yet; the last seven days by default. */
  from: isoDay.optional(),
  /** So many days before the first unfinished one are read again each time, for their upvotes and comments. */
  refreshDays: z.int().min(0).max(90).default(7),
});
export type DailyPapersOptions = z.output<typeof dailyPapersOptions>;

const cursorSchema = z.object({
  /** All days up to this one were over when they were read. */
  finished: isoDay.nullable(),
  /** The ETags of listings that may be read again, by the name of their period. */
  etags: z.record(z.string(), z.string().max(MAX_ETAG_LENGTH).optional()),
});
type Cursor = z.output<typeof cursorSchema>;
type By = Exclude<DailyPapersOptions['by'], 'trending'>;

/**
 * Hugging Face Daily Papers by its JSON API, `GET /api/daily_papers?date=|week=|month=&p=&limit=`: papers of arXiv that
 * people submitted to a daily listing, with upvotes, comments, organisation and code. No key is needed; the Hub's rate
 * limit holds, which was 500 requests of an address in five minutes in 2026. Abstracts are arXiv's.
 *
 * Days are UTC. A day may be without papers (weekends). Today is read, too, but is finished only when it is over. A
 * listing that is not open yet, which the API answers with 400, is asked for again next time.
 */
export function dailyPapersFeed(options: DailyPapersOptions, { http }: { http: HttpClient }): Feed {
  return {
    source: DAILY_PAPERS_SOURCE,
    pages: (cursor, feedOptions) => {
      const state = cursorOf(cursor);
      const reader = createReader(options.url, http, feedOptions);
      return options.by === 'trending'
        ? trendingPages(state, reader)
        : periodPages({ ...options, by: options.by }, state, reader, feedOptions);
    },
  };
}

const cursorOf = (cursor: FeedCursor | null): Cursor => {
  const parsed = cursorSchema.safeParse(cursor);
  return parsed.success ? parsed.data : { finished: null, etags: {} };
};

async function* trendingPages(state: Cursor, reader: Reader): AsyncGenerator<FeedPage> {
  const page = await reader.page('sort=trending', 0, { etag: state.etags.trending });
  if (typeof page === 'string') return;
  const etags = page.etag === undefined ? {} : { trending: page.etag };
  yield { items: itemsOf(page.items, 'trending'), cursor: { finished: null, etags } };
}

async function* periodPages(
  { by, from, refreshDays }: DailyPapersOptions & { by: By },
  state: Cursor,
  reader: Reader,
  { now }: FeedOptions,
): AsyncGenerator<FeedPage> {
  const today = now.toISOString().slice(0, 10);
  let { finished, etags } = state;
  // Where a clock was wrong, days seem to be finished that have not begun.
  if (finished !== null && finished >= today) finished = dayBefore(today, 1);
  /** The first day that is read: of all that may have changed since a day was finished last. */
  const first = () => {
    if (finished === null) return from ?? dayBefore(today, FIRST_DAYS);
    const refreshed = dayBefore(finished, refreshDays - 1);
    return from !== undefined && refreshed < from ? from : refreshed;
  };
  for (const period of periodsBetween(first(), today, by)) {
    const listing = await readListing(period, { today, reader, etag: etags[period.name] });
    if (listing === 'not open') return;
    const isOver = period.lastDay < today;
    if (isOver && (finished === null || finished < period.lastDay)) finished = period.lastDay;
    if (listing.items !== null) etags = { ...etags, [period.name]: listing.etag };
    const firstKept = periodOf(first(), by).name;
    const kept = Object.entries(etags).filter(([name, etag]) => name >= firstKept && etag !== undefined);
    etags = Object.fromEntries(kept);
    yield { items: itemsOf(listing.items ?? [], period.name), cursor: { finished, etags } };
  }
}

const itemsOf = (items: readonly unknown[], listing: string) =>
  items.map((item, index) => dailyPaperItem(item, `${listing} item ${index + 1}`));

/** All items of a period's listing, each once; `items` is null when nothing has changed since the ETag. */
async function readListing(
  period: Period,
  { today, reader, etag }: { today: string; reader: Reader; etag: string | undefined },
): Promise<{ items: unknown[] | null; etag?: string | undefined } | 'not open'> {
  // Clocks differ: the day that has just ended here may not have begun there.
  const mayBeClosed = period.lastDay >= dayBefore(today, 1);
  const items = new Map<string, unknown>();
  let etagOfAll: string | undefined;
  for (const query of period.queries) {
    for (let number = 0; ; number++) {
      const page = await reader.page(query, number, { etag: number === 0 ? etag : undefined, mayBeClosed });
      if (page === 'unchanged') return { items: null };
      if (page === 'not open') return items.size === 0 ? 'not open' : { items: [...items.values()] };
      const known = items.size;
      for (const item of page.items) items.set(keyOf(item), item);
      // The API leaves out what is hidden, so a page may be short although others follow: the last is an empty one.
      if (items.size === known) break;
      // The ETag of one page says nothing of others, which there may come to be behind a full one.
      const isAlone = number === 0 && period.queries.length === 1 && page.items.length < PAGE_SIZE;
      etagOfAll = isAlone ? page.etag : undefined;
    }
  }
  return { items: [...items.values()], etag: etagOfAll };
}

const keyOf = (item: unknown) => {
  const parsed = z.object({ paper: z.object({ id: z.string() }) }).safeParse(item);
  return parsed.success ? parsed.data.paper.id : JSON.stringify(item);
};

type Reader = ReturnType<typeof createReader>;

function createReader(url: string, http: HttpClient, { signal }: FeedOptions) {
  return {
    /** One page of a listing. Throws `source_failed`. */
    page: async (
      query: string,
      number: number,
      { etag, mayBeClosed = false }: { etag: string | undefined; mayBeClosed?: boolean },
    ): Promise<{ items: unknown[]; etag?: string } | 'unchanged' | 'not open'> => {
      if (number === MAX_PAGES) {
        throw new AppError(
          'source_failed',
          `Expected at most ${MAX_PAGES} pages of Daily Papers (${query}).`,
        );
      }
      const address = `${url}/api/daily_papers?${query}&limit=${PAGE_SIZE}&p=${number}`;
      const request = { url: address, accept: 'application/json', maxBytes: MAX_ANSWER_BYTES, signal };
      const answer = await http.get({ ...request, etag });
      if (answer.status === 304) return 'unchanged';
      if (answer.status === 400 && mayBeClosed) return 'not open';
      const items = jsonAnswer(answer, z.array(z.unknown()), address);
      const isKept = answer.etag !== undefined && answer.etag.length <= MAX_ETAG_LENGTH;
      return { items, ...(isKept && { etag: answer.etag }) };
    },
  };
}
