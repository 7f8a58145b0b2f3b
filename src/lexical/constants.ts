/** Everything that can be tuned about lexical search. Nothing here is in the saved file: a change needs no rebuild. */
export const LEXICAL = {
  /**
   * BM25F (Robertson & Zaragoza, "The Probabilistic Relevance Framework", 2009): how soon repetition saturates, and
   * for each field what an occurrence weighs and how strongly long fields are discounted.
   */
  k1: 1.2,
  fields: {
    title: { weight: 2, b: 0.75 },
    abstract: { weight: 1, b: 0.75 },
    authors: { weight: 0.5, b: 0 },
  },
  /** What `gpt4` of `GPT-4` weighs in a text against a word of its own, and what in a query. */
  compoundInText: 1,
  compoundInQuery: 0.5,
  /** A word that the query says several times counts that often, up to this. */
  mostRepeats: 5,
  /** Of a long query, so many different terms are looked for: those said most often, then the rarest. */
  mostTerms: 60,
  /** Quoted phrases that are looked at, the first ones. */
  mostPhrases: 8,
  /** The part of a query's words that must be in quotes for the quotes to be looked at. */
  quotedShare: 0.25,
  /** What a likelier spelling weighs against the word that the query says, and how many words are given one. */
  correctionWeight: 0.7,
  mostCorrections: 8,
  /** A word is corrected by one edit from this length on, by two from that, never by more. */
  oneEditFrom: 4,
  twoEditsFrom: 8,
};

export type LexicalConstants = typeof LEXICAL;

/** The fields of a paper, in the order of postings and positions. */
export const FIELDS = ['title', 'abstract', 'authors'] as const;
