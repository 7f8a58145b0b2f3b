import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  createRandom,
  mean,
  median,
  permutationTest,
  quantile,
  shuffled,
  wilsonInterval,
} from '../../scripts/evaluate/statistics.ts';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
const fewRuns = { numRuns: 20 };

describe('random numbers', () => {
  it('are the same for the same seed, in [0, 1), and spread evenly', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 10_000 }, random);
    };
    const numbers = draw(7);
    expect(draw(7)).toEqual(numbers);
    expect(draw(8)).not.toEqual(numbers);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(mean(numbers)).toBeCloseTo(0.5, 1);
  });

  it('shuffle without losing anything', () => {
    const items = Array.from({ length: 50 }, (_, at) => at);
    const mixed = shuffled(items, createRandom(1));
    expect(mixed).not.toEqual(items);
    expect([...mixed].sort((a, b) => a - b)).toEqual(items);
  });
});

describe('quantiles', () => {
  it('interpolate', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1])).toBe(2.5);
    expect(quantile([10, 0, 20], 0.25)).toBe(5);
    expect(quantile([1, 2, 3], 1)).toBe(3);
    expect(median([])).toBeNaN();
  });
});

describe('bootstrap interval', () => {
  it('is near the normal approximation for many values', () => {
    // 400 zeros and ones, half each: the mean's standard error is 0.5 / sqrt(400) = 0.025.
    const { low, high } = bootstrapInterval(Array.from({ length: 400 }, (_, at) => at % 2));
    expect(Math.abs(low - (0.5 - 1.96 * 0.025))).toBeLessThan(0.006);
    expect(Math.abs(high - (0.5 + 1.96 * 0.025))).toBeLessThan(0.006);
  });

  it('is repeatable, lies within the values, and shrinks to a point when all are equal', () => {
    expect(bootstrapInterval([0.25, 0.25])).toEqual({ low: 0.25, high: 0.25 });
    fc.assert(
      fc.property(values, (some) => {
        const { low, high } = bootstrapInterval(some);
        expect(bootstrapInterval(some)).toEqual({ low, high });
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...some) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...some) + 1e-12);
      }),
      fewRuns,
    );
  });
});

describe("Wilson's interval", () => {
  it('leaves room for failures that were not seen', () => {
    // By hand: 200 of 200 gives 1 / (1 + z²/200) = 0.98115; 5 of 10 gives 0.2366 to 0.7634.
    expect(wilsonInterval(new Array(200).fill(1)).low).toBeCloseTo(0.98115, 4);
    expect(wilsonInterval(new Array(200).fill(1)).high).toBeCloseTo(1, 10);
    const half = wilsonInterval([1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(half.low).toBeCloseTo(0.2366, 4);
    expect(half.high).toBeCloseTo(0.7634, 4);
  });
});

describe('permutation test', () => {
  it('is near the exact share of sign patterns', () => {
    // Differences 1, 1, 1, 1: of 16 patterns, 2 are as far from 0 as what was seen.
    expect(permutationTest([1, 1, 1, 1], [0, 0, 0, 0])).toBeCloseTo(2 / 16, 1);
    // Differences 3, 1, -1: the sums are ±5, ±3 (twice each way), ±1; 6 of 8 are 3 or more away.
    expect(permutationTest([3, 1, 0], [0, 0, 1])).toBeCloseTo(6 / 8, 1);
  });

  it('is 1 without a difference, and small for a clear one', () => {
    expect(permutationTest([0.3, 0.4], [0.3, 0.4])).toBe(1);
    expect(permutationTest([0.1 + 0.2, 0.1 + 0.7], [0.3, 0.8])).toBe(1);
    const a = Array.from({ length: 40 }, (_, at) => at / 40 + 0.1);
    expect(
      permutationTest(
        a,
        a.map((value) => value - 0.1),
      ),
    ).toBeLessThan(0.001);
  });

  it('does not depend on the side, is in (0, 1], and refuses unequal lengths', () => {
    fc.assert(
      fc.property(values, values, (some, others) => {
        const length = Math.min(some.length, others.length);
        const [a, b] = [some.slice(0, length), others.slice(0, length)];
        const p = permutationTest(a, b);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(permutationTest(b, a)).toBeCloseTo(p, 10);
      }),
      fewRuns,
    );
    expect(() => permutationTest([1], [1, 2])).toThrow('got 1 and 2 values');
  });
});
