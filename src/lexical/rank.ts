import type { PaperKey } from '../paper.ts';
import { FIELDS, type LexicalConstants } from './constants.ts';
import type { Inverted } from './inverted.ts';
import type { LexicalHit } from './lexical-index.ts';
import { phraseCounts } from './phrases.ts';
import type { Decoded } from './postings.ts';
import type { AnalysedQuery, QueryTerm } from './query.ts';

/** Ranks papers for analysed queries, in buffers that are used again and again. */
export interface Ranking {
  /** The `limit` best papers whose slots are not 0 in the mask, and how many match. */
  best(
    query: AnalysedQuery,
    mask: Uint8Array,
    limit: number,
  ): { hits: LexicalHit[]; total: number; required: boolean };
  /** The scores of given slots. Costs little after `best` of the very same object `query`. */
  of(query: AnalysedQuery, slots: readonly number[]): LexicalHit[];
}

/** What going through the documents of a query's terms leaves. */
interface Tally {
  /** Per slot two numbers: the score, and the mass of the terms found, which is 0 where none was. */
  sums: Float64Array;
  /** Of which query at which version of the index, with what mask, and how many papers have any of its terms. */
  query: AnalysedQuery | null;
  version: number;
  mask: Uint8Array;
  matches: number;
}

/** As many queries as are usually on their way at once; each takes 20 bytes a paper. */
const MOST_TALLIES = 3;

export function createRanking(inverted: Inverted, { k1, fields }: LexicalConstants): Ranking {
  /** The one that is used next is the first. */
  const tallies: Tally[] = [];
  let norms = FIELDS.map(() => new Float64Array());
  let normsVersion = -1;

  /** What an occurrence in each field counts: weight / (1 - b + b * length / mean length). */
  const prepare = () => {
    const { slots, alive, totalLengths, version } = inverted;
    if (normsVersion === version) return;
    normsVersion = version;
    if ((norms[0] as Float64Array).length < slots) {
      norms = FIELDS.map(() => new Float64Array(Math.ceil(slots * ROOM)));
    }
    FIELDS.forEach((name, field) => {
      const { weight, b } = fields[name];
      const total = totalLengths[field] as number;
      const perWord = total === 0 ? 0 : (b * alive) / total;
      const norm = norms[field] as Float64Array;
      for (let slot = 0; slot < slots; slot++) {
        norm[slot] = weight / (1 - b + perWord * inverted.lengthOf(slot, field));
      }
    });
  };

  const add = ({ id, weight, idf }: QueryTerm, { sums }: Tally, mask: Uint8Array): number => {
    const mass = weight * idf;
    let added = 0;
    inverted.postings.eachBlock(id, (block) => {
      added += addBlock(block, { sums, mask, norms, mass, k1 });
    });
    return added;
  };
  const run = (query: AnalysedQuery, mask: Uint8Array): Tally => {
    prepare();
    const tally: Tally = tallies.length < MOST_TALLIES ? emptyTally() : (tallies.shift() as Tally);
    const { slots, version } = inverted;
    if (tally.sums.length < 2 * slots) tally.sums = new Float64Array(Math.ceil(2 * slots * ROOM));
    else if (tally.matches > 0) tally.sums.fill(0);
    Object.assign(tally, { query, version, mask, matches: 0 });
    for (const term of query.terms) if (term.id >= 0) tally.matches += add(term, tally, mask);
    tallies.push(tally);
    return tally;
  };
  const runOf = (query: AnalysedQuery, slots: readonly number[]): Tally => {
    const held = tallies.find(
      (tally) =>
        tally.query === query &&
        tally.version === inverted.version &&
        slots.every((slot) => tally.mask[slot] !== 0),
    );
    return held ?? run(query, maskOf(slots));
  };
  const maskOf = (slots: readonly number[]) => {
    const mask = new Uint8Array(inverted.slots);
    for (const slot of slots) mask[slot] = 1;
    return mask;
  };
  const hitOf = (
    { sums }: Tally,
    slot: number,
    massOfAll: number,
    phrases: Uint8Array | null,
  ): LexicalHit => {
    return {
      key: inverted.keyOf(slot),
      score: sums[2 * slot] as number,
      coverage: massOfAll === 0 ? 0 : Math.min(1, (sums[2 * slot + 1] as number) / massOfAll),
      phrases: phrases?.[slot] ?? 0,
    };
  };
  const countPhrases = ({ phrases }: AnalysedQuery, mask: Uint8Array) =>
    phrases.length === 0 ? null : phraseCounts(inverted, phrases, mask);

  return {
    best(query, mask, limit) {
      const phrases = countPhrases(query, mask);
      const asked = query.phrases.length;
      const having =
        phrases &&
        run(
          query,
          phrases.map((count) => (count === asked ? 1 : 0)),
        );
      // Papers that have the phrases, but no term, do not count: stop words are in phrases, and are no terms.
      const required = having !== null && having.matches > 0;
      const tally = required ? having : run(query, mask);
      const slots = highest(tally.sums, inverted.slots, inverted.keyOf, limit);
      const mass = massOf(query);
      return { hits: slots.map((slot) => hitOf(tally, slot, mass, phrases)), total: tally.matches, required };
    },
    of(query, slots) {
      const phrases = query.phrases.length === 0 ? null : countPhrases(query, maskOf(slots));
      const tally = runOf(query, slots);
      // Hardly asked for again.
      tallies.unshift(...tallies.splice(tallies.indexOf(tally), 1));
      const mass = massOf(query);
      return slots.map((slot) => hitOf(tally, slot, mass, phrases));
    },
  };
}

/** Adds a term's part of the scores of some documents; returns how many of them had no term before. */
function addBlock(
  { length, slots, title, abstract, authors }: Decoded,
  { sums, mask, norms, mass, k1 }: Added,
): number {
  const [ofTitle, ofAbstract, ofAuthors] = norms as [Float64Array, Float64Array, Float64Array];
  const most = mass * (k1 + 1);
  let added = 0;
  for (let entry = 0; entry < length; entry++) {
    const slot = slots[entry] as number;
    if (mask[slot] === 0) continue;
    const inTitle = title[entry] as number;
    const inAuthors = authors[entry] as number;
    let frequency = (abstract[entry] as number) * (ofAbstract[slot] as number);
    if (inTitle > 0) frequency += inTitle * (ofTitle[slot] as number);
    if (inAuthors > 0) frequency += inAuthors * (ofAuthors[slot] as number);
    const at = 2 * slot;
    const known = sums[at + 1] as number;
    if (known === 0) added++;
    sums[at] = (sums[at] as number) + (most * frequency) / (k1 + frequency);
    sums[at + 1] = known + mass;
  }
  return added;
}

interface Added extends Pick<Tally, 'sums' | 'mask'> {
  norms: readonly Float64Array[];
  mass: number;
  k1: number;
}

/** Buffers are made larger than needed now, as papers come one by one. */
const ROOM = 1.25;

const emptyTally = (): Tally => ({
  sums: new Float64Array(),
  query: null,
  version: -1,
  mask: new Uint8Array(),
  matches: 0,
});

/** The weight of all terms that some paper has: what coverage is a share of. */
export const massOf = ({ terms }: AnalysedQuery): number =>
  terms.reduce((sum, { id, weight, idf }) => (id < 0 ? sum : sum + weight * idf), 0);

/** The `limit` slots of the highest scores, best first, ties by smaller key. */
function highest(
  sums: Float64Array,
  slots: number,
  keyOf: (slot: number) => PaperKey,
  limit: number,
): number[] {
  // A binary heap whose root is the worst that is kept, so that most slots fail on one comparison.
  const heap = new Int32Array(Math.min(limit, slots));
  const scoreOf = (slot: number) => sums[2 * slot] as number;
  const isWorse = (a: number, b: number) =>
    scoreOf(a) < scoreOf(b) || (scoreOf(a) === scoreOf(b) && keyOf(a) > keyOf(b));
  let size = 0;
  let bar = 0;
  for (let slot = 0; slot < slots; slot++) {
    if ((sums[2 * slot] as number) < bar || sums[2 * slot + 1] === 0) continue;
    let at = 0;
    if (size < heap.length) {
      at = size++;
      for (
        let parent = (at - 1) >> 1;
        at > 0 && isWorse(slot, heap[parent] as number);
        parent = (at - 1) >> 1
      ) {
        heap[at] = heap[parent] as number;
        at = parent;
      }
    } else {
      if (isWorse(slot, heap[0] as number)) continue;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && isWorse(heap[child + 1] as number, heap[child] as number)) child++;
        if (isWorse(slot, heap[child] as number)) break;
        heap[at] = heap[child] as number;
        at = child;
      }
    }
    heap[at] = slot;
    if (size === heap.length) bar = scoreOf(heap[0] as number);
  }
  return Array.from(heap.subarray(0, size)).sort((a, b) => scoreOf(b) - scoreOf(a) || keyOf(a) - keyOf(b));
}
