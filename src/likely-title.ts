import { compactTitleKey, titleKey } from './identity.ts';
import type { PaperKey } from './paper.ts';

/** When a query is taken for a title that is mistyped or half remembered. docs/decisions.md has the figures. */
export const LIKELY_TITLE = {
  /** Letters and digits of the shortest such title, and of the longest: each is compared with up to 300. */
  shortest: 12,
  longest: 300,
  /** One typing error is allowed in so many letters, at least one, and at most a few. */
  lettersAnEdit: 8,
  mostEdits: 3,
  /** Letters of a word from which two of them may be in it. */
  twoEditsFrom: 6,
  /** What a half-remembered title must say: so many words, and such a part of the title's letters. */
  words: 4,
  beginning: 0.6,
  wordsInOrder: 0.75,
} as const;

interface Titled {
  key: PaperKey;
  titleKey: string;
}

/**
 * The paper whose title the query most likely means, where it is no paper's exact title; null for most queries.
 * First the title of fewest typing errors; else the one title that begins with the query, or has all its words in
 * order. `titles` are a search's candidates, best first, which decides between equals. A title that is only begun, or
 * has gaps, must be the only one: a query that several titles begin with is a subject.
 */
export function likelyTitle(query: string, titles: readonly Titled[]): PaperKey | null {
  const asked = titleKey(query);
  const compact = compactTitleKey(asked);
  if (compact.length > LIKELY_TITLE.longest) return null;
  const words = asked.split(' ');
  const { lettersAnEdit, mostEdits } = LIKELY_TITLE;
  const limit = Math.min(mostEdits, Math.max(1, Math.floor(compact.length / lettersAnEdit)));
  const editsTo = createBeginningEdits(compact, limit);
  let nearest: { key: PaperKey; edits: number } | null = null;
  /** Titles that the query is a part of; null for those it says too little of, which make it a subject all the same. */
  const partly = new Map<string, PaperKey | null>();
  for (const { key, titleKey: title } of titles) {
    if (title.length < compact.length - limit) continue;
    const other = compactTitleKey(title);
    if (other.length < LIKELY_TITLE.shortest || other.length < compact.length - limit) continue;
    if (words.length >= LIKELY_TITLE.words && other.startsWith(compact)) partly.set(other, null);
    const share = compact.length / other.length;
    const isLong = other.length > compact.length + limit;
    if (isLong && (words.length < LIKELY_TITLE.words || share < LIKELY_TITLE.beginning - MARGIN)) continue;
    const { whole, beginning, length } = editsTo(other);
    if (whole > limit && beginning > limit && share < LIKELY_TITLE.wordsInOrder) continue;
    const likely = title.split(' ');
    if (whole <= limit && isMistyped(words, likely)) {
      if (!nearest || whole < nearest.edits) nearest = { key, edits: whole };
    } else if (words.length >= LIKELY_TITLE.words && !partly.get(other)) {
      const isBegun = beginning <= limit && length >= LIKELY_TITLE.beginning * other.length;
      const isInOrder = share >= LIKELY_TITLE.wordsInOrder && hasInOrder(likely, words);
      if (isBegun ? isMistyped(words, likely.slice(0, words.length)) : isInOrder) partly.set(other, key);
    }
  }
  if (nearest) return nearest.key;
  const [only = null] = partly.values();
  return partly.size === 1 ? only : null;
}

/** The beginning may be shorter by its typing errors: what is left out before they are counted is left out for sure. */
const MARGIN = 0.1;

/**
 * Whether words differ as by typing errors, one or two a word, and not as other words do: `audio` is not `video`, nor
 * `Gemma 2` `Gemma 3`, nor part I part II. Words that were split or run together are not compared one by one.
 */
function isMistyped(words: readonly string[], others: readonly string[]): boolean {
  if (words.length !== others.length) return numerals(words) === numerals(others);
  return words.every((word, at) => {
    const other = others[at] ?? '';
    if (word === other) return true;
    if (numeralOf(word) !== numeralOf(other)) return false;
    const limit = word.length < LIKELY_TITLE.twoEditsFrom ? 1 : 2;
    const { whole, beginning } = createBeginningEdits(word, limit)(other);
    // The last word of a beginning may be one, too.
    return whole <= limit || (at === words.length - 1 && beginning <= limit);
  });
}

/** What a word says of a number: its digits, or a Roman numeral; '' when it says none. */
const numeralOf = (word: string) =>
  /^(?:i{1,3}|i?v|vi{1,3}|i?x)$/.test(word) ? word : word.replace(/\P{N}/gu, '');
const numerals = (words: readonly string[]) => words.map(numeralOf).join('');

/** Whether the words are all there in order, and no number is left out. */
function hasInOrder(title: readonly string[], words: readonly string[]): boolean {
  let at = 0;
  for (const word of title) {
    if (word === words[at]) at++;
    else if (numeralOf(word) !== '') return false;
  }
  return at === words.length;
}

/** Edits to a whole text, and to the beginning of it that is nearest, which has `length` letters. */
interface BeginningEdits {
  whole: number;
  beginning: number;
  length: number;
}

/**
 * Counts edits (a letter put in, left out or replaced, or two neighbours swapped: optimal string alignment) from a
 * text to others; above `limit`, any number that is higher. Only the band of the table that can matter is filled
 * (Ukkonen 1985).
 */
function createBeginningEdits(text: string, limit: number): (other: string) => BeginningEdits {
  const far = limit + 1;
  const width = text.length + limit + 2;
  let before = new Int32Array(width);
  let above = new Int32Array(width);
  let row = new Int32Array(width);
  return (other) => {
    const columns = Math.min(other.length, text.length + limit);
    for (let j = 0; j <= limit; j++) above[j] = j;
    above[limit + 1] = far;
    for (let i = 1; i <= text.length; i++) {
      const [first, last] = [Math.max(1, i - limit), Math.min(columns, i + limit)];
      // What lies beside the band is too far, but for the column of the empty text.
      let least = i <= limit ? i : far;
      row[first - 1] = least;
      row[last + 1] = far;
      const letter = text.charCodeAt(i - 1);
      for (let j = first; j <= last; j++) {
        const otherLetter = other.charCodeAt(j - 1);
        let value = (above[j - 1] as number) + (letter === otherLetter ? 0 : 1);
        value = Math.min(value, (above[j] as number) + 1, (row[j - 1] as number) + 1);
        const isSwap =
          i > 1 && j > 1 && letter === other.charCodeAt(j - 2) && text.charCodeAt(i - 2) === otherLetter;
        if (isSwap) value = Math.min(value, (before[j - 2] as number) + 1);
        row[j] = value;
        if (value < least) least = value;
      }
      if (least > limit) return { whole: far, beginning: far, length: 0 };
      [before, above, row] = [above, row, before];
    }
    let [beginning, length] = [far, 0];
    for (let j = Math.max(0, text.length - limit); j <= columns; j++) {
      if ((above[j] as number) < beginning) [beginning, length] = [above[j] as number, j];
    }
    return { whole: columns === other.length ? (above[columns] as number) : far, beginning, length };
  };
}
