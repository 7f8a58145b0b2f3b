import type { z } from 'zod';
import type { HttpClient } from '../http/http-client.ts';
import { arxivApiFeed, arxivApiOptions } from '../sources/arxiv-api.ts';
import { arxivOaiFeed, arxivOaiOptions } from '../sources/arxiv-oai.ts';
import { arxivRssFeed, arxivRssOptions } from '../sources/arxiv-rss.ts';
import { dailyPapersFeed, dailyPapersOptions } from '../sources/daily-papers.ts';
import type { Feed } from '../sources/feed.ts';
import { openAlexFeed, openAlexOptions } from '../sources/openalex.ts';

/** A kind of feed: what makes it of its settings, and how its provider wants to be asked. */
interface FeedKind {
  /** Checks the settings, by the kind's own schema. */
  read(given: unknown): z.ZodSafeParseResult<FeedOfSettings>;
  /** Feeds of one provider take turns, also among processes. */
  provider: string;
  /** The pause between two requests, in milliseconds. */
  intervalMs: number;
}

export interface FeedOfSettings {
  /** The settings that a cursor is of: with others of these it would pass papers over. */
  cursorOf: object;
  /** The address that is read, whose host may be asked. */
  url: string;
  open(http: HttpClient): Feed;
}

function readBy<Options extends { url: string }>(
  options: z.ZodType<Options>,
  create: (options: Options, tools: { http: HttpClient }) => Feed,
  cursorOf: (options: Options) => object,
): FeedKind['read'] {
  const reader = options.transform((settings) => ({
    cursorOf: cursorOf(settings),
    url: settings.url,
    open: (http: HttpClient) => create(settings, { http }),
  }));
  return (given) => reader.safeParse(given);
}

/** arXiv asks for one request in three seconds, over one connection (the terms of use of its API). */
const ARXIV = { provider: 'arxiv', intervalMs: 3_000 };

export const FEED_KINDS: Readonly<Record<string, FeedKind>> = {
  'daily-papers': {
    read: readBy(dailyPapersOptions, dailyPapersFeed, ({ by, from }) => ({ by, from })),
    provider: 'hugging-face',
    // 500 in five minutes are allowed to those without a key.
    intervalMs: 700,
  },
  'arxiv-api': {
    read: readBy(arxivApiOptions, arxivApiFeed, ({ query, from }) => ({ query, from })),
    ...ARXIV,
  },
  // Its cursor has a state for each set, and is that of none for a new one.
  'arxiv-oai': { read: readBy(arxivOaiOptions, arxivOaiFeed, ({ from }) => ({ from })), ...ARXIV },
  // Its cursor says itself what it is of.
  'arxiv-rss': { read: readBy(arxivRssOptions, arxivRssFeed, () => ({})), ...ARXIV },
  // Far more are allowed; nobody is in a hurry.
  openalex: {
    read: readBy(openAlexOptions, openAlexFeed, ({ search, filter, type, from, fromUpdated }) => ({
      ...{ search, filter, type, from, fromUpdated },
    })),
    provider: 'openalex',
    intervalMs: 200,
  },
};
