import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nextCursor, offsetOf } from '../cursor.ts';
import { foldDuplicates } from '../near-duplicates.ts';
import type { Paper, PaperFilter, PaperKey } from '../paper.ts';
import { papersOf } from '../papers-of.ts';
import { findCandidates } from './candidates.ts';
import type { Found, Person, PersonDeps, PersonReader } from './person.ts';
import { type Candidate, listOf, type Ranked, type RecommendationParts, scoreAll } from './rank.ts';
import { type Because, reasonsFor } from './reasons.ts';
import { trendingPapers } from './trending.ts';

export const RECOMMEND_LIMITS = {
  /** Recommendations a page, and how deep the list goes. */
  page: 100,
  depth: 100,
} as const;

/** With fewer likes and seeds than this, the list is filled up with trending papers. */
const FEW_LIKES = 3;

/** Ranked papers beside those asked for, as some are copies of others. */
const SPARE = 50;

/** Papers that were judged, the latest, and as many that were picked, that candidates are compared with for being copies. */
const KNOWN_FOR_COPIES = 1_000;

/** Candidates that must be left of those found without regard to what was judged and picked. */
const ENOUGH_LEFT = 400;

export interface Recommendation {
  paper: Paper;
  score: number;
  parts: Partial<RecommendationParts>;
  because: Because;
}

export interface RankedRecommendation extends Recommendation {
  key: PaperKey;
  /** What the person's interests make of it, before dislikes, day and list; null when it is not personal. */
  ranked: Ranked | null;
}

export interface RecommendAnswer {
  hits: Recommendation[];
  nextCursor: string | null;
  exact: boolean;
  /** Likes, saves and seeds that the list rests on, and the interests found in them. */
  basis: { likes: number; interests: number };
}

export interface RecommendDeps extends PersonDeps {
  persons: PersonReader;
  /** Now, as ISO 8601 UTC; settable for tests and replays. */
  now: () => string;
}

export interface ListRequest {
  user: string;
  filter?: PaperFilter;
  /** The day that freshness counts from. */
  today: string;
  limit: number;
  /** ISO 8601 UTC: use only what was known then. */
  asOf?: string;
  /** Likes to be left out, to see what they change. */
  without?: readonly PaperKey[];
  /** Papers that are candidates whether they are near or not. */
  include?: readonly PaperKey[];
  /** Statistics that rest on papers up to this key, instead of the latest. */
  corpusUpTo?: PaperKey;
  /** Papers to be left out, with their copies, beside those judged. */
  known?: readonly PaperKey[];
  /** What a paper's quality must reach, of a person. */
  barOf?: (person: Person) => Promise<number>;
}

export interface RecommendationList {
  list: RankedRecommendation[];
  person: Person;
  /** All personal candidates, best first, before a list was made of them. */
  pool: Ranked[];
  /** What would come behind the list. */
  spare: Ranked[];
  exact: boolean;
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
  const { list, person, exact } = await recommendations(deps, {
    user,
    today: deps.now().slice(0, 10),
    // One more than is shown, to know whether there is more.
    limit: Math.min(offset + limit + 1, RECOMMEND_LIMITS.depth),
    ...(filter && { filter }),
  });
  return {
    hits: list.slice(offset, offset + limit).map(({ key: _, ranked: __, ...hit }) => hit),
    nextCursor: nextCursor(offset + limit, list.length, scope),
    exact,
    basis: { likes: person.profile.likes.length, interests: person.profile.interests.length },
  };
}

/**
 * The best papers for a user, best first: candidates near what the person likes, ranked so that every interest has its
 * share, never a paper that the person has judged, a copy of one, or one that `filter` excludes. With few likes or none,
 * recent and popular papers fill the list, and say so.
 */
export async function recommendations(
  deps: RecommendDeps,
  request: ListRequest,
): Promise<RecommendationList> {
  const { limit } = request;
  const { person, ranked, excludedKeys, known, ...rest } = await rankedFor(deps, request);
  const list = await reasoned(deps, person, ranked.slice(0, limit));
  if (person.profile.likes.length < FEW_LIKES && list.length < limit) {
    const shown = list.map(({ key }) => key);
    const filter = { ...request.filter, excludedKeys: [...excludedKeys, ...shown] };
    const copiesOf = [...shown, ...known];
    list.push(...(await fill(deps, person, { ...request, filter }, limit - list.length, copiesOf)));
  }
  return { ...rest, list, person, spare: ranked.slice(limit) };
}

/** The personal part of a list, without its reasons, and some papers more. */
export async function rankedFor(deps: RecommendDeps, request: ListRequest) {
  const { user, today, limit, asOf, without, corpusUpTo } = request;
  const person = await deps.persons.read({
    user,
    ...(asOf !== undefined && { asOf }),
    ...(without && { without }),
    ...(corpusUpTo !== undefined && { corpusUpTo }),
  });
  const { profile, scorer } = person;
  const known = [...profile.judged, ...(request.known ?? [])];
  const forCopies = latestOf(profile.judged, request.known ?? []);
  const excludedKeys = [...new Set([...known, ...(request.filter?.excludedKeys ?? []), ...(without ?? [])])];
  const filter: PaperFilter = { ...request.filter, excludedKeys };
  const upvotesAt = asOf ?? null;
  const include = request.include ?? [];
  const { candidates, exact } = await candidatesOf(deps, person, { user, filter, today, upvotesAt, include });
  await scoreInTurns(person, candidates);
  const bar = await request.barOf?.(person);
  const pool = scoreAll(candidates, profile, scorer, today);
  const ranked = listOf(pool, profile, { limit: limit + SPARE, ...(bar !== undefined && { bar }) });
  return {
    ...{ person, exact, excludedKeys, known: forCopies, pool },
    ranked: await foldDuplicates(deps, ranked, forCopies),
  };
}

/** Some of each: somebody who has judged thousands is not to be shown what they have only been picked. */
function latestOf(judged: ReadonlySet<PaperKey>, picked: readonly PaperKey[]): PaperKey[] {
  return [...[...judged].slice(0, KNOWN_FOR_COPIES), ...picked.slice(-KNOWN_FOR_COPIES)];
}

type CandidateRequest = {
  user: string;
  filter: PaperFilter;
  today: string;
  upvotesAt: string | null;
  include: readonly PaperKey[];
};

/** Papers scored between two turns of others: some milliseconds, where there are hundreds of likes. */
const SCORED_A_TURN = 50;

/** Scores candidates, which the scorer remembers, so that other requests are not held up by those of a person of many likes. */
async function scoreInTurns({ scorer }: Person, candidates: readonly Candidate[]): Promise<void> {
  for (const [at, candidate] of candidates.entries()) {
    if (at % SCORED_A_TURN === SCORED_A_TURN - 1) await nextTurn();
    scorer.score(candidate);
  }
}

/**
 * Nothing is looked for on behalf of a person who likes nothing. Papers are first looked for whether they were judged or
 * picked or not: what was found is remembered with the person, and serves for the next page, day and pick. Where those
 * take too many away, the others are looked for alone.
 */
async function candidatesOf(
  deps: RecommendDeps,
  person: Person,
  request: CandidateRequest,
): Promise<{ candidates: Candidate[]; exact: boolean }> {
  if (person.profile.interests.length === 0) return { candidates: [], exact: true };
  const { excludedKeys = [], ...filter } = request.filter;
  const all = await foundFor(deps, person, { ...request, filter });
  const excluded = new Set(excludedKeys);
  const candidates = all.candidates.filter(({ key }) => !excluded.has(key));
  if (candidates.length >= ENOUGH_LEFT || candidates.length === all.candidates.length) {
    return { candidates, exact: all.exact };
  }
  return foundFor(deps, person, request);
}

function foundFor(deps: RecommendDeps, person: Person, request: CandidateRequest): Promise<Found> {
  // The keys that a person has judged may be thousands.
  const name = createHash('sha256').update(JSON.stringify(request)).digest('base64');
  return person.found(name, () =>
    findCandidates(deps, person.profile, { ...request, termsOf: person.termsOf }),
  );
}

/** Ranked papers with their reasons. */
export async function reasoned(
  deps: Pick<RecommendDeps, 'store'>,
  person: Person,
  ranked: readonly Ranked[],
): Promise<RankedRecommendation[]> {
  const papers = await papersOf(
    deps.store,
    ranked.map(({ key }) => key),
  );
  const shown = ranked.flatMap((entry) => {
    const paper = papers.get(entry.key);
    return paper ? [{ ranked: entry, paper }] : [];
  });
  const reasons = await reasonsFor(deps, person, shown);
  return shown.map(({ ranked: entry, paper }, at) => ({
    key: entry.key,
    paper,
    score: entry.score,
    parts: entry.parts,
    because: reasons[at] as Because,
    ranked: entry,
  }));
}

/** Recent and popular papers. Their scores continue below the personal ones: they are not on the scale of likeness. */
async function fill(
  deps: RecommendDeps,
  { profile }: Person,
  { filter, today, asOf }: ListRequest,
  limit: number,
  known: readonly PaperKey[],
): Promise<RankedRecommendation[]> {
  const disliked = profile.unwanted;
  const found = await trendingPapers(deps, {
    filter: filter ?? {},
    ...{ limit: limit + SPARE, today, disliked },
    upvotesAt: asOf ?? null,
  });
  const entries = found.map(({ stored: { key, paper }, parts, because }) => ({ key, paper, parts, because }));
  const folded = await foldDuplicates(deps, entries, known);
  return folded.slice(0, limit).map(({ key, paper, parts, because }, at) => ({
    ...{ key, paper, parts, because },
    score: -at / RECOMMEND_LIMITS.depth,
    ranked: null,
  }));
}
