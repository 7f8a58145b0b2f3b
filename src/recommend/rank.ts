import { daysBetween } from '../days.ts';
import { firstDayOf } from '../paper.ts';
import { dot } from '../vector.ts';
import type { ContentScore, ContentScorer } from './content.ts';
import type { ComparablePaper } from './likeness.ts';
import type { Interest, Profile } from './profile.ts';
import { RECOMMENDING } from './settings.ts';

/** What a recommendation's score consists of: the sum of all parts. */
export interface RecommendationParts {
  /** To the interest that it is recommended for. */
  similarity: number;
  /** What that interest's similarities count less for its candidates all being near it; 0 or less. */
  balance: number;
  /** What the person said of the interest: its weight, and what a pin raises its best paper by to have a place. */
  interest: number;
  /** Likeness to a paper that was disliked or hidden; 0 or less. */
  dislike: number;
  freshness: number;
  popularity: number;
  /** What others like who like the same. */
  together: number;
  /** Papers of the same interest that are on the list above it; 0 or less. */
  crowding: number;
  /** A paper on the list above it that says much the same; 0 or less. */
  redundancy: number;
}

export interface Candidate extends ComparablePaper {
  date: string | null;
  upvotes: number;
  /** From 0 to 1. */
  together: number;
}

/** A candidate with its score and the interest that it is recommended for. */
export interface Ranked extends Candidate {
  score: number;
  parts: RecommendationParts;
  /** Position in `Profile.interests`. */
  interest: number;
  content: ContentScore;
}

/** The likeness to the nearest like of its interest, less what is disliked: what the quality of a paper is told by. */
export const qualityOf = ({ content, interest, parts }: Pick<Ranked, 'content' | 'interest' | 'parts'>) =>
  (content.carrierLikeness[interest] ?? 0) + parts.dislike;

/**
 * Pinned interests have a paper among the first so many of a list, however long it is: a page begins like the next one,
 * and the last of ten picks may be drawn by lot.
 */
const PINNED_AMONG = 9;

interface ListOptions {
  limit: number;
  /** What a paper's quality must reach. */
  bar?: number;
}

/**
 * Picks up to `limit` of scored candidates whose quality reaches the bar, best first: at every step the candidate with
 * the highest score after what is already on the list has been counted. What is on the list only ever lowers the others,
 * so scores never rise down the list. The best paper of a pinned interest always has a place.
 */
export function listOf(
  scored: readonly Ranked[],
  { interests }: Profile,
  { limit, bar = RECOMMENDING.leastLikeness }: ListOptions,
): Ranked[] {
  return buildList(
    scored.filter((one) => qualityOf(one) >= bar),
    interests,
    limit,
  );
}

/** All candidates with their scores before a list is made of them, best first. Freshness counts from `today`. */
export function scoreAll(
  candidates: readonly Candidate[],
  { interests }: Profile,
  scorer: Pick<ContentScorer, 'score'>,
  today: string,
): Ranked[] {
  const contents = candidates.map((candidate) => scorer.score(candidate));
  const balances = balancesOf(contents, interests);
  const ranked = candidates.flatMap((candidate, at) => {
    const content = contents[at] as ContentScore;
    const best = bestInterest(content, interests, balances);
    if (best === -1) return [];
    const parts: RecommendationParts = {
      similarity: content.similarity[best] as number,
      balance: balances[best] as number,
      interest: saidOf(interests[best] as Interest),
      dislike: content.dislike,
      freshness: freshnessOf(candidate.date, today),
      popularity: popularityOf(candidate.upvotes),
      together: RECOMMENDING.together.weight * candidate.together,
      crowding: 0,
      redundancy: 0,
    };
    return [{ ...candidate, content, interest: best, parts, score: total(parts) }];
  });
  interests.forEach(({ settings }, at) => {
    if (settings.isPinned && !settings.isMuted) keepOneFor(ranked, at, interests, balances);
  });
  return ranked.sort((a, b) => b.score - a.score || a.key - b.key);
}

/** A pinned interest whose papers are all nearer to another one has the paper that is nearest to it. */
function keepOneFor(
  ranked: Ranked[],
  pinned: number,
  interests: readonly Interest[],
  balances: readonly number[],
): void {
  if (ranked.length === 0 || ranked.some(({ interest }) => interest === pinned)) return;
  const near = ({ content }: Ranked) => content.carrierLikeness[pinned] as number;
  const best = ranked.reduce((a, b) => (near(b) > near(a) ? b : a));
  best.interest = pinned;
  best.parts.similarity = best.content.similarity[pinned] as number;
  best.parts.balance = balances[pinned] as number;
  best.parts.interest = saidOf(interests[pinned] as Interest);
  best.score = total(best.parts);
}

/**
 * An interest in a crowded field finds many near papers, one in an empty field few. Similarities are compared above
 * that level, in part, so that no interest takes all the places.
 */
function balancesOf(contents: readonly ContentScore[], interests: readonly Interest[]): number[] {
  const { levelAt, levelShare } = RECOMMENDING.interests;
  const levels = interests.map(({ settings }, at) => {
    if (settings.isMuted || contents.length === 0) return 0;
    const values = Float64Array.from(contents, ({ similarity }) => similarity[at] as number).sort();
    return values[Math.max(0, values.length - levelAt)] as number;
  });
  const heard = levels.filter((_, at) => !interests[at]?.settings.isMuted);
  const lowest = Math.min(...heard);
  return levels.map((level) => -levelShare * Math.max(0, level - lowest));
}

function bestInterest(
  { similarity }: ContentScore,
  interests: readonly Interest[],
  balances: readonly number[],
): number {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  interests.forEach((interest, at) => {
    if (interest.settings.isMuted) return;
    const value = (similarity[at] as number) + (balances[at] as number) + saidOf(interest);
    if (value > highest) [highest, best] = [value, at];
  });
  return best;
}

/** Twice the weight is worth as much as twice as many likes of the same likeness. */
const saidOf = ({ settings }: Interest) => RECOMMENDING.interests.temperature * Math.log(settings.weight);

function buildList(scored: readonly Ranked[], interests: readonly Interest[], limit: number): Ranked[] {
  let left = shortlist(scored, interests);
  const chosen: Ranked[] = [];
  const heard = interests.filter(({ share }) => share > 0).length;
  const take = (best: Ranked) => {
    chosen.push(best);
    left = left.filter((candidate) => candidate !== best);
    for (const candidate of left) lower(candidate, best, interests, heard);
  };
  while (chosen.length < limit && left.length > 0) {
    const best = left.reduce((a, b) => (b.score > a.score ? b : a));
    const pinned = unservedPin(left, chosen, interests);
    if (pinned && pinned !== best) raise(pinned, best.score);
    take(pinned ?? best);
  }
  return chosen;
}

/** A pinned interest's paper is taken before its turn with the score of the one whose turn it was. */
function raise(pinned: Ranked, score: number): void {
  pinned.parts.interest += score - pinned.score;
  pinned.score = score;
}

/** The best candidates, and the best of each interest, as copies: the list changes their parts. */
function shortlist(scored: readonly Ranked[], interests: readonly Interest[]): Ranked[] {
  const best = scored.slice(0, RECOMMENDING.shortlist);
  const rest = scored.slice(RECOMMENDING.shortlist);
  const ofPins = interests.flatMap(({ settings }, at) =>
    settings.isPinned && !best.some(({ interest }) => interest === at)
      ? rest.filter(({ interest }) => interest === at).slice(0, 1)
      : [],
  );
  return [...best, ...ofPins].map((candidate) => ({ ...candidate, parts: { ...candidate.parts } }));
}

/** The best paper of a pinned interest that has none yet, once only as many of the first places are left as such interests. */
function unservedPin(
  left: readonly Ranked[],
  chosen: readonly Ranked[],
  interests: readonly Interest[],
): Ranked | null {
  const served = new Set(chosen.map(({ interest }) => interest));
  const waiting = left.filter(
    ({ interest }) => interests[interest]?.settings.isPinned && !served.has(interest),
  );
  const topics = new Set(waiting.map(({ interest }) => interest)).size;
  if (topics === 0 || PINNED_AMONG - chosen.length > topics) return null;
  return waiting.reduce((a, b) => (b.score > a.score ? b : a));
}

/** Lowers a candidate's score for what `taken` on the list makes of it. */
function lower(candidate: Ranked, taken: Ranked, interests: readonly Interest[], heard: number): void {
  const { parts } = candidate;
  const share = interests[candidate.interest]?.share ?? 0;
  const before = parts.crowding + parts.redundancy;
  if (candidate.interest === taken.interest)
    parts.crowding -= RECOMMENDING.crowding / (Math.sqrt(share * heard) || 1);
  const { weight, above } = RECOMMENDING.redundancy;
  const redundancy = -weight * Math.max(0, dot(candidate.embedding, taken.embedding) - above);
  parts.redundancy = Math.min(parts.redundancy, redundancy);
  candidate.score += parts.crowding + parts.redundancy - before;
}

const total = (parts: RecommendationParts) => Object.values(parts).reduce((sum, part) => sum + part, 0);

/** What a paper gains by its upvotes. */
export const popularityOf = (upvotes: number) => RECOMMENDING.popularity * Math.log2(1 + upvotes);

/** What a paper gains by its age on a day; one without a date nothing, a future one as much as one of the day. */
export function freshnessOf(date: string | null, today: string): number {
  if (date === null) return 0;
  const days = Math.max(0, daysBetween(firstDayOf(date), today));
  return RECOMMENDING.freshness * 2 ** (-days / RECOMMENDING.freshnessHalfLifeDays);
}
