import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dot } from '../src/vector.ts';
import { createVectorBlocks } from '../src/vector-kernel.ts';

const number = fc.float({ min: -1, max: 1, noNaN: true, noDefaultInfinity: true });
const ROWS = 9;

/** A block with some vectors, and a query. */
const filled = fc.integer({ min: 1, max: 70 }).chain((dimensions) => {
  const vector = fc
    .array(number, { minLength: dimensions, maxLength: dimensions })
    .map((numbers) => Float32Array.from(numbers));
  return fc.record({
    dimensions: fc.constant(dimensions),
    query: vector,
    vectors: fc.array(vector, { minLength: ROWS, maxLength: ROWS }),
  });
});

describe('a block of vectors', () => {
  it('scores its first rows as a loop does', () => {
    fc.assert(
      fc.property(filled, fc.nat(ROWS), ({ dimensions, query, vectors }, count) => {
        const block = createVectorBlocks(dimensions, ROWS)();
        vectors.forEach((vector, at) => {
          block.row(at).set(vector);
        });
        const scores = block.scoreFirst(query, count);
        expect(scores).toHaveLength(count);
        scores.forEach((score, at) => {
          expect(score).toBeCloseTo(dot(vectors[at] ?? query, query), 5);
        });
        expect(vectors.map((_, at) => block.row(at))).toEqual(vectors);
      }),
    );
  });

  it('scores a block of real size', () => {
    const [dimensions, rows] = [384, 700];
    const block = createVectorBlocks(dimensions, rows)();
    for (let at = 0; at < rows; at++) {
      block.row(at).forEach((_, i, row) => {
        row[i] = Math.sin(at * 31 + i * i);
      });
    }
    const query = Float32Array.from({ length: dimensions }, (_, i) => Math.cos(i));
    const scanned = block.scoreFirst(query, rows);
    expect(scanned[699]).toBeCloseTo(dot(block.row(699), query), 3);
  });

  it('keeps blocks apart', () => {
    const make = createVectorBlocks(3, 2);
    const [one, other] = [make(), make()];
    one.row(0).set([1, 2, 3]);
    other.row(0).set([4, 5, 6]);
    const query = Float32Array.of(1, 1, 1);
    expect([...one.scoreFirst(query, 2)]).toEqual([6, 0]);
    expect([...other.scoreFirst(query, 2)]).toEqual([15, 0]);
    expect(one.bytes).toBe(2 * 16 * 4);
  });
});
