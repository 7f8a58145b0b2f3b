import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runKnownItems } from '../../scripts/evaluate/known-item.ts';
import { looseFirstSentence, titleWithTypo } from '../../scripts/evaluate/known-item-queries.ts';
import { createRandom } from '../../scripts/evaluate/statistics.ts';
import { checkRecord, type SourceItem } from '../../src/sources/source.ts';
import { ABSTRACTS } from '../fixtures/abstracts.ts';
import { edits } from '../fixtures/edits.ts';
import { createHashEmbedder } from '../fixtures/hash-embedder.ts';

describe('queries for known items', () => {
  it('have exactly one typing error in one word of the title, of three letters or more', () => {
    const title = 'On the Dark Matter of High-Resolution Galaxies, in 3D';
    const changed = new Set<string>();
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const typo = titleWithTypo({ title }, createRandom(seed)) ?? '';
        expect(edits(title, typo)).toBe(1);
        expect(typo).toMatch(/^On .* of .*, in 3D$/);
        for (const word of ['the', 'Dark', 'Galaxies']) if (!typo.includes(word)) changed.add(word);
      }),
    );
    expect(changed.size).toBe(3);
    expect(titleWithTypo({ title: 'On It, in 3D' }, createRandom(1))).toBeNull();
  });

  it('say the first sentence loosely', () => {
    const abstract =
      'We propose a novel method for the folding of large proteins from sequences. It is fast.';
    const words = (looseFirstSentence({ abstract }, createRandom(1)) ?? '').split(' ');
    // Stop words are gone, synonyms are in, and every fifth word ("large", now "big") is dropped.
    expect([...words].sort()).toEqual(
      ['folding', 'new', 'proteins', 'sequences', 'suggest', 'technique'].sort(),
    );
    expect(looseFirstSentence({ abstract: 'We win. It is a novel method.' }, createRandom(1))).toBeNull();
  });
});

it('looks for papers by title, sentence and id', async () => {
  const papers = new Map<string, SourceItem[]>(
    ABSTRACTS.map((abstract, at) => {
      const title = abstract.split(' ').slice(0, 8).join(' ');
      return [`p${at}`, [checkRecord({ id: `p${at}`, title, abstract }, `item ${at}`, { strict: true })]];
    }),
  );
  const options = {
    items: 5,
    modes: ['hybrid', 'lexical'] as const,
    passageEmbedder: createHashEmbedder(),
    openQueryEmbedder: async () => createHashEmbedder(),
  };
  const { rows } = await runKnownItems(papers, { ...options, sample: null });
  expect(rows.map(({ task, mode }) => `${mode} ${task}`)).toHaveLength(6);
  for (const { task, queries, metrics, milliseconds } of rows) {
    expect(new Set(queries).size).toBe(5);
    expect(milliseconds).toHaveLength(5);
    if (task === 'id') expect(metrics.first).toEqual([1, 1, 1, 1, 1]);
    expect(metrics['among 10']?.every((value) => value === 1)).toBe(true);
  }
  const few = await runKnownItems(papers, { ...options, sample: 3 });
  expect(few.papers).toBe(3);
  expect(few.rows[0]?.queries).toHaveLength(3);
});
