import { termWeight } from '../term-overlap.ts';
import { eachTerm, hashOfTerm } from '../term-set.ts';
import type { Corpus } from './corpus.ts';

type Text = { title: string; abstract: string };

/** Texts of an interest that its name is made from: the latest. */
export const NAMED_AFTER = 20;

/** What a term in a title counts, against one in an abstract. */
const IN_TITLE = 3;

/** Terms rarer than this are a paper's own, such as a name it gives: they name no interest. A dozen papers in 8,000. */
const OWN_FROM = 0.72;

/** Terms no rarer than this are in every tenth paper or more: they set nothing apart. */
const COMMON_UP_TO = 0.2;

/** Terms of at most some three hundred papers in eight thousand. */
const TELLING_FROM = 0.36;

/** A pair tells more than its words. */
const PAIR = 1.5;

interface Said {
  term: string;
  form: string;
  weight: number;
}

/** Words, with letters; no pair with a bracket, comma or end of a sentence in it. */
const isShowable = (form: string) =>
  /\p{L}{3}/u.test(form) && /^[^()[\]{},"“”!?;:]*$/.test(form) && !/\.\s/.test(form);

/** A term as a paper writes it, but for capitals of titles and sentences: `GPT-4` keeps its, `Visual Math` does not. */
const shown = (form: string) =>
  form.replace(/\p{L}[\p{L}\p{N}]*/gu, (word) => (/^\p{Lu}\p{Ll}+$/u.test(word) ? word.toLowerCase() : word));

/** How often a text says each term that can be shown, where titles count more. */
function said({ title, abstract }: Text): Map<string, { form: string; times: number }> {
  const terms = new Map<string, { form: string; times: number }>();
  for (const [text, counts] of [
    [abstract, 1],
    [title, IN_TITLE],
  ] as const) {
    eachTerm(text, (term, written) => {
      const entry = terms.get(term);
      if (entry) entry.times += counts;
      else {
        const form = written();
        if (isShowable(form)) terms.set(term, { form, times: counts });
      }
    });
  }
  return terms;
}

const weightOf = (corpus: Corpus, term: string) =>
  (term.includes(' ') ? PAIR : 1) * termWeight(corpus, hashOfTerm(term));

/**
 * Up to `limit` terms that both papers have, those first that bring most of their likeness: rare ones, and of these the
 * ones that the papers say most.
 */
export function sharedTerms(corpus: Corpus, a: Text, b: Text, limit = 5): string[] {
  const inB = said(b);
  const shared = [...said(a)].flatMap(([term, { form, times }]): Said[] => {
    const other = inB.get(term);
    const often = Math.log2(1 + Math.min(times, other?.times ?? 0));
    return other ? [{ term, form, weight: often * weightOf(corpus, term) }] : [];
  });
  // Half the papers of a field say the more common ones: they explain little.
  const telling = shared.filter(({ term }) => corpus.rarity(hashOfTerm(term)) >= TELLING_FROM);
  return distinct(telling.length > 0 ? telling : shared, limit).map(({ form }) => shown(form));
}

export interface NamingTerm {
  term: string;
  form: string;
}

/**
 * The terms that set some texts apart from the library: those that many of them say, and often, and few other papers; of
 * three texts or more, a term must be in two.
 */
export function distinctiveTerms(corpus: Corpus, texts: readonly Text[], limit: number): NamingTerm[] {
  const counts = new Map<string, { form: string; texts: number; often: number }>();
  for (const text of texts.slice(-NAMED_AFTER)) {
    for (const [term, { form, times }] of said(text)) {
      const entry = counts.get(term) ?? { form, texts: 0, often: 0 };
      entry.texts++;
      entry.often += Math.log2(1 + times);
      counts.set(term, entry);
    }
  }
  const atLeast = texts.length > 2 ? 2 : 1;
  const weighed = [...counts]
    .filter(([, entry]) => entry.texts >= atLeast)
    .map(([term, { form, often }]) => {
      const rarity = corpus.rarity(hashOfTerm(term));
      // A topic is said often and by many; being rare alone makes none.
      const weight = (term.includes(' ') ? PAIR : 1) * often ** 1.5 * Math.max(0, rarity - COMMON_UP_TO);
      return { term, form, weight, isOwn: rarity >= OWN_FROM };
    });
  const topics = distinct(
    weighed.filter(({ isOwn }) => !isOwn),
    limit,
  );
  // A small library has hardly any term in a dozen papers: then papers' own ones have to do.
  const chosen = topics.length > 0 ? topics : distinct(weighed, limit);
  return chosen.map(({ term, form }) => ({ term, form: shown(form) }));
}

/** The heaviest terms, without those that share a word with ones before them. */
function distinct(terms: readonly Said[], limit: number): Said[] {
  const words = new Set<string>();
  const chosen: Said[] = [];
  const heaviest = terms
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1));
  for (const entry of heaviest) {
    if (chosen.length >= limit) break;
    const own = entry.term.split(' ');
    if (own.some((word) => words.has(word))) continue;
    for (const word of own) words.add(word);
    chosen.push(entry);
  }
  return chosen;
}
