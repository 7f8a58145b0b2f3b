import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { DIMENSIONS, item, paperStoreContract, unit } from '../contracts/paper-store.ts';
import { peopleStoreContract } from '../contracts/people-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const model = { fingerprint: 'test-model', dimensions: DIMENSIONS };
const newFile = () => join(temporaryFolder(), 'nested', 'library.sqlite');

function open(file = newFile(), fingerprint = model.fingerprint) {
  const db = openSqlite(file);
  onTestFinished(() => {
    db.close();
  });
  return {
    db,
    papers: createSqlitePaperStore(db, { ...model, fingerprint }),
    people: createSqlitePeopleStore<{ why: string }>(db),
  };
}

paperStoreContract('SQLite', () => open().papers);
peopleStoreContract('SQLite', () => open());

describe('the SQLite library', () => {
  it('is the same after closing and opening, and in a second process', async () => {
    const file = newFile();
    const first = open(file);
    await first.papers.commitBatch([item(record({ id: 'a' }))]);
    const second = open(file);
    expect(await second.papers.libraryId()).toBe(await first.papers.libraryId());
    await second.papers.commitBatch([item(record({ id: 'b' }))]);
    expect((await first.papers.counts()).papers).toBe(2);
    expect(await first.papers.latestRevision()).toBe(2);
  });

  it('keeps embeddings of two models apart, and drops both when the text changes', async () => {
    const file = newFile();
    const one = open(file, 'one').papers;
    const two = open(file, 'two').papers;
    await one.commitBatch([item(record({ id: 'a' }), 1)]);
    expect((await two.counts()).embedded).toBe(0);
    await two.commitBatch([item(record({ id: 'a' }), 2)]);
    const key = (await one.paperById('a'))?.key ?? -1;
    expect(await one.embedding(key)).toEqual(unit(1));
    expect(await two.embedding(key)).toEqual(unit(2));
    await two.commitBatch([item(record({ id: 'a', abstract: 'New.' }), 3)]);
    expect(await one.embedding(key)).toBeNull();
  });

  it('writes all of a batch or nothing of it', async () => {
    const { db, papers } = open();
    db.exec(
      "CREATE TRIGGER fail BEFORE INSERT ON papers WHEN new.title = 'bad' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    const batch = [item(record({ id: 'good' })), item(record({ id: 'x', title: 'bad' }))];
    await expect(papers.commitBatch(batch)).rejects.toThrow('disk full');
    expect((await papers.counts()).papers).toBe(0);
    expect(await papers.latestRevision()).toBe(0);
  });

  it('refuses a file that is no database, naming it', () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    writeFileSync(
      file,
      'This is a text file, and long enough to be looked at as a database header would be. '.repeat(20),
    );
    expect(() => openSqlite(file)).toThrow(
      expect.objectContaining({ code: 'store_failed', message: expect.stringContaining(file) }),
    );
  });

  it('refuses a library of a newer version', () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    const db = new Database(file);
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    expect(() => openSqlite(file)).toThrow(/newer version/);
  });

  it('finds the papers of a library from before names were kept by title and author', async () => {
    const file = newFile();
    const { db, papers } = open(file);
    await papers.commitBatch([item(record({ id: 'a', title: 'Old News', authors: ['Ada Lovelace'] }))]);
    // As the first schema left it.
    db.exec(`DROP TABLE paper_authors; DROP INDEX papers_title_key; DROP INDEX papers_doi;
      DROP INDEX papers_arxiv_id; ALTER TABLE papers DROP COLUMN title_key`);
    db.pragma('user_version = 1');
    const names = { ids: [], arxivIds: [], dois: [], title: 'oldnews', authors: [] };
    const author = {
      ...names,
      title: null,
      authors: [{ family: 'lovelace', given: 'ada', initials: false }],
    };
    const migrated = open(file).papers;
    expect(await migrated.papersNamed(names, { limit: 9 })).toMatchObject([{ by: 'title' }]);
    expect(await migrated.papersNamed(author, { limit: 9 })).toMatchObject([{ by: 'author' }]);
  });

  it('survives a migration that two processes begin at once', () => {
    const file = newFile();
    open(file);
    expect(() => open(file)).not.toThrow();
  });

  it('keeps the lexical index in step with the papers', async () => {
    const { db, papers } = open();
    await papers.commitBatch(['a', 'b', 'c'].map((id) => item(record({ id }))));
    await papers.commitBatch([item(record({ id: 'a', abstract: 'New.' }))]);
    await papers.removePapers(['b']);
    expect(() =>
      db.exec("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)"),
    ).not.toThrow();
  });
});
