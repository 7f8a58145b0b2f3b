import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_SIZE, createIngest, type IngestResult } from '../src/ingest.ts';
import { loosePaperRecord, type Paper } from '../src/paper.ts';
import { jsonLinesSource } from '../src/sources/json-lines.ts';
import type { Checkpoint, SourceItem } from '../src/sources/source.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../src/store/sqlite-papers.ts';
import { createHashEmbedder } from './fixtures/hash-embedder.ts';
import { openTestLibrary } from './fixtures/library.ts';
import { sharedData } from './fixtures/shared-data.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const item = (id: string, fields: Record<string, unknown> = {}): SourceItem => ({
  at: id,
  record: loosePaperRecord.parse({ id, title: `Title ${id}`, abstract: `Abstract ${id}.`, ...fields }),
});
const items = (count: number, name = 'p') => Array.from({ length: count }, (_, at) => item(`${name}${at}`));
const gone = (id: string, why: 'deleted' | 'withdrawn'): SourceItem => ({ at: id, removal: { id, why } });
const upTo = (cursor: string): Checkpoint => ({ checkpoint: { feed: 'arxiv', cursor } });
const arxiv = { defaultSource: 'arxiv' };

describe('papers whose embedding may wait', () => {
  it('are found by words, are unchanged when they come again, and are embedded when somebody does it', async () => {
    const { ingest, store, embedder, search } = await openTestLibrary();
    const later = { ...arxiv, embed: 'later' } as const;
    expect(await ingest.ingest(items(3), later)).toMatchObject({ created: 3 });
    expect(embedder.calls.passages).toBe(0);
    const found = await search.search({ query: 'abstract p1', mode: 'lexical', limit: 5 });
    expect(found.hits[0]?.paper.id).toBe('p1');
    expect(await ingest.ingest(items(3), later)).toMatchObject({ unchanged: 3 });
    expect(await ingest.ingest([item('p1', { upvotes: 7 })], later)).toMatchObject({ updated: 1 });
    expect(await store.counts()).toMatchObject({ papers: 3, embedded: 0 });
    expect(await ingest.embedPapers('missing')).toBe(3);
    expect(await ingest.ingest(items(3), arxiv)).toMatchObject({ unchanged: 3 });
    expect((await store.paperById('p1'))?.paper.upvotes).toBe(7);
    expect((await search.similar({ id: 'p1', limit: 5 })).hits).toHaveLength(2);
  });
});

describe('records that have something in common, and are of different papers', () => {
  const ids = async (...records: SourceItem[]) => {
    const { ingest, store } = await openTestLibrary();
    for (const record of records) await ingest.ingest([record], arxiv);
    return (await store.list({ sort: 'newest', limit: 10 })).total;
  };
  const work = (id: string, title: string, ...authors: string[]) => item(id, { title, authors });

  it('stay two when the DOI is that of their volume', async () => {
    const doi = { doi: '10.1000/volume' };
    const nets = { title: 'Deep nets for protein folding', authors: ['Ann Bee'], ...doi };
    expect(await ids(item('a', nets), item('b', { title: 'Auctions', authors: ['Carl Dee'], ...doi }))).toBe(
      2,
    );
    // Of the same title, or by the same author, or where authors are not known, it is believed.
    expect(await ids(item('a', nets), item('b', { ...nets, authors: ['C. Dee'] }))).toBe(1);
    expect(await ids(item('a', nets), item('b', { ...nets, title: 'Protein nets' }))).toBe(1);
    expect(await ids(item('a', nets), item('b', { title: 'Protein nets', ...doi }))).toBe(1);
  });

  it('stay two when authors share a family name alone', async () => {
    const title = 'Search for heavy neutral Higgs bosons';
    expect(await ids(work('a', title, 'ATLAS Collaboration'), work('b', title, 'CMS Collaboration'))).toBe(2);
    expect(await ids(work('a', title, 'Zhao, B.', 'et al.'), work('b', title, 'Wang, L.', 'et al.'))).toBe(2);
    expect(await ids(work('a', title, 'Bo Wang'), work('b', title, 'Li Wang'))).toBe(2);
    expect(await ids(work('a', title, 'Bo Wang'), work('b', title, 'B. Wang'))).toBe(1);
  });

  it('stay apart when the one that was split goes, and comes again', async () => {
    const { ingest, store } = await openTestLibrary();
    const doi = { doi: '10.1000/a' };
    const both = [item('X1', { ...doi, source: 'a' }), item('W1', { ...doi, source: 'b' })];
    await ingest.ingest(both, arxiv);
    await ingest.split({ source: 'b', id: 'W1' });
    await ingest.ingest([gone('W1', 'deleted')], { defaultSource: 'b' });
    await ingest.ingest(both.slice(1), arxiv);
    expect((await store.paperById('X1'))?.paper.id).toBe('X1');
    expect((await store.paperById('W1'))?.paper.id).toBe('W1');
  });

  it('may come anew under the id of one that was joined, when both are removed', async () => {
    const { ingest, store } = await openTestLibrary();
    const [one, other] = [{ doi: '10.1000/a' }, { arxivId: '2401.00001' }];
    await ingest.ingest([item('X1', one), item('Y1', other), item('Z1', { ...one, ...other })], arxiv);
    expect((await store.paperById('Y1'))?.paper.id).toBe('X1');
    await store.removePapers(['X1']);
    await ingest.ingest([item('Y1')], arxiv);
    expect((await store.paperById('Y1'))?.paper.id).toBe('Y1');
    expect(await store.paperById('X1')).toBeNull();
  });

  it('are withdrawn by their own version or a newer one, and come back with the next', async () => {
    const { ingest, store } = await openTestLibrary();
    await ingest.ingest([item('2401.00001v3')], arxiv);
    await ingest.ingest([gone('2401.00001v2', 'withdrawn')], arxiv);
    expect(await store.paperById('2401.00001')).not.toBeNull();
    await ingest.ingest([gone('2401.00002v2', 'withdrawn'), item('2401.00002v3')], arxiv);
    expect(await store.paperById('2401.00002')).not.toBeNull();
  });
});

describe('checkpoints', () => {
  it('are written with what came before them, also when that is nothing new', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const told: IngestResult[] = [];
    const seen: [number, string | null][] = [];
    async function* feed() {
      yield upTo('0');
      yield* items(BATCH_SIZE + 3);
      yield upTo('1');
      yield* items(2);
      yield upTo('2');
      yield item('last');
    }
    const original = embedder.embedPassages;
    embedder.embedPassages = async (texts, signal) => {
      seen.push([(await store.counts()).papers, await store.feedCursor('arxiv')]);
      return original(texts, signal);
    };
    await ingest.ingest(feed(), { ...arxiv, onResult: (result) => told.push(result) });
    expect(await store.feedCursor('arxiv')).toBe('2');
    expect(told.map(({ index }) => index)).toEqual(Array.from({ length: BATCH_SIZE + 6 }, (_, at) => at));
    for (const [papers, cursor] of seen) {
      if (cursor === '1' || cursor === '2') expect(papers).toBeGreaterThanOrEqual(BATCH_SIZE + 3);
    }
  });

  it('are not written when their batch is cut, or fails', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const original = embedder.embedPassages;
    const stop = new AbortController();
    embedder.embedPassages = async (texts, signal) => {
      if (texts.some((text) => text.includes('q1'))) stop.abort();
      signal?.throwIfAborted();
      return original(texts, signal);
    };
    const feed = [...items(3), upTo('1'), ...items(3, 'q'), upTo('2'), ...items(3, 'r'), upTo('3')];
    await ingest.ingest(feed, { ...arxiv, signal: stop.signal });
    expect(await store.feedCursor('arxiv')).toBe('1');
    expect((await store.counts()).papers).toBe(3);

    embedder.embedPassages = async (texts, signal) => {
      if (texts.some((text) => text.includes('q1'))) throw new Error('no memory');
      return original(texts, signal);
    };
    await expect(ingest.ingest(feed, arxiv)).rejects.toThrow('no memory');
    expect(await store.feedCursor('arxiv')).toBe('1');

    async function* cut() {
      yield* items(3, 's');
      throw new Error('cut off');
    }
    await expect(ingest.ingest(cut(), arxiv)).rejects.toThrow('cut off');
    expect(await store.feedCursor('arxiv')).toBe('1');
    embedder.embedPassages = original;
    await ingest.ingest(feed, arxiv);
    expect([await store.feedCursor('arxiv'), (await store.counts()).papers]).toEqual(['3', 12]);
  });

  it('wait for what another writer changed between embedding and commit', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    await ingest.ingest([item('a', { source: 'mine', title: 'Mine' })], arxiv);
    const original = embedder.embedPassages;
    const cursors: (string | null)[] = [];
    embedder.embedPassages = async (texts, signal) => {
      cursors.push(await store.feedCursor('arxiv'));
      if (cursors.length === 1) await store.removePapers(['a']);
      return original(texts, signal);
    };
    // Its text is not shown, so that it is not embedded, until the other record goes.
    await ingest.ingest([item('a'), item('b'), upTo('1')], arxiv);
    expect(cursors).toEqual([null, null]);
    expect(await store.feedCursor('arxiv')).toBe('1');
    expect((await store.paperById('a'))?.paper.title).toBe('Title a');
    expect(await store.counts()).toMatchObject({ papers: 2, embedded: 2 });
  });
});

describe('what sources have no more', () => {
  it('leaves search and listings, and is told', async () => {
    const { ingest, search, store, index } = await openTestLibrary();
    await ingest.ingest(items(4), arxiv);
    await ingest.ingest([item('p1', { title: 'Also elsewhere', upvotes: 4 })], {
      defaultSource: 'daily-papers',
    });
    const told: IngestResult[] = [];
    const feed = [
      gone('p0', 'deleted'),
      gone('p1', 'deleted'),
      gone('p2', 'withdrawn'),
      gone('p9', 'deleted'),
    ];
    const counts = await ingest.ingest(feed, { ...arxiv, onResult: (result) => told.push(result) });
    expect(counts).toEqual({ created: 0, updated: 1, unchanged: 1, removed: 2, rejected: 0 });
    expect(told.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'p0 removed',
      'p1 updated',
      'p2 removed',
      'p9 unchanged',
    ]);
    expect((await store.counts()).embedded).toBe(2);
    expect((await index.status()).count).toBe(2);
    for (const mode of ['lexical', 'semantic'] as const) {
      const { hits } = await search.search({ query: 'title abstract p0 p1 p2 elsewhere', mode, limit: 9 });
      expect(hits.map(({ paper }) => paper.id).sort()).toEqual(['p1', 'p3']);
    }
    expect((await store.paperById('p1'))?.paper).toMatchObject({ title: 'Also elsewhere', upvotes: 4 });
    // Another source's list does not bring a withdrawn paper.
    await ingest.ingest([item('p2', { upvotes: 4 })], { defaultSource: 'daily-papers' });
    expect(await store.paperById('p2')).toBeNull();
  });
});

/** What a new library holds after some records: per paper the names of its records, and all but its id, which is the first's. */
async function contentsAfter(records: readonly SourceItem[], batchSize: number) {
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  const embedder = createHashEmbedder();
  const { dimensions } = embedder.model;
  const store = createSqlitePaperStore(db, { fingerprint: embedder.fingerprint, dimensions });
  const { ingest } = createIngest({ store, embedder, index: { refresh: async () => {} } });
  try {
    await ingest(records, { defaultSource: 'test', batchSize });
    const { papers, embedded } = await store.counts();
    expect(embedded).toBe(papers);
    const described = (await store.papersAfter(0, 1_000)).map(
      async ({ paper: { id, ...rest } }): Promise<[string, Omit<Paper, 'id'>]> => {
        const names = (await store.recordsOf(id)).map((one) => `${one.source} ${one.id}`);
        return [names.sort().join(), rest];
      },
    );
    return new Map((await Promise.all(described)).sort(([a], [b]) => (a < b ? -1 : 1)));
  } finally {
    db.close();
  }
}

describe('records of some papers', () => {
  const SOURCES = ['api', 'mine', 'arxiv', 'openalex', 'daily-papers', 'file'];
  const said = fc.record({
    paper: fc.nat(2),
    isOnArxiv: fc.boolean(),
    hasDoi: fc.boolean(),
    title: fc.constantFrom('A Robot That Weaves', 'How We Taught Looms to Weave'),
    upvotes: fc.option(fc.nat(9), { nil: undefined }),
  });
  const list = fc.array(said, { minLength: 2, maxLength: 12 });

  it('are one paper as far as they have something in common, in whatever order they come', async () => {
    const shuffled = list.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(
          all.map((_, at) => at),
          { minLength: all.length },
        ),
        fc.constantFrom(1, 3, 100),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([all, order, batchSize]) => {
        // Of two records of one source the newer counts: what papers are made of is compared of few only.
        const records = all.map(({ paper, isOnArxiv, hasDoi, title, upvotes }, at) => ({
          id: `r${at}`,
          source: `${SOURCES[at % SOURCES.length]}${at < SOURCES.length ? '' : '-'}`,
          title: `${title}, Case ${'xyz'[paper]}`,
          abstract: `Record ${at}.`,
          authors: [['Ada Lovelace', 'Joseph Jacquard', 'Bo Li'][paper] ?? ''],
          date: '2024-05-30',
          ...(isOnArxiv && { arxivId: `2401.0000${paper}` }),
          ...(hasDoi && { doi: `10.1000/${paper}` }),
          ...(upvotes !== undefined && { upvotes }),
        }));
        const taken = (ordered: typeof records) =>
          contentsAfter(
            ordered.map(({ id, ...fields }) => item(id, fields)),
            batchSize,
          );
        const inOrder = await taken(records);
        const groups = new Map(records.map(({ id }) => [id, new Set([id])]));
        for (const a of records) {
          for (const b of records) {
            const isLike = (['arxivId', 'doi', 'title'] as const).some(
              (name) => a[name] && a[name] === b[name],
            );
            const [one, other] = [groups.get(a.id), groups.get(b.id)];
            if (!isLike || !one || !other || one === other) continue;
            for (const id of other) groups.set(id, one.add(id));
          }
        }
        expect(inOrder.size).toBe(new Set(groups.values()).size);
        const inAnother = await taken(order.flatMap((at) => records[at] ?? []));
        expect([...inAnother.keys()]).toEqual([...inOrder.keys()]);
        if (records.length <= SOURCES.length) expect(inAnother).toEqual(inOrder);
      }),
      { numRuns: 25 },
    );
  });
});

describe('real papers of two sources', () => {
  const months = ['09', '10', '11', '12'].map((month) => sharedData(`papers/arxiv-2025-${month}.jsonl.gz`));
  const daily = sharedData('papers/hf-daily-2024-2026.jsonl.gz');

  it.skipIf(daily === null || months.includes(null))(
    'are one each, with the upvotes of one and the categories of the other',
    async () => {
      const { ingest, store, search } = await openTestLibrary();
      const wanted = new Map<string, SourceItem>();
      for await (const one of jsonLinesSource(daily ?? '')) {
        if (!('record' in one) || !/^25(?:09|1[012])/.test(one.record.id)) continue;
        // The file does not say upvotes for these months, and names who made it as the source.
        const said = { upvotes: one.record.title.length, source: 'daily-papers' };
        wanted.set(one.record.id, { ...one, record: { ...one.record, ...said } });
      }
      const inBoth = new Set<string>();
      for (const month of months) {
        const slice: SourceItem[] = [];
        let at = 0;
        for await (const one of jsonLinesSource(month ?? '')) {
          if (!('record' in one)) continue;
          const isInBoth = wanted.has(one.record.id);
          if (isInBoth && inBoth.size < 400) inBoth.add(one.record.id);
          if (inBoth.has(one.record.id) || at++ % 200 === 0) slice.push(one);
        }
        await ingest.ingest(slice, { defaultSource: 'arxiv' });
      }
      const before = (await store.counts()).papers;
      const popular = [...inBoth].flatMap((id) => wanted.get(id) ?? []);
      expect(popular.length).toBeGreaterThan(100);
      const counts = await ingest.ingest(popular, { defaultSource: 'daily-papers' });
      expect(counts).toMatchObject({ created: 0, updated: popular.length, rejected: 0 });
      expect(await store.counts()).toMatchObject({ papers: before, embedded: before });
      for (const id of inBoth) {
        const { paper } = (await store.paperById(id)) ?? {};
        expect(paper?.categories.length).toBeGreaterThan(0);
        expect(paper?.upvotes).toBeGreaterThan(0);
        const records = await store.recordsOf(id);
        expect(records.map(({ source }) => source)).toHaveLength(2);
        expect(records.find(({ source }) => source === 'arxiv')?.fields).toContain('categories');
        expect(records.find(({ source }) => source !== 'arxiv')?.fields).toContain('upvotes');
      }
      const [first = ''] = inBoth;
      const title = (await store.paperById(first))?.paper.title ?? '';
      const { hits } = await search.search({ query: title, mode: 'hybrid', limit: 50 });
      expect(hits.filter(({ paper }) => paper.title === title)).toHaveLength(1);
    },
    120_000,
  );
});

it('papers that someone split are two hits, and are not merged again', async () => {
  const { ingest, search, store, index } = await openTestLibrary();
  const fields = { title: 'A Robot That Weaves Like Us', abstract: 'Of looms.', authors: ['Ada Lovelace'] };
  const both = [
    item('a', { ...fields, source: 'one' }),
    item('b', { ...fields, source: 'two', doi: '10.1000/a' }),
  ];
  await ingest.ingest(both, arxiv);
  const ids = async () => {
    const { hits } = await search.search({ query: 'robot that weaves', mode: 'hybrid', limit: 9 });
    return hits.map(({ paper }) => paper.id).sort();
  };
  expect(await ids()).toEqual(['a']);
  expect(await ingest.split({ source: 'two', id: 'b' })).toEqual(['a', 'b']);
  expect(await ids()).toEqual(['a', 'b']);
  await ingest.ingest([...both, item('c', { ...fields, source: 'three', doi: '10.1000/a' })], arxiv);
  expect(await ids()).toEqual(['a', 'b']);
  expect((await store.counts()).embedded).toBe(2);
  expect((await index.status()).count).toBe(2);
});
