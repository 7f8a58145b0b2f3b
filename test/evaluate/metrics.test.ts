import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coverageAt,
  diversityOf,
  ndcgAt,
  noveltyOf,
  recallAt,
  reciprocalRankAt,
  shareAt,
} from '../../scripts/evaluate/metrics.ts';

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

describe('metrics of a list', () => {
  const east = Float32Array.of(1, 0);
  const north = Float32Array.of(0, 1);
  const between = Float32Array.of(0.6, 0.8);

  it('counts the groups that have a paper among the first', () => {
    const groups = [new Set(['a', 'b']), new Set(['c']), new Set(['z'])];
    expect(coverageAt(['x', 'b', 'a', 'c'], groups, 4)).toBeCloseTo(2 / 3, 10);
    expect(coverageAt(['x', 'b', 'a', 'c'], groups, 3)).toBeCloseTo(1 / 3, 10);
    expect(coverageAt(['a'], [], 3)).toBe(0);
  });

  it('counts how much of what is shown is among some papers', () => {
    expect(shareAt(['a', 'x', 'b', 'y'], new Set(['a', 'b', 'y']), 3)).toBeCloseTo(2 / 3, 10);
    // A short list is measured by what it shows.
    expect(shareAt(['a'], new Set(['a']), 20)).toBe(1);
    expect(shareAt([], new Set(['a']), 20)).toBe(0);
  });

  it('measures how unlike papers are to each other and to those known', () => {
    // Pairs: 1 - 0, 1 - 0.6, 1 - 0.8.
    expect(diversityOf([east, north, between])).toBeCloseTo((1 + 0.4 + 0.2) / 3, 6);
    expect(diversityOf([east])).toBeNaN();
    expect(noveltyOf([between, north], [east])).toBeCloseTo((0.4 + 1) / 2, 6);
    expect(noveltyOf([between, north], [east, north])).toBeCloseTo((0.2 + 0) / 2, 6);
    expect(noveltyOf([], [east])).toBeNaN();
  });
});
