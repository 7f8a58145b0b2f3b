import { describe, expect, it } from 'vitest';
import { readCollection } from '../../scripts/evaluate/collection.ts';
import { EVALUATED_MODES, runCollection } from '../../scripts/evaluate/run-collection.ts';
import { mean } from '../../scripts/evaluate/statistics.ts';
import { createHashEmbedder } from '../fixtures/hash-embedder.ts';
import { sharedData } from '../fixtures/shared-data.ts';
import { writeTinyCollection } from './tiny-collection.ts';

const run = (folder: string) =>
  runCollection(readCollection(folder, 'all'), {
    modes: EVALUATED_MODES,
    passageEmbedder: createHashEmbedder(),
    openQueryEmbedder: async () => createHashEmbedder(),
  });

describe('running a collection', () => {
  it('measures the real search in every mode', async () => {
    const { rows, notes } = await run(writeTinyCollection());
    expect(rows.map(({ task, mode }) => `${task} ${mode}`)).toEqual([
      'search lexical',
      'search semantic',
      'search hybrid',
    ]);
    for (const { queries, metrics, milliseconds } of rows) {
      expect(queries).toEqual(['q1', 'q2', 'q3']);
      expect(milliseconds).toHaveLength(3);
      expect(metrics['MRR@10']).toEqual([1, 1, 1]);
    }
    // "grasping gripper" has no word of the second relevant document: 2 of 2 + 1/log2(3).
    expect(rows[0]?.metrics['nDCG@10']?.[0]).toBeCloseTo(2 / (2 + 1 / Math.log2(3)), 5);
    expect(rows[0]?.metrics['recall@100']).toEqual([0.5, 1, 1]);
    expect(rows[1]?.metrics['recall@100']).toEqual([1, 1, 1]);
    expect(notes).toHaveLength(3);
  });

  it('leaves the own document of a query out, and can rank the judged pool alone', async () => {
    const folder = writeTinyCollection({
      queries: [{ _id: 'like', text: 'Robot grasping of objects', doc: '2401.01234v2' }],
      judged: [
        ['like', '2401.01234v3', 3],
        ['like', 'no text', 0],
      ],
    });
    const { rows } = await run(folder);
    expect(rows.map(({ task }) => task).slice(3)).toEqual(['similar, whole corpus', 'similar, judged pool']);
    // Every mode finds the other robot first: the own document, which says the same, would be before it.
    for (const { metrics } of rows) expect(metrics['nDCG@10']).toEqual([1]);
  });

  it('ranks unjudged documents in the corpus but not in the pool', async () => {
    const folder = writeTinyCollection({
      queries: [{ _id: 'like', text: 'Robot grasping', doc: '2401.01234v2' }],
      judged: [['like', 'with space', 1]],
    });
    const { rows } = await run(folder);
    const mrrOf = (task: string) => rows.find((row) => row.task === task)?.metrics['MRR@10']?.[0];
    expect(mrrOf('similar, whole corpus')).toBeLessThan(1);
    expect(mrrOf('similar, judged pool')).toBe(1);
  });

  const adi = sharedData('ir/adi');
  it.skipIf(adi === null)('reproduces what BM25 finds in ADI', async () => {
    const { rows } = await run(adi ?? '');
    const lexical = rows.find(({ mode }) => mode === 'lexical');
    expect(lexical?.queries).toHaveLength(35);
    expect(mean(lexical?.metrics['nDCG@10'] ?? [])).toBeGreaterThan(0.3);
    expect(mean(lexical?.metrics['recall@100'] ?? [])).toBeGreaterThan(0.8);
  });
});
