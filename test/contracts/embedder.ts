import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/embed/embedder.ts';
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
      assertEmbedding(await embedder.embedQuery('molecules'), dimensions);
      const vectors = await embedder.embedPassages(TEXTS);
      expect(vectors).toHaveLength(TEXTS.length);
      for (const vector of vectors) assertEmbedding(vector, dimensions);
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
      for (const vector of await embedder.embedPassages(texts)) {
        assertEmbedding(vector, embedder.model.dimensions);
      }
      assertEmbedding(await embedder.embedQuery(''), embedder.model.dimensions);
    });

    it('gives no vectors for no passages', async () => {
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

    it('gives the same vector for the same text, and callers their own copies', async () => {
      const first = await embedder.embedQuery('neural networks');
      const again = await embedder.embedQuery('neural networks');
      expect(again).toEqual(first);
      again.fill(0);
      expect(await embedder.embedQuery('neural networks')).toEqual(first);
    });

    it('finds texts on the same subject closer than others', async () => {
      const query = await embedder.embedQuery('neural networks for molecules');
      const scores = (await embedder.embedPassages(TEXTS)).map((vector) => dot(query, vector));
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
