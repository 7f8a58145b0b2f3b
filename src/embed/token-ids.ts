/** The part of a tokenizer of @xenova/transformers that is needed here. */
export interface Tokenizer {
  (text: string, options: { return_tensor: false; truncation: false }): { input_ids: number[] };
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly added_tokens: readonly { readonly content: string }[];
}

export interface TokenIds {
  /**
   * The tokens of a text with the special ones around it, at most `most` of them. A longer text is cut, and still ends
   * as the model was trained to see: the library would cut `[SEP]` off.
   */
  (text: string, most: number): number[];
  /** The tokens that a text begins with when it begins with this prefix, special ones included. */
  startOf(prefix: string): number[];
}

/**
 * What BERT's tokenizer splits at whatever stands around it. Other blanks and control characters, some of which it
 * removes instead, stay in their words, for the library to treat.
 */
const BETWEEN_WORDS = /[ \t\n\r]+/;
/** Per thread: the words of a field have a place, and with their tokens they take a few megabytes. */
const KEPT_WORDS = 20_000;
/** Longer ones are addresses and formulas, which do not come again. */
const LONGEST_KEPT_WORD = 32;

/**
 * Tokenises with the library. BERT's tokenizer looks at each word alone, so that the tokens of a word are kept and the
 * library is asked for new words only: no other work of the thread that is not inference takes as long.
 */
export function createTokenIds(tokenizer: Tokenizer): TokenIds {
  const encoded = (text: string) => tokenizer(text, { return_tensor: false, truncation: false }).input_ids;
  const empty = encoded('');
  const closing = closingTokens(empty, encoded('a'));
  const opening = empty.slice(0, empty.length - closing.length);
  const tokensOf = wordTokens((word) => encoded(word).slice(opening.length, -closing.length || undefined));
  const byWords = (text: string, most: number): number[] => {
    const ids = [...opening];
    for (const word of text.split(BETWEEN_WORDS)) {
      if (ids.length > most) break;
      ids.push(...tokensOf(word));
    }
    ids.push(...closing);
    return ids;
  };
  const all = isWordByWord(tokenizer) ? byWords : encoded;
  const tokenIds = (text: string, most: number) => {
    const ids = all(text, most);
    return ids.length <= most ? ids : [...ids.slice(0, most - closing.length), ...closing];
  };
  const startOf = (prefix: string) => {
    const ids = encoded(prefix);
    return ids.slice(0, ids.length - closing.length);
  };
  return Object.assign(tokenIds, { startOf });
}

/** The tokens of a word: as they were before, or else from `encode`. */
function wordTokens(encode: (word: string) => number[]): (word: string) => readonly number[] {
  const kept = new Map<string, readonly number[]>();
  return (word) => {
    const known = kept.get(word);
    if (known) return known;
    const ids = encode(word);
    if (word.length <= LONGEST_KEPT_WORD) {
      // The usual words are back soon, so that there is no need to know which were asked for last.
      if (kept.size >= KEPT_WORDS) kept.clear();
      // A copy: a piece of a text would keep all of it in memory. In UTF-16, which any text is.
      kept.set(Buffer.from(word, 'utf16le').toString('utf16le'), ids);
    }
    return ids;
  };
}

/** Whether the tokens of a text are those of its words, one after the other: so it is for BERT's tokenizer. */
function isWordByWord({ normalizer, pre_tokenizer, added_tokens }: Tokenizer): boolean {
  return (
    normalizer?.constructor.name === 'BertNormalizer' &&
    pre_tokenizer?.constructor.name === 'BertPreTokenizer' &&
    added_tokens.every(({ content }) => !/\s/.test(content))
  );
}

/** The special tokens that end every text, such as `[SEP]`: what the encodings of two different texts end in. */
function closingTokens(one: readonly number[], other: readonly number[]): number[] {
  let count = 0;
  while (count < one.length && one.at(-1 - count) === other.at(-1 - count)) count++;
  return one.slice(one.length - count);
}
