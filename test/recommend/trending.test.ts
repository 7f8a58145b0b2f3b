import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Unwanted } from '../../src/recommend/profile.ts';
import { trendingPapers } from '../../src/recommend/trending.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';
import { dayAfter } from '../fixtures/recommending.ts';

type Disliked = Pick<Unwanted, 'embedding' | 'signal'>;

afterEach(() => {
  vi.useRealTimers();
});

async function library(papers: Record<string, unknown>[]) {
  const opened = await openTestLibrary();
  await opened.add(...papers);
  const { store, index } = opened;
  const trending = (
    request: {
      limit?: number;
      today?: string;
      upvotesAt?: string | null;
      disliked?: Disliked[];
      to?: string;
    } = {},
  ) => {
    const { limit = 10, today = TODAY, upvotesAt = null, disliked = [], to } = request;
    return trendingPapers(
      { store, index },
      { filter: to === undefined ? {} : { to }, limit, today, upvotesAt, disliked },
    );
  };
  return { ...opened, trending };
}
const paper = (id: string, date?: string, upvotes?: number) => ({
  id,
  title: `Title ${id}`,
  abstract: `Abstract ${id}`,
  ...(date && { date }),
  ...(upvotes !== undefined && { upvotes }),
});
const ids = (list: Awaited<ReturnType<typeof trendingPapers>>) => list.map(({ stored }) => stored.paper.id);

describe('trending papers', () => {
  it('are those with upvotes, of which age takes away: twice as many are worth three days', async () => {
    const { trending } = await library([
      paper('old-loved', dayAfter(TODAY, -9), 11),
      paper('older-loved', dayAfter(TODAY, -10), 63),
      paper('new', TODAY, 1),
      paper('new-none', TODAY),
      paper('undated', undefined, 5_000),
    ]);
    const found = await trending();
    // log2(1 + upvotes) less a third of the age in days: 2.7, 1, 0.6, 0.
    expect(ids(found)).toEqual(['older-loved', 'new', 'old-loved', 'new-none', 'undated']);
    expect(found.find(({ stored }) => stored.paper.id === 'new')?.because).toMatchObject({
      kind: 'trending',
    });
    expect(found.find(({ stored }) => stored.paper.id === 'new-none')?.because).toMatchObject({
      kind: 'recent',
    });
  });

  it('are the newest where no paper has upvotes, and are called so', async () => {
    const { trending } = await library(topicPapers('robots', 12));
    const found = await trending({ limit: 4 });
    expect(ids(found)).toEqual(['robots-0', 'robots-1', 'robots-2', 'robots-3']);
    expect(found.every(({ because }) => because.kind === 'recent')).toBe(true);
  });

  it('of a past date are by the upvotes that were known then, and among the papers of then', async () => {
    vi.setSystemTime('2026-01-01T10:00:00.000Z');
    const [a, b, c] = ['a', 'b', 'c'].map((id, at) => (votes: number) => paper(id, `2025-12-2${at}`, votes));
    const { trending, add } = await library([
      a?.(30) ?? {},
      b?.(2) ?? {},
      c?.(0) ?? {},
      paper('later', '2026-01-10', 90),
    ]);
    const then = { today: '2026-01-01', upvotesAt: '2026-01-01T23:59:59.999Z', to: '2026-01-01' };
    const before = await trending(then);
    expect(ids(before)).toEqual(['a', 'b', 'c']);
    vi.setSystemTime('2026-01-05T10:00:00.000Z');
    await add(b?.(9_000) ?? {}, c?.(50_000) ?? {});
    expect(await trending(then)).toMatchObject(before.map(({ upvotes, because }) => ({ upvotes, because })));
    expect(ids(await trending(then))).toEqual(ids(before));
    expect(ids(await trending({ to: '2026-01-01' }))).toEqual(['c', 'b', 'a']);
  });

  it('are ordered for a past date as they are for today, where nothing has changed', async () => {
    const { trending } = await library(
      Array.from({ length: 30 }, (_, at) =>
        paper(`p${at}`, dayAfter(TODAY, -((at * 7) % 30)), (at * at) % 37),
      ),
    );
    expect(ids(await trending({ limit: 30, upvotesAt: '2999-01-01T00:00:00.000Z' }))).toEqual(
      ids(await trending({ limit: 30 })),
    );
  });

  it('leave out what is like a disliked paper, however far down they have to look', async () => {
    const { trending, store } = await library([
      ...topicPapers('robots', 250),
      ...topicPapers('markets', 5, '2020-01-01'),
    ]);
    const disliked = await store.embedding((await store.paperById('robots-3'))?.key ?? -1);
    expect(
      ids(await trending({ disliked: disliked ? [{ embedding: disliked, signal: 'dislike' }] : [] })),
    ).toEqual(topicPapers('markets', 5).map(({ id }) => id));
  });

  it('of an empty library are none', async () => {
    const { trending } = await library([]);
    expect(await trending()).toEqual([]);
    expect(await trending({ upvotesAt: '2026-01-01T00:00:00.000Z' })).toEqual([]);
  });
});
