/**
 * Of a long text, so many different words are looked for: those said most often, then the longest, which tend to be
 * the rare ones. More cost time, and gain nothing (docs/relevance.md).
 */
export const MAX_QUERY_WORDS = 40;

/** A word that the query says several times counts that often, up to this. */
const MAX_REPEATS = 3;

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
 * of the text is an operator), joined by OR. FTS5 splits `GPT-4` inside the quotes into a phrase of two words, and
 * BM25 adds up what is said twice. Null when the text holds no letter or digit.
 */
export function ftsQuery(text: string): string | null {
  const phrases = [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const counts = new Map<string, number>();
  for (const part of [...phrases, ...text.split(/[\s"]+/)]) {
    // Without the brackets and commas around it, a word is the same word wherever it stands.
    const term = part.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    if (term !== '') counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  const all = [...counts];
  const content = all.filter(([term]) => !STOP_WORDS.has(term));
  const chosen = (content.length > 0 ? content : all)
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || b.length - a.length)
    .slice(0, MAX_QUERY_WORDS);
  if (chosen.length === 0) return null;
  const quoted = chosen.flatMap(([term, times]) =>
    Array(Math.min(times, MAX_REPEATS)).fill(`"${term.replaceAll('"', '""')}"`),
  );
  return quoted.join(' OR ');
}
