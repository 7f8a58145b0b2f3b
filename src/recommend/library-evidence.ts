import { type AuthorName, authorName, compactTitleKey, givenNamesAgree, titleKey } from '../identity.ts';
import { isStopWord } from '../words.ts';

/** When an entry of a person's library is a paper of ours. On the safe side: a false like misleads for long. */
export const LIBRARY_MATCH = {
  /** Words, stop words aside, from which a title hardly names two works of one author. */
  tellingWords: 4,
  /** Letters from which one word fewer will do: `Attention Is All You Need`. */
  tellingLetters: 20,
  /** Words from which it hardly names two works at all: asked for where authors are not known. */
  uniqueWords: 5,
  /** The part of the shorter list of authors that must be in the other. */
  sharedAuthors: 0.5,
  /** Years between a preprint and its publication. */
  yearsApart: 3,
  /** The part of both lists of authors that must be the same where a subtitle is missing. */
  sameAuthors: 0.8,
  /** Part of two titles' words (Jaccard) below which they are unlike: an id that names such a paper may be wrong. */
  unlikeTitles: 0.4,
  /** Letters of a word from which one of them may be wrong, and words for each that may have one. */
  mistypedLetters: 6,
  wordsAMistake: 4,
} as const;

/** What is compared of an entry or a paper. */
export interface Described {
  /** The title as it is written, for its colon. */
  title: string;
  words: readonly string[];
  compact: string;
  authors: readonly AuthorName[];
  year: number | null;
}

export function described(title: string, authors: readonly string[], year: number | null): Described {
  const key = titleKey(title);
  const names = authors.map(authorName).filter((name) => name !== null);
  return { title, words: key.split(' '), compact: compactTitleKey(key), authors: names, year };
}

/** Words of titles that any volume may have. */
const GENERIC = new Set(
  (
    'introduction introductory preface foreword prologue epilogue editorial discussion conclusion conclusions abstract ' +
    'abstracts contents index erratum errata corrigendum correction corrections reply response rejoinder comment ' +
    'comments commentary letter letters note notes review reviews report reports untitled overview summary references ' +
    'appendix acknowledgements acknowledgments proceedings announcement news obituary author authors editor editors ' +
    'guest special issue section volume part book chapter thesis dissertation lecture lectures supplementary ' +
    'supplement supplemental material materials information background methods results paper article work related ' +
    'future directions workshop conference symposium journal table figure front back matter'
  ).split(' '),
);

const contentWords = (words: readonly string[]) => words.filter((word) => word !== '' && !isStopWord(word));

/** Whether a title says nothing of what its work is about: `Introduction`, `Guest editorial`, `Part II`. */
export function isGeneric({ words }: Described): boolean {
  return contentWords(words).every((word) => GENERIC.has(word) || /^(?:\p{N}+|[ivx]+|.)$/u.test(word));
}

function isTelling({ words, compact }: Described): boolean {
  const isLong = compact.length >= LIBRARY_MATCH.tellingLetters;
  return contentWords(words).length >= LIBRARY_MATCH.tellingWords - (isLong ? 1 : 0);
}

/** Why a paper of the same title is not the entry's; null when it is. */
export function titleObjection(entry: Described, paper: Described): string | null {
  if (isGeneric(entry)) return 'its title is one that many works have';
  const words = contentWords(entry.words).length;
  const apart = yearsApart(entry, paper);
  if (entry.authors.length === 0 || paper.authors.length === 0) {
    if (words < LIBRARY_MATCH.uniqueWords)
      return 'a paper has its title, which is short, and authors are not known';
    return apart !== null && apart > LIBRARY_MATCH.yearsApart
      ? `a paper has its title, but is of ${paper.year}, and authors are not known`
      : null;
  }
  const shared = sharedAuthors(entry, paper);
  if (shared === 0) return 'a paper has its title, but other authors';
  const fewer = Math.min(entry.authors.length, paper.authors.length);
  if (shared < LIBRARY_MATCH.sharedAuthors * fewer)
    return 'a paper has its title, but most authors are others';
  if (isTelling(entry)) return null;
  if (apart === null) {
    return shared === fewer && words > 1
      ? null
      : 'a paper has its title, which is short, and years are not known';
  }
  return apart > LIBRARY_MATCH.yearsApart
    ? `a paper has its title, which is short, but is of ${paper.year}`
    : null;
}

/** Whether a paper is, for all that is known, another work than the entry whose id it has. */
export function contradicts(entry: Described, paper: Described): boolean {
  if (entry.compact === '' || entry.compact === paper.compact) return false;
  const [a, b] = [new Set(contentWords(entry.words)), new Set(contentWords(paper.words))];
  const shared = [...a].filter((word) => b.has(word)).length;
  if (entry.authors.length > 0 && paper.authors.length > 0) {
    const isUnlike = shared < LIBRARY_MATCH.unlikeTitles * (a.size + b.size - shared);
    return isUnlike && sharedAuthors(entry, paper) === 0;
  }
  return shared === 0 && Math.min(a.size, b.size) > 1;
}

/** Whether a paper of a title that is not quite the entry's is it all the same: the authors must agree. */
export function isNear(entry: Described, paper: Described): boolean {
  const shared = sharedAuthors(entry, paper);
  const fewer = Math.min(entry.authors.length, paper.authors.length);
  const more = Math.max(entry.authors.length, paper.authors.length);
  if (shared < Math.max(LIBRARY_MATCH.sharedAuthors * fewer, Math.min(2, fewer)) || fewer === 0) return false;
  if ((yearsApart(entry, paper) ?? 0) > LIBRARY_MATCH.yearsApart) return false;
  if (isTelling(entry) && isTelling(paper) && isMisspelt(entry.words, paper.words)) return true;
  return (
    shared >= LIBRARY_MATCH.sameAuthors * more && (isBeginning(entry, paper) || isBeginning(paper, entry))
  );
}

/** Names that the two have in common; a name counts once. */
export function sharedAuthors(a: Described, b: Described): number {
  const givenOf = new Map<string, string[]>();
  for (const { family, given } of b.authors) {
    const known = givenOf.get(family);
    if (known) known.push(given);
    else givenOf.set(family, [given]);
  }
  const words = ({ family, given }: AuthorName) => `${given} ${family}`.trim().split(' ').sort().join(' ');
  const whole = new Set(b.authors.map(words));
  return a.authors.filter(
    (name) =>
      givenOf.get(name.family)?.some((given) => givenNamesAgree(name.given, given, { initials: true })) ||
      // Some write the family name first, without a comma.
      whole.has(words(name)),
  ).length;
}

export function yearsApart(a: Described, b: Described): number | null {
  return a.year === null || b.year === null ? null : Math.abs(a.year - b.year);
}

/** Words that titles are quoted with or without. Not `not`, nor `without`. */
const SMALL_WORDS = new Set('a an the of in on for and'.split(' '));

const lettersOf = (words: readonly string[]) => words.join('').replace(/[^\p{L}\p{N}]/gu, '');

/** Whether titles may be of one paper, for all that their words say: to leave out most without reading papers. */
export function areNearWords(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [a.join(''), b.join('')];
  return one.startsWith(other) || other.startsWith(one) || isMisspelt(a, b);
}

/** Whether titles differ in small words, or in a letter of a few long ones, at most. */
function isMisspelt(a: readonly string[], b: readonly string[]): boolean {
  const large = (list: readonly string[]) => list.filter((word) => !SMALL_WORDS.has(word));
  const [words, others] = [large(a), large(b)];
  // A formula may have its numbers set low, or not: `CeCu$_{5.8}$Ag` and `CeCu5.8Ag`.
  if (lettersOf(words) === lettersOf(others)) return true;
  const most = Math.floor(Math.min(words.length, others.length) / LIBRARY_MATCH.wordsAMistake);
  let [i, j, wrong] = [0, 0, 0];
  while (i < words.length && j < others.length) {
    const [word = '', other = ''] = [words[i++], others[j++]];
    if (word === other) continue;
    // One has them as two words, or with a hyphen.
    if (word + (words[i] ?? '') === other) i++;
    else if (word === other + (others[j] ?? '')) j++;
    else if (!isMistyped(word, other) || ++wrong > most) return false;
  }
  return i === words.length && j === others.length;
}

/** Whether one letter is wrong, and none that makes another word of it, as `a` before `symmetric` does. */
function isMistyped(a: string, b: string): boolean {
  if (Math.max(a.length, b.length) < LIBRARY_MATCH.mistypedLetters || /\p{N}/u.test(a + b)) return false;
  if (a.slice(0, 2) !== b.slice(0, 2)) return false;
  let [start, end] = [2, 0];
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const isSwap = left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
  return (left.length <= 1 && right.length <= 1) || isSwap;
}

/** Whether the one is the other without its subtitle, which names no part of a series. */
function isBeginning(short: Described, long: Described): boolean {
  const [, main = '', subtitle = ''] = /^([^:]+):(.+)$/.exec(long.title) ?? [];
  if (main === '' || compactTitleKey(titleKey(main)) !== short.compact || isGeneric(short)) return false;
  const isPart = titleKey(subtitle)
    .split(' ')
    .some((word) => /^(?:part|volume|\p{N}+|i{1,3}|i?v|vi{1,3})$/u.test(word));
  return (
    !isPart &&
    contentWords(short.words).length >= LIBRARY_MATCH.tellingWords - 1 &&
    (yearsApart(short, long) ?? 0) <= 1
  );
}
