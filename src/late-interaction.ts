import type { QueryEmbedding } from './embed/embedder.ts';
import type { Candidate } from './fusion.ts';
import type { LexicalTerm } from './lexical/lexical-index.ts';
import type { MaxSimilarity } from './max-similarity.ts';
import type { PaperKey } from './paper.ts';
import type { Ranking } from './ranking.ts';
import type { TokenBits } from './token-bits.ts';
import { wordsOf } from './words.ts';

/**
 * Looks at the best candidates word by word: for each word of the query, the most similar one of the paper, both as
 * the model read them in their context (late interaction, "MaxSim": Khattab and Zaharia, arXiv 2004.12832), on one
 * bit a dimension. Rare words count for more. `fused` is best first with scores in [0, 1]; candidates without bits
 * are taken for average ones. Returns the same candidates, best first.
 */
export function lateInteraction(
  fused: readonly Candidate[],
  query: Pick<QueryEmbedding, 'tokens' | 'words'>,
  terms: readonly LexicalTerm[],
  bits: ReadonlyMap<PaperKey, TokenBits>,
  kernel: MaxSimilarity,
  { candidates, weight }: Ranking['lateInteraction'],
): Candidate[] {
  // Divided by, so that scores stay in [0, 1].
  const fullScore = 1 + weight;
  const prepared = kernel.prepare(query.tokens, weightsOf(query.words, terms));
  const top = fused.slice(0, candidates).map((candidate) => {
    const document = bits.get(candidate.key);
    return { candidate, words: document && document.length > 0 ? prepared.score(document) : null };
  });
  const known = top.flatMap(({ words }) => words ?? []);
  if (known.length === 0) return [...fused];
  const lowest = Math.min(...known);
  const spread = Math.max(...known) - lowest || 1;
  const mean = known.reduce((sum, words) => sum + words, 0) / known.length;
  const looked = top
    .map(({ candidate, words }) => ({
      ...candidate,
      parts: { ...candidate.parts, words },
      score: (candidate.score + (weight * ((words ?? mean) - lowest)) / spread) / fullScore,
    }))
    .sort((a, b) => b.score - a.score || a.key - b.key);
  const rest = fused
    .slice(top.length)
    .map((candidate) => ({ ...candidate, score: candidate.score / fullScore }));
  return [...looked, ...rest];
}

/** Whether a query is short enough for it, and says anything. */
export const mayInteract = (
  { words }: Pick<QueryEmbedding, 'words'>,
  { weight, mostTokens }: Ranking['lateInteraction'],
): boolean => weight > 0 && words.length > 0 && words.length <= mostTokens;

/** The rarity (idf) of the word that each token belongs to. What is not among the terms counts as their mean. */
function weightsOf(words: readonly string[], terms: readonly LexicalTerm[]): number[] {
  const idfs = new Map(terms.map(({ term, idf }) => [term, idf]));
  const mean = terms.length === 0 ? 1 : terms.reduce((sum, { idf }) => sum + idf, 0) / terms.length;
  return words.map((word) => idfs.get(wordsOf(word)[0]?.term ?? word) ?? mean);
}
