import type { TermSet } from './term-set.ts';
import type { TermStatistics } from './term-statistics.ts';

/** Terms that are more common than this (0: in all papers, 1: in hardly any) do not count: others are the same everywhere. */
const RAREST_FROM = 0.2;

/** A text of fewer terms than this says too little to be sure of: it counts as one of so many. */
const FEW_TERMS = 150;

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
  const { marks, markShift, slotOf, counts, hashes } = tableOf(examples);
  const weights = new Float64Array(counts.length);
  // Where the examples of each slot's term are listed; nowhere for a common term.
  const starts = new Int32Array(counts.length).fill(NOWHERE);
  let listed = 0;
  for (let slot = 0; slot < counts.length; slot++) {
    if (counts[slot] === 0) continue;
    const weight = termWeight(statistics, hashes[slot] as number);
    if (weight === 0) continue;
    weights[slot] = weight;
    starts[slot] = listed;
    listed += counts[slot] as number;
  }
  const of = new Int32Array(listed);
  const values = new Float32Array(listed);
  const next = starts.slice();
  examples.forEach((terms, example) => {
    const length = lengthOf(terms);
    for (const hash of terms) {
      const slot = slotOf(hash);
      const at = next[slot] as number;
      if (at === NOWHERE) continue;
      of[at] = example;
      values[at] = (weights[slot] as number) / length;
      next[slot] = at + 1;
    }
  });
  return (terms, sums, by) => {
    const scale = by / lengthOf(terms);
    for (let i = 0; i < terms.length; i++) {
      const hash = terms[i] as number;
      if (marks[hash >>> markShift] === 0) continue;
      const slot = slotOf(hash);
      const start = starts[slot] as number;
      if (start === NOWHERE) continue;
      const end = start + (counts[slot] as number);
      for (let at = start; at < end; at++) {
        const example = of[at] as number;
        sums[example] = (sums[example] as number) + (values[at] as number) * scale;
      }
    }
  };
}

const NOWHERE = -1;

/** Ten marks for each term leave nearly all other terms without one. */
const MARKS_PER_TERM = 10;
/** 2 to this power are the most marks: more do not stay in a processor's second cache. */
const MOST_MARK_BITS = 18;

/**
 * A hash table of all terms, with how many examples have each. Open addressing: hashes are numbers above those that V8
 * keeps in place, so that a Map would make an object of each, and of each asked for. Most terms that are asked for are
 * in no example: a byte of `marks`, which the upper bits of a hash choose, tells it without a look at the table.
 */
function tableOf(examples: readonly TermSet[]) {
  const total = examples.reduce((sum, terms) => sum + terms.length, 0);
  const bits = Math.ceil(Math.log2(1.25 * total + 2));
  const markBits = Math.min(MOST_MARK_BITS, Math.ceil(Math.log2(MARKS_PER_TERM * total + 2)));
  const markShift = 32 - markBits;
  const marks = new Uint8Array(2 ** markBits);
  const hashes = new Uint32Array(2 ** bits);
  // 0 in an empty slot, of which there always is one.
  const counts = new Int32Array(2 ** bits);
  const last = 2 ** bits - 1;
  const slotOf = (hash: number) => {
    // Multiplied by the golden ratio's share of 2^32 (Knuth), of which the upper bits count.
    let slot = Math.imul(hash, 0x9e3779b1) >>> (32 - bits);
    while (counts[slot] !== 0 && hashes[slot] !== hash) slot = (slot + 1) & last;
    return slot;
  };
  for (const terms of examples) {
    for (const hash of terms) {
      const slot = slotOf(hash);
      hashes[slot] = hash;
      counts[slot] = (counts[slot] as number) + 1;
      marks[hash >>> markShift] = 1;
    }
  }
  return { marks, markShift, slotOf, counts, hashes };
}
