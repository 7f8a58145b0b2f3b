import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_TURN, createCodeRows } from '../../src/index/code-rows.ts';
import { createExactIndex } from '../../src/index/exact.ts';
import { dot, type Embedding, normalized } from '../../src/vector.ts';
import { clusteredVectors, seededRandom } from '../fixtures/clustered-vectors.ts';

const number = fc.double({ min: -1, max: 1, noNaN: true });
/** Vectors that codes tell apart badly or not at all, or encode with large errors. */
const vectorsOf = (dimensions: number): fc.Arbitrary<Embedding[]> => {
  const plain = fc
    .array(number, { minLength: dimensions, maxLength: dimensions })
    .filter((values) => values.some((value) => Math.abs(value) > 1e-3))
    .map((values) => normalized(Float32Array.from(values)));
  const oneHot = fc
    .tuple(fc.nat(dimensions - 1), fc.constantFrom(1, -1))
    .map(([at, sign]) => Float32Array.from({ length: dimensions }, (_, i) => (i === at ? sign : 0)));
  // One large entry makes the steps of all others coarse.
  const spiked = fc
    .tuple(plain, fc.nat(dimensions - 1), fc.double({ min: 1, max: 50, noNaN: true }))
    .map(([base, at, height]) => normalized(base.map((x, i) => (i === at ? height : x))));
  const nearTies = fc
    .tuple(
      plain,
      fc.array(fc.tuple(fc.nat(dimensions - 1), fc.integer({ min: -8, max: 8 })), { maxLength: 12 }),
    )
    .map(([base, changes]) =>
      changes.map(([at, steps]) => normalized(base.map((x, i) => (i === at ? x + steps * 1e-6 : x)))),
    );
  const copies = fc.tuple(plain, fc.integer({ min: 1, max: 8 })).map(([v, times]) => Array(times).fill(v));
  const group = fc.oneof(
    plain.map((v) => [v]),
    oneHot.map((v) => [v]),
    spiked.map((v) => [v]),
    nearTies,
    copies,
  );
  return fc.array(group, { minLength: 3, maxLength: 25 }).map((groups) => groups.flat() as Embedding[]);
};

const truth = (vectors: ReadonlyMap<number, Embedding>, query: Embedding, limit: number) =>
  [...vectors]
    .map(([key, vector]) => ({ key, similarity: dot(vector, query) }))
    .sort((a, b) => b.similarity - a.similarity || a.key - b.key)
    .slice(0, limit);

describe('a scan of codes', () => {
  it('bounds every product, of whatever vectors', () => {
    const library = fc.integer({ min: 1, max: 70 }).chain((dimensions) => vectorsOf(dimensions));
    fc.assert(
      fc.property(library, (vectors) => {
        const dimensions = vectors[0]?.length ?? 1;
        const codes = createCodeRows(dimensions);
        codes.resize(vectors.length);
        vectors.forEach((vector, row) => {
          codes.write(row, vector);
          codes.listed[row] = row;
        });
        for (const query of vectors) {
          const { slack } = codes.begin(query);
          for (const score of [
            () => codes.scoreFirst(0, vectors.length),
            () => codes.scoreListed(vectors.length),
          ]) {
            score();
            vectors.forEach((vector, row) => {
              const product = dot(vector, query);
              expect((codes.low[row] as number) - slack).toBeLessThanOrEqual(product);
              expect((codes.high[row] as number) + slack).toBeGreaterThanOrEqual(product);
            });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('answers as brute force does, of whatever vectors', () => {
    const library = fc.integer({ min: 1, max: 40 }).chain((dimensions) => vectorsOf(dimensions));
    fc.assert(
      fc.property(library, fc.integer({ min: 1, max: 12 }), fc.nat(), (vectors, limit, seed) => {
        const index = createExactIndex(vectors[0]?.length ?? 1);
        const held = new Map(vectors.map((vector, key) => [key, vector]));
        for (const [key, vector] of held) index.upsert(key, vector);
        const random = seededRandom(seed);
        for (const key of [...held.keys()]) {
          if (random() > 0.2) continue;
          index.remove(key);
          held.delete(key);
        }
        const some = new Map([...held].filter(() => random() < 0.7));
        const excluded = new Set([...held.keys()].filter(() => random() < 0.2));
        const left = new Map([...held].filter(([key]) => !excluded.has(key)));
        for (const query of vectors.slice(0, 6)) {
          expect(index.nearest(query, { limit })).toEqual(truth(held, query, limit));
          expect(index.nearest(query, { limit, allowed: [...some.keys()] })).toEqual(
            truth(some, query, limit),
          );
          expect(index.nearest(query, { limit, excluded })).toEqual(truth(left, query, limit));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('answers as brute force does over many turns, dense and sparse lists, near each other or not', () => {
    const dimensions = 20;
    const draw = clusteredVectors(dimensions, { clusters: 3, spread: 0.02 });
    const index = createExactIndex(dimensions);
    const held = new Map<number, Embedding>();
    for (let key = 0; key < 2.5 * CODE_TURN; key++) {
      const vector = draw();
      held.set(key, vector);
      index.upsert(key, vector);
    }
    const random = seededRandom(5);
    for (const share of [1, 0.9, 0.3, 0.1, 0.01]) {
      const some = [...held].filter(([key]) => random() < (key < CODE_TURN ? share : share / 4));
      if (share === 0.3) some.reverse();
      for (const limit of [1, 10, 300]) {
        const query = draw();
        const allowed = some.map(([key]) => key);
        expect(index.nearest(query, { limit, allowed })).toEqual(truth(new Map(some), query, limit));
      }
    }
  });

  it('keeps sums within 32 bits where all entries are of one size, in many dimensions', () => {
    for (const dimensions of [384, 1_024, 4_096]) {
      const same = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
      const index = createExactIndex(dimensions);
      for (let key = 0; key < 20; key++) index.upsert(key, key === 7 ? same : same.map((x) => -x));
      expect(index.nearest(same, { limit: 1 })[0]?.key).toBe(7);
    }
  });
});
