/** The language of a text as an ISO 639-1 code (`en`, `zh`); null where the text does not say it surely. */
export type LanguageOf = (text: string) => string | null;

/** Letters below which a guess is one. */
const FEWEST_LETTERS = 20;
const HAS_LETTERS = new RegExp(`(?:\\P{L}*\\p{L}){${FEWEST_LETTERS}}`, 'u');

/** Between the best and the second best language, of scores from 0 to 1. */
const LEAST_LEAD = 0.01;

/** What the package's types leave open: its main module is the one that loads n-grams. */
type Detector = Extract<typeof import('eld')['eld'], { load: unknown }>;

/**
 * Loads what tells languages (the package eld, its smallest set of n-grams, 60 languages). Whoever takes papers in
 * loads it then, once, so that other processes do not pay a third of a second and some 30 MB. A text's beginning decides, of some 350 bytes; languages outside the 60 are null or taken for a sister
 * (Indonesian for Malay).
 *
 * On arXiv's abstracts the larger sets say the same, and cost twice as much.
 */
export function loadLanguageOf(): Promise<LanguageOf> {
  loading ??= load();
  return loading;
}

let loading: Promise<LanguageOf> | null = null;

async function load(): Promise<LanguageOf> {
  const { eld } = await import('eld');
  const detector = (eld as Detector).newInstance();
  await detector.load('extrasmall');
  return (text) => {
    if (!HAS_LETTERS.test(text)) return null;
    const found = detector.detect(text);
    // The package's own check of reliability compares the best score, but not with the second.
    const [best = 0, second = 0] = Object.values(found.getScores());
    return found.language !== '' && found.isReliable() && best - second >= LEAST_LEAD ? found.language : null;
  };
}
