import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { createMaxSimilarity, MAX_SIMILARITY_LIMITS } from '../src/max-similarity.ts';

const rowBytesOf = (dimensions: number) => Math.ceil(dimensions / 128) * 16;

function rowsOf(matrix: Uint8Array, dimensions: number): Uint8Array[] {
  const size = rowBytesOf(dimensions);
  return Array.from({ length: matrix.length / size }, (_, row) =>
    matrix.subarray(row * size, (row + 1) * size),
  );
}

/** The same in plain JavaScript. */
function expected(query: Uint8Array, weights: ArrayLike<number>, document: Uint8Array, dimensions: number) {
  const bits = (byte: number) => [...byte.toString(2)].filter((bit) => bit === '1').length;
  const similarity = (a: Uint8Array, b: Uint8Array) =>
    1 - (2 * a.reduce((sum, byte, at) => sum + bits(byte ^ (b[at] ?? 0)), 0)) / dimensions;
  const others = rowsOf(document, dimensions);
  const best = rowsOf(query, dimensions).map((row) =>
    others.reduce((most, other) => Math.max(most, similarity(row, other)), -1),
  );
  const total = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? 0 : best.reduce((sum, one, row) => sum + one * (weights[row] ?? 0), 0) / total;
}

/** Zeros after the dimensions of each row. */
function padded(matrix: Uint8Array, dimensions: number): Uint8Array {
  const size = rowBytesOf(dimensions);
  return matrix.map((byte, at) => {
    const left = dimensions - 8 * (at % size);
    return left >= 8 ? byte : byte & ((1 << Math.max(0, left)) - 1);
  });
}

const matrix = (dimensions: number, leastRows: number, mostRows: number) =>
  fc.integer({ min: leastRows, max: mostRows }).chain((rows) => {
    const length = rows * rowBytesOf(dimensions);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => padded(bytes, dimensions));
  });

/** Rows without a pattern, the same for the same seed. */
function noise(rows: number, dimensions: number, seed: number): Uint8Array {
  const length = rows * rowBytesOf(dimensions);
  return padded(
    Uint8Array.from({ length }, (_, at) => 1e4 * Math.abs(Math.sin(seed + at * 12.9898))),
    dimensions,
  );
}

describe('the best similarities of rows of sign bits', () => {
  it('are those of a loop', () => {
    const weight = fc.integer({ min: 0, max: 1_000 }).map((sevenths) => sevenths / 7);
    const input = fc.integer({ min: 1, max: 1024 }).chain((dimensions) =>
      fc.record({
        dimensions: fc.constant(dimensions),
        weighted: matrix(dimensions, 0, 14).chain((query) => {
          const rows = query.length / rowBytesOf(dimensions);
          return fc.record({
            query: fc.constant(query),
            weights: fc.oneof(
              fc.array(weight, { minLength: rows, maxLength: rows }),
              fc.constant(new Float32Array(rows).fill(0.1)),
            ),
          });
        }),
        document: matrix(dimensions, 1, 14),
      }),
    );
    fc.assert(
      fc.property(input, ({ dimensions, weighted: { query, weights }, document }) => {
        const score = createMaxSimilarity(dimensions).prepare(query, weights).score(document);
        expect(score).toBeCloseTo(expected(query, weights, document, dimensions), 9);
        expect(Math.abs(score)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('stay right for documents that grow and shrink', () => {
    for (const dimensions of [100, 384]) {
      const query = noise(9, dimensions, 1);
      const weights = [1, 2, 3, 4, 5, 6, 7, 8, 9];
      const prepared = createMaxSimilarity(dimensions).prepare(query, weights);
      for (const rows of [3, 512, 1, 140, 2, 141, 0, 3]) {
        const document = noise(rows, dimensions, rows);
        expect(prepared.score(document)).toBeCloseTo(expected(query, weights, document, dimensions), 9);
      }
    }
  });

  it('stay right for queries used in turns, whose rows and weights the caller writes over', () => {
    const { prepare } = createMaxSimilarity(384);
    const queries = [20, 256, 1, 6].map((rows) => {
      const query = noise(rows, 384, rows);
      const weights = Float32Array.from({ length: rows }, (_, row) => 1 + (row % 3));
      const prepared = prepare(query, weights);
      const kept = { prepared, query: query.slice(), weights: weights.slice() };
      query.fill(255);
      weights.fill(0);
      return kept;
    });
    for (const rows of [40, 7]) {
      const document = noise(rows, 384, rows + 0.5);
      for (const { prepared, query, weights } of [...queries, ...queries.toReversed()])
        expect(prepared.score(document)).toBeCloseTo(expected(query, weights, document, 384), 9);
    }
  });

  it('hold the extremes at every length of a row', () => {
    for (const dimensions of [1, 31, 127, 128, 129, 384, 1024, MAX_SIMILARITY_LIMITS.dimensions]) {
      const zeros = new Uint8Array(rowBytesOf(dimensions));
      const ones = padded(
        zeros.map(() => 255),
        dimensions,
      );
      const { score } = createMaxSimilarity(dimensions).prepare(ones, [0.3]);
      expect(score(ones)).toBe(1);
      expect(score(zeros)).toBe(-1);
      expect(score(Uint8Array.from([...zeros, ...ones, ...zeros]))).toBe(1);
    }
  });

  it('are there for every model that the settings allow', () => {
    const settings = {
      PAPERWISE_MODEL: 'some/model',
      PAPERWISE_MODEL_POOLING: 'mean',
      PAPERWISE_MODEL_MAX_TOKENS: '256',
    };
    const dimensions = (count: number) =>
      readConfig({ ...settings, PAPERWISE_MODEL_DIMENSIONS: String(count) }).model.dimensions;
    expect(dimensions(MAX_SIMILARITY_LIMITS.dimensions)).toBe(MAX_SIMILARITY_LIMITS.dimensions);
    expect(() => dimensions(MAX_SIMILARITY_LIMITS.dimensions + 1)).toThrow();
  });

  it('never leave [-1, 1] by rounding', () => {
    const { prepare } = createMaxSimilarity(128);
    for (let rows = 1; rows <= 40; rows++) {
      const { score } = prepare(new Uint8Array(rows * 16), Array<number>(rows).fill(0.1));
      expect(score(new Uint8Array(16).fill(255))).toBeGreaterThanOrEqual(-1);
    }
  });

  it('are none without rows or weights', () => {
    const { prepare } = createMaxSimilarity(128);
    const [none, one] = [new Uint8Array(0), new Uint8Array(16)];
    expect(prepare(one, [1]).score(none)).toBe(-1);
    for (const document of [none, one]) {
      expect(prepare(none, []).score(document)).toBe(0);
      expect(prepare(one, [0]).score(document)).toBe(0);
    }
  });

  it('refuse what is no matrix of these dimensions, or too large', () => {
    for (const dimensions of [0, -1, 16.5, Number.NaN, MAX_SIMILARITY_LIMITS.dimensions + 1])
      expect(() => createMaxSimilarity(dimensions)).toThrow(RangeError);
    const { prepare } = createMaxSimilarity(129);
    const of = (bytes: number) => new Uint8Array(bytes);
    const ones = (rows: number) => Array<number>(rows).fill(1);
    const { score } = prepare(of(256 * 32), ones(256));
    expect(score(of(512 * 32))).toBe(1);
    expect(() => prepare(of(257 * 32), ones(257))).toThrow(/up to 256 rows of 32 bytes, got 8224 bytes/);
    expect(() => score(of(513 * 32))).toThrow(/up to 512 rows of 32 bytes, got 16416 bytes/);
    for (const bytes of [1, 16, 33]) {
      expect(() => prepare(of(bytes), [1])).toThrow(RangeError);
      expect(() => score(of(bytes))).toThrow(RangeError);
    }
    for (const weights of [[], [1, 1], [-1], [Number.NaN], [Number.POSITIVE_INFINITY]])
      expect(() => prepare(of(32), weights)).toThrow(RangeError);
  });
});
