import type { PaperKey } from '../paper.ts';
import { type Added, addDocuments } from './add-documents.ts';
import { FIELDS, type LexicalConstants } from './constants.ts';
import type { Cursor } from './document-bytes.ts';
import type { Inverted } from './inverted.ts';
import type { LexicalHit } from './lexical-index.ts';
import { phraseCounts } from './phrases.ts';
import type { AnalysedQuery } from './query.ts';

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
  /** Of which query at which version of the index, with what mask. */
  query: AnalysedQuery | null;
  version: number;
  mask: Uint8Array;
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

  /** Adds the query's terms up, some slots at a time, and shows them to `top` while the processor has them near. */
  const run = (query: AnalysedQuery, mask: Uint8Array, top?: Top): Tally => {
    prepare();
    const tally: Tally = tallies.length < MOST_TALLIES ? emptyTally() : (tallies.shift() as Tally);
    const { slots, version, postings } = inverted;
    if (tally.sums.length < 2 * slots) tally.sums = new Float64Array(Math.ceil(2 * slots * ROOM));
    Object.assign(tally, { query, version, mask });
    const { sums } = tally;
    const terms = query.terms.filter(({ id }) => id >= 0);
    const { from: written, cursors } = postings.written(terms.map(({ id }) => id));
    const parts = terms.map(({ weight, idf }) => ({ sums, mask, norms, k1, mass: weight * idf }));
    for (let from = 0; from < slots; from += SPAN) {
      const to = Math.min(from + SPAN, slots);
      sums.fill(0, 2 * from, 2 * to);
      for (let at = 0; at < terms.length; at++) {
        const cursor = cursors[at] as Cursor;
        if (cursor.slot < to) addDocuments(cursor, to, written, parts[at] as Added);
      }
      top?.offer(sums, from, to);
    }
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
    sums: Float64Array,
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
      const found = (within: Uint8Array) => {
        const top = createTop(limit, inverted.keyOf);
        const { sums } = run(query, within, top);
        return { sums, ...top.taken(sums) };
      };
      const having = phrases && found(phrases.map((count) => (count === asked ? 1 : 0)));
      // Papers that have the phrases, but no term, do not count: stop words are in phrases, and are no terms.
      const required = having !== null && having.total > 0;
      const { sums, slots, total } = required ? having : found(mask);
      const mass = massOf(query);
      return { hits: slots.map((slot) => hitOf(sums, slot, mass, phrases)), total, required };
    },
    of(query, slots) {
      const phrases = query.phrases.length === 0 ? null : countPhrases(query, maskOf(slots));
      const tally = runOf(query, slots);
      // Hardly asked for again.
      tallies.unshift(...tallies.splice(tallies.indexOf(tally), 1));
      const mass = massOf(query);
      return slots.map((slot) => hitOf(tally.sums, slot, mass, phrases));
    },
  };
}

/** Slots that are gone through at a time: what is added up for them stays in the processor's near caches. */
const SPAN = 2_048;

/** Buffers are made larger than needed now, as papers come one by one. */
const ROOM = 1.25;

const emptyTally = (): Tally => ({
  sums: new Float64Array(),
  query: null,
  version: -1,
  mask: new Uint8Array(),
});

/** The weight of all terms that some paper has: what coverage is a share of. */
export const massOf = ({ terms }: AnalysedQuery): number =>
  terms.reduce((sum, { id, weight, idf }) => (id < 0 ? sum : sum + weight * idf), 0);

/** Of a slot's two sums. */
const BYTES = 2 * Float64Array.BYTES_PER_ELEMENT;

/** The best slots of those that were offered. */
interface Top {
  /** Looks at the slots from `from` to before `to`. */
  offer(sums: Float64Array, from: number, to: number): void;
  /** The slots of the highest scores, best first, ties by smaller key; and how many have any term. */
  taken(sums: Float64Array): { slots: number[]; total: number };
}

/** Keeps the `limit` best in a binary heap whose root is the worst of them, so that most slots fail on one comparison. */
function createTop(limit: number, keyOf: (slot: number) => PaperKey): Top {
  const heap = new Int32Array(limit);
  let size = 0;
  let total = 0;
  let bar = 0;
  const isWorse = (sums: Float64Array, a: number, b: number) => {
    const difference = (sums[2 * a] as number) - (sums[2 * b] as number);
    return difference < 0 || (difference === 0 && keyOf(a) > keyOf(b));
  };
  const put = (sums: Float64Array, slot: number) => {
    let at = 0;
    if (size < limit) {
      at = size++;
      for (
        let parent = (at - 1) >> 1;
        at > 0 && isWorse(sums, slot, heap[parent] as number);
        parent = (at - 1) >> 1
      ) {
        heap[at] = heap[parent] as number;
        at = parent;
      }
    } else {
      if (isWorse(sums, slot, heap[0] as number)) return;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && isWorse(sums, heap[child + 1] as number, heap[child] as number)) child++;
        if (isWorse(sums, slot, heap[child] as number)) break;
        heap[at] = heap[child] as number;
        at = child;
      }
    }
    heap[at] = slot;
    if (size === limit) bar = sums[2 * (heap[0] as number)] as number;
  };
  return {
    offer(sums, from, to) {
      // The upper half of each slot's mass: above 0 where the mass is. Which slots have one no processor foresees, so
      // that they are counted by arithmetic, which takes a third of the time of a branch.
      const words = new Int32Array(sums.buffer, sums.byteOffset + BYTES * from, (BYTES / 4) * (to - from));
      for (let word = BYTES / 4 - 1; word < words.length; word += BYTES / 4)
        total += -(words[word] as number) >>> 31;
      for (let slot = from; slot < to; slot++) {
        if ((sums[2 * slot] as number) >= bar && sums[2 * slot + 1] !== 0) put(sums, slot);
      }
    },
    taken(sums) {
      const best = Array.from(heap.subarray(0, size));
      return { slots: best.sort((a, b) => (isWorse(sums, a, b) ? 1 : -1)), total };
    },
  };
}
