import type { Paper } from './paper.ts';
import { isStopWord, wordsOf } from './words.ts';

/**
 * The hashes of a paper's terms, ascending, each once. How often a term is said is not kept: measured on
 * rec/author-likes, that two papers share a term says more than how often each says it.
 */
export type TermSet = Uint32Array;

/** Papers say no more than this that is worth comparing: the rest of a very long abstract is not looked at. */
const MOST_TERMS = 2_000;

type Text = Pick<Paper, 'title' | 'abstract'>;

/**
 * What papers are compared by: the stems of their words but for function words, and pairs of such words side by side,
 * whatever signs are between them: breaking pairs at commas or at ends of sentences helped nobody in rec/author-likes.
 * Title and abstract are read one after the other, so that no pair spans both. Maps each term to how the paper writes
 * it the first time, for display.
 */
export function termsOf({ title, abstract }: Text): Map<string, string> {
  const terms = new Map<string, string>();
  for (const text of [title, abstract]) {
    eachTerm(text, (term, written) => {
      if (terms.size < MOST_TERMS && !terms.has(term)) terms.set(term, written());
    });
  }
  return terms;
}

/** Visits the terms of one text in order, again each time they are said; `written` tells how they are written there. */
export function eachTerm(text: string, visit: (term: string, written: () => string) => void): void {
  let before: { term: string; position: number; start: number } | null = null;
  for (const { term, form, position, start, end, isCompound } of wordsOf(text)) {
    if (isCompound) continue;
    if (isStopWord(form)) {
      before = null;
      continue;
    }
    if (form.length > 1) visit(term, () => text.slice(start, end));
    const first = before;
    if (first?.position === position - 1) visit(`${first.term} ${term}`, () => text.slice(first.start, end));
    before = { term, position, start };
  }
}

export function termSetOf(text: Text): TermSet {
  const hashes = new Set<number>();
  for (const term of termsOf(text).keys()) hashes.add(hashOfTerm(term));
  return Uint32Array.from(hashes).sort();
}

/** FNV-1a (Fowler, Noll and Vo) over UTF-16 units, finished as MurmurHash3 does, so that all bits are mixed. */
export function hashOfTerm(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
