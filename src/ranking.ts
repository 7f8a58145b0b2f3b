/**
 * How hybrid search weighs what it knows: every number of it, in one place. Chosen on tuning queries of four test
 * collections together, none per collection. `npm run evaluate -- trials` prints what each part brings, and
 * docs/relevance.md holds the figures. The constants of BM25F are in src/lexical/constants.ts.
 */
export const RANKING = {
  /** How the dense and the lexical list are joined (src/fusion.ts). */
  fusion: {
    /**
     * The share of the dense score, the rest being lexical: less when the query is said nearly word for word, as then
     * the words know better.
     */
    dense: { loose: 0.5, close: 0.35 },
    /** The best so many candidates set the scale of cosines. */
    scaledOver: 150,
    /** How much the share of the query that a paper says adds, for queries short enough to be said whole. */
    coverage: 0.2,
    /** Queries of so many different words or more are passages: no paper says all of one. */
    longQueryWords: 40,
    /** The best BM25F score, as a share of the ideal one, up to which the words are not said, and from which they are. */
    wordFit: { none: 0.3, full: 0.6 },
  },
  /** How the best candidates are looked at word by word (src/late-interaction.ts). */
  lateInteraction: {
    /** Candidates that are looked at; the rest keep their order below them. */
    candidates: 50,
    /** How much the words' similarity adds to a score of 1. */
    weight: 0.3,
    /** Queries of more content tokens than this are left alone: passages, for which it costs more and brings less. */
    mostTokens: 48,
  },
  /** How the best candidates are compared with each other (src/second-pass.ts). */
  secondPass: {
    /** Candidates that are compared; the rest keep their order below them. */
    candidates: 100,
    /** Feedback: the best few, how much likeness to them adds, and the power of their scores that weighs them. */
    feedbackPapers: 3,
    feedback: 0.25,
    feedbackPower: 4,
    /**
     * Smoothing: how many nearest candidates have a say in a score, and how much: less when the query is said nearly
     * word for word, as then its paper is known, and its neighbours are not looked for.
     */
    neighbours: 10,
    smoothing: { loose: 0.5, close: 0.2 },
  },
};

export type Ranking = typeof RANKING;
