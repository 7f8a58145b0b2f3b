import { nextCursor, offsetOf } from '../cursor.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import type { Paper, PaperFilter, PaperKey } from '../paper.ts';
import type { ListingPage, ListingPosition, PaperStore, StoredPaper } from '../store/paper-store.ts';
import type { PeopleStore } from '../store/people-store.ts';
import type { Embedding } from '../vector.ts';
import { centreOf } from './interests.ts';
import { type Interest, MAX_LIKES, type Profile, readProfile } from './profile.ts';
import {
  type Candidate,
  nearestOf,
  popularityOf,
  type Ranked,
  type RecommendationParts,
  rank,
} from './rank.ts';
import { sharedTerms } from './terms.ts';

export const RECOMMEND_LIMITS = {
  /** Recommendations a page, and how deep the list goes. */
  page: 100,
  depth: 100,
} as const;

/** Index searches around liked papers; one more per interest looks at fresh papers only. */
const PROBES = 40;
/** Neighbours that each search brings: few where there are many searches, so that candidates stay within bounds. */
const NEIGHBOURS = { inAll: 1_000, atLeast: 20, atMost: 100 } as const;
const FRESH_DAYS = 30;

/** Trending papers are read in pages of this size, and so many at the most: people dislike whole topics. */
const TRENDING_PAGE = 100;
const MAX_TRENDING_LOOKED_AT = 5_000;

/** A trending paper this similar to a disliked one is not shown. */
const UNWANTED_ABOVE = 0.5;

/** With fewer likes than this, the list is filled up with trending papers. */
export const FEW_LIKES = 3;

/** Why a paper is shown. `text` says it in a sentence; the rest are the facts behind it. */
export type Because =
  | {
      kind: 'liked' | 'saved';
      /** The liked or saved paper that is most similar to this one. */
      paper: { id: string; title: string };
      similarity: number;
      /** The interest that it belongs to: all its liked papers. */
      interest: { papers: string[] };
      sharedTerms: string[];
      text: string;
    }
  | { kind: 'trending' | 'recent'; text: string };

export interface Recommendation {
  paper: Paper;
  score: number;
  parts: Partial<RecommendationParts>;
  because: Because;
}

export interface RecommendAnswer {
  hits: Recommendation[];
  nextCursor: string | null;
  exact: boolean;
  /** Likes and saves that the list rests on, and the interests found in them. */
  basis: { likes: number; interests: number };
}

export interface RecommendDeps {
  store: PaperStore;
  people: Pick<PeopleStore, 'feedback'>;
  index: VectorIndex;
  /** Now, as ISO 8601 UTC; settable for tests and replays. */
  now: () => string;
}

export interface RankedRecommendation extends Recommendation {
  key: PaperKey;
}

/** A page of recommendations for a user: see `recommendations` below. */
export async function recommend(
  deps: RecommendDeps,
  {
    user,
    filter,
    limit,
    cursor,
  }: { user: string; filter?: PaperFilter; limit: number; cursor?: string | null },
): Promise<RecommendAnswer> {
  const scope = [user, filter];
  const offset = offsetOf(cursor, scope, RECOMMEND_LIMITS.depth);
  const answer = await recommendations(deps, {
    user,
    today: deps.now().slice(0, 10),
    // One more than is shown, to know whether there is more.
    limit: Math.min(offset + limit + 1, RECOMMEND_LIMITS.depth),
    ...(filter && { filter }),
  });
  return {
    hits: answer.list.slice(offset, offset + limit).map(({ key: _, ...hit }) => hit),
    nextCursor: nextCursor(offset + limit, answer.list.length, scope),
    exact: answer.exact,
    basis: answer.basis,
  };
}

/**
 * The best papers for a user, best first: candidates near the liked and saved papers, ranked so that every interest
 * has its share, never a paper that the user has judged or that `filter` excludes. With few likes or none, recent
 * and popular papers fill the list, and say so. `today` is the day that freshness counts from.
 */
export async function recommendations(
  deps: RecommendDeps,
  { user, filter, today, limit }: { user: string; filter?: PaperFilter; today: string; limit: number },
): Promise<{ list: RankedRecommendation[]; exact: boolean; basis: RecommendAnswer['basis'] }> {
  const profile = await readProfile(deps, user);
  const excludedKeys = [...profile.judged, ...(filter?.excludedKeys ?? [])];
  const allowed: PaperFilter = { ...filter, excludedKeys };
  const { candidates, exact } = await candidatesFor(deps, profile, allowed, today);
  const ranked = profile.interests.length === 0 ? [] : rank(candidates, profile, { today, limit });
  const list = await withReasons(deps, ranked);
  if (profile.likes.length < FEW_LIKES && list.length < limit) {
    const known = [...excludedKeys, ...list.map(({ key }) => key)];
    const fill = await trending(deps, profile, { ...filter, excludedKeys: known }, limit - list.length);
    // Their scores continue below the personal ones: they are not on the scale of similarity.
    list.push(...fill.map((entry, at) => ({ ...entry, score: -at / RECOMMEND_LIMITS.depth })));
  }
  return { list, exact, basis: { likes: profile.likes.length, interests: profile.interests.length } };
}

async function candidatesFor(
  { store, index }: RecommendDeps,
  { interests }: Profile,
  filter: PaperFilter,
  today: string,
): Promise<{ candidates: Candidate[]; exact: boolean }> {
  const freshFrom = new Date(Date.parse(today) - FRESH_DAYS * 86_400_000).toISOString().slice(0, 10);
  const fresh = { ...filter, from: filter.from && filter.from > freshFrom ? filter.from : freshFrom };
  const searches = [
    ...probesOf(interests).map((probe) => ({ probe, filter })),
    ...interests.slice(0, PROBES).map(({ likes }) => ({
      probe: centreOf(likes.map(({ embedding }) => embedding)),
      filter: fresh,
    })),
  ];
  const share = Math.floor(NEIGHBOURS.inAll / Math.max(1, searches.length));
  const neighbours = Math.min(NEIGHBOURS.atMost, Math.max(NEIGHBOURS.atLeast, share));
  const found = await Promise.all(
    searches.map(({ probe, filter: wanted }) => index.nearest(probe, { limit: neighbours, filter: wanted })),
  );
  const keys = [...new Set(found.flatMap(({ neighbours }) => neighbours.map(({ key }) => key)))];
  const embeddings = await index.embeddings(keys);
  const papers = await store.papersByKeys(keys);
  const candidates = papers.flatMap(({ key, paper }) => {
    const embedding = embeddings.get(key);
    return embedding ? [{ key, paper, embedding }] : [];
  });
  return { candidates, exact: found.every(({ exact }) => exact) };
}

/** Liked papers to search around: the latest of each interest in turn, so that each interest is searched. */
function probesOf(interests: readonly Interest[]) {
  const probes = [];
  for (let turn = 0; turn < MAX_LIKES && probes.length < PROBES; turn++) {
    for (const { likes } of interests) {
      const like = likes[turn];
      if (like && probes.length < PROBES) probes.push(like.embedding);
    }
  }
  return probes;
}

async function withReasons(
  { store }: RecommendDeps,
  ranked: readonly Ranked[],
): Promise<RankedRecommendation[]> {
  const keys = [...new Set(ranked.map(({ carrier }) => carrier.feedback.key))];
  const carriers = new Map((await store.papersByKeys(keys)).map(({ key, paper }) => [key, paper]));
  return ranked.flatMap(({ key, paper, score, parts, carrier, carrierSimilarity, interest }) => {
    const liked = carriers.get(carrier.feedback.key);
    if (!liked) return [];
    const terms = sharedTerms(liked, paper);
    const verb = carrier.feedback.signal === 'save' ? 'saved' : 'liked';
    const because: Because = {
      kind: verb,
      paper: { id: liked.id, title: liked.title },
      similarity: carrierSimilarity,
      interest: { papers: interest.likes.map(({ feedback }) => feedback.paperId) },
      sharedTerms: terms,
      text:
        `Similar to "${liked.title}", which you ${verb}` +
        (terms.length > 0 ? ` (both: ${terms.slice(0, 3).join(', ')}).` : '.'),
    };
    return [{ key, paper, score, parts, because }];
  });
}

/** Recent and popular papers, by the store's trending order, without those that are like a disliked one. */
async function trending(
  deps: RecommendDeps,
  { dislikes }: Profile,
  filter: PaperFilter,
  limit: number,
): Promise<Omit<RankedRecommendation, 'score'>[]> {
  const wanted: StoredPaper[] = [];
  let after: ListingPosition | null = null;
  for (let looked = 0; wanted.length < limit && looked < MAX_TRENDING_LOOKED_AT; looked += TRENDING_PAGE) {
    const page: ListingPage = await deps.store.list({
      filter,
      sort: 'trending',
      limit: TRENDING_PAGE,
      after,
    });
    wanted.push(...(await withoutDisliked(deps, page.papers, dislikes)));
    after = page.next;
    if (!after) break;
  }
  return wanted.slice(0, limit).map(({ key, paper }) => {
    const upvotes = paper.upvotes ?? 0;
    const because: Because =
      upvotes > 0
        ? { kind: 'trending', text: `Trending: ${upvotes} upvotes${paper.date ? `, ${paper.date}` : ''}.` }
        : {
            kind: 'recent',
            text: paper.date ? `Recent: ${paper.date}.` : 'From the library; its date is not known.',
          };
    return { key, paper, parts: { popularity: popularityOf(paper) }, because };
  });
}

async function withoutDisliked(
  { index }: RecommendDeps,
  papers: StoredPaper[],
  dislikes: readonly Embedding[],
) {
  if (dislikes.length === 0) return papers;
  const embeddings = await index.embeddings(papers.map(({ key }) => key));
  return papers.filter(({ key }) => {
    const embedding = embeddings.get(key);
    return embedding === undefined || nearestOf(embedding, dislikes) <= UNWANTED_ABOVE;
  });
}
