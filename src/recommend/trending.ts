import type { VectorIndex } from '../index/vector-index.ts';
import type { PaperFilter } from '../paper.ts';
import type { ListingPage, ListingPosition, PaperStore, StoredPaper } from '../store/paper-store.ts';
import { trendOf } from '../trend.ts';
import { dot } from '../vector.ts';
import type { Unwanted } from './profile.ts';
import { freshnessOf, popularityOf, type RecommendationParts } from './rank.ts';

/** Trending papers are read in pages of this size, and so many at the most: people dislike whole topics. */
const PAGE = 100;
const MOST_LOOKED_AT = 5_000;

/** A trending paper whose embedding has this cosine to that of a disliked one, or of a hidden one, is not shown. */
const UNWANTED_ABOVE = { dislike: 0.5, hide: 0.7 } as const;

/** Upvotes of an earlier day are looked up for so many of the newest papers of then, and of those that lead today. */
const MOST_OF_A_PAST_DAY = 500;

export interface TrendingPaper {
  stored: StoredPaper;
  upvotes: number;
  parts: Partial<RecommendationParts>;
  because: { kind: 'trending' | 'recent'; text: string };
}

type Disliked = Pick<Unwanted, 'embedding' | 'signal'>;

const aboveOf = ({ signal }: Disliked) => UNWANTED_ABOVE[signal === 'hide' ? 'hide' : 'dislike'];

interface TrendingRequest {
  filter: PaperFilter;
  limit: number;
  today: string;
  /** ISO 8601 UTC: upvotes as of then; null for now. */
  upvotesAt: string | null;
  disliked: readonly Disliked[];
}

type Deps = { store: Pick<PaperStore, 'list' | 'upvotesAt'>; index: Pick<VectorIndex, 'embeddings'> };

/**
 * Papers by upvotes and age (src/trend.ts), without those that are like a disliked one. Where papers have no upvotes
 * that is their age alone: the newest come first, and are called recent. Papers without a date come last.
 */
export async function trendingPapers(deps: Deps, request: TrendingRequest): Promise<TrendingPaper[]> {
  const { limit, disliked, upvotesAt } = request;
  const order =
    upvotesAt === null ? trendingNow(deps, request.filter) : trendingThen(deps, request, upvotesAt);
  const wanted: { stored: StoredPaper; upvotes: number }[] = [];
  let looked = 0;
  for await (const page of order) {
    wanted.push(...(await withoutDisliked(deps, page, disliked)));
    looked += page.length;
    if (wanted.length >= limit || looked >= MOST_LOOKED_AT) break;
  }
  return wanted.slice(0, limit).map(({ stored, upvotes }) => ({
    stored,
    upvotes,
    parts: { freshness: freshnessOf(stored.paper.date, request.today), popularity: popularityOf(upvotes) },
    because: reasonFor(stored, upvotes),
  }));
}

function reasonFor({ paper: { date } }: StoredPaper, upvotes: number): TrendingPaper['because'] {
  if (upvotes > 0)
    return { kind: 'trending', text: `Trending: ${upvotes} upvotes${date ? `, ${date}` : ''}.` };
  return { kind: 'recent', text: date ? `Recent: ${date}.` : 'From the library; its date is not known.' };
}

async function* trendingNow({ store }: Deps, filter: PaperFilter) {
  let after: ListingPosition | null = null;
  do {
    const page: ListingPage = await store.list({ filter, sort: 'trending', limit: PAGE, after });
    yield page.papers.map((stored) => ({ stored, upvotes: stored.paper.upvotes ?? 0 }));
    after = page.next;
  } while (after);
}

/**
 * The stored order is of today's upvotes: for an earlier day it is made anew of the newest papers and of those that
 * lead today, equals as in the store, so that a list that was made then comes out again.
 */
async function* trendingThen({ store }: Deps, { filter }: TrendingRequest, at: string) {
  const pages = [
    await store.list({ filter, sort: 'newest', limit: MOST_OF_A_PAST_DAY }),
    await store.list({ filter, sort: 'trending', limit: MOST_OF_A_PAST_DAY }),
  ];
  const papers = new Map(pages.flatMap((page) => page.papers).map((stored) => [stored.key, stored]));
  const then = await store.upvotesAt([...papers.keys()], at);
  const known = [...papers.values()].map((stored) => {
    const upvotes = then.get(stored.key) ?? 0;
    return { stored, upvotes, trend: trendOf(upvotes, stored.paper.date) };
  });
  known.sort((a, b) => b.trend - a.trend || b.stored.key - a.stored.key);
  for (let from = 0; from < known.length; from += PAGE) yield known.slice(from, from + PAGE);
}

async function withoutDisliked<T extends { stored: StoredPaper }>(
  { index }: Deps,
  papers: readonly T[],
  disliked: readonly Disliked[],
): Promise<T[]> {
  if (disliked.length === 0) return [...papers];
  const embeddings = await index.embeddings(papers.map(({ stored }) => stored.key));
  return papers.filter(({ stored: { key } }) => {
    const embedding = embeddings.get(key);
    return (
      embedding === undefined || !disliked.some((other) => dot(other.embedding, embedding) > aboveOf(other))
    );
  });
}
