import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VectorIndex, VectorSource } from '../../src/index/vector-index.ts';
import type { PaperFilter, PaperKey } from '../../src/paper.ts';
import { dot, type Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { createMemoryVectorSource, type MemoryVectorSource } from '../fixtures/memory-vector-source.ts';

export const CONTRACT_DIMENSIONS = 8;
/** Papers in the library of each test: enough for a driver to use its structure for large libraries. */
const PAPERS = 60;

export interface OpenedIndex {
  index: VectorIndex;
  /** Waits for background work, so that the driver answers in the way that is under test. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What every vector index must do, whichever way it finds neighbours. `open` gets vectors of 8 dimensions. */
export function vectorIndexContract(
  name: string,
  open: (source: VectorSource) => Promise<OpenedIndex>,
  expected: { exact: boolean },
): void {
  describe(`vector index: ${name}`, () => {
    let source: MemoryVectorSource;
    let opened: OpenedIndex;
    let draw: () => Embedding;

    beforeEach(async () => {
      source = createMemoryVectorSource();
      draw = clusteredVectors(CONTRACT_DIMENSIONS, { seed: 7, clusters: 5 });
      for (let key = 1; key <= PAPERS; key++) {
        source.put(key, draw(), { category: key % 3 === 0 ? 'cs.CL' : 'cs.LG', upvotes: key });
      }
      opened = await open(source);
      await opened.index.refresh();
      await opened.settle();
    });
    afterEach(() => opened.close());

    const refresh = async () => {
      await opened.index.refresh();
      await opened.settle();
    };
    const keysNear = async (query: Embedding, limit: number, filter?: PaperFilter) => {
      const { neighbours } = await opened.index.nearest(query, { limit, ...(filter && { filter }) });
      return neighbours.map(({ key }) => key);
    };
    const truth = (query: Embedding, limit: number, passes: (key: PaperKey) => boolean = () => true) =>
      [...source.papers]
        .filter(([key]) => passes(key))
        .map(([key, { embedding }]) => ({ key, similarity: dot(embedding, query) }))
        .sort((a, b) => b.similarity - a.similarity || a.key - b.key)
        .slice(0, limit);
    const keysOf = (neighbours: readonly { key: PaperKey }[]) => neighbours.map(({ key }) => key);

    it('answers the nearest papers, best first, with their cosines', async () => {
      const query = draw();
      const answer = await opened.index.nearest(query, { limit: 10 });
      const wanted = truth(query, 10);
      expect(answer.exact).toBe(expected.exact);
      expect(keysOf(answer.neighbours)).toEqual(keysOf(wanted));
      answer.neighbours.forEach(({ similarity }, at) => {
        expect(Math.abs(similarity - (wanted[at]?.similarity ?? Number.NaN))).toBeLessThan(1e-4);
      });
    });

    it('finds each paper by its own vector', async () => {
      for (const [key, { embedding }] of source.papers) {
        expect(await keysNear(embedding, 1)).toEqual([key]);
      }
    });

    it('orders equal papers by key', async () => {
      const vector = draw();
      for (const key of [205, 203, 204, 201, 202]) source.put(key, vector);
      await refresh();
      expect(await keysNear(vector, 5)).toEqual([201, 202, 203, 204, 205]);
      expect(await keysNear(vector, 3)).toEqual([201, 202, 203]);
    });

    it('answers every paper for a limit beyond them', async () => {
      const query = draw();
      for (const limit of [PAPERS, PAPERS + 1, 10_000]) {
        expect(await keysNear(query, limit)).toEqual(keysOf(truth(query, limit)));
      }
    });

    it('refuses a limit outside 1 to 10,000', async () => {
      for (const limit of [0, -1, 1.5, Number.NaN, 10_001]) {
        await expect(opened.index.nearest(draw(), { limit })).rejects.toMatchObject({
          code: 'invalid_input',
        });
      }
    });

    it('refuses a query that is not a unit vector of its dimensions', async () => {
      const query = draw();
      const bad = [
        query.slice(1),
        query.map((x) => x * 2),
        query.map(() => 0),
        query.map((x, at) => (at === 3 ? Number.NaN : x)),
        query.map((x, at) => (at === 3 ? Number.POSITIVE_INFINITY : x)),
      ];
      for (const vector of bad) {
        await expect(opened.index.nearest(vector, { limit: 3 })).rejects.toMatchObject({
          code: 'index_failed',
        });
      }
    });

    it('answers only papers that pass the filter', async () => {
      const query = draw();
      const isLanguage = (key: PaperKey) => key % 3 === 0;
      expect(await keysNear(query, 8, { categories: ['cs.CL'] })).toEqual(
        keysOf(truth(query, 8, isLanguage)),
      );
      expect(await keysNear(query, 8, { categories: ['cs.CL'], minUpvotes: 40 })).toEqual(
        keysOf(truth(query, 8, (key) => isLanguage(key) && key >= 40)),
      );
      expect(await keysNear(query, 8, { categories: ['math.GT'] })).toEqual([]);
    });

    it('never answers excluded papers, with and without another filter', async () => {
      const query = draw();
      const excludedKeys = keysOf(truth(query, 20));
      const isLeft = (key: PaperKey) => !excludedKeys.includes(key);
      expect(await keysNear(query, 10, { excludedKeys })).toEqual(keysOf(truth(query, 10, isLeft)));
      expect(await keysNear(query, 10, { excludedKeys, minUpvotes: 20 })).toEqual(
        keysOf(truth(query, 10, (key) => isLeft(key) && key >= 20)),
      );
      expect(await keysNear(query, 10, { excludedKeys: [...source.papers.keys()] })).toEqual([]);
    });

    it('finds a changed paper where it is now, and only there', async () => {
      const [was, is] = [source.papers.get(5)?.embedding as Embedding, draw()];
      source.put(5, is);
      await refresh();
      expect(await keysNear(is, 1)).toEqual([5]);
      expect((await keysNear(was, 1))[0]).not.toBe(5);
      expect(await keysNear(was, PAPERS)).toEqual(keysOf(truth(was, PAPERS)));
    });

    it('forgets a removed paper, and takes it back', async () => {
      const vector = source.papers.get(5)?.embedding as Embedding;
      source.remove(5);
      await refresh();
      expect(await keysNear(vector, 10_000)).toEqual(keysOf(truth(vector, PAPERS)));
      expect((await opened.index.status()).count).toBe(PAPERS - 1);
      for (const again of [vector, draw()]) {
        source.put(5, again);
        await refresh();
        expect(await keysNear(again, 1)).toEqual([5]);
        source.remove(5);
        await refresh();
        expect(await keysNear(again, 3)).toEqual(keysOf(truth(again, 3)));
      }
    });

    it('shows a change after the refresh that follows it, without waiting for background work', async () => {
      const query = draw();
      source.put(900, query);
      expect(await keysNear(query, 1)).not.toEqual([900]);
      await opened.index.refresh();
      expect(await keysNear(query, 1)).toEqual([900]);
      source.remove(900);
      await opened.index.refresh();
      expect(await keysNear(query, 10_000)).not.toContain(900);
    });

    it('shows to each of several refreshes at once what was committed before it', async () => {
      const seen = [];
      for (let key = 900; key < 910; key++) {
        const query = draw();
        source.put(key, query);
        seen.push(opened.index.refresh().then(async () => [key, (await keysNear(query, 1))[0]]));
        await Promise.resolve();
      }
      for (const [key, found] of await Promise.all(seen)) expect(found).toBe(key);
    });

    it('reports what it holds', async () => {
      source.touch(3);
      await refresh();
      expect(await opened.index.status()).toMatchObject({
        count: PAPERS,
        revision: PAPERS + 1,
        dimensions: CONTRACT_DIMENSIONS,
      });
    });

    it('gives embeddings that nobody can spoil', async () => {
      const own = source.papers.get(4)?.embedding as Embedding;
      const found = await opened.index.embeddings([4, 9_999, 7]);
      expect([...found.keys()].sort()).toEqual([4, 7]);
      const given = found.get(4)?.slice() as Embedding;
      expect(Math.abs(dot(given, own) - 1)).toBeLessThan(1e-4);
      expect(Math.abs(dot(given, given) - 1)).toBeLessThan(1e-5);
      found.get(4)?.fill(0);
      expect((await opened.index.embeddings([4])).get(4)).toEqual(given);
    });

    it('gives cosines of papers as their embeddings have them', async () => {
      const query = draw();
      const keys = [4, 9_999, 7];
      const found = await opened.index.similarities(query, keys);
      const embeddings = await opened.index.embeddings(keys);
      expect([...found]).toEqual([...embeddings].map(([key, embedding]) => [key, dot(query, embedding)]));
      await expect(opened.index.similarities(query.slice(1), keys)).rejects.toMatchObject({
        code: 'index_failed',
      });
    });

    it('refuses vectors that cannot be compared, naming the paper', async () => {
      source.put(901, draw().fill(0.5));
      await expect(opened.index.refresh()).rejects.toMatchObject({
        code: 'index_failed',
        message: expect.stringContaining('901'),
      });
      source.put(901, draw());
      await refresh();
      expect((await opened.index.status()).count).toBe(PAPERS + 1);
    });

    it('answers nothing from an empty library, and from one that was emptied', async () => {
      const empty = await open(createMemoryVectorSource());
      await empty.index.refresh();
      expect(await empty.index.nearest(draw(), { limit: 5 })).toEqual({ neighbours: [], exact: true });
      expect(await empty.index.status()).toMatchObject({ count: 0, revision: 0, state: 'exact' });
      await empty.index.save();
      await empty.close();
      for (const key of [...source.papers.keys()]) source.remove(key);
      await refresh();
      expect(await keysNear(draw(), 5)).toEqual([]);
      expect((await opened.index.embeddings([1, 2])).size).toBe(0);
    });

    it('closes twice, and then refuses work', async () => {
      await opened.index.close();
      await opened.index.close();
      await expect(opened.index.refresh()).rejects.toMatchObject({ code: 'unavailable' });
      await expect(opened.index.nearest(draw(), { limit: 5 })).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
