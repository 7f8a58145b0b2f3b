import { z } from 'zod';
import type { HttpClient } from '../http/http-client.ts';
import { arxivApiFeed, arxivApiOptions } from '../sources/arxiv-api.ts';
import { arxivOaiFeed, arxivOaiOptions } from '../sources/arxiv-oai.ts';
import { arxivRssFeed, arxivRssOptions } from '../sources/arxiv-rss.ts';
import { dailyPapersFeed, dailyPapersOptions } from '../sources/daily-papers.ts';
import type { Feed } from '../sources/feed.ts';
import { openAlexFeed, openAlexOptions } from '../sources/openalex.ts';

/** A kind of feed: the settings that it takes, what it makes of them, and how its provider wants to be asked. */
interface FeedKind<Options extends { url: string }> {
  options: z.ZodType<Options>;
  create(options: Options, tools: { http: HttpClient }): Feed;
  /** Feeds of one provider take turns, also among processes. */
  provider: string;
  /** The shortest time between the beginnings of two requests. */
  intervalMs: number;
}

const kind = <Options extends { url: string }>(of: FeedKind<Options>) => of;

/** arXiv asks for one request in three seconds, over one connection (its API's terms of use). */
const ARXIV = { provider: 'arxiv', intervalMs: 3_000 };

export const FEED_KINDS = {
  'daily-papers': kind({
    options: dailyPapersOptions,
    create: dailyPapersFeed,
    provider: 'hugging-face',
    intervalMs: 500,
  }),
  'arxiv-api': kind({ options: arxivApiOptions, create: arxivApiFeed, ...ARXIV }),
  'arxiv-oai': kind({ options: arxivOaiOptions, create: arxivOaiFeed, ...ARXIV }),
  'arxiv-rss': kind({ options: arxivRssOptions, create: arxivRssFeed, ...ARXIV }),
  // Ten a second are allowed.
  openalex: kind({ options: openAlexOptions, create: openAlexFeed, provider: 'openalex', intervalMs: 200 }),
} as const;

export type FeedKindName = keyof typeof FEED_KINDS;
