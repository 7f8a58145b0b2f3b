import { dot, type Embedding } from '../../src/vector.ts';

/** What people judged for one query: document id -> grade. A grade of 0 is a judged miss; absent is unjudged. */
export type Grades = ReadonlyMap<string, number>;

const gradeOf = (grades: Grades, id: string) => Math.max(0, grades.get(id) ?? 0);

/** Sum of gain / log2(rank + 1), ranks from 1. */
function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);
}

/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002) of the first `depth` ranks.
 * The gain is the grade itself, not 2^grade - 1: so do `ndcg_cut` of trec_eval and BEIR, which calls it; the
 * references for these collections are of that kind. The ideal list holds all judged documents, whether or not a
 * search could find them. 0 when nothing is relevant. A ranking names no document twice.
 */
export function ndcgAt(ranking: readonly string[], grades: Grades, depth: number): number {
  const ideal = [...grades.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discountedGain(ideal.slice(0, depth));
  return best === 0 ? 0 : discountedGain(ranking.slice(0, depth).map((id) => gradeOf(grades, id))) / best;
}

/** 1 / rank of the first relevant document (any grade above 0), 0 when the first `depth` ranks hold none. */
export function reciprocalRankAt(ranking: readonly string[], grades: Grades, depth: number): number {
  const at = ranking.slice(0, depth).findIndex((id) => gradeOf(grades, id) > 0);
  return at === -1 ? 0 : 1 / (at + 1);
}

/** The share of all relevant documents (any grade above 0) in the first `depth` ranks. 0 when nothing is relevant. */
export function recallAt(ranking: readonly string[], grades: Grades, depth: number): number {
  const relevant = [...grades.values()].filter((grade) => grade > 0).length;
  const found = ranking.slice(0, depth).filter((id) => gradeOf(grades, id) > 0).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** The share of groups of documents, such as a person's interests, of which the first `depth` ranks hold one or more. */
export function coverageAt(
  ranking: readonly string[],
  groups: readonly ReadonlySet<string>[],
  depth: number,
): number {
  const shown = ranking.slice(0, depth);
  const covered = groups.filter((group) => shown.some((id) => group.has(id))).length;
  return groups.length === 0 ? 0 : covered / groups.length;
}

/** The share of the first `depth` ranks that is among some documents; 0 for an empty ranking. */
export function shareAt(ranking: readonly string[], documents: ReadonlySet<string>, depth: number): number {
  const shown = ranking.slice(0, depth);
  return shown.length === 0 ? 0 : shown.filter((id) => documents.has(id)).length / shown.length;
}

/**
 * How unlike the documents of a list are: the mean of 1 - cosine over all pairs (Ziegler et al., WWW 2005, with
 * embeddings for topics). NaN for fewer than two.
 */
export function diversityOf(embeddings: readonly Embedding[]): number {
  const distances = embeddings.flatMap((a, at) => embeddings.slice(at + 1).map((b) => 1 - dot(a, b)));
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

/** How far a list is from what is known: the mean of 1 - the highest cosine to any known document. NaN for none. */
export function noveltyOf(embeddings: readonly Embedding[], known: readonly Embedding[]): number {
  const distances = embeddings.map((one) => 1 - Math.max(...known.map((other) => dot(one, other))));
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
