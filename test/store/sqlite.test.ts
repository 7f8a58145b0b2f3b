import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshPaper, textHash } from '../../src/paper.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { bits, DIMENSIONS, item, paperStoreContract, unit } from '../contracts/paper-store.ts';
import { paperHistoryContract } from '../contracts/paper-store-history.ts';
import { paperRankingContract } from '../contracts/paper-store-ranking.ts';
import { paperRecordsContract } from '../contracts/paper-store-records.ts';
import { peopleStoreContract } from '../contracts/people-store.ts';
import { writeLibraryBeforeTokenBits } from '../fixtures/library-before-token-bits.ts';
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
    people: createSqlitePeopleStore<{ why: string }>(db, { ...model, fingerprint }),
  };
}

paperStoreContract('SQLite', () => open().papers);
paperHistoryContract('SQLite', () => open().papers);
paperRankingContract('SQLite', () => open().papers);
paperRecordsContract('SQLite', () => open().papers);
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
    expect(await one.tokenBits([key])).toEqual(new Map([[key, bits(1)]]));
    expect(await two.tokenBits([key])).toEqual(new Map([[key, bits(2)]]));
    await two.commitBatch([item(record({ id: 'a', abstract: 'New.' }), 3)]);
    expect(await one.embedding(key)).toBeNull();
    expect(await one.tokenBits([key])).toEqual(new Map());
    expect(await two.tokenBits([key])).toEqual(new Map([[key, bits(3)]]));
  });

  it('drops token bits with their vector, also where a version that knows none of them deletes it', async () => {
    const { db, papers } = open();
    await papers.commitBatch([item(record({ id: 'a' }), 2), item(record({ id: 'b' }), 3)]);
    db.exec('DELETE FROM vectors WHERE paper_key = 1');
    expect([...(await papers.tokenBits([1, 2])).keys()]).toEqual([2]);
    expect(() => db.exec('INSERT INTO token_bits SELECT 1, model_id, bits FROM token_bits')).toThrow(
      'FOREIGN KEY',
    );
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

  it('survives a migration that two processes begin at once', () => {
    const file = newFile();
    open(file);
    expect(() => open(file)).not.toThrow();
  });

  it('takes over a library without token bits: its vectors answer, and its papers are to be embedded again', async () => {
    const file = newFile();
    const [a, b] = [record({ id: 'a' }), record({ id: 'b' })];
    writeLibraryBeforeTokenBits(file, model, [
      { incoming: a, embedding: unit(1) },
      { incoming: b, embedding: unit(2) },
    ]);
    const { papers, db } = open(file);
    expect(await papers.counts()).toMatchObject({ papers: 2, embedded: 0 });
    const due = await papers.papersWithoutEmbedding(0, 10);
    expect(due.map(({ paper }) => paper.id)).toEqual(['a', 'b']);
    expect(await papers.papersWithoutEmbedding(1, 10)).toEqual(due.slice(1));
    expect(await papers.tokenBits([1, 2])).toEqual(new Map());
    expect(await papers.embedding(1)).toEqual(unit(1));
    expect((await papers.vectorChanges(0, 10)).map(({ embedding }) => embedding)).toEqual([unit(1), unit(2)]);
    // What came in stays as it is, and other facts are written without its text being embedded.
    const facts = record({ id: 'b', upvotes: 3 });
    expect(await papers.planCommit([a, facts])).toEqual([
      { outcome: 'unchanged', toEmbed: null },
      { outcome: 'updated', toEmbed: null },
    ]);
    expect(await papers.commitBatch([{ incoming: facts, embedded: null }])).toEqual(['updated']);
    const made = { textHash: textHash(freshPaper(a)), embedding: unit(1), tokens: bits(4) };
    expect(await papers.addEmbeddings([{ key: 1, ...made }])).toBe(1);
    expect(await papers.counts()).toMatchObject({ papers: 2, embedded: 1 });
    expect(await papers.tokenBits([1, 2])).toEqual(new Map([[1, bits(4)]]));
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('makes names anew that were read in another way, and fills those that an older program left empty', async () => {
    const file = newFile();
    const { db, papers } = open(file);
    await papers.commitBatch([
      item(record({ id: 'a', title: 'Graphs of robots', authors: ['Ada Lovelace'] })),
      item(record({ id: 'b', title: 'Robots', authors: ['Ada Lovelace', 'Alan Turing'] })),
      item(record({ id: 'c', title: '???', authors: ['Alan Turing'] })),
    ]);
    const snapshot = () => [
      db.prepare('SELECT key, title_key FROM papers ORDER BY key').all(),
      db.prepare('SELECT * FROM paper_authors ORDER BY key, family').all(),
    ];
    const right = snapshot();
    const log: string[] = [];
    const reopen = () => openSqlite(file, (text) => log.push(text)).close();

    db.exec("UPDATE papers SET title_key = '' WHERE key = 1; DELETE FROM paper_authors WHERE key = 1");
    reopen();
    expect(snapshot()).toEqual(right);
    expect(log).toEqual([]);

    db.exec(`UPDATE papers SET title_key = 'as before'; UPDATE paper_authors SET given = 'a' WHERE key = 1;
      UPDATE meta SET value = 'of another program' WHERE name = 'names_fingerprint'`);
    reopen();
    expect(snapshot()).toEqual(right);
    expect(log[0]).toMatch(/those of 3 papers are made anew/);
    reopen();
    expect(log).toHaveLength(2);
  });

  it('takes over a library of the first version, whose words were in a table of their own', async () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    const old = new Database(file);
    old.exec(MIGRATIONS[0] as string);
    old.pragma('user_version = 1');
    old.exec(
      "INSERT INTO paper_ids VALUES (7, 'a', 1), (8, 'gone', 2); UPDATE meta SET value = 2 WHERE name = 'revision'",
    );
    old.exec(
      `INSERT INTO papers (key, title, abstract, authors, day, categories, source, text_hash, trend, added_at, updated_at)
       VALUES (7, 'Graphs', 'On graphs.', '["Ada Lovelace"]', '', '[]', 'test', 'hash', 0, '', '')`,
    );
    old.close();
    const { db, papers } = open(file);
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'papers_fts%'").all()).toEqual([]);
    expect(await papers.textChanges(0, 10)).toEqual([
      { revision: 1, key: 7, text: { title: 'Graphs', abstract: 'On graphs.', authors: ['Ada Lovelace'] } },
      { revision: 2, key: 8, text: null },
    ]);
    // Names are filled in for the papers that are there.
    const names = { ids: [], arxivIds: [], dois: [], title: 'graphs', authors: [] };
    const lovelace = { family: 'lovelace', given: 'ada', initials: false };
    expect(await papers.papersNamed(names, { limit: 9 })).toMatchObject([{ key: 7, by: 'title' }]);
    const byAuthor = { ...names, title: null, authors: [lovelace] };
    expect(await papers.papersNamed(byAuthor, { limit: 9 })).toMatchObject([{ key: 7, by: 'author' }]);
    // No trigger is left that would write to the table.
    expect(await papers.commitBatch([item(record({ id: 'a', abstract: 'New.' }))])).toEqual(['updated']);
    expect(await papers.removePapers(['a'])).toBe(1);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });
});
