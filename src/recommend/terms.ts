import { hashOfTerm, termsOf } from '../term-set.ts';
import type { Corpus } from './corpus.ts';
import { termWeight } from './likeness.ts';

type Text = { title: string; abstract: string };

/** Texts of an interest that its name is made from: the latest. */
export const NAMED_AFTER = 40;

/** Whether a term is fit to be shown: no pair with a bracket, comma or end of a sentence in it. */
const isShowable = (form: string) => /^[^()[\]{},"“”!?;:]*$/.test(form) && !/\.\s/.test(form);

/** A term as a paper writes it, but for capitals at the beginning of a sentence: `GPT-4` keeps its, `Robots` does not. */
const shown = (form: string) => (/^\p{Lu}[\p{Ll}\s-]*$/u.test(form) ? form.toLowerCase() : form);

/**
 * Up to `limit` terms that both papers have, those that bring most of their likeness first: rare ones, and pairs of
 * words before their parts.
 */
export function sharedTerms(corpus: Corpus, a: Text, b: Text, limit = 5): string[] {
  const inB = termsOf(b);
  const shared = [...termsOf(a)].flatMap(([term, form]) =>
    inB.has(term) && isShowable(form) ? [{ term, form, weight: termWeight(corpus, hashOfTerm(term)) }] : [],
  );
  return distinct(shared, limit).map(({ form }) => shown(form));
}

export interface NamingTerm {
  term: string;
  form: string;
}

/**
 * The terms that set some texts apart from the library: those that many of them have and few others. Of more than one
 * text, a term must be in two.
 */
export function distinctiveTerms(corpus: Corpus, texts: readonly Text[], limit: number): NamingTerm[] {
  const counts = new Map<string, { form: string; count: number }>();
  for (const text of texts.slice(-NAMED_AFTER)) {
    for (const [term, form] of termsOf(text)) {
      const entry = counts.get(term) ?? { form, count: 0 };
      entry.count++;
      counts.set(term, entry);
    }
  }
  const atLeast = texts.length > 2 ? 2 : 1;
  const weighed = [...counts]
    .filter(([term, { form, count }]) => count >= atLeast && isShowable(form) && /\p{L}{2}/u.test(term))
    .map(([term, { form, count }]) => ({ term, form, weight: count * termWeight(corpus, hashOfTerm(term)) }));
  return distinct(weighed, limit).map(({ term, form }) => ({ term, form: shown(form) }));
}

/** The heaviest terms, without those whose words are all in ones before them. */
function distinct<T extends { term: string; weight: number }>(terms: readonly T[], limit: number): T[] {
  const said = new Set<string>();
  const chosen: T[] = [];
  const heaviest = terms
    .filter(({ weight }) => weight > 0)
    // A pair tells more than its words, which are in as many papers or more.
    .sort((a, b) => weightOf(b) - weightOf(a) || (a.term < b.term ? -1 : 1));
  for (const entry of heaviest) {
    if (chosen.length >= limit) break;
    const words = entry.term.split(' ');
    if (words.some((word) => said.has(word))) continue;
    for (const word of words) said.add(word);
    chosen.push(entry);
  }
  return chosen;
}

const weightOf = ({ term, weight }: { term: string; weight: number }) =>
  (term.includes(' ') ? 1.3 : 1) * weight;
