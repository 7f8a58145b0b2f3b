import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { facts, filter } from './random-filters.ts';

/** Tables that grow with the library; queries name them by these. */
const LARGE =
  'papers|paper_ids|source_records|paper_categories|paper_authors|vectors|token_bits|term_sets|upvotes|apart|' +
  'feedback|feedback_history|picks|interactions|p|i|r|c|a|v|t';

/** A library whose every statement is told as it is prepared. */
function openTold(): { db: Database.Database; statements: Set<string> } {
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  onTestFinished(() => void db.close());
  const statements = new Set<string>();
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    statements.add(sql);
    return prepare(sql);
  }) as typeof db.prepare;
  return { db, statements };
}

/** A pattern that begins with letters is looked up, others are not: SQLite plans by what is bound. */
const BOUND = 'math.[A-Z][A-Z]/0301234';

function planOf(db: Database.Database, sql: string): string[] {
  const names = [...sql.matchAll(/@(\w+)/g)].map(([, name = '']) => name);
  const parameters =
    names.length > 0
      ? [Object.fromEntries(names.map((name) => [name, BOUND]))]
      : [...sql.matchAll(/\?/g)].map(() => BOUND);
  const rows = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
  return rows.map(({ detail }) => detail);
}

/** Statements that sort what they find to give some of it, by a piece of their text, and why they may. */
const SORTING: readonly [piece: string, reason: string][] = [
  ['INDEXED BY papers_facts WHERE key <= ?', 'samples a library that was small then'],
  ['SELECT DISTINCT p.key', 'finds the papers that are named, which are few'],
];

/** What of a plan is linear in the library, though the answer is not. */
function faults(sql: string, plan: readonly string[]): string[] {
  // Read in the order of an index, a limit ends it.
  const ends =
    /\bLIMIT \?|\bLIMIT \d/.test(sql) && !plan.some((step) => /TEMP B-TREE FOR ORDER BY/.test(step));
  return plan.filter(
    (step) =>
      (new RegExp(`^SCAN (?:${LARGE})\\b`).test(step) && !(ends && /USING (?:COVERING )?INDEX/.test(step))) ||
      // A sort of all that is found, to give some of it.
      (/LIMIT/.test(sql) &&
        /TEMP B-TREE FOR ORDER BY/.test(step) &&
        !SORTING.some(([piece]) => sql.includes(piece))),
  );
}

/** Statements that may be linear, by a piece of their text, and why. */
const KNOWN: readonly [piece: string, reason: string][] = [
  ['FROM source_counts', 'has a row a source'],
  ['FROM apart LIMIT 1', 'reads one row'],
  ['count(*) FROM users) AS users', 'counts what people said, for the status'],
  [
    'NOT EXISTS',
    'papers without an embedding, looked for in the background, each page from where the last ended',
  ],
];

it('no query of the papers goes through all of them', async () => {
  const { db, statements } = openTold();
  const store = createSqlitePaperStore(db, { fingerprint: 'test-model', dimensions: DIMENSIONS });
  const papers = fc.sample(facts, { seed: 11, numRuns: 1_200 });
  await store.commitBatch(papers.map((fields, at) => item(record({ id: `paper-${at}`, ...fields }))));
  const keys = (await store.papersAfter(0, 20)).map(({ key }) => key);
  for (const asked of [{}, ...fc.sample(filter, { seed: 12, numRuns: 300 })]) {
    for (const sort of ['newest', 'trending'] as const) {
      const { next } = await store.list({ filter: asked, sort, limit: 10 });
      await store.list({ filter: asked, sort, limit: 10, after: next });
    }
    if (Object.keys(asked).length > 0) await store.matchingKeys(asked);
  }
  await store.counts();
  await store.newestDay();
  await store.newestKey();
  await store.sampleKeys({ upTo: 1_200, limit: 10 });
  await store.paperById('paper-1');
  await store.papersByKeys(keys);
  await store.identities(keys);
  await store.authorLists(keys);
  await store.tokenBits(keys);
  await store.termSets(keys);
  await store.rankingFacts(keys);
  await store.upvotesAt(keys, '2026-01-01T00:00:00.000Z');
  await store.papersNamed(
    {
      ids: ['a'],
      arxivIds: ['math/0301234'],
      dois: ['10.1/a'],
      title: 'a',
      authors: [{ family: 'a', given: 'b', initials: true }],
    },
    { limit: 9, filter: { categories: ['cs'], to: '2021-01-01' } },
  );
  for (const kind of ['id', 'doi', 'arxivId', 'title'] as const) await store.keysNamed(kind, ['a'], 9);
  await store.apart(keys);
  await store.recordsOf('paper-1');
  await store.feedCursor('arxiv');
  await store.removeSource('nothing');
  const read = [...statements].filter((sql) => /^\s*(?:SELECT|UPDATE|DELETE)/.test(sql));
  expect(read.length).toBeGreaterThan(60);
  const bad = read.flatMap((sql) => {
    if (KNOWN.some(([piece]) => sql.includes(piece))) return [];
    const found = faults(sql, planOf(db, sql));
    return found.length === 0 ? [] : [{ sql, found }];
  });
  expect(bad).toEqual([]);
  // The check sees what it is for.
  for (const sql of [
    'SELECT count(*) FROM papers WHERE venue = ?',
    'SELECT key FROM papers ORDER BY venue LIMIT ?',
  ]) {
    expect(faults(sql, planOf(db, sql))).not.toEqual([]);
  }
});
