import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalVectorIndex, type LocalVectorIndex } from '../../src/index/local.ts';
import { STEP_COST } from '../../src/index/search-cost.ts';
import type { PaperFilter } from '../../src/paper.ts';
import { dot } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { createMemoryVectorSource, type StoredVector } from '../fixtures/memory-vector-source.ts';

const DIMENSIONS = 32;
const PAPERS = 6_000;

describe('filtered search of a graph', () => {
  const source = createMemoryVectorSource();
  const draw = clusteredVectors(DIMENSIONS);
  const far = draw();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-test-'));
  let index: LocalVectorIndex;

  beforeAll(async () => {
    // Upvotes from 0 to 999 spread evenly; the category tells the half of the space.
    for (let key = 1; key <= PAPERS; key++) {
      const embedding = draw();
      const category = dot(embedding, far) > 0 ? 'near' : 'far';
      source.put(key, embedding, { category, upvotes: (key * 617) % 1_000 });
    }
    index = createLocalVectorIndex({
      folder,
      dimensions: DIMENSIONS,
      fingerprint: 'model',
      source,
      // As if the library were eight times as large: at its size, scoring is cheaper nearly always.
      stepCost: STEP_COST / 8,
    });
    await index.whenSettled();
    expect((await index.status()).state).toBe('graph');
  });
  afterAll(async () => {
    await index.close();
    rmSync(folder, { recursive: true });
  });

  const recallAt10 = async (filter: PaperFilter, passes: (paper: StoredVector, key: number) => boolean) => {
    let found = 0;
    let wanted = 0;
    const exact = new Set<boolean>();
    for (let query = 0; query < 50; query++) {
      const target = draw();
      const answer = await index.nearest(target, { limit: 10, filter });
      exact.add(answer.exact);
      const keys = new Set(answer.neighbours.map(({ key }) => key));
      const truth = [...source.papers]
        .filter(([key, paper]) => passes(paper, key))
        .map(([key, { embedding }]) => ({ key, similarity: dot(embedding, target) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, 10);
      wanted += truth.length;
      for (const { key } of truth) if (keys.has(key)) found++;
      expect(keys.size).toBe(truth.length);
    }
    return { recall: found / wanted, exact: [...exact] };
  };

  it.each([
    [50, false],
    [10, true],
    [1, true],
    [0.1, true],
  ])('finds 99 %% of the ten nearest among %d %% of the papers', async (percent, isExact) => {
    const minUpvotes = 1_000 - 10 * percent;
    const { recall, exact } = await recallAt10({ minUpvotes }, ({ upvotes }) => upvotes >= minUpvotes);
    expect(recall).toBeGreaterThanOrEqual(0.99);
    // A graph search that finds too few is followed by scoring, so that at 50 % there may be both.
    if (isExact) expect(exact).toEqual([true]);
    else expect(exact).toContain(false);
  });

  it('finds the papers of a filter that lie away from the query', async () => {
    const { recall } = await recallAt10({ categories: ['far'] }, ({ category }) => category === 'far');
    expect(recall).toBeGreaterThanOrEqual(0.99);
    const target = far;
    const { neighbours } = await index.nearest(target, { limit: 10, filter: { categories: ['far'] } });
    expect(neighbours).toHaveLength(10);
  });

  it('skips excluded papers, many or few, with and without another filter', async () => {
    for (const count of [5, 40, 2_000]) {
      const excludedKeys = (await index.nearest(far, { limit: count })).neighbours.map(({ key }) => key);
      const excluded = new Set(excludedKeys);
      const { recall } = await recallAt10({ excludedKeys }, (_, key) => !excluded.has(key));
      expect(recall).toBeGreaterThanOrEqual(0.99);
      const both = { excludedKeys, minUpvotes: 500 };
      const filtered = await recallAt10(both, ({ upvotes }, key) => upvotes >= 500 && !excluded.has(key));
      expect(filtered.recall).toBeGreaterThanOrEqual(0.99);
    }
  });
});
