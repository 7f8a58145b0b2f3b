import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import { BUILD_READER } from '../../src/index/row-memory.ts';
import { searchShared } from '../../src/index/shared-search.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { createMemoryVectorSource } from '../fixtures/memory-vector-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 32;

async function openIndex(papers: number, exactBelow: number) {
  const source = createMemoryVectorSource();
  const draw = clusteredVectors(DIMENSIONS);
  for (let key = 1; key <= papers; key++) source.put(key, draw());
  const index = createLocalVectorIndex({
    folder: temporaryFolder(),
    dimensions: DIMENSIONS,
    fingerprint: 'model',
    source,
    exactBelow,
    stepCost: 0,
    leastChanges: 400,
  });
  onTestFinished(() => index.close());
  await index.whenSettled();
  return { index, source, draw };
}

describe('a search of shared parts', () => {
  it.each([
    ['all scored', 5_000],
    ['by graph', 100],
  ])('answers as the index does, through changes and removals: %s', async (_, exactBelow) => {
    const { index, source, draw } = await openIndex(600, exactBelow);
    let search = searchShared(index.shared(), 1);
    for (let round = 0; round < 6; round++) {
      for (let at = 0; at < 100; at++) source.put(1 + ((round * 131 + at * 7) % 900), draw());
      for (let at = 0; at < 20; at++) source.remove(1 + ((round * 57 + at * 11) % 900));
      await index.refresh();
      if (round === 4) await index.whenSettled();
      const parts = index.shared();
      if (parts.generation !== search.generation)
        search = searchShared(parts, 1 + (round % (BUILD_READER - 1)));
      expect(search.count).toBe((await index.status()).count);
      const excludedKeys = [3, 50, 77];
      for (let query = 0; query < 10; query++) {
        const target = draw();
        expect(search.nearest(target, { limit: 10 })).toEqual(await index.nearest(target, { limit: 10 }));
        const excluded = new Set(excludedKeys);
        expect(search.nearest(target, { limit: 10, excluded })).toEqual(
          await index.nearest(target, { limit: 10, filter: { excludedKeys } }),
        );
        const filter = { minUpvotes: 0, categories: ['cs.LG'] };
        const allowed = await source.matchingKeys(filter);
        expect(search.nearest(target, { limit: 10, allowed })).toEqual(
          await index.nearest(target, { limit: 10, filter }),
        );
      }
      const key = [...source.papers.keys()][round] as number;
      expect(search.vector(key)).toEqual((await index.embeddings([key])).get(key));
    }
    expect(search.vector(99_999)).toBeUndefined();
  });

  it.each([
    ['all scored', 5_000],
    ['by graph', 100],
  ])(
    'goes on in another thread while this one adds, changes and removes papers: %s',
    async (_, exactBelow) => {
      const { index, source, draw } = await openIndex(500, exactBelow);
      const counted = new Int32Array(new SharedArrayBuffer(4));
      const reader = new Worker(new URL('./shared-reader-start.mjs', import.meta.url), {
        workerData: { parts: index.shared(), counted },
      });
      onTestFinished(async () => void (await reader.terminate()));
      await once(reader, 'message');
      // On until so many searches ran while papers changed.
      for (let round = 0; round < 100 || Atomics.load(counted, 0) < 100; round++) {
        source.put(501 + (round % 100), draw());
        source.put(1 + ((2 * round) % 500), draw());
        source.remove(2 + ((2 * round) % 500));
        await index.refresh();
        await nextTurn();
      }
      const queries = Array.from({ length: 20 }, draw);
      reader.postMessage({ queries, parts: index.shared() });
      const [told] = await once(reader, 'message');
      expect(told.broken).toEqual([]);
      expect(told.count).toBe((await index.status()).count);
      for (const [at, query] of queries.entries()) {
        expect(told.answers[at]).toEqual((await index.nearest(query, { limit: 10 })).neighbours);
      }
    },
  );

  it('refuses the numbers of the owner and of the thread that builds graphs', async () => {
    const { index } = await openIndex(5, 100);
    for (const reader of [0, BUILD_READER, 99]) {
      expect(() => searchShared(index.shared(), reader)).toThrow(RangeError);
    }
  });
});
