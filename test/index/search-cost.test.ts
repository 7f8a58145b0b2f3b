import { describe, expect, it } from 'vitest';
import { PROPOSAL_COST, proposalsToAsk, type SearchTask } from '../../src/index/search-cost.ts';

const task = (wanted: Partial<SearchTask>): SearchTask => {
  const count = wanted.count ?? 40_000;
  return { limit: 10, count, passing: count, waiting: 0, ef: 64, proposalCost: PROPOSAL_COST, ...wanted };
};

describe('the choice between scoring and the graph', () => {
  it('takes the graph for a short list of a large library, and scores for a long one of a small library', () => {
    expect(proposalsToAsk(task({}))).toBe(64);
    expect(proposalsToAsk(task({ passing: 20_000 }))).toBe(80);
    expect(proposalsToAsk(task({ count: 3_000 }))).toBeNull();
    expect(proposalsToAsk(task({ limit: 300 }))).toBeNull();
    expect(proposalsToAsk(task({ limit: 300, count: 1_000_000 }))).toBe(1_200);
  });

  it('scores when a filter leaves few, at any size, and when many papers wait', () => {
    for (const count of [10_000, 100_000, 1_000_000])
      expect(proposalsToAsk(task({ count, passing: count / 1_000 }))).toBeNull();
    expect(proposalsToAsk(task({ passing: 4_000 }))).toBeNull();
    expect(proposalsToAsk(task({ waiting: 4_000 }))).toBeNull();
    expect(proposalsToAsk(task({ passing: 0 }))).toBeNull();
  });

  it('asks for more while that is cheaper than scoring', () => {
    const half = task({ count: 100_000, passing: 50_000 });
    expect(proposalsToAsk(half, 80)).toBe(320);
    expect(proposalsToAsk(half, 320)).toBeNull();
  });

  it('never scores where the graph is to be tested', () => {
    expect(proposalsToAsk(task({ count: 60, proposalCost: 0 }), 1_000)).toBe(4_000);
  });
});
