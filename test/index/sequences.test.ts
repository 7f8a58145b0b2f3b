import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import type { PaperKey } from '../../src/paper.ts';
import { dot, type Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { heldVector } from '../fixtures/held-vectors.ts';
import { createMemoryVectorSource } from '../fixtures/memory-vector-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 6;
const draw = clusteredVectors(DIMENSIONS, { clusters: 6, spread: 0.5 });
/** Steps choose from these, so that papers come back with a vector that they had, and some papers are equal. */
const VECTORS = Array.from({ length: 60 }, draw);
const KEYS = 40;

const vector = fc.nat(VECTORS.length - 1).map((at) => VECTORS[at] as Embedding);
const key = fc.integer({ min: 1, max: KEYS });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), key, vector }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('touch' as const), key }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('refresh' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('save' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('nearest' as const),
      vector,
      limit: fc.integer({ min: 1, max: 12 }),
      excludedKeys: fc.uniqueArray(key, { maxLength: 10 }),
    }),
  },
);

/** Runs the steps on an index and on a plain map, and compares every answer. Returns how many the graph gave. */
async function play(steps: (typeof step extends fc.Arbitrary<infer T> ? T : never)[], exactBelow: number) {
  const source = createMemoryVectorSource();
  const folder = temporaryFolder();
  for (let at = 1; at <= 25; at++) source.put(at, VECTORS[at] as Embedding);
  const open = () =>
    createLocalVectorIndex({
      folder,
      dimensions: DIMENSIONS,
      fingerprint: 'model',
      source,
      exactBelow,
      stepCost: 0,
      leastChanges: 8,
    });
  let index = open();
  await index.whenSettled();
  let visible = new Map<PaperKey, Embedding>();
  const see = () => {
    visible = new Map([...source.papers].map(([at, { embedding }]) => [at, embedding]));
  };
  see();
  let graphAnswers = 0;
  for (const wanted of steps) {
    if (wanted.type === 'put') source.put(wanted.key, wanted.vector);
    else if (wanted.type === 'remove') source.remove(wanted.key);
    else if (wanted.type === 'touch') source.touch(wanted.key);
    else if (wanted.type === 'refresh') {
      see();
      await index.refresh();
    } else if (wanted.type === 'settle') await index.whenSettled();
    else if (wanted.type === 'save') await index.save();
    else if (wanted.type === 'reopen') {
      await index.close();
      index = open();
      see();
      await index.open();
    } else {
      const excluded = new Set(wanted.excludedKeys);
      const truth = [...visible]
        .filter(([at]) => !excluded.has(at))
        .map(([at, embedding]) => ({ key: at, similarity: dot(heldVector(embedding), wanted.vector) }))
        .sort((a, b) => b.similarity - a.similarity || a.key - b.key)
        .slice(0, wanted.limit);
      const filter = { excludedKeys: wanted.excludedKeys };
      const answer = await index.nearest(wanted.vector, { limit: wanted.limit, filter });
      if (!answer.exact) graphAnswers++;
      expect(answer.neighbours).toEqual(truth);
      expect((await index.status()).count).toBe(visible.size);
    }
  }
  await index.close();
  return graphAnswers;
}

describe('any sequence of changes, refreshes, saves and restarts', () => {
  it('answers as a plain map does, all scored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        expect(await play(steps, 5_000)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('answers as a plain map does, by graph', async () => {
    let graphAnswers = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        graphAnswers += await play(steps, 12);
      }),
      { numRuns: 12 },
    );
    expect(graphAnswers).toBeGreaterThan(50);
  });
});
