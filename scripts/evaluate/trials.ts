import { LEXICAL, type LexicalConstants } from '../../src/lexical/constants.ts';
import { RANKING, type Ranking } from '../../src/ranking.ts';

/** A way of ranking that is tried: the chosen one but for one change. */
export interface Trial {
  name: string;
  ranking: Ranking;
  /** Other constants of BM25F. */
  lexical?: LexicalConstants;
}

const lexicalTrial = (name: string, change: (constants: LexicalConstants) => void): Trial => {
  const lexical = structuredClone(LEXICAL);
  change(lexical);
  return { name, ranking: RANKING, lexical };
};

const trial = (name: string, change: (ranking: Ranking) => void): Trial => {
  const ranking = structuredClone(RANKING);
  change(ranking);
  return { name, ranking };
};

/** What is chosen, first; then without each part; then with other weights. */
export const TRIALS: readonly Trial[] = [
  trial('as chosen', () => {}),
  trial('without late interaction', ({ lateInteraction }) => {
    lateInteraction.weight = 0;
  }),
  trial('without coverage', ({ fusion }) => {
    fusion.coverage = 0;
  }),
  trial('without feedback', ({ secondPass }) => {
    secondPass.feedback = 0;
  }),
  trial('without smoothing', ({ secondPass }) => {
    secondPass.smoothing = { loose: 0, close: 0 };
  }),
  trial('fusion alone', ({ fusion, lateInteraction, secondPass }) => {
    fusion.coverage = 0;
    lateInteraction.weight = 0;
    secondPass.feedback = 0;
    secondPass.smoothing = { loose: 0, close: 0 };
  }),
  trial('smoothing 0.3, whatever is said', ({ secondPass }) => {
    secondPass.smoothing = { loose: 0.3, close: 0.3 };
  }),
  trial('smoothing 0.5, whatever is said', ({ secondPass }) => {
    secondPass.smoothing = { loose: 0.5, close: 0.5 };
  }),
  ...[0.4, 0.5, 0.6].map((share) =>
    trial(`${share} dense, whatever is said`, ({ fusion }) => {
      fusion.dense = { loose: share, close: share };
    }),
  ),
  ...[0.2, 0.4].map((weight) =>
    trial(`late interaction ${weight}`, ({ lateInteraction }) => {
      lateInteraction.weight = weight;
    }),
  ),
  trial('late interaction of 100', ({ lateInteraction }) => {
    lateInteraction.candidates = 100;
  }),
  trial('late interaction of passages too', ({ lateInteraction }) => {
    lateInteraction.mostTokens = 256;
  }),
  trial('coverage of passages too', ({ fusion }) => {
    fusion.longQueryWords = Number.POSITIVE_INFINITY;
  }),
  trial('coverage 0.4', ({ fusion }) => {
    fusion.coverage = 0.4;
  }),
  trial('cosines scaled over all', ({ fusion }) => {
    fusion.scaledOver = Number.POSITIVE_INFINITY;
  }),
  trial('feedback from 2', ({ secondPass }) => {
    secondPass.feedbackPapers = 2;
  }),
  trial('feedback from 5', ({ secondPass }) => {
    secondPass.feedbackPapers = 5;
  }),
  trial('6 neighbours', ({ secondPass }) => {
    secondPass.neighbours = 6;
  }),
];

/** Lexical search alone, and then in hybrid search, with other constants of BM25F. */
export const LEXICAL_TRIALS: readonly Trial[] = [
  lexicalTrial('as chosen', () => {}),
  ...[0.9, 1.6].map((k1) =>
    lexicalTrial(`k1 ${k1}`, (constants) => {
      constants.k1 = k1;
    }),
  ),
  ...[0.4, 0.6].map((b) =>
    lexicalTrial(`b ${b}`, ({ fields }) => {
      fields.title.b = b;
      fields.abstract.b = b;
    }),
  ),
  ...[1, 3].map((weight) =>
    lexicalTrial(`title ${weight}`, ({ fields }) => {
      fields.title.weight = weight;
    }),
  ),
  ...[0, 0.25, 1].map((weight) =>
    lexicalTrial(`compounds ${weight}`, (constants) => {
      constants.compoundInQuery = weight;
    }),
  ),
  ...[1, 3].map((most) =>
    lexicalTrial(`repeats up to ${most}`, (constants) => {
      constants.mostRepeats = most;
    }),
  ),
  ...[20, 40].map((most) =>
    lexicalTrial(`${most} terms`, (constants) => {
      constants.mostTerms = most;
    }),
  ),
];
