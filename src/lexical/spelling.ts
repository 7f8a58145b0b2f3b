import { isStopWord, wordsOf } from '../words.ts';
import { LEXICAL } from './constants.ts';
import type { Inverted } from './inverted.ts';

/** Looks for the likeliest spelling of words that no paper has. */
export interface Spelling {
  /**
   * The form of fewest edits (a letter put in, left out or replaced, or two neighbours swapped: optimal string
   * alignment), then of most occurrences, then first by alphabet; null without any near enough. Words with anything
   * but a to z have none.
   */
  likeliest(form: string): { form: string; term: number } | null;
}

/** Forms of one length, with the set of letters of each. */
interface SameLength {
  forms: number[];
  letters: number[];
}

const PLAIN = /^[a-z]+$/;
const A = 97;

export function createSpelling(inverted: Inverted): Spelling {
  const { vocabulary } = inverted;
  const { forms } = vocabulary;
  /** By length in letters; forms that came later are added when a word is next looked for. */
  const byLength: SameLength[] = [];
  let sorted = 0;
  const sortNew = () => {
    for (; sorted < forms.size; sorted++) {
      const letters = lettersOf(forms.bytesOf(sorted));
      if (letters === 0) continue;
      const { length } = forms.bytesOf(sorted);
      byLength[length] ??= { forms: [], letters: [] };
      byLength[length].forms.push(sorted);
      byLength[length].letters.push(letters);
    }
  };

  return {
    likeliest(form) {
      if (!PLAIN.test(form)) return null;
      const most = form.length >= LEXICAL.twoEditsFrom ? 2 : form.length >= LEXICAL.oneEditFrom ? 1 : 0;
      if (most === 0) return null;
      sortNew();
      const word = new TextEncoder().encode(form);
      const letters = lettersOf(word);
      const edits = createEditDistance(word);
      for (let distance = 1; distance <= most; distance++) {
        let best: { form: string; term: number; count: number } | null = null;
        for (let length = form.length - distance; length <= form.length + distance; length++) {
          const group = byLength[length];
          if (!group) continue;
          for (let at = 0; at < group.forms.length; at++) {
            // One edit changes at most two members of the set of letters.
            if (bits(letters ^ (group.letters[at] as number)) > 2 * distance) continue;
            const id = group.forms[at] as number;
            const count = vocabulary.formCount(id);
            if (best && count < best.count) continue;
            if (edits(forms.bytesOf(id), distance) > distance) continue;
            const term = vocabulary.termOfForm(id);
            const text = forms.text(id);
            const isBetter = !best || count > best.count || text < best.form;
            if (isBetter && inverted.documents(term) > 0) best = { form: text, term, count };
          }
        }
        if (best) return { form: best.form, term: best.term };
      }
      return null;
    },
  };
}

/** The query with its unknown words replaced, or null when none can be. */
export function respelt(query: string, inverted: Inverted, spelling: Spelling): string | null {
  const replacements = wordsOf(query)
    .filter(({ form, isCompound }) => !isCompound && !isStopWord(form))
    .filter(({ term }) => inverted.documents(inverted.vocabulary.terms.find(term)) === 0)
    .slice(0, LEXICAL.mostCorrections)
    .flatMap(({ form, start, end }) => {
      const other = spelling.likeliest(form);
      return other ? [{ start, end, form: other.form }] : [];
    });
  if (replacements.length === 0) return null;
  let respelt = '';
  let done = 0;
  for (const { start, end, form } of replacements) {
    respelt += query.slice(done, start) + form;
    done = end;
  }
  return respelt + query.slice(done);
}

/** The letters a to z of a word as a set of bits; 0 when there is anything else in it. */
function lettersOf(word: Uint8Array): number {
  let set = 0;
  for (const byte of word) {
    if (byte < A || byte >= A + 26) return 0;
    set |= 1 << (byte - A);
  }
  return set;
}

/** How many bits of a 32-bit number are set (Warren, "Hacker's Delight", figure 5-2). */
function bits(value: number): number {
  let x = value - ((value >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The edits from a word to others, up to a limit; above the limit, any number that is higher. */
function createEditDistance(word: Uint8Array) {
  const width = word.length + 1;
  let before = new Int32Array(width);
  let above = new Int32Array(width);
  let row = new Int32Array(width);
  return (other: Uint8Array, limit: number): number => {
    for (let j = 0; j < width; j++) above[j] = j;
    for (let i = 1; i <= other.length; i++) {
      row[0] = i;
      let least = i;
      for (let j = 1; j < width; j++) {
        const isSame = other[i - 1] === word[j - 1];
        let value = (above[j - 1] as number) + (isSame ? 0 : 1);
        value = Math.min(value, (above[j] as number) + 1, (row[j - 1] as number) + 1);
        const isSwap = i > 1 && j > 1 && other[i - 1] === word[j - 2] && other[i - 2] === word[j - 1];
        if (isSwap) value = Math.min(value, (before[j - 2] as number) + 1);
        row[j] = value;
        if (value < least) least = value;
      }
      if (least > limit) return least;
      [before, above, row] = [above, row, before];
    }
    return above[width - 1] as number;
  };
}
