import { createTopK } from '../../src/index/top-k.ts';
import { createVectorBlocks } from '../../src/vector-kernel.ts';
import { sparseDot, trainLinearSvm } from './linear-svm.ts';
import { trainLogisticRegression } from './logistic-regression.ts';
import { createRandom, shuffled } from './statistics.ts';
import type { SparseRows } from './tf-idf.ts';

/**
 * Plain ways to recommend, as others have them: pure functions from the embeddings of all papers and the positions of
 * those that a person likes, newest first, to a score for every paper.
 */

/** The embeddings of all papers, a row each. */
export interface EmbeddingMatrix {
  count: number;
  row(at: number): Float32Array;
  /** The dot product of every row with a vector. A view that is valid until the next call. */
  scores(vector: Float32Array): Float32Array;
}

export function matrixOf(rows: readonly Float32Array[]): EmbeddingMatrix {
  const block = createVectorBlocks(rows[0]?.length ?? 0, rows.length)();
  rows.forEach((row, at) => {
    block.row(at).set(row);
  });
  return {
    count: rows.length,
    row: (at) => block.row(at),
    scores: (vector) => block.scoreFirst(vector, rows.length),
  };
}

/** How many people like each paper, not counting this person: `likes` are those of the others. */
export function popularityScores(count: number, likes: Iterable<readonly number[]>): Float32Array {
  const scores = new Float32Array(count);
  for (const positions of likes) for (const at of positions) scores[at] = (scores[at] as number) + 1;
  return scores;
}

/** zotero-arxiv-daily's: the likes' mean similarity, like i (newest first, from 0) weighted 1 / (1 + log10(i + 1)). */
export function centroidScores(matrix: EmbeddingMatrix, likes: readonly number[]): Float32Array {
  const weights = likes.map((_, at) => 1 / (1 + Math.log10(at + 1)));
  return matrix.scores(meanOf(matrix, likes, weights));
}

/** The highest similarity to any like. */
export function nearestLikeScores(matrix: EmbeddingMatrix, likes: readonly number[]): Float32Array {
  const best = new Float32Array(matrix.count).fill(-1);
  for (const like of likes) {
    const scores = matrix.scores(matrix.row(like));
    for (let at = 0; at < best.length; at++) {
      if ((scores[at] as number) > (best[at] as number)) best[at] = scores[at] as number;
    }
  }
  return best;
}

/** Qdrant's `average_vector`: mean of the likes, twice, less the mean of the dislikes; without dislikes the mean. */
export function averageScores(
  matrix: EmbeddingMatrix,
  likes: readonly number[],
  dislikes: readonly number[],
): Float32Array {
  const mean = meanOf(matrix, likes);
  if (dislikes.length === 0) return matrix.scores(mean);
  const away = meanOf(matrix, dislikes);
  return matrix.scores(mean.map((value, at) => 2 * value - (away[at] as number)));
}

/** Papers that stand for what a person does not like. */
const NEGATIVES = 1_000;
const SEED = 5;

/** The same papers for all people; each person's likes are left out of them. */
export function drawNegatives(count: number): number[] {
  const all = Array.from({ length: count }, (_, at) => at);
  return shuffled(all, createRandom(SEED)).slice(0, NEGATIVES);
}

/** Logistic regression (C = 1, balanced classes) of the likes against papers drawn from all. */
export function logisticScores(
  matrix: EmbeddingMatrix,
  likes: readonly number[],
  negatives: readonly number[],
): Float32Array {
  const liked = new Set(likes);
  const others = negatives.filter((at) => !liked.has(at));
  const examples = [...likes, ...others];
  if (likes.length === 0 || others.length === 0) return new Float32Array(matrix.count);
  const { weights } = trainLogisticRegression(
    examples.map((at) => matrix.row(at)),
    examples.map((_, at) => at < likes.length),
  );
  return matrix.scores(weights);
}

/** arxiv-sanity-lite's: a linear SVM (C = 0.01, balanced classes) on tf-idf, of the likes against all other papers. */
export function svmScores(words: SparseRows, likes: readonly number[]): Float32Array {
  const liked = new Set(likes);
  const isLiked = Array.from({ length: words.starts.length - 1 }, (_, at) => liked.has(at));
  if (liked.size === 0 || liked.size === isLiked.length) return new Float32Array(isLiked.length);
  const { weights } = trainLinearSvm(words, isLiked);
  return Float32Array.from(isLiked, (_, at) => sparseDot(words, at, weights));
}

/** The `limit` candidates with the highest scores, best first, ties by position. */
export function bestOf(
  scores: Float32Array,
  candidates: Iterable<number>,
  { without, limit }: { without: ReadonlySet<number>; limit: number },
): number[] {
  const top = createTopK(limit);
  for (const at of candidates) if (!without.has(at)) top.offer(at, scores[at] as number);
  return top.sorted().map(({ key }) => key);
}

/** The weighted mean of some rows, of any length; without rows, zeros. */
function meanOf(matrix: EmbeddingMatrix, positions: readonly number[], weights?: readonly number[]) {
  const sum = new Float32Array(matrix.count > 0 ? matrix.row(0).length : 0);
  const whole = weights ? weights.reduce((a, b) => a + b, 0) : positions.length;
  positions.forEach((position, i) => {
    const weight = (weights?.[i] ?? 1) / whole;
    const row = matrix.row(position);
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + weight * (row[at] as number);
  });
  return sum;
}
