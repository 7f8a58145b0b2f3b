import { authorName } from './identity.ts';
import { unquoted } from './quotes.ts';
import type { AuthorQuery } from './store/paper-store.ts';
import { isStopWord, type Word, wordsOf } from './words.ts';

/**
 * An author that a query may ask for, and what must hold for it to be a name and not words like any: its papers are
 * most of those that say `words` (null: the query itself says that it is a name), and with `family`, the family name
 * is hardly said but as a name.
 */
export interface AuthorReading {
  author: AuthorQuery;
  words: string | null;
  family: boolean;
}

/** Words of a query that can be a name. */
const MOST_NAME_WORDS = 6;

const CITED = /[\s,]+(?:et al\.?|and others)$/i;
const YEAR = /[\s,]+(?:\((?:1[6-9]|20)\d\d[a-z]?\)|(?:1[6-9]|20)\d\d[a-z]?)$/;
const PAPERS_BY = /^(?:papers?|articles?|works?) by /i;
const BY = /^by /i;

/** What is written of a name: letters, with what stands between them. */
const NAME = /^[\p{L}\p{M}\s.,'’\u2010\u2011-]+$/u;
const HYPHENATED = /^[^\s.,]+[\u2010\u2011-][^\s.,]+$/u;
/** Scripts in which a name of one character is no initial. */
const EAST_ASIAN = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]+$/u;

/** Words that family names begin with. */
const PARTICLES = new Set(
  'af al av bin da dal das de del della den der di do dos du el ibn la las le los ten ter van von zu zum zur'.split(
    ' ',
  ),
);

/** Initials written together, as in `Picard JL`. */
const TOGETHER = /^\p{Lu}{2,3}$/u;

/**
 * The authors that a whole query can ask for: `Given Family`, `Family, Given`, `Family Given`, `G. Family`, `Family GH`,
 * `Family et al. 2017`, `Family`. Nothing is looked up.
 */
export function authorReadings(query: string): AuthorReading[] {
  const dateless = query.replace(YEAR, '');
  const cited = dateless.replace(CITED, '').replace(PAPERS_BY, '');
  const isCertain = cited !== dateless;
  const text = unquoted(cited.replace(BY, ''));
  const words = wordsOf(text).filter(({ isCompound }) => !isCompound);
  if (words.length === 0 || words.length > MOST_NAME_WORDS || !NAME.test(text)) return [];
  const readings = EAST_ASIAN.test(text.replaceAll(' ', ''))
    ? eastAsian(text, words)
    : (familyAlone(text, words, isCertain) ??
      (text.includes(',') ? reversed(text, words) : inEitherOrder(text, words)));
  return isCertain ? readings.map((reading) => ({ ...reading, words: null, family: false })) : readings;
}

const joined = (words: readonly Word[], by = ' ') => words.map(({ form }) => form).join(by);

/** `Vaswani`, `van der Maaten`, `Sohl-Dickstein`; null when it is more than a family name. */
function familyAlone(text: string, words: readonly Word[], isCertain: boolean): AuthorReading[] | null {
  const last = words.at(-1);
  const family = last?.form ?? '';
  const before = words.slice(0, -1);
  const isAlone =
    before.length === 0 || HYPHENATED.test(text) || before.every(({ form }) => PARTICLES.has(form));
  if (!isAlone) return null;
  if ([...before, { form: family }].some(({ form }) => form.length < 2)) return [];
  // `An et al.` are people, `papers by you` are not.
  if (isStopWord(family) && !(isCertain && last && isCapitalised(text, last))) return [];
  const author = { family, given: '', initials: false, ...(before.length > 0 && { before: joined(before) }) };
  return [{ author, words: joined(words), family: false }];
}

/** `Lovelace, Ada`; the order is certain, but not that the comma stands in a name. */
function reversed(text: string, words: readonly Word[]): AuthorReading[] {
  const name = authorName(text);
  return name ? named(text, words, name) : [];
}

/** `Ada Lovelace`; and `Lovelace Ada`, where an initial stands for a name only if the query is what has it. */
function inEitherOrder(text: string, words: readonly Word[]): AuthorReading[] {
  const name = authorName(text);
  const [first, ...others] = words;
  if (!name || !first) return [];
  // By white space, as the first word may be a family name of several: `Sohl-Dickstein Jascha`.
  const turned = authorName(text.replace(/\s+/, ', ')) ?? { family: first.form, given: joined(others) };
  const isInitial = areInitials(turned.given);
  const reads = named(text, words, turned).filter(({ author }) => author.initials === isInitial);
  return [...named(text, words, name), ...together(text, words), ...reads];
}

/** The readings of a query whose family name is known: as it stands, and with initials standing for names. */
function named(
  text: string,
  words: readonly Word[],
  { family, given }: { family: string; given: string },
): AuthorReading[] {
  if (family.length < 2) return [];
  const said = joined(words);
  const isCapital = words.some((word) => word.form === family && isCapitalised(text, word));
  const mayHaveInitials = isCapital && !isJoined(text, family);
  if (!areInitials(given)) {
    const exact = { author: { family, given, initials: false }, words: said, family: false };
    const loose = { author: { family, given, initials: true }, words: said, family: true };
    const isName = mayHaveInitials || (!isStopWord(family) && given.indexOf(' ') !== 1);
    return isName ? [exact, ...(mayHaveInitials ? [loose] : [])] : [];
  }
  const author = { family, given, initials: true };
  const isMarked = text.includes(',') || /(?<!\p{L})\p{L}\./u.test(text);
  // What follows `a` in texts is found slowly, and says little.
  const isArticle = isStopWord(given);
  if (mayHaveInitials)
    return [{ author, words: isMarked || isArticle ? null : said, family: !isMarked && isArticle }];
  return isMarked && !isStopWord(family) ? [{ author, words: null, family: true }] : [];
}

/** `Picard JL`, `JRR Tolkien`: all the initials are meant. */
function together(text: string, words: readonly Word[]): AuthorReading[] {
  const [first, last] = [words[0], words.at(-1)];
  if (!first || !last || words.length !== 2) return [];
  return [
    { initials: first, name: last },
    { initials: last, name: first },
  ].flatMap(({ initials, name }) => {
    const isSo =
      TOGETHER.test(text.slice(initials.start, initials.end)) &&
      /\p{Ll}/u.test(text.slice(name.start, name.end));
    if (!isSo || !isCapitalised(text, name) || isJoined(text, name.form)) return [];
    const author = {
      family: name.form,
      given: [...initials.form].join(' '),
      initials: true,
      allInitials: true,
    };
    return [{ author, words: joined(words), family: true }];
  });
}

/** `李明`, `李 明`: names of one character or a few, written together or apart, in the query as in the library. */
function eastAsian(text: string, words: readonly Word[]): AuthorReading[] {
  const characters = [...text.replaceAll(' ', '')];
  const reading = (family: string, given: string) => ({
    author: { family: formOf(family), given: formOf(given), initials: false },
    words: joined(words),
    family: false,
  });
  const parts = words.length > 1 ? text.split(' ') : [characters[0] ?? '', characters.slice(1).join('')];
  const [first = '', ...others] = parts;
  const rest = others.join('');
  const whole = reading(characters.join(''), '');
  return rest === '' || characters.length > MOST_NAME_WORDS
    ? [whole]
    : [whole, reading(rest, first), reading(first, rest)];
}

const formOf = (text: string) => joined(wordsOf(text));

const areInitials = (given: string) => given !== '' && given.split(' ').every((name) => name.length === 1);

const isCapitalised = (text: string, { start }: Word) => /^\p{Lu}/u.test(text.slice(start));

/** Whether an initial is joined to the name, as in `X-Ray`. */
const isJoined = (text: string, family: string) =>
  wordsOf(text).some(({ isCompound, form }) => isCompound && form.length === family.length + 1);
