import { describe, expect, it } from 'vitest';
import { trainLogisticRegression } from '../../scripts/evaluate/logistic-regression.ts';
import { createRandom } from '../../scripts/evaluate/statistics.ts';

describe('logistic regression', () => {
  it('finds the minimum that can be computed by hand', () => {
    // x = 1 and x = -1, C = 1: by symmetry b = 0, and w minimises w^2 / 2 + 2 log(1 + exp(-w)), so w = 2 / (1 + e^w).
    const { weights, bias } = trainLogisticRegression(
      [Float32Array.of(1), Float32Array.of(-1)],
      [true, false],
    );
    const [w = 0] = weights;
    expect(w).toBeCloseTo(2 / (1 + Math.exp(w)), 4);
    expect(w).toBeCloseTo(0.6748, 4);
    expect(bias).toBeCloseTo(0, 5);
  });

  it('counts both classes the same', () => {
    // One positive against three negatives at one place: as one against one, with four halves in all.
    const rows = [1, -1, -1, -1].map((x) => Float32Array.of(x));
    const { weights, bias } = trainLogisticRegression(rows, [true, false, false, false]);
    const [w = 0] = weights;
    expect(w).toBeCloseTo(4 / (1 + Math.exp(w)), 4);
    expect(bias).toBeCloseTo(0, 4);
  });

  it('has no gradient left on random examples, whatever C is', () => {
    const random = createRandom(1);
    const rows = Array.from({ length: 60 }, () => Float32Array.from({ length: 5 }, () => random() - 0.5));
    const isPositive = rows.map((row, at) => (row[0] ?? 0) > 0.2 || at % 11 === 0);
    const positives = isPositive.filter(Boolean).length;
    for (const c of [1, 100]) {
      const { weights, bias } = trainLogisticRegression(rows, isPositive, { c });
      // The gradient divided by C, as the weights are rounded to single precision.
      const pulls = rows.map((row, at) => {
        const margin = row.reduce((sum, x, i) => sum + x * (weights[i] ?? 0), bias);
        const chance = 1 / (1 + Math.exp(-margin));
        return (30 / (isPositive[at] ? positives : 60 - positives)) * (chance - (isPositive[at] ? 1 : 0));
      });
      for (const [i, weight] of weights.entries()) {
        expect(pulls.reduce((sum, pull, at) => sum + pull * (rows[at]?.[i] ?? 0), weight / c)).toBeCloseTo(
          0,
          3,
        );
      }
      expect(pulls.reduce((sum, pull) => sum + pull, 0)).toBeCloseTo(0, 3);
      expect(trainLogisticRegression(rows, isPositive, { c })).toEqual({ weights, bias });
    }
  });

  it('refuses examples of one class', () => {
    expect(() => trainLogisticRegression([Float32Array.of(1)], [true])).toThrow('both classes');
  });
});
