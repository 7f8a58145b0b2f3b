import type { PaperKey } from './paper.ts';
import type { Ranking } from './ranking.ts';
import type { Embedding } from './vector.ts';
import { createVectorBlocks } from './vector-kernel.ts';

interface Fused {
  key: PaperKey;
  score: number;
}

/**
 * Ranks the best candidates of a search anew, by their embeddings. `fused` is best first with scores in [0, 1];
 * candidates without an embedding have no say. `fit` says how nearly some paper says the query's words, 0 to 1.
 * Returns the same candidates, best first.
 */
export type SecondPass = <Candidate extends Fused>(
  fused: readonly Candidate[],
  embeddings: ReadonlyMap<PaperKey, Embedding>,
  fit: number,
) => Candidate[];

/**
 * Looks at the best candidates of a search together: likeness to the three best raises a paper (pseudo-relevance
 * feedback, after Rocchio 1971), then each score is mixed with those of the candidates most like it (score
 * regularisation over a neighbour graph: Diaz, CIKM 2005; the cluster hypothesis). Costs candidates^2 dot products
 * of `dimensions` numbers, by WebAssembly SIMD.
 */
export function createSecondPass(dimensions: number, settings: Ranking['secondPass']): SecondPass {
  const likenesses = createLikenesses(dimensions, settings.candidates);
  // What the best possible candidate would score after feedback: divided by, so that scores stay in [0, 1].
  const fullScore = 1 + settings.feedback;
  return (fused, embeddings, fit) => {
    const top = fused.slice(0, settings.candidates);
    const likeness = likenesses(top.map(({ key }) => embeddings.get(key) ?? null));
    const fed = withFeedback(
      top.map(({ score }) => score),
      likeness,
      settings,
    );
    const { neighbours, smoothing } = settings;
    const share = smoothing.loose + (smoothing.close - smoothing.loose) * fit;
    const smoothed = smooth(fed, likeness, { share, neighbours });
    const ranked = top
      .map((candidate, at) => ({ ...candidate, score: smoothed[at] ?? candidate.score }))
      .sort((a, b) => b.score - a.score || a.key - b.key);
    // Those below keep their order, and must not score above those that were looked at.
    const lowest = ranked.at(-1)?.score ?? 0;
    const rest = fused
      .slice(top.length)
      .map((candidate) => ({ ...candidate, score: Math.min(candidate.score / fullScore, lowest) }));
    return [...ranked, ...rest];
  };
}

/** Cosines of all pairs of at most `most` vectors, 0 where one is missing. */
function createLikenesses(
  dimensions: number,
  most: number,
): (vectors: readonly (Embedding | null)[]) => readonly Float32Array[] {
  const block = createVectorBlocks(dimensions, most)();
  return (vectors) => {
    vectors.forEach((vector, at) => {
      if (vector) block.row(at).set(vector);
      else block.row(at).fill(0);
    });
    const rows = vectors.map(() => new Float32Array(vectors.length));
    rows.forEach((row, at) => {
      const vector = vectors[at];
      if (!vector) return;
      // With those before it, and itself: two are as like either way round.
      row.set(block.scoreFirst(vector, at + 1));
      for (let before = 0; before < at; before++) (rows[before] as Float32Array)[at] = row[before] as number;
    });
    return rows;
  };
}

function withFeedback(
  scores: readonly number[],
  likeness: readonly Float32Array[],
  { feedback, feedbackPapers, feedbackPower }: Ranking['secondPass'],
): number[] {
  const weights = scores.slice(0, feedbackPapers).map((score) => score ** feedbackPower);
  const mass = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  return scores.map((score, at) => {
    const near = weights.reduce((sum, weight, best) => sum + weight * (likeness[at]?.[best] ?? 0), 0);
    return (score + (feedback * near) / mass) / (1 + feedback);
  });
}

/** Mixes each score with the mean of its neighbours', weighed by the squares of their likeness. */
function smooth(
  scores: readonly number[],
  likeness: readonly Float32Array[],
  { share, neighbours }: { share: number; neighbours: number },
): number[] {
  const near = new Int32Array(neighbours);
  return scores.map((score, at) => {
    const row = likeness[at] ?? new Float32Array();
    let sum = 0;
    let mass = 0;
    const found = nearest(row, at, near);
    for (let place = 0; place < found; place++) {
      const other = near[place] as number;
      const weight = (row[other] as number) ** 2;
      sum += weight * (scores[other] ?? 0);
      mass += weight;
    }
    return mass === 0 ? score : (1 - share) * score + (share * sum) / mass;
  });
}

/**
 * Writes where the highest entries above 0 are, but for the one at `self`, into `found`; ties by smaller place. Returns
 * how many there are, at most as many as there is room for.
 */
function nearest(row: Float32Array, self: number, found: Int32Array): number {
  let size = 0;
  let least = 0;
  for (let at = 0; at < row.length; at++) {
    const value = row[at] as number;
    if (value <= least || at === self) continue;
    let place = size < found.length ? size++ : size - 1;
    for (; place > 0 && value > (row[found[place - 1] as number] as number); place--) {
      found[place] = found[place - 1] as number;
    }
    found[place] = at;
    if (size === found.length) least = row[found[size - 1] as number] as number;
  }
  return size;
}
