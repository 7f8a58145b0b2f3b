import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Paper, PaperFilter, PaperKey } from '../../src/paper.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import type { ListingPosition, ListingSort, PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { trendOf } from '../../src/trend.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { facts, filter, openTwice, passes } from './random-filters.ts';

/** More than are put in order at once: both ways of listing are taken. */
const PAPERS = 1_200;

async function allPapers(store: PaperStore): Promise<{ key: PaperKey; paper: Paper }[]> {
  return store.papersAfter(0, 10_000);
}

/** What the listing should be, by looking at every paper. */
function expected(all: readonly { key: PaperKey; paper: Paper }[], wanted: PaperFilter, sort: ListingSort) {
  const value = ({ date, upvotes }: Paper) =>
    sort === 'newest' ? (date ?? '').padEnd(10, '-01').slice(0, 10) : trendOf(upvotes ?? 0, date);
  return all
    .filter(({ paper }) => passes(paper, wanted))
    .map(({ key, paper }) => ({ key, value: value(paper) }))
    .sort((a, b) => (a.value === b.value ? b.key - a.key : a.value < b.value ? 1 : -1))
    .map(({ key }) => key);
}

/** All pages, one after the other, each telling the same total. */
async function listed(
  store: PaperStore,
  options: { filter: PaperFilter; sort: ListingSort; limit: number },
): Promise<{ keys: PaperKey[]; total: number }> {
  const keys: PaperKey[] = [];
  let after: ListingPosition | null = null;
  for (;;) {
    const page: Awaited<ReturnType<PaperStore['list']>> = await store.list({ ...options, after });
    keys.push(...page.papers.map(({ key }) => key));
    if (page.next === null) return { keys, total: page.total };
    expect(page.papers).toHaveLength(options.limit);
    after = page.next;
  }
}

const factsOf = (seed: number) => fc.sample(facts, { seed, numRuns: PAPERS });

describe('listings', () => {
  it('are, page by page, what looking at every paper says, through changes by either connection', async () => {
    const stores = openTwice();
    const papers = factsOf(7).map((fields, at) => item(record({ id: `paper-${at}`, ...fields })));
    await stores[0].commitBatch(papers);
    const change = fc.record({ by: fc.nat(1), id: fc.nat(PAPERS - 1), facts: fc.option(facts) });
    const asked = fc.record({
      filter,
      sort: fc.constantFrom<ListingSort>('newest', 'trending'),
      limit: fc.integer({ min: 150, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), asked, async (changes, options) => {
        for (const { by, id, facts: fields } of changes) {
          const store = stores[by as 0 | 1];
          if (fields === null) await store.removePapers([`paper-${id}`]);
          else await store.commitBatch([item(record({ id: `paper-${id}`, ...fields }))], { replace: true });
        }
        const all = await allPapers(stores[0]);
        const keys = expected(all, options.filter, options.sort);
        for (const store of stores)
          expect(await listed(store, options)).toEqual({ keys, total: keys.length });
        const excludedKeys = keys.filter((_, at) => at % 3 === 0);
        const others = await listed(stores[1], { ...options, filter: { ...options.filter, excludedKeys } });
        expect(others.keys).toEqual(keys.filter((_, at) => at % 3 !== 0));
      }),
      { numRuns: 60 },
    );
    // Counts are kept beside the papers: they are right when the last change was.
    const all = await allPapers(stores[1]);
    const { papers: count, embedded, bySource, newestDay, oldestDay } = await stores[0].counts();
    expect([count, embedded]).toEqual([all.length, all.length]);
    for (const source of ['a', 'b', 'c', 'test']) {
      expect(bySource[source] ?? 0).toBe(all.filter(({ paper }) => paper.source === source).length);
    }
    expect([oldestDay, newestDay]).toEqual(['2019-12-31', '2021-02-03']);
    await stores[0].removeSource('a');
    expect((await stores[1].counts()).bySource).not.toHaveProperty('a');
    expect((await stores[1].counts()).embedded).toBe((await allPapers(stores[0])).length);
  });

  it('of many papers of days in a row are the same, by whatever they are filtered', async () => {
    const [store] = openTwice();
    const day = (number: number) => `2024-01-${String(number).padStart(2, '0')}`;
    const papers = Array.from({ length: 3_000 }, (_, at) =>
      record({
        id: `paper-${at}`,
        ...(at % 11 > 0 && { date: day(1 + ((at * 7) % 10)) }),
        categories: at % 2 === 0 ? ['cs.LG'] : ['cs.CL', 'math.GT'],
        source: at % 3 === 0 ? 'a' : 'b',
        upvotes: (at * 13) % 40,
        ...(at % 4 > 0 && { codeUrl: 'https://example.org/code' }),
      }),
    );
    await store.commitBatch(papers.map((incoming) => item(incoming)));
    const all = await allPapers(store);
    const dates: PaperFilter[] = [{}, { from: day(4) }, { to: day(7) }, { from: day(3), to: day(8) }];
    const others: PaperFilter[] = [
      ...[{}, { categories: ['cs'] }, { categories: ['cs.LG', 'cs.CL'] }, { sources: ['b'] }],
      ...[{ sources: ['a', 'b'] }, { minUpvotes: 8 }, { hasCode: true }],
      ...[
        { categories: ['cs'], sources: ['b'] },
        { categories: ['cs', 'math'], hasCode: true },
      ],
    ];
    for (const sort of ['newest', 'trending'] as const) {
      for (const wanted of dates.flatMap((days) => others.map((other) => ({ ...days, ...other })))) {
        const keys = expected(all, wanted, sort);
        // So many that pages are read off an index.
        expect(keys.length).toBeGreaterThan(700);
        expect(await listed(store, { filter: wanted, sort, limit: 400 })).toEqual({
          keys,
          total: keys.length,
        });
      }
    }
  });

  it('and keys are not made anew when people say something', async () => {
    const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
    onTestFinished(() => void db.close());
    const model = { fingerprint: 'test-model', dimensions: DIMENSIONS };
    const [store, people] = [createSqlitePaperStore(db, model), createSqlitePeopleStore(db, model)];
    await store.commitBatch([item(record({ id: 'a', upvotes: 3 })), item(record({ id: 'b' }))]);
    const keys = await store.matchingKeys({ minUpvotes: 1 });
    await people.setFeedback('ada', 'a', 'like', '2026-01-01T00:00:00.000Z');
    expect(await store.matchingKeys({ minUpvotes: 1 })).toBe(keys);
    await store.commitBatch([item(record({ id: 'b', upvotes: 2 }))]);
    expect(await store.matchingKeys({ minUpvotes: 1 })).toHaveLength(2);
  });

  it('of a library of the version before, and of what a process of it still writes', async () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    const old = new Database(file);
    old.function('paperwise_title_key', (_title) => '');
    old.function('paperwise_author_names', (_authors) => '[]');
    for (const step of MIGRATIONS.slice(0, 11)) old.exec(step);
    old.pragma('user_version = 11');
    const write = (key: number, day: string, trend: number) =>
      old.exec(`
        INSERT INTO paper_ids (key, id, revision) VALUES (${key}, 'paper-${key}', ${key});
        INSERT INTO papers (key, title, abstract, authors, date, day, categories, source, text_hash, trend, added_at, updated_at)
        VALUES (${key}, 'T', 'A', '[]', '${day}', '${day}', '["cs.LG"]', 'old', 'hash', ${trend}, '', '');
        INSERT INTO paper_categories (category, key) VALUES ('cs.LG', ${key}), ('cs', ${key});
      `);
    write(1, '2024-05-03', 1);
    write(2, '2024-05-01', 9);
    const db = openSqlite(file);
    onTestFinished(() => void db.close());
    const store = createSqlitePaperStore(db, { fingerprint: 'test-model', dimensions: DIMENSIONS });
    const ids = async (sort: ListingSort) =>
      (await store.list({ filter: { categories: ['cs'] }, sort, limit: 9 })).papers.map(
        ({ paper }) => paper.id,
      );
    expect(await ids('newest')).toEqual(['paper-1', 'paper-2']);
    expect(await store.counts()).toMatchObject({ papers: 2, embedded: 0, bySource: { old: 2 } });
    write(3, '2024-05-02', 4);
    old.close();
    expect(await ids('newest')).toEqual(['paper-1', 'paper-3', 'paper-2']);
    expect(await ids('trending')).toEqual(['paper-2', 'paper-3', 'paper-1']);
    expect(await store.counts()).toMatchObject({ papers: 3, bySource: { old: 3 } });
  });
});
