import { markupText } from './markup-text.ts';
import { texText } from './tex-text.ts';

/** Mark-up that shows other mark-up when it is read, `&amp;lt;`, is seldom deeper. */
const MOST_ROUNDS = 6;

/**
 * A text as it is read and embedded: TeX, HTML's entities and tags, line breaks and Unicode's forms resolved. What is
 * none of them stays as it is, but for white space: prices, paths, `a < b`, `foo_bar`.
 *
 * Reading goes on until nothing changes, so that `readableText(readableText(x)) === readableText(x)`: a paper that was
 * exported and taken in again is the same. What still changes after some rounds is no text of a paper; then the signs
 * that mark-up is made of go. Takes time linear in the length.
 */
export function readableText(text: string): string {
  let read = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = readOnce(read);
    if (next === read) return next;
    read = next;
  }
  return unicodeText(read.replace(/[\\{}$^_~`&<>'-]/g, ' '));
}

function readOnce(text: string): string {
  const plain = unicodeText(text);
  const unmarked = /[&<]/.test(plain) ? markupText(plain) : plain;
  return texText(unmarked, { isTex: false });
}

const LIGATURES: Readonly<Record<string, string>> = {
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'st',
  ﬆ: 'st',
};

/** Signs that are not seen: soft hyphens, marks of direction, and joiners of nothing. */
const UNSEEN = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** Joiners matter in Arabic, Indian scripts and emoji, not behind these. */
const IDLE_JOINER =
  /(?<=^|[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{P}\p{Z}])[\u200c\u200d]+/gu;

/** Well formed, NFC, on one line, without what is not seen; each run of white space and control characters one space. */
function unicodeText(text: string): string {
  if (!/[^\x20-\x7e]| {2}|^ | $/.test(text)) return text;
  const joined = withoutHyphens(text.toWellFormed()).replace(UNSEEN, '');
  // Looked for first, as looking behind each character takes long.
  return (/[\u200c\u200d]/.test(joined) ? joined.replace(IDLE_JOINER, '') : joined)
    .replace(/[ﬀ-ﬆ]/g, (ligature) => LIGATURES[ligature] ?? ligature)
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .normalize('NFC');
}

/** What stands before a hyphen in words that are written with one. */
const KEEPS_HYPHEN =
  /^(?:self|non|well|high|low|long|short|large|small|cross|multi|one|two|three|state|real|end|zero|few)$/;

/**
 * Words that were parted at the end of a line are put together. The hyphen stays where it belongs to the word: when
 * the word has another one, a capital or a digit beside it, stands elsewhere in the text with the hyphen, or begins as
 * such words do. Where that errs, search still finds one by the other (`pre-training`, `pretraining`).
 */
function withoutHyphens(text: string): string {
  if (!/-[ \t\r]*\n/.test(text)) return text;
  const compounds = new Set(text.match(/(?<![\p{L}\p{N}])\p{L}{1,30}-\p{L}{1,30}(?!\p{L})/gu));
  return text.replace(/-[ \t\r]*\n\s*(?=([\p{L}\p{N}]{0,40}))/gu, (_, after: string, at: number) => {
    const before = /[^\s]{0,40}$/.exec(text.slice(Math.max(0, at - 40), at))?.[0] ?? '';
    // A hyphen that ends no word is a dash, or one of a list.
    if (!/\p{L}$/u.test(before) || after === '' || /^(?:and|or|und|oder|et|ou)$/.test(after)) return '- ';
    const isPlain = /^\p{P}*\p{Ll}+$/u.test(before) && !before.includes('-') && /^\p{Ll}/u.test(after);
    const word = before.replace(/^\P{L}+/u, '');
    return isPlain && !KEEPS_HYPHEN.test(word) && !compounds.has(`${word}-${after}`) ? '' : '-';
  });
}
