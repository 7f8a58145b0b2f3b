import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByTopic, interestId, recognised } from '../../src/recommend/interests.ts';
import { seededRandom } from '../fixtures/clustered-vectors.ts';
import { settings } from '../fixtures/people.ts';

/** Average linkage as textbooks have it: in every round, the mean of all pairs of all pairs of groups. */
function textbook(likeness: Float32Array, count: number, sameFrom: number): number[][] {
  let groups = Array.from({ length: count }, (_, at) => [at]);
  const mean = (a: number[], b: number[]) =>
    a.reduce((sum, x) => sum + b.reduce((rest, y) => rest + (likeness[x * count + y] as number), 0), 0) /
    (a.length * b.length);
  for (;;) {
    let best = { value: Number.NEGATIVE_INFINITY, a: -1, b: -1 };
    groups.forEach((group, a) => {
      for (let b = 0; b < a; b++) {
        const value = mean(group, groups[b] as number[]);
        if (value > best.value) best = { value, a, b };
      }
    });
    if (best.a === -1 || best.value < sameFrom) break;
    const joined = [...(groups[best.a] as number[]), ...(groups[best.b] as number[])].sort((x, y) => x - y);
    groups = [...groups.filter((_, at) => at !== best.a && at !== best.b), joined];
  }
  return groups.sort((x, y) => y.length - x.length || (x[0] as number) - (y[0] as number));
}

function matrix(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const values = new Float32Array(count * count);
  for (let a = 0; a < count; a++) {
    values[a * count + a] = 1;
    for (let b = 0; b < a; b++) {
      const value = 2 * random() - 1;
      values[a * count + b] = value;
      values[b * count + a] = value;
    }
  }
  return values;
}

describe('grouping by topic', () => {
  it('gives the groups of textbook average linkage', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 24 }),
        fc.integer(),
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        (count, seed, sameFrom) => {
          const likeness = matrix(count, seed);
          expect(groupByTopic(likeness, count, sameFrom)).toEqual(textbook(likeness, count, sameFrom));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is one group of all that is alike, one each of what is not, and none of nothing', () => {
    expect(groupByTopic(new Float32Array(9).fill(1), 3)).toEqual([[0, 1, 2]]);
    expect(groupByTopic(new Float32Array(9).fill(-0.2), 3)).toEqual([[0], [1], [2]]);
    expect(groupByTopic(new Float32Array(1).fill(1), 1)).toEqual([[0]]);
    expect(groupByTopic(new Float32Array(0), 0)).toEqual([]);
  });

  it('ends, with every item in one group, also where all likenesses are equal', () => {
    const groups = groupByTopic(new Float32Array(500 * 500).fill(0.5), 500);
    expect(groups).toEqual([Array.from({ length: 500 }, (_, at) => at)]);
  });
});

describe('what was said of an interest', () => {
  const named = (id: string, papers: number[], seeds: number[] = []) =>
    settings(id, { name: id, papers, seeds });
  const ids = (found: ReturnType<typeof recognised>) => found.map((setting) => setting?.id ?? null);

  it('stays with the group that has most of its papers and seeds, as likes come and go', () => {
    const groups = [
      { papers: [1, 2, 9, 10, 11], seeds: [] },
      { papers: [3, 12], seeds: [5] },
    ];
    expect(ids(recognised(groups, [named('robots', [1, 2, 3]), named('texts', [], [5])]))).toEqual([
      'robots',
      'texts',
    ]);
  });

  it('is not put on a group that has less than half of them, but is on one that has just half', () => {
    expect(ids(recognised([{ papers: [1], seeds: [] }], [named('robots', [1, 2, 3])]))).toEqual([null]);
    expect(ids(recognised([{ papers: [1], seeds: [] }], [named('robots', [1, 2])]))).toEqual(['robots']);
    expect(ids(recognised([{ papers: [1], seeds: [] }], [named('nothing', [])]))).toEqual([null]);
  });

  it('is on one group only, when an interest has come apart: on the larger part', () => {
    const parts = [
      { papers: [1, 2], seeds: [] },
      { papers: [3, 4, 5], seeds: [] },
    ];
    expect(ids(recognised(parts, [named('robots', [1, 2, 3, 4, 5])]))).toEqual([null, 'robots']);
  });

  it('is the surest, and of equals the latest, when two interests have become one', () => {
    const one = [{ papers: [1, 2, 3, 4], seeds: [] }];
    expect(ids(recognised(one, [named('sure', [1, 2]), named('less', [3, 4, 5])]))).toEqual(['sure']);
    expect(ids(recognised(one, [named('first', [1, 2]), named('second', [3, 4])]))).toEqual(['second']);
  });

  it('takes nothing from a paper and a seed of the same number', () => {
    expect(ids(recognised([{ papers: [7], seeds: [] }], [named('seed', [], [7])]))).toEqual([null]);
    expect(interestId({ key: 7, seed: null })).not.toBe(interestId({ key: null, seed: 7 }));
  });
});
