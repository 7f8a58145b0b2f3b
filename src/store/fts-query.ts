/** More words than this add noise and time, not meaning. */
export const MAX_QUERY_WORDS = 64;

/** English function words: they match nearly every abstract, so they cost time and blur BM25. */
const STOP_WORDS = new Set(
  (
    'a about an and are as at be been but by can could do does for from had has have how i if in into is it its may ' +
    'not of on or our should such than that the their them then there these they this those to was we were what ' +
    'when where which who why will with would you your'
  ).split(' '),
);

/**
 * The FTS5 query for any text: its words and "quoted phrases", each as a quoted FTS5 string (so that no character
 * of the text is an operator), joined by OR. FTS5 splits `GPT-4` inside the quotes into a phrase of two words.
 * Null when the text holds no letter or digit.
 */
export function ftsQuery(text: string): string | null {
  const phrases = [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const words = text.split(/[\s"]+/);
  const terms = [...phrases, ...words]
    .filter((term) => /[\p{L}\p{N}]/u.test(term))
    .map((term) => term.toLowerCase());
  const distinct = [...new Set(terms)];
  const content = distinct.filter((term) => !STOP_WORDS.has(term.replace(/^\P{L}+|\P{L}+$/gu, '')));
  const chosen = (content.length > 0 ? content : distinct).slice(0, MAX_QUERY_WORDS);
  return chosen.length === 0 ? null : chosen.map((term) => `"${term.replaceAll('"', '""')}"`).join(' OR ');
}
