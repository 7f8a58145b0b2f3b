import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMaxSimilarity, maxSimilarities } from '../src/max-similarity.ts';

/** The same in plain JavaScript. */
function greatest(query: Int8Array, document: Int8Array, dimensions: number): number[] {
  const rowsOf = (matrix: Int8Array) =>
    Array.from({ length: matrix.length / dimensions }, (_, row) =>
      matrix.subarray(row * dimensions, (row + 1) * dimensions),
    );
  const product = (a: Int8Array, b: Int8Array) => a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
  return rowsOf(query).map((row) => Math.max(...rowsOf(document).map((other) => product(row, other))));
}

const matrix = (dimensions: number, mostRows: number) =>
  fc
    .integer({ min: 1, max: mostRows })
    .chain((rows) =>
      fc
        .int8Array({ minLength: rows * dimensions, maxLength: rows * dimensions })
        .map((of) => ({ of, rows })),
    );
const dimensionsOf = fc.constantFrom(16, 32, 64, 96);

describe('the greatest dot products of 8-bit rows', () => {
  it('are those of a loop', () => {
    const pair = dimensionsOf.chain((dimensions) =>
      fc.record({
        dimensions: fc.constant(dimensions),
        query: matrix(dimensions, 40),
        document: matrix(dimensions, 12),
      }),
    );
    fc.assert(
      fc.property(pair, ({ dimensions, query, document }) => {
        const found = maxSimilarities(query.of, query.rows, document.of, document.rows, dimensions);
        expect([...found]).toEqual(greatest(query.of, document.of, dimensions));
      }),
    );
  });

  it('stay right for queries side by side, and documents that make the memory grow', () => {
    const { prepare } = createMaxSimilarity(32);
    const wave = (rows: number, seed: number) =>
      Int8Array.from({ length: rows * 32 }, (_, at) => 127 * Math.sin(seed + at * at));
    const queries = [wave(3, 1), wave(33, 2), wave(16, 3)];
    const prepared = queries.map((query) => prepare(query, query.length / 32));
    for (const rows of [1, 900, 40, 5_000, 2]) {
      const document = wave(rows, rows);
      prepared.forEach((one, at) => {
        const wanted = greatest(queries[at] ?? new Int8Array(), document, 32);
        expect([...one.maxSimilarities(document, rows)]).toEqual(wanted);
      });
    }
  });

  it('hold the extremes', () => {
    const lowest = new Int8Array(96).fill(-128);
    expect([...maxSimilarities(lowest, 1, lowest, 1, 96)]).toEqual([96 * 128 * 128]);
    expect([...maxSimilarities(lowest, 1, new Int8Array(96).fill(127), 1, 96)]).toEqual([-96 * 128 * 127]);
  });

  it('refuse what is no matrix of these dimensions', () => {
    for (const dimensions of [0, 8, 24, 16.5, Number.NaN])
      expect(() => createMaxSimilarity(dimensions)).toThrow(RangeError);
    const { prepare } = createMaxSimilarity(16);
    for (const rows of [0, 2, -1, Number.NaN]) {
      expect(() => prepare(new Int8Array(16), rows)).toThrow(RangeError);
      expect(() => prepare(new Int8Array(16), 1).maxSimilarities(new Int8Array(16), rows)).toThrow(
        RangeError,
      );
    }
  });
});
