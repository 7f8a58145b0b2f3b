import type { TermSet } from './term-set.ts';
import type { TermStatistics } from './term-statistics.ts';

/** Terms that are more common than this (0: in all papers, 1: in hardly any) do not count: others are the same everywhere. */
const RAREST_FROM = 0.2;

/** A text of fewer terms than this says too little to be sure of: it counts as one of so many. */
const FEW_TERMS = 150;

/** More examples than anybody has. */
const MOST_EXAMPLES = 4_096;

/** Adds the overlap with each example, times `by`, to `sums`. */
export type Overlaps = (terms: TermSet, sums: Float64Array, by: number) => void;

/** What a term that two texts share counts; 0 for a common one. */
export function termWeight(statistics: Pick<TermStatistics, 'rarity'>, hash: number): number {
  const rarity = statistics.rarity(hash);
  return rarity < RAREST_FROM ? 0 : 4 * rarity * rarity;
}

const lengthOf = (terms: TermSet) => Math.sqrt(Math.max(FEW_TERMS, terms.length));

/**
 * Prepares the term sets of examples, so that other papers can be compared with all of them at once. The overlap of a and
 * b is the sum over the terms of both of 4 rarity^2, divided by sqrt(max(150, terms of a) * max(150, terms of b)): a
 * cosine of tf-idf vectors with all term frequencies 1 (Salton and Buckley, 1988), but that the lengths are of the mean
 * rarity, and that short texts do not get high values by a word or two. The 4 only sets the scale.
 *
 * An index of the examples' terms is made: a paper has some two hundred, of which few are in any example.
 */
export function termOverlaps(
  statistics: Pick<TermStatistics, 'rarity'>,
  examples: readonly TermSet[],
): Overlaps {
  // Hash and example in one number, so that sorting is quick.
  const all = new Float64Array(examples.reduce((sum, terms) => sum + terms.length, 0));
  let filled = 0;
  examples.forEach((terms, example) => {
    for (const hash of terms) all[filled++] = hash * MOST_EXAMPLES + example;
  });
  all.sort();
  const of = Int32Array.from(all, (pair) => pair % MOST_EXAMPLES);
  const hashes = all.map((pair) => Math.floor(pair / MOST_EXAMPLES));
  const values = new Float32Array(all.length);
  const starts = new Map<number, number>();
  const lengths = Float64Array.from(examples, lengthOf);
  for (let from = 0; from < hashes.length; ) {
    const hash = hashes[from] as number;
    const weight = termWeight(statistics, hash);
    if (weight > 0) starts.set(hash, from);
    for (; hashes[from] === hash; from++) values[from] = weight / (lengths[of[from] as number] as number);
  }
  return (terms, sums, by) => {
    const scale = by / lengthOf(terms);
    for (const hash of terms) {
      const start = starts.get(hash);
      if (start === undefined) continue;
      for (let at = start; hashes[at] === hash; at++) {
        const example = of[at] as number;
        sums[example] = (sums[example] as number) + (values[at] as number) * scale;
      }
    }
  };
}
