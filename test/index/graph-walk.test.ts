import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExactIndex } from '../../src/index/exact.ts';
import { auditGraph } from '../../src/index/graph-audit.ts';
import { createHnswGraph, GRAPH_PARAMS, readHnswGraph } from '../../src/index/hnsw.ts';
import { createScoreHeap } from '../../src/index/score-heap.ts';
import { searchVectors, type WalkableGraph } from '../../src/index/vector-search.ts';
import type { Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { builtGraph, extendGraph, filledIndex, throughFiles } from '../fixtures/walked-graph.ts';

const NONE = { count: 0, rows: new Uint32Array() };
const searched = (exact: ExactIndex, graph: WalkableGraph) => ({
  held: exact,
  arrivals: NONE,
  graph,
  stepCost: 0,
});

/** The part of the nearest that a search by graph finds, over many queries. */
function recall(exact: ExactIndex, graph: WalkableGraph, draw: () => Embedding, limit = 10): number {
  let found = 0;
  const queries = 100;
  for (let query = 0; query < queries; query++) {
    const target = draw();
    const answer = searchVectors(searched(exact, graph), target, { limit });
    expect(answer.exact).toBe(false);
    expect(answer.neighbours).toHaveLength(limit);
    const truth = new Set(exact.nearest(target, { limit }).map(({ key }) => key));
    found += answer.neighbours.filter(({ key }) => truth.has(key)).length;
  }
  return found / (limit * queries);
}

const drawn = (count: number, draw: () => Embedding) => Array.from({ length: count }, draw);

describe('a walk through a graph', () => {
  it('finds the nearest among 6,000, after changes, removals and an extension of the saved graph', async () => {
    const draw = clusteredVectors(64);
    const exact = filledIndex(drawn(6_000, draw));
    const { walkable, reload } = await throughFiles(builtGraph(exact), exact);
    expect(walkable.links.nodes).toBe(6_000);
    for (const limit of [10, 100, 300]) {
      expect(recall(exact, walkable, draw, limit)).toBeGreaterThanOrEqual(0.995);
    }

    exact.keepRows();
    for (let key = 0; key < 600; key++) exact.upsert(key, draw());
    for (let key = 600; key < 900; key++) exact.remove(key);
    for (let key = 6_000; key < 6_300; key++) exact.upsert(key, draw());
    const extended = extendGraph(await reload(), exact);
    expect(extended.size).toBe(6_900);
    const again = await throughFiles(extended, exact);
    for (const limit of [10, 100]) {
      expect(recall(exact, again.walkable, draw, limit)).toBeGreaterThanOrEqual(0.995);
    }
  });

  it('finds the nearest in 384 dimensions', async () => {
    const draw = clusteredVectors(384);
    const exact = filledIndex(drawn(3_000, draw));
    const { walkable } = await throughFiles(builtGraph(exact), exact);
    expect(recall(exact, walkable, draw)).toBeGreaterThanOrEqual(0.995);
  });

  it('finds what passes a filter, of half and of a twentieth of the papers, near the query and away from it', async () => {
    const draw = clusteredVectors(32);
    const exact = filledIndex(drawn(4_000, draw));
    const { walkable } = await throughFiles(builtGraph(exact), exact);
    const middle = draw();
    const bySide = (side: number) =>
      [...Array(4_000).keys()].filter((key) => (exact.similarity(key, middle) ?? 0) * side > 0);
    const some = (part: number) => [...Array(4_000).keys()].filter((key) => key % part === 0);
    for (const allowed of [some(2), some(20), bySide(1), bySide(-1)]) {
      let found = 0;
      for (let query = 0; query < 50; query++) {
        const target = draw();
        const { neighbours } = searchVectors(searched(exact, walkable), target, { limit: 10, allowed });
        const truth = exact.nearest(target, { limit: 10, allowed });
        const keys = new Set(neighbours.map(({ key }) => key));
        found += truth.filter(({ key }) => keys.has(key)).length;
      }
      expect(found / 500).toBeGreaterThanOrEqual(0.995);
    }
  });

  it('gives way to scoring where equal vectors form an island, or hide what lies behind them', async () => {
    const draw = clusteredVectors(16);
    const [same, other] = [draw(), draw()];
    const vectors = [...drawn(300, draw), ...Array<Embedding>(400).fill(same), ...drawn(300, draw)];
    const exact = filledIndex(vectors);
    exact.keepRows();
    const { walkable } = await throughFiles(builtGraph(exact), exact);
    exact.freeRows(walkable.links.has);
    for (const query of [same, other, ...drawn(20, draw)]) {
      for (const limit of [5, 100, 700]) {
        const { neighbours } = searchVectors(
          { ...searched(exact, walkable), arrivals: exact.arrivals },
          query,
          { limit },
        );
        const truth = exact.nearest(query, { limit });
        expect(neighbours.map(({ similarity }) => similarity)).toEqual(
          truth.map(({ similarity }) => similarity),
        );
      }
    }
  });

  it('is given up after so many steps, and answers from the only node that there is', async () => {
    const draw = clusteredVectors(8);
    const exact = filledIndex(drawn(200, draw));
    const { walkable } = await throughFiles(builtGraph(exact), exact);
    expect(walkable.walk.walk(draw(), { ef: 64, passes: () => true, mostSteps: 5 })).toBeNull();
    const one = filledIndex([draw()]);
    const { walkable: single } = await throughFiles(builtGraph(one), one);
    expect(
      searchVectors(searched(one, single), draw(), { limit: 3 }).neighbours.map(({ key }) => key),
    ).toEqual([0]);
  });

  it('answers all papers of a small graph, whatever they are', () => {
    const draw = clusteredVectors(4, { clusters: 3, spread: 0.1 });
    const step = fc.record({ key: fc.nat(30), gone: fc.boolean() });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const exact = filledIndex(drawn(20, draw));
        exact.keepRows();
        const { walkable } = await throughFiles(builtGraph(exact), exact);
        exact.freeRows(walkable.links.has);
        for (const { key, gone } of steps) gone ? exact.remove(key) : exact.upsert(key, draw());
        const query = draw();
        const all = { ...searched(exact, walkable), arrivals: exact.arrivals };
        for (const limit of [3, 60]) {
          const answer = searchVectors(all, query, { limit });
          expect(answer.neighbours).toEqual(exact.nearest(query, { limit }));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the audit of a graph', () => {
  it('raises ef until the recall that is wanted is reached, and tells it', async () => {
    const draw = clusteredVectors(24, { clusters: 4, spread: 2 });
    const exact = filledIndex(drawn(3_000, draw));
    const { walkable } = await throughFiles(builtGraph(exact), exact);
    const audit = (target: number, least: number) =>
      auditGraph(exact, walkable.links, exact.liveRows(), { target, least });
    const low = audit(0.5, 11);
    expect(low).toMatchObject({ target: 0.5, ef: 11 });
    expect(low.sampled).toBeGreaterThanOrEqual(200);
    const high = audit(0.999, 11);
    expect(high.recall).toBeGreaterThanOrEqual(0.999);
    expect(high.ef).toBeGreaterThan(low.ef);
    expect(high.recall).toBeGreaterThan(low.recall);
    // What it promises holds for papers that were not among the sampled.
    let found = 0;
    const others = [...Array(500).keys()].map((at) => 6 * at + 1);
    for (const key of others) {
      const query = exact.vector(key) as Embedding;
      const { neighbours } = searchVectors(searched(exact, { ...walkable, ef: high.ef }), query, {
        limit: 11,
      });
      const truth = new Set(exact.nearest(query, { limit: 11 }).map((one) => one.key));
      found += neighbours.filter((one) => one.key !== key && truth.has(one.key)).length;
    }
    expect(found / (10 * others.length)).toBeGreaterThanOrEqual(0.995);
  });
});

describe('a heap of scores', () => {
  it('gives rows in the order of a sort, whatever is put in and taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 700 }), (scores) => {
        const heap = createScoreHeap();
        scores.forEach((score, row) => {
          heap.push(score, row);
        });
        const half = scores.length >> 1;
        const taken = Array.from({ length: half }, () => scores[heap.pop()] as number);
        const sorted = [...scores].sort((a, b) => a - b);
        expect(taken).toEqual(sorted.slice(0, half));
        expect(heap.least()).toBe(sorted[half]);
        heap.replace(-100, scores.length);
        expect(heap.pop()).toBe(scores.length);
        expect(heap.size).toBe(scores.length - half - 1);
      }),
    );
  });
});

describe('a graph that is being made', () => {
  it('refuses what the library would take silently', () => {
    const draw = clusteredVectors(8);
    const graph = createHnswGraph(8, GRAPH_PARAMS);
    const refused = expect.objectContaining({ code: 'index_failed' });
    for (const vector of [draw().fill(Number.NaN), draw().slice(1), draw().map((x) => x / 2)]) {
      expect(() => graph.add(9, vector)).toThrowError(refused);
    }
    expect(graph.size).toBe(0);
  });

  it('says that a file cannot be read', async () => {
    const path = join(temporaryFolder(), 'absent.bin');
    await expect(readHnswGraph(path, 8)).rejects.toMatchObject({ code: 'index_failed' });
  });
});
