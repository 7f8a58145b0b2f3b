import { readWord, type wordsOf } from './words.ts';

/** How `wordsOf` reads a token. */
export type TokenReader = NonNullable<Parameters<typeof wordsOf>[1]>;

const OTHER = 0;

/** Per UTF-16 unit below 128, what a term says in its stead: small letters and digits; 0 for all signs. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code);
  return /[a-zA-Z\d]/.test(sign) ? sign.toLowerCase().charCodeAt(0) : OTHER;
});

/**
 * Reads the tokens of texts in which some terms are looked for, as `readWord` does; but tokens that begin like none of them
 * are not stemmed, and get no term: most words of a text are passed over by a look at two letters.
 *
 * A stem begins as its word does: Porter's rules change ends, and leave two letters or more, in which only a final y may
 * become an i. Terms of one letter are told apart from nothing.
 */
export function createOpeningReader(terms: Iterable<string>): TokenReader {
  const openings = new Uint8Array(128 * 128);
  for (const term of terms) {
    if (term.length < 2) return readWord;
    const opening = openingOf(term);
    // Terms of other letters are those of tokens that are always read.
    if (opening !== OTHER) openings[opening] = 1;
  }
  return (written) => {
    const opening = openingOf(written);
    if (opening === OTHER || openings[opening] === 1 || !isPlain(written)) return readWord(written);
    return { form: written.toLowerCase(), term: '' };
  };
}

/** The first two letters or digits as one number; 0 when there are other signs. */
function openingOf(text: string): number {
  const first = plainAt(text, 0);
  const second = plainAt(text, 1);
  if (first === OTHER || second === OTHER) return OTHER;
  return 128 * first + (second === Y ? I : second);
}

const plainAt = (text: string, at: number) => PLAIN[text.charCodeAt(at)] ?? OTHER;
const Y = 'y'.charCodeAt(0);
const I = 'i'.charCodeAt(0);

/** Whether a token is written in plain letters and digits alone, and no longer than `readWord` takes without a look. */
function isPlain(written: string): boolean {
  if (written.length > LONGEST_PLAIN) return false;
  for (let at = 2; at < written.length; at++) if (plainAt(written, at) === OTHER) return false;
  return true;
}

const LONGEST_PLAIN = 40;
