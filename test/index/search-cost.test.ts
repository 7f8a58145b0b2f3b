import { describe, expect, it } from 'vitest';
import { planWalk, type SearchTask, STEP_COST } from '../../src/index/search-cost.ts';

const task = (wanted: Partial<SearchTask>): SearchTask => {
  const count = wanted.count ?? 40_000;
  return { limit: 10, count, passing: count, waiting: 0, ef: 64, stepCost: STEP_COST, ...wanted };
};

describe('the choice between scoring and the graph', () => {
  it('takes the graph for a short list of a large library, and scores for a long one of a small library', () => {
    expect(planWalk(task({}))?.ef).toBe(64);
    expect(planWalk(task({ passing: 20_000 }))?.ef).toBe(64);
    expect(planWalk(task({ count: 3_000 }))).toBeNull();
    expect(planWalk(task({ limit: 300 }))).toBeNull();
    expect(planWalk(task({ limit: 300, count: 1_000_000 }))?.ef).toBe(750);
  });

  it('scores when a filter leaves few, at any size, and when many papers wait', () => {
    for (const count of [10_000, 100_000, 1_000_000])
      expect(planWalk(task({ count, passing: count / 1_000 }))).toBeNull();
    expect(planWalk(task({ passing: 2_000 }))).toBeNull();
    expect(planWalk(task({ waiting: 8_000 }))).toBeNull();
    expect(planWalk(task({ passing: 0 }))).toBeNull();
  });

  it('gives a walk up when it has cost as much as scoring, so that no search costs more than twice as much', () => {
    for (const passing of [100_000, 50_000]) {
      const steps = planWalk(task({ count: 100_000, passing }))?.mostSteps ?? 0;
      expect(steps).toBeGreaterThan(128);
      expect(steps * STEP_COST).toBeLessThanOrEqual(100_000);
    }
  });

  it('never scores where the graph is to be tested', () => {
    expect(planWalk(task({ count: 60, stepCost: 0 }))).toEqual({
      ef: 64,
      mostSteps: Number.POSITIVE_INFINITY,
    });
  });
});
