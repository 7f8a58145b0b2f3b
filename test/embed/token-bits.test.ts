import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/embed/embedder.ts';
import { type TokenBits, tokenRowBytes } from '../../src/token-bits.ts';
import { openEmbedder } from '../fixtures/embedders.ts';

const DIMENSIONS = 384;
const ROW_BYTES = tokenRowBytes(DIMENSIONS);

let embedder: Embedder;
beforeAll(async () => {
  embedder = await openEmbedder();
});
afterAll(() => embedder.close());

const bitsOf = async (text: string): Promise<TokenBits> =>
  (await embedder.embedPassages([text]))[0]?.tokens ?? new Uint8Array();
const rowsOf = (bits: TokenBits) =>
  Array.from({ length: bits.length / ROW_BYTES }, (_, at) =>
    bits.subarray(at * ROW_BYTES, (at + 1) * ROW_BYTES),
  );

/** The share of bits that are equal, of each row of `a` with the row of `b` that is most like it. */
function agreements(a: TokenBits, b: TokenBits): number[] {
  const equal = (x: Uint8Array, y: Uint8Array) => {
    const differing = x.reduce((sum, byte, at) => sum + popcount(byte ^ (y[at] ?? 0)), 0);
    return 1 - differing / DIMENSIONS;
  };
  return rowsOf(a).map((row) => Math.max(...rowsOf(b).map((other) => equal(row, other))));
}
const popcount = (byte: number) => byte.toString(2).replaceAll('0', '').length;

describe('the token bits of the default model', () => {
  it('are of the content words of a query, each piece with its whole word', async () => {
    const { tokens, words } = await embedder.embedQuery('the effect of C++ on GPT-4');
    expect(words).toEqual(['effect', 'c', 'gpt', 'gpt', '4']);
    expect(tokens).toHaveLength(words.length * ROW_BYTES);
  });

  it('leave out special tokens that are written in the text', async () => {
    expect((await embedder.embedQuery('[CLS] bees [SEP]')).words).toEqual(['bees']);
  });

  it('are the same for a query and a passage, alone and among others', async () => {
    const text = 'Bees choose a nest by a vote.';
    const { tokens } = await embedder.embedQuery(text);
    const [first, , last] = await embedder.embedPassages([text, 'The weather of tomorrow.', text]);
    expect(first?.tokens).toEqual(tokens);
    expect(last?.tokens).toEqual(tokens);
  });

  it('agree where a passage says what the query says, and not where it is about other things', async () => {
    const query = await bitsOf('protein folding');
    const near = agreements(
      query,
      await bitsOf('A small model predicts the folding of any protein in an hour.'),
    );
    const far = agreements(query, await bitsOf('Auctions with many bidders have no stable price.'));
    expect(Math.min(...near)).toBeGreaterThan(0.75);
    expect(Math.max(...far)).toBeLessThan(0.65);
  });

  it('end where the model stops reading', async () => {
    // 'data' is one token, and so are the two special ones.
    expect(rowsOf(await bitsOf('data '.repeat(400)))).toHaveLength(254);
  });
});
