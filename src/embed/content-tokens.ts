import { isStopWord } from '../words.ts';

/** The part of a tokenizer of @xenova/transformers that tells what its tokens stand for. */
export interface Vocabulary {
  readonly model: { readonly vocab: readonly string[]; readonly unk_token_id?: number | undefined };
  readonly all_special_ids: readonly number[];
}

/** The places of a text's content tokens among all its tokens, and the word that each is a piece of. */
export interface ContentTokens {
  rows: number[];
  words: string[];
}

/**
 * How pieces make words: `##` continues one (WordPiece), `▁` (SentencePiece) and `Ġ` (byte BPE, in whose alphabet it is
 * the space) begin one. Between two marks there may be several words, with punctuation between them.
 */
const MARKS = ['##', '▁', 'Ġ'] as const;
type Mark = (typeof MARKS)[number];

/** What a token stands for. Bytes, because one character may be several tokens. */
interface Piece {
  readonly beginsRun: boolean;
  readonly bytes: Uint8Array;
  /** The word that it is when no other piece goes on with it; null when that says nothing. */
  readonly alone: string | null;
}

/** Making one takes longer than decoding a word. It is ready for another text after each that is decoded to its end. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const WORD = /\p{M}*[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/**
 * Tells the content tokens of tokenised texts: those that are part of a word that has a letter or digit and is no stop
 * word. Pieces are looked into once, when they first occur. The returned function leaves out the tokens before `from`.
 */
export function createContentTokens(
  tokenizer: Vocabulary,
): (ids: readonly number[], from: number) => ContentTokens {
  const { vocab, unk_token_id: unknown } = tokenizer.model;
  const special = new Set([...tokenizer.all_special_ids, unknown]);
  const mark = markOf(vocab);
  const pieces: (Piece | null)[] = [];
  /** Null for a special token, and for one that the vocabulary does not have. */
  const pieceOf = (id: number): Piece | null => {
    pieces[id] ??= special.has(id) || vocab[id] === undefined ? null : pieceFrom(vocab[id], mark);
    return pieces[id];
  };
  return (ids, from) => {
    const content: ContentTokens = { rows: [], words: [] };
    let run: Piece[] = [];
    const endRun = (end: number) => {
      const words = run.length === 1 ? run.map(({ alone }) => alone) : wordsOfPieces(run);
      for (const [at, word] of words.entries()) {
        if (word === null) continue;
        content.rows.push(end - run.length + at);
        content.words.push(word);
      }
      run = [];
    };
    for (let at = from; at < ids.length; at++) {
      const piece = pieceOf(ids[at] as number);
      if (run.length > 0 && (piece === null || piece.beginsRun)) endRun(at);
      if (piece) run.push(piece);
    }
    if (run.length > 0) endRun(ids.length);
    return content;
  };
}

/** The mark that most of the vocabulary's pieces have; without any, every piece is a word, as without `##`. */
function markOf(vocab: readonly string[]): Mark {
  const count = (mark: Mark) => vocab.reduce((sum, piece) => sum + (piece.startsWith(mark) ? 1 : 0), 0);
  const counts = MARKS.map((mark) => ({ mark, count: count(mark) }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).mark;
}

function pieceFrom(written: string, mark: Mark): Piece {
  const isMarked = written.startsWith(mark);
  const bytes =
    mark === 'Ġ'
      ? bytesOfAlphabet(written)
      : mark === '▁'
        ? bytesOfSentencePiece(written)
        : Buffer.from(isMarked ? written.slice(mark.length) : written);
  const [alone = null] = wordsOfPieces([{ bytes }]);
  return { beginsRun: isMarked !== (mark === '##'), bytes, alone };
}

/** The content word that each of the pieces between two marks is part of; null where it is part of none. */
function wordsOfPieces(pieces: readonly Pick<Piece, 'bytes'>[]): (string | null)[] {
  let text = '';
  const starts = pieces.map(({ bytes }) => {
    const start = text.length;
    text += decoder.decode(bytes, { stream: true });
    return start;
  });
  text += decoder.decode();
  const words = [...text.matchAll(WORD)]
    .map(({ 0: word, index }) => ({ form: word.toLowerCase(), start: index, end: index + word.length }))
    .filter(({ form }) => !isStopWord(form));
  return starts.map((start, at) => {
    // A piece without a whole character is part of the one that the next pieces complete.
    const end = Math.max(starts[at + 1] ?? text.length, start + 1);
    return words.find((word) => word.start < end && word.end > start)?.form ?? null;
  });
}

/** SentencePiece writes bytes of characters that it does not know as `<0xE2>`. */
function bytesOfSentencePiece(written: string): Uint8Array {
  const [, byte] = /^<0x([0-9A-F]{2})>$/.exec(written) ?? [];
  return byte === undefined
    ? Buffer.from(written.replaceAll('▁', ' '))
    : Uint8Array.of(Number.parseInt(byte, 16));
}

/**
 * Byte BPE writes each byte as a character: printable ones of Latin-1 as themselves, the others, in their order, as the
 * characters from U+0100 on.
 */
const BYTE_OF = (() => {
  const isPrintable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(isPrintable(byte) ? byte : next++), byte]),
  );
})();

/** The bytes that a piece of byte BPE is written for. Tokens added to the vocabulary are plain text. */
function bytesOfAlphabet(written: string): Uint8Array {
  const bytes = [...written].map((character) => BYTE_OF.get(character));
  const known = bytes.filter((byte) => byte !== undefined);
  return known.length === bytes.length ? Uint8Array.from(known) : Buffer.from(written);
}
