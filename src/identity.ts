import { wordsOf } from './words.ts';

/**
 * What papers and people are called, made comparable. Stores keep these keys: a change of what they are made of
 * needs a migration that makes them anew.
 */

/** An author's name, folded. `given` holds what is before the family name, as words or initials; '' is any. */
export interface AuthorName {
  family: string;
  given: string;
}

const formsOf = (text: string) =>
  wordsOf(text)
    .filter(({ isCompound }) => !isCompound)
    .map(({ form }) => form);

/** A title's words, folded but not stemmed, one space between them; '' for a title without words. */
export const titleKey = (title: string): string => formsOf(title).join(' ');

/** A title's key without its spaces: `pre-training`, `pre training` and `pretraining` are the same title word. */
export const compactTitleKey = (key: string): string => key.replaceAll(' ', '');

const SUFFIXES = new Set(['jr', 'sr', 'ii', 'iii', 'iv']);

/**
 * A name as its parts: `Ada Lovelace`, `Lovelace, Ada`, `A. Lovelace`. The family name is the last word, of
 * `Laurens van der Maaten` too, as indexes of names do not agree on more. Null for a text without words.
 */
export function authorName(name: string): AuthorName | null {
  const [before = '', after] = name.split(',', 2);
  const reversed = after === undefined ? [] : formsOf(after);
  const isReversed = reversed.some((form) => !SUFFIXES.has(form));
  const forms = [...(isReversed ? reversed : []), ...formsOf(before)];
  const words = forms.length > 2 && SUFFIXES.has(forms.at(-1) ?? '') ? forms.slice(0, -1) : forms;
  const family = words.at(-1);
  return family === undefined ? null : { family, given: words.slice(0, -1).join(' ') };
}

/**
 * Whether given names can be the same person's: each of the shorter one's is in the other, in order, the first as
 * the first. With `initials`, `y` stands for `yann`.
 */
export function givenNamesAgree(a: string, b: string, { initials }: { initials: boolean }): boolean {
  const isSame = initials ? isSameName : (name: string, other: string) => name === other;
  const [first, second] = [a, b].map((names) => (names === '' ? [] : names.split(' ')));
  const [fewer = [], more = []] =
    (first?.length ?? 0) <= (second?.length ?? 0) ? [first, second] : [second, first];
  let at = 0;
  return fewer.every((name, place) => {
    const found = more.findIndex((other, i) => i >= at && isSame(name, other));
    at = found + 1;
    return place === 0 ? found === 0 : found !== -1;
  });
}

const isSameName = (a: string, b: string) =>
  a === b || (a.length === 1 && b.startsWith(a)) || (b.length === 1 && a.startsWith(b));
