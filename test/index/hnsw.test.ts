import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExactIndex } from '../../src/index/exact.ts';
import { createHnswGraph, GRAPH_PARAMS, type HnswGraph, readHnswGraph } from '../../src/index/hnsw.ts';
import type { Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** The part of the ten nearest that the graph proposes, over many queries. */
function recallAt10(
  graph: HnswGraph,
  vectors: ReadonlyMap<number, Embedding>,
  draw: () => Embedding,
): number {
  const dimensions = draw().length;
  const exact = createExactIndex(dimensions);
  for (const [key, vector] of vectors) exact.upsert(key, vector);
  const queries = 100;
  let found = 0;
  for (let query = 0; query < queries; query++) {
    const target = draw();
    const proposed = new Set(graph.propose(target, GRAPH_PARAMS.ef));
    for (const { key } of exact.nearest(target, { limit: 10 })) if (proposed.has(key)) found++;
  }
  return found / (10 * queries);
}

function grown(dimensions: number, count: number) {
  const graph = createHnswGraph(dimensions, GRAPH_PARAMS);
  const draw = clusteredVectors(dimensions);
  const vectors = new Map<number, Embedding>();
  for (let key = 1; key <= count; key++) {
    vectors.set(key, draw());
    graph.upsert(key, vectors.get(key) as Embedding);
  }
  return { graph, draw, vectors };
}

describe('HNSW graph', () => {
  it('finds 99 % of the ten nearest among 6,000, after growing, changes and a reload', async () => {
    const { graph, draw, vectors } = grown(64, 6_000);
    expect(graph.size).toBe(6_000);
    expect(recallAt10(graph, vectors, draw)).toBeGreaterThanOrEqual(0.99);
    for (let key = 1; key <= 600; key++) {
      vectors.set(key, draw());
      graph.upsert(key, vectors.get(key) as Embedding);
    }
    expect(graph.size).toBe(6_000);
    expect(recallAt10(graph, vectors, draw)).toBeGreaterThanOrEqual(0.99);

    const path = join(temporaryFolder(), 'graph.bin');
    await graph.write(path);
    const loaded = await readHnswGraph(path, 64, GRAPH_PARAMS);
    expect(loaded.size).toBe(6_000);
    // The library's own `ef` after a load is 10, with a recall near 0.8.
    expect(recallAt10(loaded, vectors, draw)).toBeGreaterThanOrEqual(0.99);
    for (let key = 6_001; key <= 6_300; key++) {
      vectors.set(key, draw());
      loaded.upsert(key, vectors.get(key) as Embedding);
    }
    expect(recallAt10(loaded, vectors, draw)).toBeGreaterThanOrEqual(0.99);
  });

  it('finds 99 % of the ten nearest in 384 dimensions', () => {
    const { graph, draw, vectors } = grown(384, 3_000);
    expect(recallAt10(graph, vectors, draw)).toBeGreaterThanOrEqual(0.99);
  });

  it('proposes at most as many as there are, and nothing when empty', () => {
    const draw = clusteredVectors(8);
    const graph = createHnswGraph(8, GRAPH_PARAMS);
    expect(graph.propose(draw(), 5)).toEqual([]);
    graph.upsert(3, draw());
    graph.upsert(1, draw());
    expect(graph.propose(draw(), 5).sort()).toEqual([1, 3]);
    expect(graph.propose(draw(), 0)).toEqual([]);
  });

  it('moves a node that it has', () => {
    const { graph, draw, vectors } = grown(8, 50);
    const [was, is] = [vectors.get(7) as Embedding, draw()];
    expect(graph.holds(7, was)).toBe(true);
    graph.upsert(7, is);
    expect(graph.holds(7, was)).toBe(false);
    expect(graph.holds(7, is)).toBe(true);
    expect(graph.holds(99, is)).toBe(false);
    expect(graph.propose(is, 1)).toEqual([7]);
  });

  it('refuses what the library would take silently', () => {
    const { graph, draw } = grown(8, 3);
    const refused = expect.objectContaining({ code: 'index_failed' });
    for (const vector of [draw().fill(Number.NaN), draw().slice(1), draw().map((x) => x / 2)]) {
      expect(() => graph.upsert(9, vector)).toThrowError(refused);
      expect(() => graph.propose(vector, 2)).toThrowError(refused);
    }
    for (const key of [-1, 0.5, 2 ** 32, Number.NaN])
      expect(() => graph.upsert(key, draw())).toThrowError(refused);
    expect(graph.size).toBe(3);
    graph.upsert(2 ** 32 - 1, draw());
    expect(graph.propose(draw(), 4)).toContain(2 ** 32 - 1);
  });

  it('says that a file cannot be read', async () => {
    const path = join(temporaryFolder(), 'absent.bin');
    await expect(readHnswGraph(path, 8, GRAPH_PARAMS)).rejects.toMatchObject({ code: 'index_failed' });
  });
});
