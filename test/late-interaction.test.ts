import { describe, expect, it } from 'vitest';
import { type Candidate, noParts } from '../src/fusion.ts';
import { lateInteraction, mayInteract } from '../src/late-interaction.ts';
import { createMaxSimilarity } from '../src/max-similarity.ts';
import { RANKING } from '../src/ranking.ts';
import { createHashEmbedder } from './fixtures/hash-embedder.ts';

const settings = RANKING.lateInteraction;
const embedder = createHashEmbedder();
const kernel = createMaxSimilarity(embedder.model.dimensions);
const term = (word: string, idf: number) => ({
  term: word,
  form: word,
  weight: 1,
  correction: null,
  idf,
  documents: 1,
});
const candidates = (scores: number[]): Candidate[] =>
  scores.map((score, key) => ({ key, score, parts: noParts() }));
const bitsOf = async (texts: (string | null)[]) => {
  const entries = await Promise.all(
    texts.map(async (text, key) => {
      const [passage] = text === null ? [] : await embedder.embedPassages([text]);
      return passage ? ([[key, passage.tokens]] as const) : [];
    }),
  );
  return new Map(entries.flat());
};

describe('late interaction', () => {
  it('raises the paper that has words like each word of the query', async () => {
    const bits = await bitsOf(['robots in space', 'grasping with robot arms', 'poems']);
    const query = await embedder.embedQuery('robot grasp');
    const looked = lateInteraction(candidates([0.5, 0.5, 0.5]), query, [], bits, kernel, settings);
    expect(looked.map(({ key }) => key)).toEqual([1, 0, 2]);
    expect(looked[0]?.parts.words).toBeCloseTo(1);
    const scores = looked.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(Math.max(...scores)).toBeLessThanOrEqual(1);
  });

  it('lets a rare word count for more', async () => {
    const bits = await bitsOf(['model', 'morphology']);
    const query = await embedder.embedQuery('model morphology');
    const terms = [term('model', 0.1), term('morpholog', 5)];
    const [best] = lateInteraction(candidates([0.5, 0.5]), query, terms, bits, kernel, settings);
    expect(best?.key).toBe(1);
  });

  it('takes a paper without bits for an average one, and leaves all as they are when none has any', async () => {
    const query = await embedder.embedQuery('robot');
    const some = await bitsOf(['robot', null, 'poems']);
    const looked = lateInteraction(candidates([0.5, 0.5, 0.5]), query, [], some, kernel, settings);
    expect(looked.map(({ key }) => key)).toEqual([0, 1, 2]);
    expect(looked[1]?.parts.words).toBeNull();
    const untouched = candidates([0.9, 0.1]);
    expect(lateInteraction(untouched, query, [], new Map(), kernel, settings)).toEqual(untouched);
  });

  it('leaves those beyond its reach below, in their order', async () => {
    const count = settings.candidates + 5;
    const fused = candidates(Array.from({ length: count }, (_, at) => 1 - at / count));
    const bits = await bitsOf(fused.map((_, at) => (at % 2 ? 'robot' : 'poems')));
    const looked = lateInteraction(fused, await embedder.embedQuery('robot'), [], bits, kernel, settings);
    const keys = looked.map(({ key }) => key);
    expect([...keys].sort((a, b) => a - b)).toEqual(fused.map(({ key }) => key));
    expect(keys.slice(-5)).toEqual(fused.slice(-5).map(({ key }) => key));
    for (let at = 1; at < count; at++) {
      expect(looked[at]?.score).toBeLessThanOrEqual(looked[at - 1]?.score ?? 0);
    }
  });

  it('is for queries that say something, and are no passages', () => {
    expect(mayInteract({ words: [] }, settings)).toBe(false);
    expect(mayInteract({ words: ['a'] }, settings)).toBe(true);
    expect(mayInteract({ words: Array(settings.mostTokens + 1).fill('a') }, settings)).toBe(false);
  });
});
