import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ndcgAt, recallAt, reciprocalRankAt } from '../../scripts/evaluate/metrics.ts';

const grades = new Map([
  ['a', 3],
  ['b', 2],
  ['c', 1],
  ['judged miss', 0],
]);

describe('metrics', () => {
  it('computes nDCG with linear gains', () => {
    // By hand: 1/log2(2) + 0 + 3/log2(4) = 2.5 of 3/log2(2) + 2/log2(3) + 1/log2(4) = 4.76186.
    expect(ndcgAt(['c', 'x', 'a'], grades, 10)).toBeCloseTo(2.5 / 4.76186, 5);
    expect(ndcgAt(['a', 'b', 'c'], grades, 10)).toBe(1);
    // At depth 1 the ideal has one document too.
    expect(ndcgAt(['b', 'a'], grades, 1)).toBeCloseTo(2 / 3, 10);
    expect(ndcgAt(['judged miss', 'x'], grades, 10)).toBe(0);
  });

  it('computes reciprocal rank and recall', () => {
    expect(reciprocalRankAt(['x', 'judged miss', 'c'], grades, 10)).toBeCloseTo(1 / 3, 10);
    expect(reciprocalRankAt(['x', 'judged miss', 'c'], grades, 2)).toBe(0);
    expect(recallAt(['x', 'c', 'a'], grades, 3)).toBeCloseTo(2 / 3, 10);
    expect(recallAt(['x', 'c', 'a'], grades, 2)).toBeCloseTo(1 / 3, 10);
  });

  it('gives 0 where nothing is relevant', () => {
    for (const metric of [ndcgAt, reciprocalRankAt, recallAt]) {
      expect(metric(['a'], new Map(), 10)).toBe(0);
      expect(metric(['a'], new Map([['a', 0]]), 10)).toBe(0);
      expect(metric([], grades, 10)).toBe(0);
    }
  });

  const judged = fc.uniqueArray(fc.tuple(fc.nat(50).map(String), fc.nat(4)), {
    selector: ([id]) => id,
    maxLength: 30,
  });
  const ranking = fc.uniqueArray(fc.nat(50).map(String), { maxLength: 40 });

  it('stays between 0 and 1, and the ideal order is best', () => {
    fc.assert(
      fc.property(judged, ranking, fc.integer({ min: 1, max: 20 }), (pairs, ids, depth) => {
        const someGrades = new Map(pairs);
        const ideal = [...pairs].sort((a, b) => b[1] - a[1]).map(([id]) => id);
        for (const metric of [ndcgAt, reciprocalRankAt, recallAt]) {
          const value = metric(ids, someGrades, depth);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(metric(ideal, someGrades, depth) + 1e-12);
        }
        const hasRelevant = pairs.some(([, grade]) => grade > 0);
        expect(ndcgAt(ideal, someGrades, depth)).toBeCloseTo(hasRelevant ? 1 : 0, 10);
      }),
    );
  });

  it('never loses by moving a better document up', () => {
    fc.assert(
      fc.property(judged, ranking, fc.nat(38), (pairs, ids, at) => {
        const someGrades = new Map(pairs);
        const [upper, lower] = [ids[at], ids[at + 1]];
        if (upper === undefined || lower === undefined) return;
        if ((someGrades.get(lower) ?? 0) <= (someGrades.get(upper) ?? 0)) return;
        const swapped = ids.with(at, lower).with(at + 1, upper);
        for (const metric of [ndcgAt, reciprocalRankAt, recallAt]) {
          expect(metric(swapped, someGrades, 10)).toBeGreaterThanOrEqual(metric(ids, someGrades, 10));
        }
      }),
    );
  });
});
