import type { LexicalAnswer, LexicalHit } from './lexical/lexical-index.ts';
import type { PaperKey } from './paper.ts';
import type { Ranking } from './ranking.ts';

/** The parts of a hit's score. Null: the paper was not found, or not looked for, that way. */
export interface ScoreParts {
  /** Cosine similarity of query and paper, and the paper's rank by it, from 1. */
  dense: number | null;
  denseRank: number | null;
  /** BM25F score, and the paper's rank by it, from 1. */
  lexical: number | null;
  lexicalRank: number | null;
  /** The share of the query's words that the paper has, rare ones counting for more. */
  coverage: number | null;
  /** The mean over the query's words of the best similarity to any word of the paper, in its context. */
  words: number | null;
  /** What the second pass changed of the score: likeness to the best hits, and to near candidates with their scores. */
  neighbours: number | null;
}

export interface Candidate {
  key: PaperKey;
  score: number;
  parts: ScoreParts;
}

/** What the dense search found, best first, and cosines of papers that only the lexical search found. */
export interface DenseList {
  neighbours: readonly { key: PaperKey; similarity: number }[];
  others: ReadonlyMap<PaperKey, number>;
}

/** What the lexical search found, best first, and scores of papers that only the dense search found. */
export interface LexicalList extends Pick<LexicalAnswer, 'ideal' | 'terms'> {
  hits: readonly LexicalHit[];
  others: ReadonlyMap<PaperKey, LexicalHit>;
}

export const noParts = (): ScoreParts => ({
  dense: null,
  denseRank: null,
  lexical: null,
  lexicalRank: null,
  coverage: null,
  words: null,
  neighbours: null,
});

/**
 * How nearly some paper says what the query says, 0 to 1: the best BM25F score against what a paper of all the words
 * could get at most. High for the title of a paper, or a sentence of it; low for a question in other words.
 */
export function wordFit(
  { hits, ideal }: Pick<LexicalList, 'hits' | 'ideal'>,
  { none, full }: Ranking['fusion']['wordFit'],
): number {
  const share = ideal > 0 ? (hits[0]?.score ?? 0) / ideal : 0;
  return Math.min(1, Math.max(0, (share - none) / (full - none)));
}

/** One list alone, with its own scores. */
export function single(dense: DenseList | null, lexical: LexicalList | null): Candidate[] {
  return rank(poolOf(dense, lexical), ({ dense: cosine, lexical: score }) => cosine ?? score ?? 0);
}

/**
 * Joins both lists by a convex combination of normalised scores (Bruch et al., arXiv 2210.11934): cosine scaled
 * from lowest to highest to [0, 1], BM25F from 0 to its highest, and the coverage. The lowest cosine is that of the
 * candidates that a first round leaves: those at the end of a long list are all alike, and would only make the scale
 * depend on how long the list is. Best first, scores in [0, 1].
 */
export function fuse(dense: DenseList, lexical: LexicalList, weights: Ranking['fusion']): Candidate[] {
  const pool = poolOf(dense, lexical);
  const highest = lexical.hits[0]?.score || 1;
  const { loose, close } = weights.dense;
  const denseShare = loose + (close - loose) * wordFit(lexical, weights.wordFit);
  const joined = (among: readonly Candidate[], coverage: number) => {
    let lowest = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { parts } of among) {
      if (parts.dense === null) continue;
      lowest = Math.min(lowest, parts.dense);
      greatest = Math.max(greatest, parts.dense);
    }
    const spread = greatest - lowest;
    // Where all are alike, or there is one only, each is the best of its list.
    const scaled = (cosine: number) => (spread > 0 ? (cosine - lowest) / spread : cosine < lowest ? 0 : 1);
    return (parts: ScoreParts) => {
      const denseScore = parts.dense === null ? 0 : Math.max(0, scaled(parts.dense));
      const lexicalScore = Math.min(1, (parts.lexical ?? 0) / highest);
      const score = denseShare * denseScore + (1 - denseShare) * lexicalScore;
      return (score + coverage * (parts.coverage ?? 0)) / (1 + coverage);
    };
  };
  const first = rank(pool, joined(pool, 0)).slice(0, weights.scaledOver);
  const isLong = lexical.terms.length >= weights.longQueryWords;
  return rank(pool, joined(first, isLong ? 0 : weights.coverage));
}

/** All that either list has, without scores yet. */
function poolOf(dense: DenseList | null, lexical: LexicalList | null): Candidate[] {
  const pool = new Map<PaperKey, Candidate>();
  const partsOf = (key: PaperKey): ScoreParts => {
    let candidate = pool.get(key);
    if (!candidate) {
      candidate = { key, parts: noParts(), score: 0 };
      pool.set(key, candidate);
    }
    return candidate.parts;
  };
  dense?.neighbours.forEach(({ key, similarity }, at) => {
    const parts = partsOf(key);
    parts.dense = similarity;
    parts.denseRank = at + 1;
  });
  lexical?.hits.forEach(({ key, score, coverage }, at) => {
    const parts = partsOf(key);
    parts.lexical = score;
    parts.lexicalRank = at + 1;
    parts.coverage = coverage;
  });
  for (const [key, similarity] of dense?.others ?? []) partsOf(key).dense = similarity;
  for (const [key, { score, coverage }] of lexical?.others ?? []) {
    if (score <= 0) continue;
    const parts = partsOf(key);
    parts.lexical = score;
    parts.coverage = coverage;
  }
  return [...pool.values()];
}

/** Scores candidates and puts them in order, in place. */
function rank(pool: Candidate[], scoreOf: (parts: ScoreParts) => number): Candidate[] {
  for (const candidate of pool) candidate.score = scoreOf(candidate.parts);
  return pool.sort((a, b) => b.score - a.score || a.key - b.key);
}
