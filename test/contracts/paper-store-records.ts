import { describe, expect, it } from 'vitest';
import type { IncomingPaper, IncomingRemoval } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { item, made } from './paper-store.ts';

const TITLE = 'A Robot That Weaves Like Us';
const by = { title: TITLE, authors: ['Ada Lovelace', 'Joseph Jacquard'], date: '2024-05-30' };

/** What a store of papers must make of what several sources say. */
export function paperRecordsContract(name: string, open: () => PaperStore): void {
  describe(`${name} as a store of what sources say`, () => {
    /** As ingest does it: what needs an embedding gets one. */
    const commit = async (store: PaperStore, ...items: (IncomingPaper | IncomingRemoval)[]) => {
      const outcomes: string[] = [];
      for (const incoming of items) {
        const [plan] = await store.planCommit([incoming]);
        const embedded = plan?.toEmbed ? made(plan.toEmbed, 3) : null;
        const [outcome] = await store.commitBatch([{ incoming, embedded }]);
        expect(outcome).toBe(plan?.outcome);
        outcomes.push(outcome ?? '');
      }
      return outcomes;
    };
    const from = (source: string, fields: Record<string, unknown> & { id: string }) => record(fields, source);
    const gone = (
      why: IncomingRemoval['why'],
      source: string,
      id: string,
      version: number | null = null,
    ) => ({
      source,
      id,
      version,
      why,
    });
    const idOf = async (store: PaperStore, id: string) => (await store.paperById(id))?.paper.id ?? null;
    const count = async (store: PaperStore) => (await store.counts()).papers;
    const sourcesOf = async (store: PaperStore, id: string) =>
      (await store.recordsOf(id)).map((one) => `${one.source} ${one.id}`);

    describe('one paper', () => {
      const same: [what: string, first: Record<string, unknown>, second: Record<string, unknown>][] = [
        ['one id', { id: 'x' }, { id: 'x' }],
        [
          'one arXiv id, of whatever version',
          { id: '2401.01234v1' },
          { id: 'W1', arxivId: 'arXiv:2401.01234v3' },
        ],
        ['arXiv ids with and without subject class', { id: 'math.GT/0309136' }, { id: 'math/0309136' }],
        ['a DOI of arXiv’s own', { id: '2401.01234' }, { id: 'W1', doi: '10.48550/ARXIV.2401.01234' }],
        [
          'one DOI, however written',
          { id: 'W1', doi: 'https://doi.org/10.1000/ABC' },
          { id: 'x', doi: 'doi:10.1000/abc' },
        ],
        ['a DOI as its id', { id: '10.1000/ABC' }, { id: 'x', doi: '10.1000/abc' }],
        [
          'title, author and year',
          { id: 'a', ...by },
          { id: 'b', ...by, authors: ['Lovelace, A.'], date: '2025' },
        ],
        [
          'title and author without a year',
          { id: 'a', ...by },
          { id: 'b', ...by, title: 'A robot that weaves, like us', date: null },
        ],
        [
          'title, though one has an arXiv id and the other a DOI',
          { id: '2401.01234', ...by },
          { id: 'b', ...by, doi: '10.1000/a' },
        ],
      ];
      it.each(same)('is what has %s, in either order', async (_, first, second) => {
        for (const order of [
          [first, second],
          [second, first],
        ]) {
          const store = open();
          const [one, other] = order.map((fields, at) => from(`source-${at}`, fields as { id: string }));
          if (!one || !other) throw new Error('expected two');
          expect(await commit(store, one, other)).toEqual(['created', 'updated']);
          expect(await count(store)).toBe(1);
          expect(await sourcesOf(store, one.id)).toEqual([`source-0 ${one.id}`, `source-1 ${other.id}`]);
          // Either id names it, and so in every other way in which papers are named.
          expect(await idOf(store, other.id)).toBe(one.id);
          const key = (await store.paperById(one.id))?.key ?? -1;
          expect(await store.keysNamed('id', [one.id, other.id], 9)).toEqual(
            new Map([
              [one.id, [key]],
              [other.id, [key]],
            ]),
          );
          const named = { ids: [other.id], arxivIds: [], dois: [], title: null, authors: [] };
          expect(await store.papersNamed(named, { limit: 9 })).toEqual([{ key, by: 'id' }]);
        }
      });

      const others: typeof same = [
        [
          'a short title',
          { id: 'a', ...by, title: 'Weaving robots' },
          { id: 'b', ...by, title: 'Weaving robots' },
        ],
        ['years apart', { id: 'a', ...by }, { id: 'b', ...by, date: '2026' }],
        ['no author in common', { id: 'a', ...by }, { id: 'b', ...by, authors: ['Bo Li'] }],
        ['no authors', { id: 'a', ...by }, { id: 'b', ...by, authors: [] }],
        ['two arXiv ids', { id: '2401.01234', ...by }, { id: '2401.09999', ...by }],
        ['two DOIs', { id: 'a', ...by, doi: '10.1000/a' }, { id: 'b', ...by, doi: '10.1000/b' }],
        [
          'one DOI and two arXiv ids',
          { id: '2401.01234', doi: '10.1000/a' },
          { id: '2401.09999', doi: '10.1000/a' },
        ],
      ];
      it.each(others)('is not what has %s', async (_, first, second) => {
        const store = open();
        await commit(store, from('one', first as { id: string }), from('two', second as { id: string }));
        expect(await count(store)).toBe(2);
      });

      it('is completed, not replaced, by what another source says, whichever comes first', async () => {
        const arxiv = from('arxiv', { id: '2401.01234v2', ...by, categories: ['cs.RO'] });
        const daily = from('daily-papers', { id: '2401.01234', title: 'A robot', upvotes: 7 });
        const works = from('openalex', { id: 'W1', title: TITLE, doi: '10.1000/a', arxivId: '2401.01234' });
        const papers = [];
        for (const order of [
          [arxiv, daily, works],
          [works, daily, arxiv],
          [daily, works, arxiv],
        ]) {
          const store = open();
          await commit(store, ...order);
          const { paper } = (await store.paperById('2401.01234')) ?? {};
          expect(await count(store)).toBe(1);
          papers.push({ ...paper, id: '' });
        }
        expect(papers[0]).toMatchObject({
          title: TITLE,
          categories: ['cs.RO'],
          upvotes: 7,
          doi: '10.1000/a',
        });
        expect(papers[1]).toEqual(papers[0]);
        expect(papers[2]).toEqual(papers[0]);
      });

      it('is named by the DOI that arXiv gives it, and by that of any of its records', async () => {
        const store = open();
        await commit(
          store,
          from('arxiv', { id: '2401.01234' }),
          from('one', { id: 'a', arxivId: '2401.01234', doi: '10.1000/a' }),
          from('two', { id: 'b', arxivId: '2401.01234', doi: '10.1000/b' }),
        );
        for (const doi of ['10.48550/arxiv.2401.01234', '10.1000/a', '10.1000/b']) {
          const names = { ids: [], arxivIds: [], dois: [doi], title: null, authors: [] };
          expect(await store.papersNamed(names, { limit: 9 })).toEqual([{ key: 1, by: 'doi' }]);
        }
        expect([...(await store.keysNamed('doi', ['10.1000/a', '10.1000/b'], 9)).values()]).toEqual([
          [1],
          [1],
        ]);
      });

      it('needs no embedding for a record whose text is not shown, and one for a better text', async () => {
        const store = open();
        await commit(store, from('openalex', { id: '2401.01234' }));
        const [less, more] = await store.planCommit([
          from('file', { id: '2401.01234', title: 'Else' }),
          from('arxiv', { id: '2401.01234', title: 'Better' }),
        ]);
        expect(less).toEqual({ outcome: 'updated', toEmbed: null });
        expect(more?.toEmbed?.title).toBe('Better');
        expect(await commit(store, from('file', { id: '2401.01234', title: 'Else' }))).toEqual(['updated']);
        expect((await store.counts()).embedded).toBe(1);
      });

      it('is exactly a record that replaces it, and a sample gives way to any record', async () => {
        const store = open();
        await commit(
          store,
          from('sample', { id: '2401.01234', venue: 'Somewhere' }),
          from('file', { id: '2401.01234' }),
        );
        expect(await sourcesOf(store, '2401.01234')).toEqual(['file 2401.01234']);
        expect(await commit(store, from('sample', { id: '2401.01234', venue: 'Somewhere' }))).toEqual([
          'unchanged',
        ]);
        await commit(store, from('openalex', { id: 'W1', arxivId: '2401.01234', upvotes: 3 }));
        const put = from('api', { id: '2401.01234', title: 'Mine' });
        await store.commitBatch([item(put)], { replace: true });
        expect(await sourcesOf(store, '2401.01234')).toEqual(['api 2401.01234']);
        expect((await store.paperById('2401.01234'))?.paper).not.toHaveProperty('upvotes');
      });

      it('says which of its fields are from which record', async () => {
        const store = open();
        await commit(
          store,
          from('arxiv', { id: '2401.01234v2', categories: ['cs.RO'] }),
          from('daily-papers', { id: '2401.01234', upvotes: 7 }),
        );
        expect(await store.recordsOf('2401.01234')).toEqual([
          {
            source: 'arxiv',
            id: '2401.01234',
            version: 2,
            at: expect.stringMatching(/^20..-/),
            withdrawn: false,
            fields: ['abstract', 'arxivId', 'categories', 'source', 'title', 'url'],
          },
          {
            source: 'daily-papers',
            id: '2401.01234',
            version: null,
            at: expect.any(String),
            withdrawn: false,
            fields: ['upvotes'],
          },
        ]);
        expect(await store.recordsOf('unknown')).toEqual([]);
      });
    });

    describe('two papers that a record shows to be one', () => {
      const preprint = from('arxiv', { id: '2401.01234', title: 'Preprint', upvotes: 2 });
      const journal = from('journal', { id: 'J1', title: 'Journal', doi: '10.1000/a', venue: 'Weaving' });
      const link = from('openalex', { id: 'W1', title: 'Link', arxivId: '2401.01234', doi: '10.1000/a' });

      it('are one from then on: the older stays, and the other’s id names it', async () => {
        const store = open();
        expect(await commit(store, preprint, journal, link)).toEqual(['created', 'created', 'updated']);
        expect(await count(store)).toBe(1);
        expect((await store.counts()).embedded).toBe(1);
        expect((await store.paperById('J1'))?.paper).toMatchObject({
          id: '2401.01234',
          title: 'Journal',
          venue: 'Weaving',
          doi: '10.1000/a',
        });
        expect(await sourcesOf(store, 'J1')).toEqual(['arxiv 2401.01234', 'journal J1', 'openalex W1']);
        expect(await commit(store, journal, preprint, link)).toEqual(['unchanged', 'unchanged', 'unchanged']);
        expect(await store.removePapers(['J1'])).toBe(1);
        expect(await count(store)).toBe(0);
      });

      it('go from the index of vectors, and keep what upvotes were', async () => {
        const store = open();
        await commit(store, preprint, journal);
        const revision = await store.latestRevision();
        const [kept, left] = [(await store.paperById('2401.01234'))?.key, (await store.paperById('J1'))?.key];
        await commit(store, link);
        const changes = await store.vectorChanges(revision, 10);
        expect(changes.map(({ key, embedding }) => [key, embedding !== null])).toEqual([
          [kept, true],
          [left, false],
        ]);
        expect(await store.upvotesAt([kept ?? -1], '2999-01-01')).toEqual(new Map([[kept, 2]]));
      });

      it('stay two when arXiv has both', async () => {
        const store = open();
        const other = from('arxiv', { id: '2401.09999', doi: '10.1000/a' });
        await commit(store, preprint, other, link);
        expect(await count(store)).toBe(2);
        expect(await sourcesOf(store, '2401.01234')).toEqual(['arxiv 2401.01234', 'openalex W1']);
      });
    });

    describe('a record that is gone', () => {
      const arxiv = from('arxiv', { id: '2401.01234v2', title: 'Of arXiv' });
      const daily = from('daily-papers', { id: '2401.01234', title: 'Of a day', upvotes: 7 });

      it('takes its paper along only when no other source has it', async () => {
        const store = open();
        await commit(store, arxiv, daily);
        const [plan] = await store.planCommit([gone('deleted', 'arxiv', '2401.01234')]);
        expect(plan?.toEmbed?.title).toBe('Of a day');
        expect(
          await store.commitBatch([{ incoming: gone('deleted', 'arxiv', '2401.01234'), embedded: null }]),
        ).toEqual(['stale']);
        expect(await commit(store, gone('deleted', 'arxiv', '2401.01234'))).toEqual(['updated']);
        expect((await store.paperById('2401.01234'))?.paper).toMatchObject({ title: 'Of a day', upvotes: 7 });
        expect(await commit(store, gone('deleted', 'daily-papers', '2401.01234'))).toEqual(['removed']);
        expect(await count(store)).toBe(0);
        expect(await commit(store, gone('deleted', 'daily-papers', '2401.01234'))).toEqual(['unchanged']);
      });

      it('hides a withdrawn paper, whoever shows it, until a newer version of that record comes', async () => {
        const store = open();
        await commit(store, arxiv, daily);
        const { key = -1 } = (await store.paperById('2401.01234')) ?? {};
        expect(await commit(store, gone('withdrawn', 'arxiv', '2401.01234', 3))).toEqual(['removed']);
        expect(await store.paperById('2401.01234')).toBeNull();
        expect((await store.list({ sort: 'newest', limit: 9 })).papers).toEqual([]);
        expect((await store.vectorChanges(0, 9)).at(-1)).toMatchObject({ key, embedding: null });
        const later = from('openalex', { id: 'W1', doi: '10.48550/arXiv.2401.01234' });
        expect(await commit(store, arxiv, { ...daily }, later)).toEqual([
          'unchanged',
          'unchanged',
          'unchanged',
        ]);
        expect(await count(store)).toBe(0);
        expect((await store.recordsOf('2401.01234')).map(({ withdrawn }) => withdrawn)).toEqual([
          true,
          false,
          false,
        ]);
        expect(await commit(store, gone('withdrawn', 'arxiv', '2401.01234', 3))).toEqual(['unchanged']);
        const again = from('arxiv', { id: '2401.01234v4', title: 'Mended' });
        expect(await commit(store, again)).toEqual(['created']);
        expect(await store.paperById('W1')).toMatchObject({ key, paper: { title: 'Mended', upvotes: 7 } });
      });

      it('is remembered of a paper that nobody has shown yet', async () => {
        const store = open();
        expect(
          await commit(store, gone('withdrawn', 'arxiv', '2401.01234', 2), gone('deleted', 'arxiv', 'x')),
        ).toEqual(['unchanged', 'unchanged']);
        expect(await commit(store, daily, arxiv)).toEqual(['unchanged', 'unchanged']);
        expect(await count(store)).toBe(0);
        // Its owner may say otherwise.
        await store.commitBatch([item(from('api', { id: '2401.01234' }))], { replace: true });
        expect(await sourcesOf(store, '2401.01234')).toEqual(['api 2401.01234']);
        expect(await count(store)).toBe(1);
      });

      it('of a whole source leaves the papers that others have', async () => {
        const store = open();
        await commit(store, arxiv, daily, from('arxiv', { id: '2401.00002' }), from('file', { id: 'x' }));
        expect(await store.removeSource('arxiv')).toEqual({ removed: 1, kept: 1 });
        expect((await store.paperById('2401.01234'))?.paper.title).toBe('Of a day');
        expect(await store.counts()).toMatchObject({ papers: 2, embedded: 1 });
        expect((await store.papersWithoutEmbedding(0, 9)).map(({ paper }) => paper.id)).toEqual([
          '2401.01234',
        ]);
      });
    });

    describe('a split', () => {
      const one = from('one', { id: 'a', ...by });
      const two = from('two', { id: 'b', ...by, upvotes: 3 });

      it('makes a record a paper of its own, for good', async () => {
        const store = open();
        await commit(store, one, two);
        const { keys, ids } = await store.splitRecord({ source: 'two', id: 'b' });
        expect(ids).toEqual(['a', 'b']);
        expect(await store.apart(keys)).toEqual([keys, [...keys].reverse()]);
        expect((await store.paperById('a'))?.paper).not.toHaveProperty('upvotes');
        expect((await store.paperById('b'))?.paper).toMatchObject({ id: 'b', upvotes: 3 });
        // Both texts are others than those that were embedded.
        expect(await commit(store, one, two)).toEqual(['updated', 'updated']);
        await commit(
          store,
          { ...from('one', { id: 'a', ...by, venue: 'X' }) },
          from('two', { id: 'b', ...by, venue: 'Y' }),
        );
        await commit(store, from('three', { id: 'c', ...by }));
        expect(await count(store)).toBe(2);
        expect(await sourcesOf(store, 'c')).toEqual(['one a', 'three c']);
      });

      it('undoes that two papers were joined', async () => {
        const store = open();
        await commit(
          store,
          from('arxiv', { id: '2401.01234' }),
          from('journal', { id: 'J1', doi: '10.1000/a' }),
        );
        const { key } = (await store.paperById('J1')) ?? {};
        await commit(store, from('openalex', { id: 'W1', arxivId: '2401.01234', doi: '10.1000/a' }));
        expect((await store.splitRecord({ source: 'journal', id: 'J1' })).ids).toEqual(['2401.01234', 'J1']);
        expect((await store.paperById('J1'))?.key).toBe(key);
        expect(await sourcesOf(store, 'W1')).toEqual(['arxiv 2401.01234', 'openalex W1']);
        await commit(
          store,
          from('openalex', { id: 'W1', arxivId: '2401.01234', doi: '10.1000/a', venue: 'X' }),
        );
        expect(await count(store)).toBe(2);
      });

      it('finds an id where the record has that of its paper, which no arXiv id is', async () => {
        const store = open();
        await commit(store, from('arxiv', { id: '2401.01234' }), from('mine', { id: '2401.01234' }));
        const { ids } = await store.splitRecord({ source: 'mine', id: '2401.01234' });
        expect(ids).toEqual(['2401.01234', '2401.01234~mine']);
        expect(await sourcesOf(store, '2401.01234~mine')).toEqual(['mine 2401.01234']);
        expect(await sourcesOf(store, '2401.01234')).toEqual(['arxiv 2401.01234']);
        await commit(store, from('mine', { id: '2401.01234', venue: 'Y' }));
        expect((await store.paperById('2401.01234~mine'))?.paper.venue).toBe('Y');
      });

      it('is refused for records that are unknown, or alone', async () => {
        const store = open();
        await commit(store, one);
        await expect(store.splitRecord({ source: 'two', id: 'a' })).rejects.toMatchObject({
          code: 'not_found',
        });
        await expect(store.splitRecord({ source: 'one', id: 'a' })).rejects.toMatchObject({
          code: 'conflict',
        });
      });
    });

    it('keeps where a feed goes on with the batch that it belongs to', async () => {
      const store = open();
      expect(await store.feedCursor('arxiv cs')).toBeNull();
      const checkpoint = { feed: 'arxiv cs', cursor: '{"token":"1"}' };
      await store.commitBatch([], { checkpoint });
      expect(await store.feedCursor('arxiv cs')).toBe('{"token":"1"}');
      const next = { feed: 'arxiv cs', cursor: '2' };
      const unfit = { incoming: record({ id: 'a' }), embedded: null };
      expect(await store.commitBatch([item(record({ id: 'b' })), unfit], { checkpoint: next })).toEqual([
        'created',
        'stale',
      ]);
      expect(await store.feedCursor('arxiv cs')).toBe('{"token":"1"}');
      await store.commitBatch([item(record({ id: 'a' }))], { checkpoint: next });
      expect([await store.feedCursor('arxiv cs'), await store.feedCursor('other')]).toEqual(['2', null]);
    });
  });
}
