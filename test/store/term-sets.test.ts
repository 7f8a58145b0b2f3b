import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

async function library() {
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  onTestFinished(() => {
    db.close();
  });
  const papers = createSqlitePaperStore(db, { fingerprint: 'test', dimensions: DIMENSIONS });
  const abstracts = ['Robots grasp mugs.', 'Galaxies rotate.', '', 'Enzymes bind proteins; auctions clear.'];
  await papers.commitBatch(
    abstracts.map((abstract, at) => item(record({ id: `p${at}`, abstract: abstract || '-' }))),
  );
  const keys = (await papers.papersAfter(0, 9)).map(({ key }) => key);
  return { db, papers, keys };
}

it('gives the terms that were stored also where a set is missing, or of another version of the program', async () => {
  const { db, papers, keys } = await library();
  const stored = await papers.rankingFacts(keys);
  db.prepare('DELETE FROM term_sets WHERE paper_key = ?').run(keys[0]);
  db.prepare('UPDATE term_sets SET version = version + 1, terms = ? WHERE paper_key = ?').run(
    Buffer.from([1, 0, 0, 0]),
    keys[1],
  );
  expect(await papers.rankingFacts(keys)).toEqual(stored);
});

it('fills missing and outdated sets bit by bit, until none is left', async () => {
  const { db, papers, keys } = await library();
  const rows = () => db.prepare('SELECT * FROM term_sets ORDER BY paper_key').all();
  const before = rows();
  db.exec(
    `DELETE FROM term_sets WHERE paper_key = ${keys[0]}; UPDATE term_sets SET version = 7, terms = x'00000000'`,
  );
  const [first, second, third, fourth] = keys as [number, number, number, number];
  expect(await papers.fillTermSets(0, 3)).toEqual({ last: third, made: 3 });
  expect(await papers.fillTermSets(first, 2)).toEqual({ last: third, made: 0 });
  expect(await papers.fillTermSets(second, 9)).toEqual({ last: fourth, made: 1 });
  expect(await papers.fillTermSets(fourth, 9)).toEqual({ last: null, made: 0 });
  expect(rows()).toEqual(before);
});

it('drops the set with the paper', async () => {
  const { db, papers } = await library();
  await papers.removePapers(['p1']);
  expect(db.prepare('SELECT count(*) FROM term_sets').pluck().get()).toBe(3);
});
