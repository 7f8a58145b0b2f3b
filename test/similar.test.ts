import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExampleScores, exampleScore } from '../src/example-scores.ts';
import type { PaperFilter } from '../src/paper.ts';
import { SEARCH_LIMITS } from '../src/search-limits.ts';
import { similarTo } from '../src/similar.ts';
import { dot, type Embedding, normalized } from '../src/vector.ts';
import { createHashEmbedder } from './fixtures/hash-embedder.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';

const DIMENSIONS = 8;

/** Some direction, always the same for a number. */
const direction = (seed: number): Embedding =>
  normalized(Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233)));

describe('scores against examples', () => {
  it('are made of the best two positive similarities, balanced, and the best negative one', async () => {
    const scores = createExampleScores(DIMENSIONS);
    const seeds = fc.array(fc.nat(1_000), { maxLength: 5 });
    const levels = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.nat(300), levels, seeds, async (count, levelOf, unlike) => {
        const papers = new Map(Array.from({ length: count }, (_, key) => [key, direction(key)]));
        const positive = levelOf.map((level, at) => ({ embedding: direction(5_000 + at), level }));
        const negative = unlike.map((seed) => direction(9_000 + seed));
        const lowest = Math.min(...levelOf);
        const scored = await scores(papers, { positive, negative });
        expect(scored.map(({ key }) => key)).toEqual([...papers.keys()]);
        for (const { embedding, score, parts } of scored) {
          const likeness = positive.map(({ embedding: other }) => dot(other, embedding));
          const counting = likeness.map((value, at) => value - ((levelOf[at] ?? 0) - lowest));
          const best = Math.max(...counting);
          const others = likeness.filter((_, at) => at !== counting.indexOf(best));
          const next = others.length === 0 ? undefined : Math.max(...others);
          const worst = Math.max(0, ...negative.map((other) => dot(other, embedding)));
          const attraction = next === undefined ? best : (best + 0.1 * next) / 1.1;
          expect(score).toBeCloseTo(attraction - 0.6 * worst, 5);
          expect(score).toBe(exampleScore(parts));
          expect(parts.second === null).toBe(positive.length === 1);
          expect(parts.negative === null).toBe(negative.length === 0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('leave turns to others', async () => {
    const papers = new Map(Array.from({ length: 2_000 }, (_, key) => [key, direction(key)]));
    let turns = 0;
    const count = setInterval(() => {}, 1_000);
    const tick = () => {
      turns++;
      handle = setImmediate(tick);
    };
    let handle = setImmediate(tick);
    await createExampleScores(DIMENSIONS)(papers, {
      positive: [{ embedding: direction(1), level: 0 }],
      negative: [],
    });
    clearImmediate(handle);
    clearInterval(count);
    expect(turns).toBeGreaterThan(10);
  });
});

describe('papers like many', () => {
  /** A library in which each example has neighbours of its own, or all the same ones. */
  function manyPapers({ shared }: { shared: boolean }) {
    const asked = { candidates: [] as number[], turns: 0, turnsAtSearch: [] as number[] };
    const papers = Array.from({ length: 1_000 }, (_, key) => ({ id: `p${key}`, key }));
    const deps = {
      store: {
        paperById: async (id: string) => ({ key: Number(id.slice(1)), paper: { id } }),
        papersByKeys: async (keys: readonly number[]) =>
          keys.map((key) => ({ key, paper: { id: `p${key}` } })),
        identities: async () => new Map(),
        authorLists: async () => new Map(),
        apart: async () => [],
      },
      embedder: createHashEmbedder(),
      index: {
        nearest: async (query: Embedding, { limit }: { limit: number; filter?: PaperFilter }) => {
          asked.turnsAtSearch.push(asked.turns);
          const first = shared ? 10_000 : 10_000 + 1_000 * Math.round((1 + (query[0] ?? 0)) * 1e4);
          const neighbours = Array.from({ length: limit }, (_, at) => ({
            key: first + at,
            similarity: 1 - at / 1_000,
          }));
          return { neighbours, exact: true };
        },
        embeddings: async (keys: readonly number[]) => {
          asked.candidates.push(keys.length);
          return new Map(keys.map((key) => [key, direction(key)]));
        },
      },
      exampleScores: createExampleScores(DIMENSIONS),
    } as unknown as Parameters<typeof similarTo>[0];
    return { deps, asked, ids: papers.map(({ id }) => id) };
  }
  const examplesOf = (ids: string[]) => ({ positive: ids.slice(0, 100), negative: ids.slice(100, 200) });

  it('are chosen among a bounded number, and searches leave turns to others', async () => {
    const { deps, asked, ids } = manyPapers({ shared: false });
    const tick = () => {
      asked.turns++;
      handle = setImmediate(tick);
    };
    let handle = setImmediate(tick);
    const { hits } = await similarTo(deps, { examples: examplesOf(ids), limit: 10 });
    clearImmediate(handle);
    expect(hits).toHaveLength(10);
    expect(Math.max(...asked.candidates)).toBeLessThanOrEqual(2_100);
    expect(Math.max(...asked.candidates)).toBeGreaterThanOrEqual(SEARCH_LIMITS.depth);
    expect(new Set(asked.turnsAtSearch).size).toBeGreaterThan(50);
  });

  it.each([true, false])(
    'are paged through to the end, once each (shared neighbours: %s)',
    async (shared) => {
      const { deps, ids } = manyPapers({ shared });
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const answer: Awaited<ReturnType<typeof similarTo>> = await similarTo(deps, {
          examples: examplesOf(ids),
          limit: 70,
          cursor,
        });
        found.push(...answer.hits.map(({ paper }) => paper.id));
        cursor = answer.nextCursor;
      } while (cursor);
      expect(found).toHaveLength(SEARCH_LIMITS.depth);
      expect(new Set(found).size).toBe(SEARCH_LIMITS.depth);
    },
  );
});

describe('examples', () => {
  it('of unlike subjects each get their papers, however crowded the field of one is', async () => {
    const { search, add } = await openTestLibrary();
    await add(
      ...topicPapers('robots', 40),
      // Galaxies are less like each other than robots are.
      ...topicPapers('galaxies', 12).map((paper, at) => ({
        ...paper,
        abstract: `${paper.abstract} ${Array.from({ length: 12 }, (_, i) => `word${at}x${i}`).join(' ')}`,
      })),
    );
    const examples = { positive: ['robots-0', 'galaxies-0'], negative: ['robots-1'] };
    const answer = await search.similarTo({ examples: { ...examples, negative: [] }, limit: 10 });
    const galaxies = answer.hits.filter(({ paper }) => paper.id.startsWith('galaxies'));
    expect(galaxies.length).toBeGreaterThanOrEqual(3);
    expect(galaxies.length).toBeLessThanOrEqual(7);
    for (const { score, parts } of (await search.similarTo({ examples, limit: 10 })).hits) {
      const { positive, second, balance, negative, terms } = parts;
      const attraction = (positive + balance + 0.1 * (second ?? 0)) / 1.1;
      expect(score).toBeCloseTo(attraction - 0.6 * Math.max(0, negative ?? 0) + terms, 9);
      expect(score).toBeLessThanOrEqual(1);
    }
  });

  it('cannot be positive and negative at once, under any of their ids', async () => {
    const { search, add } = await openTestLibrary();
    await add(...topicPapers('robots', 3), { id: '2401.01234', title: 'Loom', abstract: 'A loom.' });
    const examples = { positive: ['robots-0', '2401.01234'], negative: ['robots-1', '2401.01234v2'] };
    await expect(search.similarTo({ examples, limit: 5 })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('"2401.01234v2"'),
      errors: [{ path: 'negative', message: expect.stringContaining('2401.01234v2') }],
    });
  });
});
