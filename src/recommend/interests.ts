import { dot, type Embedding, normalized } from '../vector.ts';

/**
 * Two groups of liked papers are one interest when their papers' mean cosine similarity is at least this. For
 * all-MiniLM-L6-v2, papers of one topic lie at 0.4 to 0.7, unrelated ones around 0.1.
 */
export const SAME_INTEREST_SIMILARITY = 0.35;

/**
 * Groups liked papers into interests by average linkage: starting from single papers, the two groups with the
 * highest mean pairwise cosine are joined until no pair reaches SAME_INTEREST_SIMILARITY. The mean similarity of a
 * joined group to another follows from its parts (Lance and Williams, 1967), so the whole costs O(n^2) memory and at
 * most O(n^3) time; `embeddings` is bounded by its caller. Returns lists of positions in `embeddings`, largest
 * group first, each ascending.
 */
export function groupByTopic(embeddings: readonly Embedding[]): number[][] {
  const groups: (number[] | null)[] = embeddings.map((_, at) => [at]);
  const similarity = embeddings.map((a) => Float64Array.from(embeddings, (b) => dot(a, b)));
  for (let pair = closestPair(groups, similarity); pair; pair = closestPair(groups, similarity)) {
    const [a, b] = pair;
    const first = groups[a] ?? [];
    const second = groups[b] ?? [];
    const share = first.length / (first.length + second.length);
    groups.forEach((group, other) => {
      if (!group) return;
      const mean = share * at(similarity, a, other) + (1 - share) * at(similarity, b, other);
      put(similarity, a, other, mean);
      put(similarity, other, a, mean);
    });
    groups[a] = [...first, ...second].sort((x, y) => x - y);
    groups[b] = null;
  }
  return groups
    .filter((group) => group !== null)
    .sort((x, y) => y.length - x.length || (x[0] ?? 0) - (y[0] ?? 0));
}

type Matrix = readonly Float64Array[];
const at = (matrix: Matrix, row: number, column: number) => matrix[row]?.[column] ?? 0;
const put = (matrix: Matrix, row: number, column: number, value: number) => {
  const cells = matrix[row];
  if (cells) cells[column] = value;
};

function closestPair(groups: readonly (number[] | null)[], similarity: Matrix): [number, number] | null {
  let best: [number, number] | null = null;
  let highest = SAME_INTEREST_SIMILARITY;
  for (let a = 0; a < groups.length; a++) {
    if (!groups[a]) continue;
    for (let b = a + 1; b < groups.length; b++) {
      if (groups[b] && at(similarity, a, b) >= highest) {
        highest = at(similarity, a, b);
        best = [a, b];
      }
    }
  }
  return best;
}

/** The mean direction of some embeddings; of one, itself. */
export function centreOf(embeddings: readonly Embedding[]): Embedding {
  const sum = new Float32Array(embeddings[0]?.length ?? 0);
  for (const embedding of embeddings) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (embedding[i] ?? 0);
  }
  return normalized(sum);
}
