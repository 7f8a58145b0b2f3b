import type { PaperKey } from '../paper.ts';
import { FIELDS, type LexicalConstants } from './constants.ts';
import type { Inverted } from './inverted.ts';
import type { LexicalHit } from './lexical-index.ts';
import { phraseCounts } from './phrases.ts';
import type { AnalysedQuery, QueryTerm } from './query.ts';

/** Ranks papers for analysed queries, in buffers that are used again and again. */
export interface Ranking {
  /** The `limit` best papers whose slots are not 0 in the mask, and how many match. */
  best(
    query: AnalysedQuery,
    mask: Uint8Array,
    limit: number,
  ): { hits: LexicalHit[]; total: number; required: boolean };
  /** The scores of given slots. */
  of(query: AnalysedQuery, slots: readonly number[]): LexicalHit[];
}

export function createRanking(inverted: Inverted, { k1, fields }: LexicalConstants): Ranking {
  /** Per slot: the score, and the mass of the terms found. */
  let scores = new Float64Array();
  let masses = new Float64Array();
  let touched = new Int32Array();
  let touchedCount = 0;
  let norms = FIELDS.map(() => new Float64Array());
  let normsVersion = -1;

  /** What an occurrence in each field counts: weight / (1 - b + b * length / mean length). */
  const prepare = () => {
    const { slots, alive, totalLengths, version } = inverted;
    if (normsVersion === version) return;
    normsVersion = version;
    if (touched.length < slots) {
      const room = Math.ceil(slots * 1.25);
      scores = new Float64Array(room);
      masses = new Float64Array(room);
      touched = new Int32Array(room);
      norms = FIELDS.map(() => new Float64Array(room));
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

  const add = ({ id, weight, idf }: QueryTerm, mask: Uint8Array) => {
    const { length, slots, title, abstract, authors } = inverted.postings.decode(id);
    const [ofTitle, ofAbstract, ofAuthors] = norms as [Float64Array, Float64Array, Float64Array];
    const mass = weight * idf;
    const most = mass * (k1 + 1);
    for (let entry = 0; entry < length; entry++) {
      const slot = slots[entry] as number;
      if (mask[slot] === 0) continue;
      const inTitle = title[entry] as number;
      const inAuthors = authors[entry] as number;
      let frequency = (abstract[entry] as number) * (ofAbstract[slot] as number);
      if (inTitle > 0) frequency += inTitle * (ofTitle[slot] as number);
      if (inAuthors > 0) frequency += inAuthors * (ofAuthors[slot] as number);
      if (masses[slot] === 0) touched[touchedCount++] = slot;
      scores[slot] = (scores[slot] as number) + (most * frequency) / (k1 + frequency);
      masses[slot] = (masses[slot] as number) + mass;
    }
  };
  const run = ({ terms }: AnalysedQuery, mask: Uint8Array) => {
    prepare();
    for (const term of terms) if (term.id >= 0) add(term, mask);
  };
  const clear = () => {
    for (let at = 0; at < touchedCount; at++) {
      const slot = touched[at] as number;
      scores[slot] = 0;
      masses[slot] = 0;
    }
    touchedCount = 0;
  };
  const hitOf = (slot: number, massOfAll: number, phrases: Uint8Array | null): LexicalHit => {
    return {
      key: inverted.keyOf(slot),
      score: scores[slot] as number,
      coverage: massOfAll === 0 ? 0 : Math.min(1, (masses[slot] as number) / massOfAll),
      phrases: phrases?.[slot] ?? 0,
    };
  };
  const countPhrases = ({ phrases }: AnalysedQuery, mask: Uint8Array) =>
    phrases.length === 0 ? null : phraseCounts(inverted, phrases, mask);

  return {
    best(query, mask, limit) {
      const phrases = countPhrases(query, mask);
      const asked = query.phrases.length;
      if (phrases)
        run(
          query,
          phrases.map((count) => (count === asked ? 1 : 0)),
        );
      // Papers that have the phrases, but no term, do not count: stop words are in phrases, and are no terms.
      const required = touchedCount > 0;
      if (!required) run(query, mask);
      const total = touchedCount;
      const slots = highest(touched.subarray(0, total), scores, inverted.keyOf, limit);
      const mass = massOf(query);
      const hits = slots.map((slot) => hitOf(slot, mass, phrases));
      clear();
      return { hits, total, required };
    },
    of(query, slots) {
      const mask = new Uint8Array(inverted.slots);
      for (const slot of slots) mask[slot] = 1;
      const phrases = countPhrases(query, mask);
      run(query, mask);
      const mass = massOf(query);
      const hits = slots.map((slot) => hitOf(slot, mass, phrases));
      clear();
      return hits;
    },
  };
}

/** The weight of all terms that some paper has: what coverage is a share of. */
export const massOf = ({ terms }: AnalysedQuery): number =>
  terms.reduce((sum, { id, weight, idf }) => (id < 0 ? sum : sum + weight * idf), 0);

/** The `limit` slots of the highest scores, best first, ties by smaller key. */
function highest(
  slots: Int32Array,
  scores: Float64Array,
  keyOf: (slot: number) => PaperKey,
  limit: number,
): number[] {
  const scoreOf = (slot: number) => scores[slot] as number;
  const better = (a: number, b: number) => scoreOf(b) - scoreOf(a) || keyOf(a) - keyOf(b);
  // Those below the best seen so far are dropped in bulk: sorting at most twice the limit at a time.
  let kept: number[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (const slot of slots) {
    if ((scores[slot] as number) < bar) continue;
    kept.push(slot);
    if (kept.length < 2 * limit + 64) continue;
    kept = kept.sort(better).slice(0, limit);
    bar = scoreOf(kept.at(-1) as number);
  }
  return kept.sort(better).slice(0, limit);
}
