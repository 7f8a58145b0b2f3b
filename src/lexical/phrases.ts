import type { Inverted } from './inverted.ts';
import type { Mentions } from './lexical-index.ts';

/** A document and a position in it as one number, in their order: documents have far fewer words than this. */
const POSITIONS = 2 ** 24;

/**
 * How many of the phrases each slot's paper has: all words, in order, next to each other, in one field. Costs one
 * reading of the positions of every word, so a few milliseconds for words that every abstract says. Slots that are 0
 * in `mask` are passed over.
 */
export function phraseCounts(
  inverted: Inverted,
  phrases: readonly (readonly number[])[],
  mask: Uint8Array,
): Uint8Array {
  const counts = new Uint8Array(inverted.slots);
  for (const phrase of phrases) {
    let before = -1;
    for (const start of startsOf(inverted, phrase, mask)) {
      const slot = Math.floor(start / POSITIONS);
      if (slot !== before) counts[slot] = (counts[slot] as number) + 1;
      before = slot;
    }
  }
  return counts;
}

/** `LexicalIndex.mentions`, of terms; none is in no paper. */
export function mentionsOf(inverted: Inverted, terms: readonly number[], mask: Uint8Array): Mentions {
  if (terms.length === 0 || terms.some((term) => term < 0)) return { papers: 0, byAuthors: 0 };
  // Of one word, its documents say enough, and are fewer than its places.
  const counts = terms.length === 1 ? mask : phraseCounts(inverted, [terms], mask);
  const named = new Uint8Array(inverted.slots);
  let papers = 0;
  let byAuthors = 0;
  terms.forEach((term, at) => {
    const { length, slots, authors } = inverted.postings.decode(term);
    const isLast = at === terms.length - 1;
    for (let entry = 0; entry < length; entry++) {
      const slot = slots[entry] as number;
      if (counts[slot] === 0) continue;
      if ((authors[entry] as number) > 0) named[slot] = (named[slot] as number) + 1;
      if (!isLast) continue;
      papers++;
      if (named[slot] === terms.length) byAuthors++;
    }
  });
  return { papers, byAuthors };
}

/** Where the phrase begins, ascending. */
function startsOf({ postings, slots }: Inverted, phrase: readonly number[], mask: Uint8Array): number[] {
  if (phrase.some((term) => term < 0)) return [];
  const rarestFirst = phrase
    .map((term, at) => ({ term, at }))
    .sort((a, b) => postings.documents(a.term) - postings.documents(b.term));
  let starts: number[] | null = null;
  let within = mask;
  for (const { term, at } of rarestFirst) {
    const allowed: number[] | null = starts;
    const kept: number[] = [];
    let next = 0;
    postings.eachPlace(term, within, (slot, position) => {
      if (position < at) return;
      const start = slot * POSITIONS + position - at;
      if (allowed) {
        while (next < allowed.length && (allowed[next] as number) < start) next++;
        if (allowed[next] !== start) return;
      }
      kept.push(start);
    });
    if (kept.length === 0) return [];
    starts = kept;
    within = new Uint8Array(slots);
    for (const start of kept) within[Math.floor(start / POSITIONS)] = 1;
  }
  return starts ?? [];
}
