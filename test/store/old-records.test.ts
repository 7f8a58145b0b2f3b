import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { titleKey } from '../../src/identity.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** The last schema in which a paper was one row, whoever told of it. */
const VERSION = 12;

it('the papers of a library from before have one record each, and are recognised by it', async () => {
  const file = join(temporaryFolder(), 'library.sqlite');
  const old = new Database(file);
  old.function('paperwise_title_key', (title) => titleKey(String(title)));
  old.function('paperwise_author_names', (_authors) => '[]');
  for (const step of MIGRATIONS.slice(0, VERSION)) old.exec(step);
  old.pragma(`user_version = ${VERSION}`);
  const add = old.prepare(
    `INSERT INTO papers (key, title, title_key, abstract, authors, date, day, categories, source, doi, arxiv_id, upvotes,
       version, text_hash, trend, added_at, updated_at)
     VALUES (?, ?, ?, 'On it.', '["Ada Lovelace"]', '2024-05', '2024-05-01', '["cs.LG"]', ?, ?, ?, ?, ?, 'hash', 0, '', '2026')`,
  );
  const TITLE = 'Weaving "robots" like we do';
  const papers: [
    id: string,
    source: string,
    doi: string | null,
    arxivId: string | null,
    upvotes: number | null,
    version: number | null,
  ][] = [
    ['math.GT/0309136', 'arxiv', null, 'math.GT/0309136', null, 2],
    ['works', 'openalex', '10.48550/arxiv.2401.01234', null, 3, null],
    ['10.1000/ABC', 'journal', null, null, null, null],
    ['titled', 'mine', null, null, null, null],
  ];
  for (const [at, [id, ...facts]] of papers.entries()) {
    old.prepare('INSERT INTO paper_ids VALUES (?, ?, ?)').run(at + 1, id, at + 1);
    const title = id === 'titled' ? TITLE : `Title ${at}`;
    add.run(at + 1, title, titleKey(title), ...facts);
  }
  old.close();
  const db = openSqlite(file);
  onTestFinished(() => void db.close());
  const store = createSqlitePaperStore(db, { fingerprint: 'test-model', dimensions: DIMENSIONS });
  expect(await store.recordsOf('works')).toEqual([
    {
      source: 'openalex',
      id: 'works',
      version: null,
      at: '2026',
      withdrawn: false,
      fields: [
        'abstract',
        'arxivId',
        'authorCount',
        'authors',
        'categories',
        'date',
        'doi',
        'source',
        'title',
        'upvotes',
        'url',
      ],
    },
  ]);
  const before = (await store.papersAfter(0, 9)).map(({ paper }) => paper);
  const authors = ['Ada Lovelace'];
  const again = [
    record({ id: 'x1', arxivId: 'math/0309136', venue: 'V' }, 'file'),
    record({ id: 'x2', arxivId: '2401.01234', venue: 'V' }, 'file'),
    record({ id: 'x3', doi: '10.1000/abc', venue: 'V' }, 'file'),
    record({ id: 'x4', title: TITLE, authors, date: '2025', venue: 'V' }, 'file'),
  ];
  for (const incoming of again) {
    const [plan] = await store.planCommit([incoming]);
    expect(plan?.outcome).toBe('updated');
    const { embedded } = item(incoming);
    const text = plan?.toEmbed && item(record({ ...plan.toEmbed })).embedded;
    expect(await store.commitBatch([{ incoming, embedded: text ?? embedded }])).toEqual(['updated']);
  }
  const after = (await store.papersAfter(0, 9)).map(({ paper }) => paper);
  expect(after.map(({ id, title, source, upvotes }) => ({ id, title, source, upvotes }))).toEqual(
    before.map(({ id, title, source, upvotes }) => ({ id, title, source, upvotes })),
  );
  expect(after.map(({ venue }) => venue)).toEqual(['V', 'V', 'V', 'V']);
  expect((await store.counts()).papers).toBe(4);
  // Two entries of one paper are joined when either comes again, though it says nothing new.
  await store.commitBatch([item(record({ id: 'twin', title: 'Twin', doi: '10.1000/twin' }, 'journal'))]);
  db.exec(`UPDATE source_records SET doi = NULL WHERE id = 'twin'`);
  const copy = record(
    { id: 'copy', title: 'Twin', abstract: 'Abstract of twin.', doi: '10.1000/twin' },
    'journal',
  );
  await store.commitBatch([item(copy)]);
  expect((await store.counts()).papers).toBe(6);
  db.exec(`UPDATE source_records SET doi = '10.1000/twin' WHERE id = 'twin'`);
  expect(await store.commitBatch([item(copy)])).toEqual(['updated']);
  expect((await store.counts()).papers).toBe(5);
  // An older version of what is there is still none.
  expect(await store.commitBatch([item(record({ id: 'math.GT/0309136v1' }, 'arxiv'))])).toEqual([
    'unchanged',
  ]);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
});
