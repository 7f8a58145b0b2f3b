import { LRUCache } from 'lru-cache';
import { quotedIn } from '../quotes.ts';
import { isStopWord, type Word, wordsOf } from '../words.ts';
import type { LexicalConstants } from './constants.ts';
import type { Inverted } from './inverted.ts';
import type { LexicalTerm } from './lexical-index.ts';
import type { Spelling } from './spelling.ts';

/** A term to look for, with its number in the index; -1 for one that no paper has, in any likely spelling. */
export interface QueryTerm extends LexicalTerm {
  id: number;
}

export interface AnalysedQuery {
  terms: QueryTerm[];
  /** The numbers of the terms of each quoted phrase, in order; -1 for one that no paper has. */
  phrases: number[][];
}

/**
 * What a query asks for. Stop words are left out, unless there is nothing else; of the rest, those that some paper
 * has, at most `mostTerms`; words that no paper has by their likeliest spelling.
 */
export function analysed(
  query: string,
  inverted: Inverted,
  spelling: Spelling,
  constants: LexicalConstants,
): AnalysedQuery {
  const all = wordsOf(query);
  const content = all.filter(({ form }) => !isStopWord(form));
  const terms = new Map<string, { word: Word; times: number }>();
  for (const word of content.length > 0 ? content : all) {
    const known = terms.get(word.term);
    if (!known) terms.set(word.term, { word, times: 1 });
    else {
      known.times++;
      if (!word.isCompound) known.word = word;
    }
  }
  let corrections = 0;
  const wanted = [...terms.values()].map(({ word, times }): QueryTerm => {
    const { term, form, isCompound } = word;
    const repeats = Math.min(times, constants.mostRepeats);
    const weight = repeats * (isCompound ? constants.compoundInQuery : 1);
    const found = looked(inverted, inverted.vocabulary.terms.find(term));
    const plain = { term, form, weight, correction: null, ...found };
    if (found.documents > 0 || isCompound || corrections >= constants.mostCorrections) return plain;
    corrections++;
    const other = spelling.likeliest(form);
    // Said beside its misspelling, the right word is looked for already.
    if (!other || terms.has(inverted.vocabulary.terms.text(other.term))) return plain;
    const corrected = looked(inverted, other.term);
    return { ...plain, ...corrected, weight: weight * constants.correctionWeight, correction: other.form };
  });
  const findable = wanted
    .filter(({ documents }) => documents > 0)
    .sort((a, b) => b.weight - a.weight || b.idf - a.idf)
    .slice(0, constants.mostTerms);
  const missing = wanted.filter(({ documents }) => documents === 0).slice(0, constants.mostTerms);
  return { terms: [...findable, ...missing], phrases: phrasesOf(query, inverted, constants) };
}

/** `analysed`, which remembers what it said of the last few queries: a search asks for one again and again. */
export function createAnalysis(
  inverted: Inverted,
  spelling: Spelling,
  constants: LexicalConstants,
): (query: string) => AnalysedQuery {
  const known = new LRUCache<string, AnalysedQuery>({ max: MOST_REMEMBERED });
  let version = -1;
  return (query) => {
    if (version !== inverted.version) known.clear();
    version = inverted.version;
    const found = known.get(query) ?? analysed(query, inverted, spelling, constants);
    known.set(query, found);
    return found;
  };
}

const MOST_REMEMBERED = 8;

/** idf as Lucene has it, never below 0: ln(1 + (N - n + 0.5) / (n + 0.5)). */
function looked(inverted: Inverted, id: number): Pick<QueryTerm, 'id' | 'idf' | 'documents'> {
  const documents = inverted.documents(id);
  const idf = Math.log(1 + (inverted.alive - documents + 0.5) / (documents + 0.5));
  return { id: documents > 0 ? id : -1, idf, documents };
}

/**
 * Words in quotes, stop words too, compounds not: their parts are there. Quotes are meant for the search where they hold
 * a good part of the query; in a pasted text, they are the text's.
 */
function phrasesOf(query: string, inverted: Inverted, constants: LexicalConstants): number[][] {
  const phrases = quotedIn(query)
    .map((quoted) => termsOf(quoted, inverted))
    .filter((terms) => terms.length > 0)
    .slice(0, constants.mostPhrases);
  const enough = constants.quotedShare * termsOf(query, inverted).length;
  return phrases.flat().length < enough ? [] : phrases;
}

/** The numbers of the terms of all words but compounds, in order; -1 for one that no paper has. */
export const termsOf = (text: string, { vocabulary }: Inverted): number[] =>
  wordsOf(text)
    .filter(({ isCompound }) => !isCompound)
    .map(({ term }) => vocabulary.terms.find(term));
