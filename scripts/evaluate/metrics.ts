import { type Grades, gradeOf } from '../../src/ranking-metrics.ts';
import { dot, type Embedding } from '../../src/vector.ts';

export { type Grades, ndcgAt, recallAt } from '../../src/ranking-metrics.ts';

/** 1 / rank of the first relevant document (any grade above 0), 0 when the first `depth` ranks hold none. */
export function reciprocalRankAt(ranking: readonly string[], grades: Grades, depth: number): number {
  const at = ranking.slice(0, depth).findIndex((id) => gradeOf(grades, id) > 0);
  return at === -1 ? 0 : 1 / (at + 1);
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
