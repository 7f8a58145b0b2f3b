import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { firstDayOf, type Paper, type PaperFilter, type PaperKey } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Whether a paper passes a filter, said without SQL: what the store is compared with. */
function passes(paper: Paper, { from, to, categories, sources, minUpvotes, hasCode }: PaperFilter): boolean {
  const day = paper.date === null ? null : firstDayOf(paper.date);
  const isIn = (name: string) => paper.categories.some((own) => own === name || own.split('.')[0] === name);
  return (
    (from === undefined || (day !== null && day >= from)) &&
    (to === undefined || (day !== null && day <= to)) &&
    (categories === undefined || categories.some(isIn)) &&
    (sources === undefined || sources.includes(paper.source)) &&
    (minUpvotes === undefined || (paper.upvotes ?? 0) >= minUpvotes) &&
    (hasCode === undefined || (paper.codeUrl !== undefined) === hasCode)
  );
}

function open(file: string): PaperStore {
  const db = openSqlite(file);
  onTestFinished(() => {
    db.close();
  });
  return createSqlitePaperStore(db, { fingerprint: 'test-model', dimensions: DIMENSIONS });
}

/** Two connections to one new library, as of a server and a command. */
function openTwice(): [PaperStore, PaperStore] {
  const file = join(temporaryFolder(), 'library.sqlite');
  return [open(file), open(file)];
}

/** What the filter lets through, by looking at every paper. */
async function truth(store: PaperStore, filter: PaperFilter): Promise<PaperKey[]> {
  const all: { key: PaperKey; paper: Paper }[] = await store.papersAfter(0, 10_000);
  return all.filter(({ paper }) => passes(paper, filter)).map(({ key }) => key);
}

const day = fc.constantFrom('2019-12-31', '2020-01-01', '2020-06-15', '2021-02-03');
const category = fc.constantFrom('cs.LG', 'cs.CL', 'math.GT', 'cs', 'hep-th');
const source = fc.constantFrom('a', 'b', 'c');
const facts = fc.record(
  {
    date: fc.oneof(day, fc.constantFrom('2020', '2020-06')),
    categories: fc.uniqueArray(category, { maxLength: 3 }),
    source,
    upvotes: fc.nat(5),
    codeUrl: fc.constant('https://example.org/code'),
  },
  { requiredKeys: [] },
);
const filter = fc.record(
  {
    from: day,
    to: day,
    categories: fc.uniqueArray(category, { minLength: 1, maxLength: 3 }),
    sources: fc.uniqueArray(source, { minLength: 1, maxLength: 2 }),
    minUpvotes: fc.nat(6),
    hasCode: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('the keys of a filter', () => {
  it('are those of the papers that pass, through changes by this and by another connection', async () => {
    const id = fc.integer({ min: 0, max: 12 }).map((number) => `paper-${number}`);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ by: fc.nat(1), put: fc.record({ id, facts }) }) },
      { weight: 1, arbitrary: fc.record({ by: fc.nat(1), remove: id }) },
    );
    const filters = fc.array(filter, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), filters, async (steps, asked) => {
        const stores = openTwice();
        for (const wanted of steps) {
          const store = stores[wanted.by as 0 | 1];
          if ('remove' in wanted) await store.removePapers([wanted.remove]);
          else await store.commitBatch([item(record({ id: wanted.put.id, ...wanted.put.facts }))], true);
          for (const one of asked) {
            const keys = await truth(stores[0], one);
            for (const either of stores) {
              expect(await either.matchingKeys(one)).toEqual(keys);
              expect(await either.matchingKeys({ ...one, excludedKeys: [1] })).toEqual(keys);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are fresh after upvotes alone have changed, in either connection', async () => {
    const [one, other] = openTwice();
    await one.commitBatch([item(record({ id: 'a', upvotes: 3 })), item(record({ id: 'b', upvotes: 8 }))]);
    const [a, b] = [(await one.paperById('a'))?.key, (await one.paperById('b'))?.key];
    const popular = () => Promise.all([one, other].map((store) => store.matchingKeys({ minUpvotes: 5 })));
    expect(await popular()).toEqual([[b], [b]]);
    const revision = await one.latestRevision();
    await one.commitBatch([item(record({ id: 'a', upvotes: 6 }))]);
    expect(await popular()).toEqual([
      [a, b],
      [a, b],
    ]);
    await other.commitBatch([item(record({ id: 'b', upvotes: 1 }))]);
    expect(await popular()).toEqual([[a], [a]]);
    // Nothing that the index follows has changed.
    expect(await one.latestRevision()).toBe(revision);
  });

  it('are resolved once while nothing changes', async () => {
    const [one] = openTwice();
    await one.commitBatch([item(record({ id: 'a', upvotes: 3 })), item(record({ id: 'b' }))]);
    const first = await one.matchingKeys({ minUpvotes: 1, sources: ['test'] });
    expect(await one.matchingKeys({ sources: ['test'], minUpvotes: 1 })).toBe(first);
    await one.removePapers(['b']);
    expect(await one.matchingKeys({ minUpvotes: 1, sources: ['test'] })).not.toBe(first);
  });
});
