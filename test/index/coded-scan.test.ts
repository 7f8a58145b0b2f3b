import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExactIndex, type ExactIndex } from '../../src/index/exact.ts';
import { createRowWriter } from '../../src/index/row-codes.ts';
import { CODE_TURN, createRowMemory, growRows, MOST_READERS } from '../../src/index/row-memory.ts';
import { createRowReader } from '../../src/index/row-reader.ts';
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

/** Vectors written into rows by their order, and what the rows hold then. */
function written(dimensions: number, vectors: readonly Embedding[]) {
  const memory = createRowMemory(dimensions);
  growRows(memory, vectors.length);
  const writer = createRowWriter(memory);
  vectors.forEach((vector, row) => {
    writer.write(row, row, vector);
  });
  const reader = createRowReader(memory, 0);
  const decoded = vectors.map((_, row) => {
    const vector = new Float32Array(dimensions);
    reader.decode(row, vector);
    return vector;
  });
  return { memory, decoded };
}

/** A paper's vector as the index holds it: answers are those of brute force over these. */
function put(index: ExactIndex, held: Map<number, Embedding>, key: number, vector: Embedding): void {
  index.upsert(key, vector);
  held.set(key, index.vector(key) ?? vector);
}

describe('a scan of codes', () => {
  it('bounds every product, of whatever vectors, for each reader', () => {
    const library = fc.integer({ min: 1, max: 70 }).chain((dimensions) => vectorsOf(dimensions));
    fc.assert(
      fc.property(library, fc.nat(MOST_READERS - 1), (vectors, number) => {
        const dimensions = vectors[0]?.length ?? 1;
        const { memory, decoded } = written(dimensions, vectors);
        const reader = createRowReader(memory, number);
        vectors.forEach((_, row) => {
          reader.listed[row] = row;
        });
        for (const query of vectors) {
          const { slack } = reader.begin(query);
          for (const score of [
            () => reader.scoreFirst(0, vectors.length),
            () => reader.scoreListed(vectors.length),
          ]) {
            score();
            decoded.forEach((vector, row) => {
              const product = dot(vector, query);
              expect((reader.low[row] as number) - slack).toBeLessThanOrEqual(product);
              expect((reader.high[row] as number) + slack).toBeGreaterThanOrEqual(product);
            });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps vectors so well that no cosine is off by more than the bound, and their length is 1', () => {
    const library = fc.integer({ min: 1, max: 70 }).chain((dimensions) => vectorsOf(dimensions));
    fc.assert(
      fc.property(library, (vectors) => {
        const dimensions = vectors[0]?.length ?? 1;
        const { decoded } = written(dimensions, vectors);
        decoded.forEach((vector, row) => {
          const original = vectors[row] as Embedding;
          const largest = original.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          const bound = (Math.sqrt(dimensions) * largest) / 32_258 + 1e-6;
          const error = Math.sqrt(
            vector.reduce((sum, x, at) => sum + (x - (original[at] as number)) ** 2, 0),
          );
          expect(error).toBeLessThanOrEqual(bound);
          expect(Math.abs(Math.sqrt(dot(vector, vector)) - 1)).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('keeps cosines of vectors like those of papers to within 1e-4, nearly always within 1e-5', () => {
    const draw = clusteredVectors(384);
    const vectors = Array.from({ length: 200 }, draw);
    const { decoded } = written(384, vectors);
    const errors = decoded.flatMap((vector, row) =>
      vectors.map((query) => Math.abs(dot(vector, query) - dot(vectors[row] as Embedding, query))),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    expect(errors.filter((error) => error > 1e-5).length / errors.length).toBeLessThan(1e-3);
  });

  it('answers as brute force does, of whatever vectors', () => {
    const library = fc.integer({ min: 1, max: 40 }).chain((dimensions) => vectorsOf(dimensions));
    fc.assert(
      fc.property(library, fc.integer({ min: 1, max: 12 }), fc.nat(), (vectors, limit, seed) => {
        const index = createExactIndex(vectors[0]?.length ?? 1);
        const held = new Map<number, Embedding>();
        vectors.forEach((vector, key) => {
          put(index, held, key, vector);
        });
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
      put(index, held, key, draw());
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
