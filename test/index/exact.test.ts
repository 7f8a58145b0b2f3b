import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExactIndex } from '../../src/index/exact.ts';
import { createSlotTable } from '../../src/index/slot-table.ts';
import { createTopK } from '../../src/index/top-k.ts';
import { dot, type Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';

const DIMENSIONS = 6;

describe('the best few', () => {
  it('are those of a full sort, ties by smaller key', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(1_000), { maxLength: 60 }),
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 0, max: 70 }),
        (keys, scores, limit) => {
          const all = keys.map((key, at) => ({ key, similarity: scores[at] as number }));
          const top = createTopK(limit);
          for (const { key, similarity } of all) top.offer(key, similarity);
          const sorted = all.sort((a, b) => b.similarity - a.similarity || a.key - b.key);
          expect(top.sorted()).toEqual(sorted.slice(0, limit));
        },
      ),
    );
  });
});

describe('the slots of keys', () => {
  it('are those of a map, whatever is set and deleted', () => {
    const key = fc.oneof(fc.nat(3_000), fc.integer({ min: 2 ** 32 - 5, max: 2 ** 32 + 5 }));
    const step = fc.record({ key, slot: fc.option(fc.nat(9)) });
    fc.assert(
      fc.property(fc.array(step), fc.array(key), (steps, others) => {
        const table = createSlotTable();
        const map = new Map<number, number>();
        for (const { key, slot } of steps) {
          if (slot === null) {
            table.delete(key);
            map.delete(key);
          } else {
            table.set(key, slot);
            map.set(key, slot);
          }
          expect(table.get(key)).toBe(map.get(key));
        }
        for (const key of [...others, ...steps.map((one) => one.key)])
          expect(table.get(key)).toBe(map.get(key));
      }),
    );
  });
});

describe('exact index', () => {
  const filled = (count: number) => {
    const index = createExactIndex(DIMENSIONS);
    const draw = clusteredVectors(DIMENSIONS);
    const vectors = new Map<number, Embedding>();
    for (let key = 0; key < count; key++) {
      index.upsert(key, draw());
      // As it is held: 16 bits a number.
      vectors.set(key, index.vector(key) as Embedding);
    }
    return { index, vectors, draw };
  };
  const truth = (vectors: Map<number, Embedding>, query: Embedding, limit: number) =>
    [...vectors]
      .map(([key, vector]) => ({ key, similarity: dot(vector, query) }))
      .sort((a, b) => b.similarity - a.similarity || a.key - b.key)
      .slice(0, limit);

  it('tells what an upsert changed', () => {
    const { index, draw } = filled(3);
    const vector = draw();
    expect(index.upsert(9, vector)).toBe('added');
    expect(index.upsert(9, vector.slice())).toBe('unchanged');
    expect(index.upsert(9, draw())).toBe('changed');
    expect(index.count).toBe(4);
  });

  it('keeps its own copy', () => {
    const { index, draw } = filled(0);
    const vector = draw();
    index.upsert(1, vector);
    const kept = vector.slice();
    vector.fill(0);
    expect(index.similarity(1, kept)).toBeCloseTo(1, 6);
    expect(index.vector(1)?.every((x, at) => Math.abs(x - (kept[at] as number)) < 1e-4)).toBe(true);
    expect(index.vector(2)).toBeUndefined();
    expect(index.similarity(2, kept)).toBeUndefined();
  });

  it('answers as a full sort does, over several blocks and through removals', () => {
    const { index, vectors, draw } = filled(2_500);
    for (let key = 0; key < 2_500; key += 2) {
      expect(index.remove(key)).toBe(true);
      vectors.delete(key);
    }
    expect(index.remove(0)).toBe(false);
    expect(index.count).toBe(1_250);
    const query = draw();
    expect(index.nearest(query, { limit: 25 })).toEqual(truth(vectors, query, 25));
    // Few of a block's rows, and many: both ways of scoring, with rows in the order that the removals left.
    for (const part of [17, 3, 1]) {
      const some = new Map([...vectors].filter(([key]) => key % part === 0));
      const allowed = [...some.keys()];
      expect(index.nearest(query, { limit: 25, allowed })).toEqual(truth(some, query, 25));
    }
    for (const key of vectors.keys()) index.remove(key);
    expect(index.nearest(query, { limit: 25 })).toEqual([]);
  });

  it('gives the rows of papers that are gone to others, unless a graph needs them', () => {
    const { index, draw } = filled(100);
    const changeAll = () => {
      for (let key = 0; key < 100; key++) expect(index.upsert(key, draw())).toBe('changed');
    };
    changeAll();
    expect(index.rowCount).toBe(101);
    const used = new Set(index.liveRows());
    index.keepRows();
    const before = [...used].map((row) => {
      const vector = new Float32Array(DIMENSIONS);
      index.reader.decode(row, vector);
      return { row, vector };
    });
    changeAll();
    index.freeRows((row) => used.has(row));
    changeAll();
    for (const { row, vector } of before) {
      const now = new Float32Array(DIMENSIONS);
      index.reader.decode(row, now);
      expect(now).toEqual(vector);
    }
    expect(index.rowCount).toBeLessThanOrEqual(301);
    index.freeRows();
    const rows = index.rowCount;
    for (let time = 0; time < 5; time++) changeAll();
    expect(index.rowCount).toBe(rows);
    expect(index.count).toBe(100);
    expect(index.liveRows()).toHaveLength(100);
  });

  it('scores only allowed keys, and passes over ones it does not hold', () => {
    const { index, vectors, draw } = filled(50);
    const query = draw();
    const some = new Map([...vectors].filter(([key]) => key % 7 === 0));
    const allowed = [...some.keys(), 1_000, 1_001];
    expect(index.nearest(query, { limit: 5, allowed })).toEqual(truth(some, query, 5));
    some.delete(7);
    some.delete(14);
    const excluded = new Set([7, 14]);
    expect(index.nearest(query, { limit: 50, allowed, excluded })).toEqual(truth(some, query, 50));
  });

  it('refuses a vector that cannot be compared', () => {
    const { index, draw } = filled(1);
    for (const vector of [draw().slice(1), draw().fill(Number.NaN), draw().map((x) => 3 * x)]) {
      expect(() => index.upsert(77, vector)).toThrowError(
        expect.objectContaining({ code: 'index_failed', message: expect.stringContaining('77') }),
      );
    }
    expect(index.has(77)).toBe(false);
  });
});
