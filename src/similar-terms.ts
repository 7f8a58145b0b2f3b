import type { ExampleParts } from './example-scores.ts';
import type { PaperKey } from './paper.ts';
import type { PaperStore } from './store/paper-store.ts';
import { termOverlaps } from './term-overlap.ts';
import { termSetOf } from './term-set.ts';
import type { TermStatistics } from './term-statistics.ts';

/** So many of the best papers are compared by their terms. Of 20 to 100 it makes no difference: docs/relevance.md. */
export const COMPARED_BY_TERMS = 40;

/** What the overlap is worth: by 4 times as much of what is missing to 1 a score rises. Measured there, too. */
const WEIGHT = 4;

export interface SimilarParts extends ExampleParts {
  /** What the overlap of the paper's terms with those of a single example adds; 0 or more. */
  terms: number;
}

/** What a paper was scored by before its terms were looked at. */
interface Scored {
  key: PaperKey;
  score: number;
  parts: ExampleParts;
}

interface Deps {
  store: Pick<PaperStore, 'termSets'>;
  statistics: { current(): Promise<Pick<TermStatistics, 'rarity'>> };
}

/**
 * Adds to the scores of the best papers how much their terms overlap with those of the example: what two abstracts both
 * say in words tells more than their embeddings alone. As nothing is taken away, the best stay above the rest. Several
 * examples would need a balance of their own, as the one with the most usual words would get the first places: for them
 * nothing is added.
 */
export async function withTerms<Paper extends Scored>(
  { store, statistics }: Deps,
  scored: readonly Paper[],
  { keys, text }: { keys: readonly PaperKey[]; text: string },
): Promise<(Paper & { parts: SimilarParts })[]> {
  const isSingle = keys.length + (text === '' ? 0 : 1) === 1;
  if (!isSingle) return scored.map((paper) => ({ ...paper, parts: { ...paper.parts, terms: 0 } }));
  const best = scored.slice(0, COMPARED_BY_TERMS);
  const sets = await store.termSets([...keys, ...best.map(({ key }) => key)]);
  const examples = keys.flatMap((key) => sets.get(key) ?? []);
  if (text !== '') examples.push(termSetOf({ title: text, abstract: '' }));
  const overlaps = termOverlaps(await statistics.current(), examples);
  const sums = new Float64Array(examples.length);
  const overlapOf = (key: PaperKey) => {
    sums.fill(0);
    overlaps(sets.get(key) ?? new Uint32Array(), sums, WEIGHT);
    return Math.min(1, Math.max(0, ...sums));
  };
  return scored
    .map((paper, at) => {
      const terms = at < best.length ? (1 - paper.score) * overlapOf(paper.key) : 0;
      return { ...paper, score: paper.score + terms, parts: { ...paper.parts, terms } };
    })
    .sort((a, b) => b.score - a.score || a.key - b.key);
}
