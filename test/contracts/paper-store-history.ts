import { afterEach, describe, expect, it, vi } from 'vitest';
import { type PaperFilter, restricts } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { item } from './paper-store.ts';

/** What a store of papers must tell of earlier: upvotes, and which papers it had. */
export function paperHistoryContract(name: string, open: () => PaperStore): void {
  describe(`${name} as a store of papers as of an instant`, () => {
    afterEach(() => {
      vi.useRealTimers();
    });
    const commit = (
      store: PaperStore,
      at: string,
      fields: { id: string; upvotes?: number },
      replace = false,
    ) => {
      vi.setSystemTime(at);
      return store.commitBatch([item(record(fields))], { replace });
    };

    it('tells the upvotes of then', async () => {
      const store = open();
      await commit(store, '2026-01-01', { id: 'a', upvotes: 3 });
      await commit(store, '2026-01-01', { id: 'b' });
      await commit(store, '2026-01-02', { id: 'a', upvotes: 3 });
      await commit(store, '2026-01-03', { id: 'a', upvotes: 5 });
      await commit(store, '2026-01-03', { id: 'a', upvotes: 6 });
      await commit(store, '2026-01-04', { id: 'b', upvotes: 0 });
      // Not stated any more, so not known.
      await commit(store, '2026-01-05', { id: 'a' }, true);
      const [a, b] = [(await store.paperById('a'))?.key ?? -1, (await store.paperById('b'))?.key ?? -1];
      const asOf = async (day: string) =>
        [...(await store.upvotesAt([b, a, 999], `${day}T00:00:00.000Z`))].sort();
      expect(await asOf('2025-12-31')).toEqual([]);
      expect(await asOf('2026-01-01')).toEqual([[a, 3]]);
      expect(await asOf('2026-01-02')).toEqual([[a, 3]]);
      expect(await asOf('2026-01-03')).toEqual([[a, 6]]);
      expect(await asOf('2026-01-04')).toEqual([
        [a, 6],
        [b, 0],
      ]);
      expect(await asOf('2026-01-05')).toEqual([[b, 0]]);
      expect(await store.upvotesAt([], '2026-01-05T00:00:00.000Z')).toEqual(new Map());
      await store.removePapers(['b']);
      await commit(store, '2026-01-06', { id: 'b', upvotes: 9 });
      expect(await asOf('2026-01-05')).toEqual([]);
      expect(await asOf('2026-01-06')).toEqual([[b, 9]]);
    });

    it('filters by when it got a paper, with other conditions and in listings', async () => {
      const store = open();
      await commit(store, '2026-01-01', { id: 'a', upvotes: 3 });
      await commit(store, '2026-01-02', { id: 'b' });
      await commit(store, '2026-01-03', { id: 'a', upvotes: 4 });
      const [a, b] = [(await store.paperById('a'))?.key, (await store.paperById('b'))?.key];
      const knownAt = (instant: string, filter: PaperFilter = {}) =>
        store.matchingKeys({ ...filter, knownAt: instant });
      expect(await knownAt('2025-12-31T23:59:59.999Z')).toEqual([]);
      expect(await knownAt('2026-01-01T00:00:00.000Z')).toEqual([a]);
      expect(await knownAt('2026-01-02T00:00:00.000Z')).toEqual([a, b]);
      expect(await knownAt('2026-01-02T00:00:00.000Z', { minUpvotes: 1 })).toEqual([a]);
      const { papers, total } = await store.list({
        filter: { knownAt: '2026-01-01T12:00:00.000Z' },
        sort: 'newest',
        limit: 9,
      });
      expect({ total, keys: papers.map(({ key }) => key) }).toEqual({ total: 1, keys: [a] });
      expect(restricts({ knownAt: '2026-01-01T00:00:00.000Z' })).toBe(true);
    });
  });
}
