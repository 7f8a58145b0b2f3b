import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/embed/embedder.ts';
import { tokenRowBytes } from '../../src/token-bits.ts';
import { assertEmbedding, dot } from '../../src/vector.ts';

const TEXTS = [
  'Graph neural networks predict the properties of molecules.',
  'A survey of speech recognition for languages with little training data.',
  'We prove a lower bound on the number of queries that sorting needs.',
  'Bees choose a nest by a vote.',
  'Weather forecasts with neural networks.',
];

/** What every embedder must do. `create` gives a new one each time. */
export function embedderContract(name: string, create: () => Promise<Embedder>): void {
  describe(`${name} as an embedder`, () => {
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await create();
    });
    afterAll(() => embedder.close());

    it('becomes ready, and says what it is', async () => {
      await embedder.ready();
      expect(embedder.model.dimensions).toBeGreaterThan(0);
      expect(embedder.fingerprint).not.toBe('');
    });

    it('gives unit vectors of its dimensions for queries and passages', async () => {
      const { dimensions } = embedder.model;
      assertEmbedding((await embedder.embedQuery('molecules')).embedding, dimensions);
      const passages = await embedder.embedPassages(TEXTS);
      expect(passages).toHaveLength(TEXTS.length);
      for (const { embedding } of passages) assertEmbedding(embedding, dimensions);
    });

    it('gives a row of bits for each content token, and the word that it is of', async () => {
      const query = 'The effect of Zxqwvk on neural networks';
      const { tokens, words } = await embedder.embedQuery(query);
      expect(tokens).toHaveLength(words.length * tokenRowBytes(embedder.model.dimensions));
      // However many pieces a word has, each of them has the whole word, and they stand together.
      const whole = words.filter((word, at) => word !== words[at - 1]);
      expect(whole).toEqual(['effect', 'zxqwvk', 'neural', 'networks']);
      const [passage] = await embedder.embedPassages([query]);
      expect(passage?.tokens).toHaveLength(tokens.length);
    });

    it('gives no bits for a text without content', async () => {
      expect(await embedder.embedQuery('and of the: ?!')).toMatchObject({
        tokens: new Uint8Array(),
        words: [],
      });
      const [empty, punctuation] = await embedder.embedPassages(['', '... (!)']);
      expect([empty?.tokens, punctuation?.tokens]).toEqual([new Uint8Array(), new Uint8Array()]);
    });

    it('gives bits of its own row width, padded with zeros', async () => {
      const { dimensions } = embedder.model;
      const [passage] = await embedder.embedPassages(TEXTS.slice(0, 1));
      const rowBytes = tokenRowBytes(dimensions);
      const padding = passage?.tokens.filter((_, at) => (at % rowBytes) * 8 >= dimensions);
      expect(padding?.every((byte) => byte === 0)).toBe(true);
      expect(passage?.tokens.some((byte) => byte !== 0)).toBe(true);
    });

    it('embeds any text: empty, blank, long, of other scripts, badly formed', async () => {
      const texts = [
        '',
        ' \n\t',
        'word '.repeat(20_000),
        '量子力学',
        '🧪🧬',
        'half a pair: \ud83d',
        '[SEP][CLS]',
      ];
      const { dimensions, maxTokens } = embedder.model;
      for (const { embedding, tokens } of await embedder.embedPassages(texts)) {
        assertEmbedding(embedding, dimensions);
        expect(tokens.length).toBeLessThanOrEqual(maxTokens * tokenRowBytes(dimensions));
      }
      assertEmbedding((await embedder.embedQuery('')).embedding, dimensions);
    });

    it('gives nothing for no passages', async () => {
      expect(await embedder.embedPassages([])).toEqual([]);
    });

    it('keeps the order of passages, whatever else is asked for at the time', async () => {
      const [together, reversed, singly] = await Promise.all([
        embedder.embedPassages(TEXTS),
        embedder.embedPassages(TEXTS.toReversed()),
        Promise.all(TEXTS.map((text) => embedder.embedPassages([text]))),
      ]);
      expect(reversed.toReversed()).toEqual(together);
      expect(singly.flat()).toEqual(together);
    });

    it('gives the same for the same text, and callers their own copies', async () => {
      const first = await embedder.embedQuery('neural networks');
      const again = await embedder.embedQuery('neural networks');
      expect(again).toEqual(first);
      again.embedding.fill(0);
      again.tokens.fill(0);
      (again.words as string[]).push('more');
      expect(await embedder.embedQuery('neural networks')).toEqual(first);
    });

    it('finds texts on the same subject closer than others', async () => {
      const query = await embedder.embedQuery('neural networks for molecules');
      const passages = await embedder.embedPassages(TEXTS);
      const scores = passages.map(({ embedding }) => dot(query.embedding, embedding));
      expect(scores.indexOf(Math.max(...scores))).toBe(0);
    });

    it('embeds nothing for a signal that was aborted before', async () => {
      const reason = new Error('changed my mind');
      await expect(embedder.embedPassages(TEXTS, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('refuses everything after close, which may be called twice', async () => {
      const closed = await create();
      await closed.embedQuery('known');
      await Promise.all([closed.close(), closed.close()]);
      await closed.close();
      const unavailable = expect.objectContaining({ code: 'unavailable' });
      await expect(closed.embedQuery('known')).rejects.toEqual(unavailable);
      await expect(closed.embedPassages(['new'])).rejects.toEqual(unavailable);
      await expect(closed.ready()).rejects.toEqual(unavailable);
    });
  });
}
