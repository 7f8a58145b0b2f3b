import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { DIMENSIONS, unit } from '../contracts/paper-store.ts';
import { seed } from '../fixtures/people.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** The last schema that kept the feedback in force only. */
const VERSION = 7;

/** Three papers, of which one has left; two people with feedback and one with picks alone. */
function writeOldLibrary(file: string): void {
  const db = new Database(file);
  db.function('paperwise_title_key', (_title) => '');
  db.function('paperwise_author_names', (_authors) => '[]');
  for (const step of MIGRATIONS.slice(0, VERSION)) db.exec(step);
  db.pragma(`user_version = ${VERSION}`);
  db.exec(`
    INSERT INTO paper_ids VALUES (1, 'a', 1), (2, 'b', 2), (3, 'gone', 3);
    INSERT INTO papers (key, title, abstract, authors, day, categories, source, upvotes, text_hash, trend, added_at, updated_at)
    VALUES (1, 'A', 'On a.', '[]', '', '[]', 'test', 5, 'hash', 0, '2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z'),
           (2, 'B', 'On b.', '[]', '', '[]', 'test', NULL, 'hash', 0, '2026-01-02T00:00:00.000Z', '2026-01-02T00:00:00.000Z');
    INSERT INTO users VALUES (1, 'ada', '2026-01-02'), (2, 'bob', '2026-01-02'), (3, 'eve', '2026-01-02');
    INSERT INTO feedback VALUES (1, 1, 'like', '2026-01-04'), (1, 3, 'save', '2026-01-02'), (2, 1, 'like', '2026-01-03'),
                                (2, 2, 'like', '2026-01-03');
    INSERT INTO pick_days VALUES (1, '2026-01-05', '2026-01-05T08:00:00.000Z', 'few'), (3, '2026-01-05', '2026-01-05T09:00:00.000Z', NULL);
    INSERT INTO picks VALUES (1, '2026-01-05', 1, 2, 0.5, '{"why":"b"}');
  `);
  db.close();
}

it('a library from before the history keeps its feedback and picks, and goes on from there', async () => {
  const file = join(temporaryFolder(), 'library.sqlite');
  writeOldLibrary(file);
  const db = openSqlite(file);
  onTestFinished(() => {
    db.close();
  });
  const model = { fingerprint: 'test-model', dimensions: DIMENSIONS };
  const people = createSqlitePeopleStore<{ why: string }>(db, model);
  const papers = createSqlitePaperStore(db, model);

  const { feedback } = await people.feedback('ada', { limit: 9 });
  expect(feedback).toEqual([
    { key: 1, paperId: 'a', signal: 'like', at: '2026-01-04' },
    { key: 3, paperId: 'gone', signal: 'save', at: '2026-01-02' },
  ]);
  expect((await people.feedback('ada', { limit: 9, asOf: '2026-01-09' })).feedback).toEqual(feedback);
  expect((await people.feedback('ada', { limit: 9, asOf: '2026-01-03' })).feedback).toEqual(
    feedback.slice(1),
  );
  const held = await people.exportUser('ada');
  expect(held.history).toEqual(feedback.toReversed());
  expect(held.days).toEqual([
    {
      user: 'ada',
      date: '2026-01-05',
      createdAt: '2026-01-05T08:00:00.000Z',
      asOf: '2026-01-05T08:00:00.000Z',
      basis: null,
      note: 'few',
      picks: [{ key: 2, paperId: 'b', score: 0.5, details: { why: 'b' } }],
    },
  ]);
  const revisions = await Promise.all(['ada', 'eve', 'nobody'].map((user) => people.feedbackRevision(user)));
  expect(revisions).toEqual([1, 0, 0]);
  expect(await people.coLiked([1], { limit: 9, excludingUser: 'ada' })).toEqual({
    people: 1,
    liked: [{ key: 2, score: expect.closeTo(2 ** -0.7, 9) }],
  });

  const asOf = (instant: string) => papers.upvotesAt([1, 2, 3], instant);
  expect(await asOf('2026-01-02T23:59:59.999Z')).toEqual(new Map());
  expect(await asOf('2026-01-03T00:00:00.000Z')).toEqual(new Map([[1, 5]]));
  expect(await papers.matchingKeys({ knownAt: '2026-01-01T12:00:00.000Z' })).toEqual([1]);

  await people.clearFeedback('ada', 'a', '2026-01-06');
  expect((await people.feedback('ada', { limit: 9, asOf: '2026-01-05' })).feedback).toEqual(feedback);
  expect(await people.feedbackRevision('ada')).toBeGreaterThan(1);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
});

it('a seed with an embedding of another model only waits for one of this model', async () => {
  const file = join(temporaryFolder(), 'library.sqlite');
  const open = (fingerprint: string) => {
    const db = openSqlite(file);
    onTestFinished(() => {
      db.close();
    });
    return createSqlitePeopleStore(db, { fingerprint, dimensions: DIMENSIONS });
  };
  const [one, two] = [open('one'), open('two')];
  const [added] = await one.addSeeds('ada', [seed('one', 1)], '2026-01-01');
  const { embedding: _, ...text } = added ?? { embedding: null, id: -1 };
  expect(await one.seedsWithoutEmbedding('ada')).toEqual([]);
  expect(await two.seeds('ada')).toEqual([]);
  expect(await two.seedsWithoutEmbedding('ada')).toEqual([text]);
  const before = await two.feedbackRevision('ada');
  expect(await two.setSeedEmbedding(text.id, unit(5))).toBe(true);
  expect(await one.feedbackRevision('ada')).toBeGreaterThan(before);
  expect(await two.seeds('ada')).toEqual([{ ...text, embedding: unit(5) }]);
  expect(await one.seeds('ada')).toEqual([added]);
  // Adding it again fills in what is missing.
  const three = open('three');
  expect(await three.addSeeds('ada', [seed('one', 7)], '2026-01-02')).toEqual([
    { ...text, embedding: unit(7) },
  ]);
});
