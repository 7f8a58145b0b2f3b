import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { type OaiRequest, oaiReader } from './arxiv-oai-answer.ts';
import { ARXIV_SOURCE } from './arxiv-record.ts';
import type { Feed, FeedCursor, FeedOptions, FeedPage } from './feed.ts';
import { baseUrl, isoDay } from './record-fields.ts';
import { shortened } from './source.ts';

/** A harvest of one set is begun so often in a run: where every token expires, another time would end alike. */
const MOST_BEGINNINGS = 3;
/** The key of what is harvested when no sets are named. */
const EVERYTHING = '';

export const arxivOaiOptions = z.strictObject({
  url: baseUrl('https://oaipmh.arxiv.org/oai'),
  /** Set specs, as `ListSets` gives them: `cs`, `cs:cs:LG`, `physics:hep-th`. Everything, when there are none. */
  sets: z
    .array(
      z.string().regex(/^[\w.!~*'()-]+(?::[\w.!~*'()-]+)*$/, 'expected the spec of a set, such as cs:cs:LG'),
    )
    .max(100)
    .default([]),
  /** Without a cursor, papers that changed since this day; all of arXiv by default. */
  from: isoDay.optional(),
});
export type ArxivOaiOptions = z.output<typeof arxivOaiOptions>;

/** How far the harvest of a set has come. */
const setSchema = z.object({
  /** The day that a harvest asks from; null for the beginning of arXiv. */
  from: isoDay.nullable(),
  /** A harvest that is under way. */
  harvest: z
    .object({
      /** The day on which it began, by the repository's clock: the next one asks from it. */
      begun: isoDay,
      token: z.string().max(10_000),
      expires: z.string().max(100).nullable(),
    })
    .nullable(),
});
type SetState = z.output<typeof setSchema>;
const cursorSchema = z.object({ sets: z.record(z.string(), setSchema) });

/**
 * All changes of arXiv by OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): new papers, new
 * versions, changed metadata, and papers that are gone. Terms: one request in three seconds, over one connection; the
 * metadata is CC0.
 *
 * Records are asked for as `arXivRaw`: it has all versions with their dates, and tells which were withdrawn. The format
 * `arXiv`, which has neither, would give authors' names in parts.
 *
 * A harvest asks for what changed since the day on which the one before began, by the repository's own clock
 * (`responseDate`; answers come out of caches, too): that day is told again, and nothing is missed. There is no `until`,
 * as records that change during the harvest would drop out of it. The cursor has that day for each set, and within a
 * harvest the resumption token; where that has expired, the harvest begins again from its day.
 */
export function arxivOaiFeed(options: ArxivOaiOptions, { http }: { http: HttpClient }): Feed {
  return {
    source: ARXIV_SOURCE,
    pages: (cursor, feedOptions) => harvestAll(options, http, cursor, feedOptions),
  };
}

async function* harvestAll(
  { url, sets, from }: ArxivOaiOptions,
  http: HttpClient,
  cursor: FeedCursor | null,
  { now, signal }: FeedOptions,
): AsyncGenerator<FeedPage> {
  const read = oaiReader(url, { http, signal });
  const parsed = cursorSchema.safeParse(cursor);
  const states = new Map<string, SetState>();
  for (const set of sets.length === 0 ? [EVERYTHING] : sets) {
    const saved = parsed.success && Object.hasOwn(parsed.data.sets, set) ? parsed.data.sets[set] : undefined;
    states.set(set, saved ?? { from: from ?? null, harvest: null });
  }
  for (const [set, state] of states) {
    for await (const { items, state: next } of harvest(set, state, now, read)) {
      states.set(set, next);
      yield { items, cursor: { sets: Object.fromEntries(states) } };
    }
  }
}

async function* harvest(
  set: string,
  state: SetState,
  now: Date,
  read: ReturnType<typeof oaiReader>,
): AsyncGenerator<{ items: FeedPage['items']; state: SetState }> {
  let under = state.harvest;
  if (under !== null && hasExpired(under.expires, now)) under = null;
  for (let beginnings = under === null ? 1 : 0; ; ) {
    const request: OaiRequest = under === null ? { set, from: state.from } : { token: under.token };
    const answer = await read(request);
    if (answer === 'bad token') {
      if (++beginnings > MOST_BEGINNINGS) throw alwaysExpires(set);
      under = null;
      continue;
    }
    const { items, day, token, expires } = answer;
    if (token !== null && token === under?.token) throw turnsInCircles(token);
    const begun = under?.begun ?? day;
    under = token === null ? null : { begun, token, expires };
    yield {
      items,
      state: under === null ? { from: begun, harvest: null } : { from: state.from, harvest: under },
    };
    if (under === null) return;
  }
}

/** Tokens of arXiv are positions in a list that changes: an old one is not used although it may be taken. */
const hasExpired = (expires: string | null, now: Date) =>
  expires !== null && Date.parse(expires) <= now.getTime();

const alwaysExpires = (set: string) =>
  new AppError(
    'source_failed',
    `Every harvest of arXiv by OAI-PMH (${set || 'everything'}) was cut off by a token that had expired.`,
  );

const turnsInCircles = (token: string) =>
  new AppError('source_failed', `arXiv's OAI-PMH gave the resumption token "${shortened(token)}" twice.`);
