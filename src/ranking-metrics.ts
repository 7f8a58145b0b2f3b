/** What people judged for one query: document id -> grade. A grade of 0 is a judged miss; absent is unjudged. */
export type Grades = ReadonlyMap<string, number>;

export const gradeOf = (grades: Grades, id: string) => Math.max(0, grades.get(id) ?? 0);

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

/** The share of all relevant documents (any grade above 0) in the first `depth` ranks. 0 when nothing is relevant. */
export function recallAt(ranking: readonly string[], grades: Grades, depth: number): number {
  const relevant = [...grades.values()].filter((grade) => grade > 0).length;
  const found = ranking.slice(0, depth).filter((id) => gradeOf(grades, id) > 0).length;
  return relevant === 0 ? 0 : found / relevant;
}
