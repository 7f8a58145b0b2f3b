import type { PaperKey } from './paper.ts';
import { dot, type Embedding } from './vector.ts';

/**
 * The constants of the second pass. Chosen on tuning queries of four test collections together, none per collection;
 * docs/relevance.md has the figures, also of what was left out.
 */
export const SECOND_PASS = {
  /** Candidates that are compared with each other; the rest keep their order below them. */
  candidates: 100,
  /** Feedback: the best few, how much likeness to them adds, and the power of their scores that weighs them. */
  feedbackPapers: 3,
  feedback: 0.25,
  feedbackPower: 4,
  /**
   * Smoothing: how many nearest candidates have a say in a score, and how much: less when the query is said nearly
   * word for word, as then its paper is known, and its neighbours are not looked for.
   */
  neighbours: 10,
  smoothing: { loose: 0.5, close: 0.2 },
} as const;

/** What the best possible candidate would score after feedback: divided by, so that scores stay in [0, 1]. */
const FULL_SCORE = 1 + SECOND_PASS.feedback;

interface Fused {
  key: PaperKey;
  score: number;
}

/**
 * Looks at the best candidates of a search together, by their embeddings: likeness to the three best raises a
 * paper (pseudo-relevance feedback, after Rocchio 1971), then each score is mixed with those of the candidates most
 * like it (score regularisation over a neighbour graph: Diaz, CIKM 2005; the cluster hypothesis). `fused` is
 * best first with scores in [0, 1]; candidates without an embedding have no say. `fit` says how nearly some paper
 * says the query's words, 0 to 1. Returns the same candidates, best first. Costs candidates^2 / 2 dot products.
 */
export function secondPass<Candidate extends Fused>(
  fused: readonly Candidate[],
  embeddings: ReadonlyMap<PaperKey, Embedding>,
  fit = 0,
): Candidate[] {
  const top = fused.slice(0, SECOND_PASS.candidates);
  const likeness = likenesses(top.map(({ key }) => embeddings.get(key) ?? null));
  const fed = withFeedback(
    top.map(({ score }) => score),
    likeness,
  );
  const { loose, close } = SECOND_PASS.smoothing;
  const smoothed = smooth(fed, likeness, loose + (close - loose) * fit);
  const ranked = top
    .map((candidate, at) => ({ ...candidate, score: smoothed[at] ?? candidate.score }))
    .sort((a, b) => b.score - a.score || a.key - b.key);
  // Those below keep their order, and must not score above those that were looked at.
  const lowest = ranked.at(-1)?.score ?? 0;
  const rest = fused
    .slice(top.length)
    .map((candidate) => ({ ...candidate, score: Math.min(candidate.score / FULL_SCORE, lowest) }));
  return [...ranked, ...rest];
}

/** Cosines of all pairs, 0 where an embedding is missing. */
function likenesses(vectors: readonly (Embedding | null)[]): Float32Array[] {
  const rows = vectors.map(() => new Float32Array(vectors.length));
  vectors.forEach((a, row) => {
    for (let column = 0; column <= row; column++) {
      const b = vectors[column];
      const cosine = a && b ? dot(a, b) : 0;
      (rows[row] as Float32Array)[column] = cosine;
      (rows[column] as Float32Array)[row] = cosine;
    }
  });
  return rows;
}

function withFeedback(scores: readonly number[], likeness: readonly Float32Array[]): number[] {
  const weights = scores
    .slice(0, SECOND_PASS.feedbackPapers)
    .map((score) => score ** SECOND_PASS.feedbackPower);
  const mass = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  return scores.map((score, at) => {
    const near = weights.reduce((sum, weight, best) => sum + weight * (likeness[at]?.[best] ?? 0), 0);
    return (score + (SECOND_PASS.feedback * near) / mass) / FULL_SCORE;
  });
}

function smooth(scores: readonly number[], likeness: readonly Float32Array[], share: number): number[] {
  return scores.map((score, at) => {
    const row = likeness[at] ?? new Float32Array();
    const near = scores
      .map((_, other) => other)
      .filter((other) => other !== at && (row[other] ?? 0) > 0)
      .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0))
      .slice(0, SECOND_PASS.neighbours);
    let sum = 0;
    let mass = 0;
    for (const other of near) {
      const weight = (row[other] ?? 0) ** 2;
      sum += weight * (scores[other] ?? 0);
      mass += weight;
    }
    return mass === 0 ? score : (1 - share) * score + (share * sum) / mass;
  });
}
