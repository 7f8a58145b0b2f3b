import { describe, expect, it } from 'vitest';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { termSetOf } from '../../src/term-set.ts';
import { record } from '../fixtures/papers.ts';
import { item } from './paper-store.ts';

/** What a store of papers must tell for ranking: facts, term sets, and samples of the library. */
export function paperRankingContract(name: string, open: () => PaperStore): void {
  describe(`${name} as a store of what ranking asks of papers`, () => {
    const commit = (store: PaperStore, ...fields: (Record<string, unknown> & { id: string })[]) =>
      store.commitBatch(fields.map((one, at) => item(record(one), at + 1)));
    const keyOf = async (store: PaperStore, id: string) => (await store.paperById(id))?.key ?? -1;
    const factsOf = async (store: PaperStore, id: string) => {
      const key = await keyOf(store, id);
      return (await store.rankingFacts([key])).get(key);
    };

    it('gives the facts of the papers asked for, and of no other', async () => {
      const store = open();
      const before = new Date().toISOString();
      await commit(
        store,
        {
          id: 'a',
          title: 'Robots',
          abstract: 'grasp mugs',
          date: '2024-05',
          categories: ['cs.RO'],
          upvotes: 7,
        },
        { id: 'b' },
        { id: 'c' },
      );
      const [a, c] = [await keyOf(store, 'a'), await keyOf(store, 'c')];
      const facts = await store.rankingFacts([c, 999, a]);
      expect(new Set(facts.keys())).toEqual(new Set([a, c]));
      expect(facts.get(a)).toMatchObject({
        key: a,
        date: '2024-05',
        upvotes: 7,
        categories: ['cs.RO'],
        revisedAt: null,
        terms: termSetOf({ title: 'Robots', abstract: 'grasp mugs' }),
      });
      expect(facts.get(c)).toMatchObject({ date: null, upvotes: null, categories: [] });
      expect((facts.get(a)?.addedAt ?? '') >= before).toBe(true);
      expect(await store.rankingFacts([])).toEqual(new Map());
    });

    it('writes term sets with the papers, so that none is missing afterwards', async () => {
      const store = open();
      await commit(store, { id: 'a' }, { id: 'b' });
      expect(await store.fillTermSets(0, 10)).toMatchObject({ made: 0 });
    });

    it('replaces the terms with the text, and says when; other facts are no revision', async () => {
      const store = open();
      await commit(store, { id: 'a', upvotes: 1 });
      const first = await factsOf(store, 'a');
      await commit(store, {
        id: 'a',
        upvotes: 2,
        date: '2024-01-01',
        categories: ['cs.LG'],
        authors: ['Ada'],
      });
      expect(await factsOf(store, 'a')).toMatchObject({ revisedAt: null, upvotes: 2, terms: first?.terms });
      const before = new Date().toISOString();
      await commit(store, { id: 'a', abstract: 'About enzymes now.' });
      const revised = await factsOf(store, 'a');
      expect(revised?.terms).toEqual(termSetOf({ title: 'Title of a', abstract: 'About enzymes now.' }));
      expect((revised?.revisedAt ?? '') >= before).toBe(true);
      expect(revised?.addedAt).toBe(first?.addedAt);
      await commit(store, { id: 'a', title: 'Renamed', abstract: 'About enzymes now.' });
      expect((await factsOf(store, 'a'))?.terms).toEqual(
        termSetOf({ title: 'Renamed', abstract: 'About enzymes now.' }),
      );
      // A later change of facts leaves it as it was.
      const { revisedAt } = (await factsOf(store, 'a')) ?? {};
      await commit(store, { id: 'a', title: 'Renamed', abstract: 'About enzymes now.', upvotes: 9 });
      expect((await factsOf(store, 'a'))?.revisedAt).toBe(revisedAt);
    });

    it('has no facts of a removed paper, and those of the new text when it comes back', async () => {
      const store = open();
      await commit(store, { id: 'a' });
      const key = await keyOf(store, 'a');
      await store.removePapers(['a']);
      expect(await store.rankingFacts([key])).toEqual(new Map());
      await commit(store, { id: 'a', title: 'Other', abstract: 'words' });
      expect((await store.rankingFacts([key])).get(key)).toMatchObject({
        revisedAt: null,
        terms: termSetOf({ title: 'Other', abstract: 'words' }),
      });
    });

    it('samples keys up to a bound: the same each time, spread, a small sample the beginning of a larger', async () => {
      const store = open();
      expect(await store.sampleKeys({ upTo: 1_000, limit: 10 })).toEqual([]);
      await commit(store, ...Array.from({ length: 400 }, (_, at) => ({ id: `p${at}` })));
      const all = (await store.papersAfter(0, 500)).map(({ key }) => key);
      const newest = await store.newestKey();
      const sample = await store.sampleKeys({ upTo: newest, limit: 40 });
      expect(new Set(sample).size).toBe(40);
      expect(await store.sampleKeys({ upTo: newest, limit: 40 })).toEqual(sample);
      expect(await store.sampleKeys({ upTo: newest, limit: 9 })).toEqual(sample.slice(0, 9));
      // Each quarter of the library is in it.
      const quarters = sample.map((key) => Math.floor((4 * all.indexOf(key)) / all.length));
      for (const quarter of [0, 1, 2, 3]) {
        expect(quarters.filter((one) => one === quarter).length).toBeGreaterThan(4);
      }
      const half = all[199] ?? 0;
      const ofHalf = await store.sampleKeys({ upTo: half, limit: 500 });
      expect(ofHalf.toSorted((a, b) => a - b)).toEqual(all.slice(0, 200));
      // Papers that come later change nothing of what is up to the bound.
      await commit(store, { id: 'later' });
      expect(await store.sampleKeys({ upTo: newest, limit: 40 })).toEqual(sample);
    });

    it('knows its newest key', async () => {
      const store = open();
      expect(await store.newestKey()).toBe(0);
      await commit(store, { id: 'a' }, { id: 'b' });
      expect(await store.newestKey()).toBe(Math.max(await keyOf(store, 'a'), await keyOf(store, 'b')));
    });
  });
}
