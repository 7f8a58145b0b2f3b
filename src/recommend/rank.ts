import { firstDayOf, type Paper, type PaperKey } from '../paper.ts';
import { dot, type Embedding } from '../vector.ts';
import type { Interest, LikedPaper, Profile } from './profile.ts';

/** The constants of the ranking, in one place. Scores are on the scale of cosine similarity. */
export const RANKING = {
  /** How strongly a paper's best similarity to a disliked one lowers it, where that is above the threshold. */
  dislikeWeight: 1,
  dislikeAbove: 0.3,
  /** What a paper of the day gains, and after how many days that has halved. */
  freshness: 0.08,
  freshnessHalfLifeDays: 30,
  /** What each doubling of (1 + upvotes) gains. */
  popularity: 0.004,
  /** What each paper of an interest that is already on the list costs the next one, times 1 / share / interests. */
  crowding: 0.02,
  /** How strongly a likeness above the threshold to a paper on the list lowers a candidate. */
  redundancyWeight: 0.5,
  redundancyAbove: 0.6,
  /** The same paper under two ids: never both. */
  duplicateAbove: 0.97,
  /** What a paper must reach by similarity and dislike alone: a shorter list is better than one that means nothing. */
  qualityBar: 0.3,
  /** Candidates that are compared with each other; the rest could hardly come up. */
  shortlist: 300,
} as const;

/** What a recommendation's score consists of: the sum of all parts; the last three are zero or negative. */
export interface RecommendationParts {
  similarity: number;
  freshness: number;
  popularity: number;
  dislike: number;
  crowding: number;
  redundancy: number;
}

export interface Candidate {
  key: PaperKey;
  paper: Paper;
  embedding: Embedding;
}

/** A candidate with the liked paper that carries it. */
export interface Ranked extends Candidate {
  score: number;
  parts: RecommendationParts;
  interest: Interest;
  /** The liked paper most similar to it, and that similarity. */
  carrier: LikedPaper;
  carrierSimilarity: number;
}

/**
 * Scores candidates against a profile and picks up to `limit`, best first: at every step the candidate with the
 * highest score after what is already on the list has been counted. What is on the list only ever lowers the
 * others, so scores never rise down the list. `today` is the day that freshness counts from.
 */
export function rank(
  candidates: readonly Candidate[],
  profile: Profile,
  { today, limit }: { today: string; limit: number },
): Ranked[] {
  let left = candidates
    .flatMap((candidate) => scoreByLikes(candidate, profile, today) ?? [])
    .filter((candidate) => pushAway(candidate, profile.dislikes) >= RANKING.qualityBar)
    .sort((a, b) => b.score - a.score || a.key - b.key)
    .slice(0, RANKING.shortlist);
  const chosen: Ranked[] = [];
  while (chosen.length < limit && left.length > 0) {
    const best = left.reduce((a, b) => (b.score > a.score ? b : a));
    chosen.push(best);
    left = left.filter((candidate) => candidate !== best && lower(candidate, best, profile));
  }
  return chosen;
}

/** The score before dislikes and list; null when the paper is one of the liked ones under another id. */
function scoreByLikes(candidate: Candidate, profile: Profile, today: string): Ranked | null {
  const best = profile.interests
    .map((interest) => ({ interest, ...twoBest(candidate.embedding, interest.likes) }))
    .reduce((a, b) => (b.similarity > a.similarity ? b : a));
  if (best.carrierSimilarity > RANKING.duplicateAbove) return null;
  const parts: RecommendationParts = {
    similarity: best.similarity,
    freshness: RANKING.freshness * 2 ** (-ageInDays(candidate.paper, today) / RANKING.freshnessHalfLifeDays),
    popularity: popularityOf(candidate.paper),
    dislike: 0,
    crowding: 0,
    redundancy: 0,
  };
  return { ...candidate, parts, score: total(parts), ...best };
}

/** What a paper gains by its upvotes. */
export const popularityOf = (paper: Paper) => RANKING.popularity * Math.log2(1 + (paper.upvotes ?? 0));

/** The highest similarity to any of some embeddings; 0 at least. */
export const nearestOf = (embedding: Embedding, others: readonly Embedding[]) =>
  others.reduce((high, other) => Math.max(high, dot(other, embedding)), 0);

/** Counts the dislikes in; returns what is left of the similarity. */
function pushAway(candidate: Ranked, dislikes: readonly Embedding[]): number {
  const { parts } = candidate;
  const nearest = nearestOf(candidate.embedding, dislikes);
  parts.dislike = -RANKING.dislikeWeight * Math.max(0, nearest - RANKING.dislikeAbove);
  candidate.score = total(parts);
  return parts.similarity + parts.dislike;
}

/** The mean of the two best similarities: one like can be a fluke, and the mean of all drowns a niche. */
function twoBest(embedding: Embedding, likes: readonly LikedPaper[]) {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let carrier = likes[0] as LikedPaper;
  for (const like of likes) {
    const similarity = dot(like.embedding, embedding);
    if (similarity > first) [first, second, carrier] = [similarity, first, like];
    else if (similarity > second) second = similarity;
  }
  const similarity = second === Number.NEGATIVE_INFINITY ? first : (first + second) / 2;
  return { similarity, carrier, carrierSimilarity: first };
}

/** Lowers a candidate's score for what `taken` on the list makes of it; false when it is a duplicate of that. */
function lower(candidate: Ranked, taken: Ranked, profile: Profile): boolean {
  const likeness = dot(candidate.embedding, taken.embedding);
  if (likeness > RANKING.duplicateAbove) return false;
  const { parts, interest } = candidate;
  if (interest === taken.interest)
    parts.crowding -= RANKING.crowding / (interest.share * profile.interests.length);
  const redundancy = -RANKING.redundancyWeight * Math.max(0, likeness - RANKING.redundancyAbove);
  parts.redundancy = Math.min(parts.redundancy, redundancy);
  candidate.score = total(parts);
  return true;
}

const total = (parts: RecommendationParts) => Object.values(parts).reduce((sum, part) => sum + part, 0);

/** Days between a paper's date and a day; papers without a date count as very old, future ones as of the day. */
function ageInDays(paper: Paper, today: string): number {
  if (paper.date === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, (Date.parse(today) - Date.parse(firstDayOf(paper.date))) / 86_400_000);
}
