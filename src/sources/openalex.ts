import { z } from 'zod';
import { dayBefore } from '../days.ts';
import { AppError } from '../errors.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import type { Feed, FeedCursor, FeedOptions, FeedPage } from './feed.ts';
import { jsonAnswer } from './json-answer.ts';
import { OPENALEX_SOURCE, openAlexItem, WORK_FIELDS } from './openalex-work.ts';
import { baseUrl, isoDay } from './record-fields.ts';

/** Works of one request, the most that the API gives. */
const PAGE_SIZE = 100;
/** A hundred works of a hundred authors and as many locations each. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Without a cursor and a first day, so many days before today are read. */
const FIRST_DAYS = 7;
/** Works appear in OpenAlex days or weeks after they are published, but soon after OpenAlex has changed them. */
const OVERLAP_DAYS = { from: 30, fromUpdated: 2 };

export const openAlexOptions = z
  .strictObject({
    url: baseUrl('https://api.openalex.org'),
    /** Words that titles, abstracts and full texts are searched for. */
    search: z.string().trim().min(1).max(500).optional(),
    /** As the API writes it: `primary_topic.field.id:17,language:en`. */
    filter: z.string().trim().min(1).max(2_000).optional(),
    /** Kinds of works: `article|preprint|review`; all by default. */
    type: z
      .string()
      .regex(/^[a-z-]+(?:\|[a-z-]+)*$/, 'expected kinds such as article|preprint')
      .optional(),
    /** The first day of publication, when nothing has been read yet; the last seven days by default. */
    from: isoDay.optional(),
    /** Instead: the first day on which OpenAlex added or changed a work. Only some plans' keys may ask for it. */
    fromUpdated: isoDay.optional(),
    apiKey: z.string().min(1).max(200).optional(),
    /** An address at which OpenAlex can reach who asks. */
    mailto: z.email().optional(),
  })
  .refine(({ search, filter }) => search !== undefined || filter !== undefined, {
    message: 'expected a filter or a search: all of OpenAlex is read from its snapshot',
  })
  .refine(({ from, fromUpdated }) => from === undefined || fromUpdated === undefined, {
    message: 'expected from or fromUpdated, got both',
    path: ['fromUpdated'],
  })
  .refine(({ fromUpdated, apiKey }) => fromUpdated === undefined || apiKey !== undefined, {
    message: 'expected an apiKey, too',
    path: ['fromUpdated'],
  });
export type OpenAlexOptions = z.output<typeof openAlexOptions>;

const cursorSchema = z.object({
  /** The day that the run under way, or else the next one, begins with. */
  from: isoDay,
  /** The run under way: when it began, and OpenAlex's cursor of the page that follows. */
  run: z.object({ began: isoDay, next: z.string().min(1).max(10_000) }).nullable(),
});
type Cursor = z.output<typeof cursorSchema>;

/**
 * Works of OpenAlex by its API, `GET /works?filter=&search=&select=&per_page=&cursor=`: scholarly works of all fields,
 * CC0. Abstracts are inverted indexes, and many works have none: they are told as rejected. OpenAlex asks for a key,
 * which is free, and answers 401 to what it does not give without one; what a key may ask for in a day is limited.
 *
 * A run reads all works since a day, page by page; a run that is cut goes on with OpenAlex's cursor, or begins again
 * where OpenAlex does not take it any more. The next run begins some days before this one did, since works appear late.
 */
export function openAlexFeed(options: OpenAlexOptions, { http }: { http: HttpClient }): Feed {
  return {
    source: OPENALEX_SOURCE,
    pages: (cursor, feedOptions) => worksPages(options, http, cursorOf(cursor, feedOptions.now), feedOptions),
  };
}

function cursorOf(cursor: FeedCursor | null, now: Date): Cursor | null {
  const parsed = cursorSchema.safeParse(cursor);
  // Where a clock was wrong, a cursor may begin in days to come, which would never be read.
  return parsed.success && parsed.data.from <= now.toISOString() ? parsed.data : null;
}

async function* worksPages(
  options: OpenAlexOptions,
  http: HttpClient,
  cursor: Cursor | null,
  { now, signal }: FeedOptions,
): AsyncGenerator<FeedPage> {
  const today = now.toISOString().slice(0, 10);
  const from = cursor?.from ?? options.from ?? options.fromUpdated ?? dayBefore(today, FIRST_DAYS);
  let run = cursor?.run ?? { began: today, next: '*' };
  /** Whether the next request asks for what a former process was told. */
  let isResumed = cursor?.run != null;
  for (let number = 1; ; number++) {
    const answer = await http.get({
      url: addressOf(options, { from, cursor: run.next }),
      accept: 'application/json',
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    });
    if (isResumed && (answer.status === 400 || answer.status === 404)) {
      isResumed = false;
      run = { began: today, next: '*' };
      continue;
    }
    isResumed = false;
    const { meta, results } = worksOf(answer, options);
    const items = results.map((work, index) => openAlexItem(work, `page ${number} work ${index + 1}`));
    const next = meta.next_cursor;
    // An empty page is the last, whatever it names as the next one; so is a page that names itself.
    if (results.length === 0 || next == null || next === run.next) {
      const begin = dayBefore(
        run.began,
        OVERLAP_DAYS[options.fromUpdated === undefined ? 'from' : 'fromUpdated'],
      );
      yield { items, cursor: { from: begin < from ? from : begin, run: null } };
      return;
    }
    run = { began: run.began, next };
    yield { items, cursor: { from, run } };
  }
}

const worksAnswer = z.object({
  meta: z.object({ next_cursor: z.string().nullish() }),
  results: z.array(z.unknown()),
});

function worksOf(answer: HttpAnswer, { url, apiKey }: OpenAlexOptions): z.output<typeof worksAnswer> {
  if (answer.status === 401) {
    const hint = apiKey === undefined ? 'it wants an apiKey, which is free' : 'it does not take this apiKey';
    throw new AppError('source_failed', `OpenAlex refuses to answer: ${hint}.`);
  }
  return jsonAnswer(answer, worksAnswer, `${url}/works`);
}

function addressOf(options: OpenAlexOptions, { from, cursor }: { from: string; cursor: string }): string {
  const since = options.fromUpdated === undefined ? 'from_publication_date' : 'from_updated_date';
  const filters = [options.filter, options.type && `type:${options.type}`, `${since}:${from}`];
  const parameters = {
    filter: filters.filter((each) => each).join(','),
    search: options.search,
    select: WORK_FIELDS.join(','),
    per_page: String(PAGE_SIZE),
    cursor,
    mailto: options.mailto,
    api_key: options.apiKey,
  };
  const given = Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined);
  return `${options.url}/works?${new URLSearchParams(given)}`;
}
