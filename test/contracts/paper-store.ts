import { describe, expect, it } from 'vitest';
import {
  freshPaper,
  type IncomingPaper,
  type Paper,
  type PaperFilter,
  type PaperKey,
  textHash,
} from '../../src/paper.ts';
import type { CommitItem, EmbeddedPaper, PaperNames, PaperStore } from '../../src/store/paper-store.ts';
import { type TokenBits, tokenRowBytes } from '../../src/token-bits.ts';
import { type Embedding, normalized } from '../../src/vector.ts';
import { record } from '../fixtures/papers.ts';

/** Dimensions of the embeddings that the contract stores. */
export const DIMENSIONS = 4;

/** A unit vector that depends on the seed. */
export function unit(seed: number): Embedding {
  return normalized(Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(seed * 7.3 + i) + 0.1));
}

/** Token bits that depend on the seed: `seed` rows, none for 0. */
export function bits(seed: number): TokenBits {
  return new Uint8Array(seed * tokenRowBytes(DIMENSIONS)).fill(seed);
}

/** What an embedder would make of a paper, as far as the store can tell. */
export const made = (paper: Pick<Paper, 'title' | 'abstract'>, seed: number): EmbeddedPaper =>
  madeOf(textHash(paper), seed);

const madeOf = (hash: string, seed: number): EmbeddedPaper => ({
  textHash: hash,
  embedding: unit(seed),
  tokens: bits(seed),
});

/** An item that carries the embedding its text needs, as ingest would make it. */
export function item(incoming: IncomingPaper, seed = 1): CommitItem {
  return { incoming, embedded: made(freshPaper(incoming), seed) };
}

/** What every store of papers must do. `open` gives a new, empty one. */
export function paperStoreContract(name: string, open: () => PaperStore): void {
  describe(`${name} as a paper store`, () => {
    const add = async (store: PaperStore, ...records: IncomingPaper[]) => {
      await store.commitBatch(records.map((incoming, at) => item(incoming, at + 1)));
    };
    const keyOf = async (store: PaperStore, id: string) => (await store.paperById(id))?.key as PaperKey;

    it('gives back what was committed, by id and by key, in the order asked for', async () => {
      const store = open();
      const facts = { authors: ['Ada'], date: '1905', categories: ['cs.LG'], upvotes: 3, language: 'de' };
      const a = record({ id: 'a', ...facts });
      const b = record({ id: 'b' });
      expect(await store.commitBatch([item(a), item(b)])).toEqual(['created', 'created']);
      const [keyA, keyB] = [await keyOf(store, 'a'), await keyOf(store, 'b')];
      expect((await store.paperById('a'))?.paper).toEqual(freshPaper(a));
      const papers = await store.papersByKeys([keyB, 999, keyA]);
      expect(papers.map(({ paper }) => paper.id)).toEqual(['b', 'a']);
    });

    it('calls an identical record unchanged, and needs no embedding for it', async () => {
      const store = open();
      await add(store, record({ id: 'a' }));
      expect(await store.planCommit([record({ id: 'a' })])).toEqual([
        { outcome: 'unchanged', toEmbed: null },
      ]);
      expect(await store.commitBatch([{ incoming: record({ id: 'a' }), embedded: null }])).toEqual([
        'unchanged',
      ]);
    });

    it('needs no embedding for changed facts, but does for a changed abstract', async () => {
      const store = open();
      await add(store, record({ id: 'a' }));
      const [facts, text] = await store.planCommit([
        record({ id: 'a', upvotes: 7 }),
        record({ id: 'a', abstract: 'Another abstract.' }),
      ]);
      expect(facts).toEqual({ outcome: 'updated', toEmbed: null });
      expect(text?.toEmbed?.abstract).toBe('Another abstract.');
    });

    it('refuses an embedding of another text than the paper has, and changes nothing', async () => {
      const store = open();
      await add(store, record({ id: 'a' }));
      const changed = record({ id: 'a', abstract: 'Changed.' });
      const wrong = { incoming: changed, embedded: madeOf('of something else', 9) };
      expect(await store.commitBatch([wrong])).toEqual(['stale']);
      expect((await store.paperById('a'))?.paper.abstract).toBe('Abstract of a.');
    });

    it('takes a newer version of an arXiv paper as an update, and an older one not at all', async () => {
      const store = open();
      await add(store, record({ id: '2401.01234v1', title: 'First' }));
      expect(await store.commitBatch([item(record({ id: '2401.01234v2', title: 'Second' }))])).toEqual([
        'updated',
      ]);
      expect(await store.commitBatch([item(record({ id: '2401.01234v1', title: 'First' }))])).toEqual([
        'unchanged',
      ]);
      expect((await store.paperById('arXiv:2401.01234'))?.paper).toMatchObject({
        id: '2401.01234',
        title: 'Second',
      });
      expect((await store.counts()).papers).toBe(1);
    });

    it('keeps identical texts under two ids as two papers', async () => {
      const store = open();
      await add(
        store,
        record({ id: 'a', title: 'T', abstract: 'X' }),
        record({ id: 'b', title: 'T', abstract: 'X' }),
      );
      expect((await store.counts()).papers).toBe(2);
    });

    it('tells the changes of vectors after a revision, once per paper, removals included', async () => {
      const store = open();
      await add(store, record({ id: 'a' }), record({ id: 'b' }));
      const first = await store.vectorChanges(0, 10);
      expect(first.map(({ embedding }) => embedding?.length)).toEqual([DIMENSIONS, DIMENSIONS]);
      const revision = await store.latestRevision();
      expect(first.at(-1)?.revision).toBe(revision);

      await add(store, record({ id: 'a', abstract: 'New.' }));
      await store.removePapers(['b']);
      await store.commitBatch([item(record({ id: 'a', abstract: 'New.', upvotes: 9 }))]);
      const later = await store.vectorChanges(revision, 10);
      expect(later.map(({ key, embedding }) => [key, embedding === null])).toEqual([
        [first[0]?.key, false],
        [first[1]?.key, true],
      ]);
      expect(await store.vectorChanges(revision, 1)).toHaveLength(1);
    });

    it('tells the changes of texts after a revision, once per paper, removals included', async () => {
      const store = open();
      await add(store, record({ id: 'a', authors: ['Ada'] }), record({ id: 'b' }), record({ id: 'c' }));
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => keyOf(store, id)));
      const first = await store.textChanges(0, 10);
      expect(first.map(({ key, text }) => [key, text])).toEqual([
        [a, { title: 'Title of a', abstract: 'Abstract of a.', authors: ['Ada'] }],
        [b, { title: 'Title of b', abstract: 'Abstract of b.', authors: [] }],
        [c, { title: 'Title of c', abstract: 'Abstract of c.', authors: [] }],
      ]);
      const revision = await store.latestRevision();
      expect(first.at(-1)?.revision).toBe(revision);

      // Authors are words too, though no vector depends on them.
      await add(store, record({ id: 'c', authors: ['Emmy'] }));
      await add(store, record({ id: 'a', authors: ['Ada'], title: 'New', upvotes: 3 }));
      await store.removePapers(['b']);
      const later = await store.textChanges(revision, 10);
      expect(later.map(({ key, text }) => [key, text?.title, text?.authors])).toEqual([
        [c, 'Title of c', ['Emmy']],
        [a, 'New', ['Ada']],
        [b, undefined, undefined],
      ]);
      expect(await store.textChanges(revision, 1)).toEqual(later.slice(0, 1));
      // The feed of vectors tells these changes as well, with the vector that was there before.
      expect((await store.vectorChanges(revision, 10)).map(({ key }) => key)).toEqual([c, a, b]);
    });

    it('raises no revision for facts that are neither words nor vectors, nor for a record that changes nothing', async () => {
      const store = open();
      await add(store, record({ id: 'a', authors: ['Ada'] }));
      const revision = await store.latestRevision();
      await store.commitBatch([item(record({ id: 'a', authors: ['Ada'], upvotes: 9, date: '2024' }))]);
      await store.commitBatch([item(record({ id: 'a', authors: ['Ada'], upvotes: 9, date: '2024' }))]);
      expect(await store.latestRevision()).toBe(revision);
    });

    it('gives a removed paper its own key back, and no other paper that key', async () => {
      const store = open();
      await add(store, record({ id: 'a' }));
      const key = await keyOf(store, 'a');
      expect(await store.removePapers(['a', 'unknown'])).toBe(1);
      expect(await store.paperById('a')).toBeNull();
      expect(await store.embedding(key)).toBeNull();
      await add(store, record({ id: 'b' }), record({ id: 'a' }));
      expect(await keyOf(store, 'a')).toBe(key);
      expect(await keyOf(store, 'b')).not.toBe(key);
    });

    it('removes all papers of a source, and no other', async () => {
      const store = open();
      await add(
        store,
        record({ id: 'a', source: 'sample' }),
        record({ id: 'b' }),
        record({ id: 'c', source: 'sample' }),
      );
      expect(await store.removeSource('sample')).toEqual({ removed: 2, kept: 0 });
      expect((await store.counts()).bySource).toEqual({ test: 1 });
    });

    describe('papers by name', () => {
      const none = { ids: [], arxivIds: [], dois: [], title: null, authors: [] };
      const library = async () => {
        const store = open();
        const authors = ['Ada Lovelace', 'Wei Wang'];
        await add(
          store,
          record({ id: '2401.00001', title: 'Pre-training, again', authors, date: '2024-01-01' }),
          record({ id: 'b', doi: 'doi:10.1000/ABC', arxivId: '2401.00002v3', authors: ['A. Lovelace'] }),
          record({ id: 'c', title: 'Pretraining again!', authors: ['Wang, Wei Ming'], date: '2025-01-01' }),
        );
        return store;
      };
      const named = async (names: Partial<PaperNames>, filter: PaperFilter = {}, limit = 10) => {
        const store = await library();
        const found = await store.papersNamed({ ...none, ...names }, { limit, filter });
        const papers = await store.papersByKeys(found.map(({ key }) => key));
        return papers.map(({ paper }, at) => `${paper.id} by ${found[at]?.by}`);
      };

      it('are found by id, arXiv id, DOI and title, each once, in this order', async () => {
        expect(await named({ arxivIds: ['2401.00002'] })).toEqual(['b by id']);
        const title = 'pretrainingagain';
        expect(await named({ title, dois: ['10.1000/abc'], ids: ['2401.00001'] })).toEqual([
          '2401.00001 by id',
          'b by doi',
          'c by title',
        ]);
        expect(await named({ ids: ['x'], dois: ['10.1000/x'], title: 'x' })).toEqual([]);
      });

      it('are found by an arXiv id of the old style without its subject class', async () => {
        const store = open();
        await add(store, record({ id: 'math.GT/0309136' }), record({ id: 'math.GT/0309137' }));
        const found = await store.papersNamed({ ...none, arxivIds: ['math/0309136'] }, { limit: 9 });
        expect(found).toEqual([{ key: await keyOf(store, 'math.GT/0309136'), by: 'id' }]);
      });

      it('are found by author, newest first, whether given names are written out or not', async () => {
        const by = (family: string, given: string, initials = true) =>
          named({ authors: [{ family, given, initials }] });
        const ada = ['2401.00001 by author', 'b by author'];
        expect(await by('lovelace', 'ada')).toEqual(ada);
        expect(await by('lovelace', 'a')).toEqual(ada);
        expect(await by('lovelace', '')).toEqual(ada);
        expect(await by('lovelace', 'anna')).toEqual(['b by author']);
        expect(await by('lovelace', 'ada', false)).toEqual(['2401.00001 by author']);
        expect(await by('wang', 'wei')).toEqual(['c by author', '2401.00001 by author']);
        expect(await by('wang', 'ming')).toEqual([]);
      });

      it('keep to the filter and the limit, and a family name of more papers than that is none', async () => {
        const names = { ids: ['2401.00001', 'c'], authors: [{ family: 'wang', given: 'w', initials: true }] };
        expect(await named(names, { from: '2025-01-01' })).toEqual(['c by id']);
        expect(await named({ authors: names.authors }, {}, 1)).toEqual(['c by author']);
        expect(await named({ authors: [{ family: 'wang', given: '', initials: false }] }, {}, 1)).toEqual([]);
        expect(await named(names, { excludedKeys: [1, 2, 3] })).toEqual([]);
      });

      it('are found by many names of a kind at once', async () => {
        const store = await library();
        const [a, b, c] = await Promise.all(['2401.00001', 'b', 'c'].map((id) => keyOf(store, id)));
        await add(store, record({ id: 'math.GT/0309136' }));
        const old = await keyOf(store, 'math.GT/0309136');
        const title = 'pretrainingagain';
        expect(await store.keysNamed('id', ['b', 'x', '2401.00001', 'b'], 9)).toEqual(
          new Map([
            ['2401.00001', [a]],
            ['b', [b]],
          ]),
        );
        expect(await store.keysNamed('doi', ['10.1000/abc', '10.1000/x'], 9)).toEqual(
          new Map([['10.1000/abc', [b]]]),
        );
        expect(await store.keysNamed('arxivId', ['2401.00002', 'math/0309136'], 9)).toEqual(
          new Map([
            ['2401.00002', [b]],
            ['math/0309136', [old]],
          ]),
        );
        expect(await store.keysNamed('title', [title, ''], 9)).toEqual(new Map([[title, [a, c]]]));
        expect(await store.keysNamed('title', [title], 1)).toEqual(new Map([[title, [a]]]));
        await store.removePapers(['b']);
        expect(await store.keysNamed('id', ['b'], 9)).toEqual(new Map());
        expect(await store.keysNamed('title', [], 9)).toEqual(new Map());
      });

      it('come with what identifies them', async () => {
        const store = await library();
        const keys = [await keyOf(store, 'b'), await keyOf(store, '2401.00001'), 999];
        expect([...(await store.identities(keys)).values()]).toEqual(
          expect.arrayContaining([
            { key: keys[0], doi: '10.1000/abc', arxivId: '2401.00002', titleKey: 'title of b' },
            { key: keys[1], doi: null, arxivId: '2401.00001', titleKey: 'pre training again' },
          ]),
        );
        expect((await store.identities(keys)).size).toBe(2);
      });

      it('come with who wrote them, and how many those are', async () => {
        const store = await library();
        await add(store, record({ id: 'many', authors: ['Ada Lovelace'], authorCount: 300 }));
        const [one, many] = [await keyOf(store, 'b'), await keyOf(store, 'many')];
        expect(await store.authorLists([one, many, 999])).toEqual(
          new Map([
            [one, { authors: ['A. Lovelace'], authorCount: 1 }],
            [many, { authors: ['Ada Lovelace'], authorCount: 300 }],
          ]),
        );
      });

      it('follow changes and removals', async () => {
        const store = await library();
        await add(store, record({ id: 'c', title: 'Renamed', authors: ['Bo Li'] }));
        await store.removePapers(['2401.00001']);
        const names = {
          ...none,
          title: 'pretrainingagain',
          authors: [{ family: 'wang', given: 'wei', initials: false }],
        };
        expect(await store.papersNamed(names, { limit: 10 })).toEqual([]);
      });
    });

    describe('listings', () => {
      const days = ['2024-05-01', '2024-05-02', '2024-05-02', '2024-06-01', undefined];
      const library = async () => {
        const store = open();
        const papers = days.map((date, at) =>
          record({ id: `p${at}`, upvotes: at === 0 ? 100 : at, ...(date && { date }) }),
        );
        await add(store, ...papers);
        return store;
      };

      it('pages newest first without gaps or repeats, undated papers last', async () => {
        const store = await library();
        const seen: string[] = [];
        let after = null;
        do {
          const page: Awaited<ReturnType<PaperStore['list']>> = await store.list({
            sort: 'newest',
            limit: 2,
            after,
          });
          seen.push(...page.papers.map(({ paper }) => paper.id));
          expect(page.total).toBe(5);
          after = page.next;
        } while (after);
        expect(seen).toEqual(['p3', 'p2', 'p1', 'p0', 'p4']);
      });

      it('filters by day, and ranks a day by upvotes when trending', async () => {
        const store = await library();
        const day = await store.list({
          sort: 'trending',
          limit: 10,
          filter: { from: '2024-05-01', to: '2024-05-31' },
        });
        expect(day.papers.map(({ paper }) => paper.id)).toEqual(['p0', 'p2', 'p1']);
        expect(day.total).toBe(3);
      });

      it('knows the newest day', async () => {
        expect(await open().newestDay()).toBeNull();
        expect(await (await library()).newestDay()).toBe('2024-06-01');
      });
    });

    it('goes through all papers, and replaces embeddings of texts that are still the same', async () => {
      const store = open();
      await add(store, record({ id: 'a' }), record({ id: 'b' }), record({ id: 'c' }));
      const first = await store.papersAfter(0, 2);
      const rest = await store.papersAfter(first.at(-1)?.key ?? 0, 2);
      expect([...first, ...rest].map(({ paper }) => paper.id)).toEqual(['a', 'b', 'c']);
      const items = first.map(({ key, paper }) => ({ key, ...made(paper, key + 40) }));
      const [a = -1, b = -1] = first.map(({ key }) => key);
      await add(store, record({ id: 'b', abstract: 'Changed meanwhile.' }));
      expect(await store.addEmbeddings(items)).toBe(1);
      expect(await store.embedding(a)).toEqual(unit(a + 40));
      expect(await store.tokenBits([a, b])).toEqual(
        new Map([
          [a, bits(a + 40)],
          [b, bits(1)],
        ]),
      );
    });

    it('gives the token bits of the papers that have some, those without content tokens included', async () => {
      const store = open();
      await store.commitBatch([item(record({ id: 'a' }), 3), item(record({ id: 'b' }), 0)]);
      const [a, b] = [await keyOf(store, 'a'), await keyOf(store, 'b')];
      expect(await store.tokenBits([b, 999, a])).toEqual(
        new Map([
          [b, bits(0)],
          [a, bits(3)],
        ]),
      );
      expect(await store.tokenBits([])).toEqual(new Map());
      expect(await store.papersWithoutEmbedding(0, 10)).toEqual([]);
      expect((await store.counts()).embedded).toBe(2);
    });

    it('replaces token bits with the text, keeps them with other facts, and drops them with the paper', async () => {
      const store = open();
      await store.commitBatch([item(record({ id: 'a' }), 3)]);
      const key = await keyOf(store, 'a');
      await store.commitBatch([{ incoming: record({ id: 'a', upvotes: 9 }), embedded: null }]);
      expect(await store.tokenBits([key])).toEqual(new Map([[key, bits(3)]]));
      await store.commitBatch([item(record({ id: 'a', abstract: 'New.' }), 5)]);
      expect(await store.tokenBits([key])).toEqual(new Map([[key, bits(5)]]));
      await store.removePapers(['a']);
      expect(await store.tokenBits([key])).toEqual(new Map());
    });
  });
}
