import { join } from 'node:path';
import fc from 'fast-check';
import { onTestFinished } from 'vitest';
import { firstDayOf, type Paper, type PaperFilter, type PaperKey } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS } from '../contracts/paper-store.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Papers and filters by chance, and which papers a filter lets through, said without SQL. */

/** Whether a paper passes a filter: what the store is compared with. */
export function passes(
  paper: Paper,
  { from, to, categories, sources, minUpvotes, hasCode }: PaperFilter,
): boolean {
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

export function open(file: string): PaperStore {
  const db = openSqlite(file);
  onTestFinished(() => {
    db.close();
  });
  return createSqlitePaperStore(db, { fingerprint: 'test-model', dimensions: DIMENSIONS });
}

/** Two connections to one new library, as of a server and a command. */
export function openTwice(): [PaperStore, PaperStore] {
  const file = join(temporaryFolder(), 'library.sqlite');
  return [open(file), open(file)];
}

/** What the filter lets through, by looking at every paper. */
export async function truth(store: PaperStore, filter: PaperFilter): Promise<PaperKey[]> {
  const all: { key: PaperKey; paper: Paper }[] = await store.papersAfter(0, 10_000);
  return all.filter(({ paper }) => passes(paper, filter)).map(({ key }) => key);
}

const day = fc.constantFrom('2019-12-31', '2020-01-01', '2020-06-15', '2021-02-03');
const category = fc.constantFrom('cs.LG', 'cs.CL', 'math.GT', 'cs', 'hep-th');
const source = fc.constantFrom('a', 'b', 'c');
export const facts = fc.record(
  {
    date: fc.oneof(day, fc.constantFrom('2020', '2020-06')),
    categories: fc.uniqueArray(category, { maxLength: 3 }),
    source,
    upvotes: fc.nat(5),
    codeUrl: fc.constant('https://example.org/code'),
  },
  { requiredKeys: [] },
);
export const filter = fc.record(
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
