import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { event, settings } from '../fixtures/people.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`;

/** Two papers, a third of which nothing is said, and what shows the two to be one. */
async function open() {
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  onTestFinished(() => void db.close());
  const model = { fingerprint: 'test-model', dimensions: DIMENSIONS };
  const papers = createSqlitePaperStore(db, model);
  const people = createSqlitePeopleStore<{ why: string }>(db, model);
  const preprint = record({ id: '2401.01234' }, 'arxiv');
  const journal = record({ id: 'J1', doi: '10.1000/a' }, 'journal');
  await papers.commitBatch([preprint, journal, record({ id: 'other' })].map((one) => item(one)));
  // Shown is what the journal says, and so embedded.
  const { embedded } = item(journal);
  const link = record({ id: 'W1', arxivId: '2401.01234', doi: '10.1000/a' }, 'openalex');
  const joinThem = async () =>
    expect(await papers.commitBatch([{ incoming: link, embedded }])).toEqual(['updated']);
  return { db, papers, people, joinThem, journal };
}

it('of two signals the later one is in force, in the history too, and others move', async () => {
  const { people, joinThem } = await open();
  await people.setFeedback('ada', '2401.01234', 'like', day(1));
  await people.setFeedback('ada', 'J1', 'dislike', day(2));
  await people.setFeedback('bob', 'J1', 'save', day(3));
  await people.setFeedback('eve', '2401.01234', 'hide', day(4));
  await people.setFeedback('joe', '2401.01234', 'like', day(1));
  await people.setFeedback('joe', 'J1', 'save', day(2));
  await people.clearFeedback('joe', 'J1', day(3));
  await people.setFeedback('zoe', 'other', 'like', day(1));
  const users = ['ada', 'bob', 'eve', 'joe', 'zoe'];
  const revisions = () => Promise.all(users.map((user) => people.feedbackRevision(user)));
  const before = await revisions();
  // Who likes what is held in memory, and must follow.
  await people.coLiked([1], { limit: 9, excludingUser: 'nobody' });
  await joinThem();
  const feedback = async (user: string, asOf?: string) =>
    (await people.feedback(user, { limit: 9, ...(asOf && { asOf }) })).feedback.map(
      ({ paperId, signal }) => `${signal} ${paperId}`,
    );
  expect(await Promise.all(users.map((user) => feedback(user)))).toEqual([
    ['dislike 2401.01234'],
    ['save 2401.01234'],
    ['hide 2401.01234'],
    ['like 2401.01234'],
    ['like other'],
  ]);
  for (const user of users) expect(await feedback(user, '2999-01-01')).toEqual(await feedback(user));
  expect(await feedback('ada', day(1))).toEqual(['like 2401.01234']);
  expect((await revisions()).map((revision, at) => revision > (before[at] ?? 0))).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
  expect((await people.coLiked([1], { limit: 9, excludingUser: 'nobody' })).people).toBe(3);
  // The other id still names the paper.
  expect(await people.setFeedback('bob', 'J1', 'like', day(5))).toMatchObject({
    key: 1,
    paperId: '2401.01234',
  });
  expect(await people.clearFeedback('bob', 'J1')).toBe(true);
  expect(await people.addFeedback('zoe', ['W1', 'J1'], 'like', day(6))).toEqual(['added', 'unchanged']);
});

it('a paper stays picked once, by its earlier date; events and interests name the paper that stays', async () => {
  const { db, people, joinThem } = await open();
  const pick = (key: number) => ({ key, paperId: '', score: 1, details: { why: String(key) } });
  const record = (user: string, date: string, ...keys: number[]) =>
    people.recordPicks({
      user,
      date,
      createdAt: day(1),
      asOf: day(1),
      basis: null,
      note: null,
      picks: keys.map(pick),
    });
  await record('ada', '2026-01-01', 3, 2);
  await record('ada', '2026-01-02', 1);
  await record('bob', '2026-01-01', 2);
  await people.addEvents('ada', [event('J1'), event('2401.01234')]);
  await people.setInterestSettings('ada', settings('i', { papers: [1, 2, 3] }));
  await joinThem();
  const picked = async (user: string, date: string) =>
    (await people.picks(user, date))?.picks.map(({ key, details }) => `${key} of ${details.why}`);
  expect(await picked('ada', '2026-01-01')).toEqual(['3 of 3', '1 of 2']);
  expect(await picked('ada', '2026-01-02')).toEqual([]);
  expect(await picked('bob', '2026-01-01')).toEqual(['1 of 2']);
  expect((await people.events('ada', { limit: 9 })).events.map(({ key }) => key)).toEqual([1, 1]);
  expect((await people.interestSettings('ada'))[0]?.papers).toEqual([1, 3]);
  expect(db.pragma('foreign_key_check')).toEqual([]);
});

it('what people said of a removed paper counts again when its id comes as that of another one', async () => {
  const { papers, people, journal } = await open();
  await people.setFeedback('ada', 'J1', 'like', day(1));
  await papers.removePapers(['J1']);
  await papers.commitBatch([item(record({ id: '2401.01234', doi: '10.1000/a' }, 'arxiv'))]);
  await papers.commitBatch([item(journal)]);
  expect((await papers.counts()).papers).toBe(2);
  expect((await papers.paperById('J1'))?.paper.id).toBe('2401.01234');
  expect((await people.feedback('ada', { limit: 9 })).feedback).toMatchObject([{ key: 1, signal: 'like' }]);
});

it('a split leaves what people said with the first paper', async () => {
  const { papers, people, joinThem } = await open();
  await people.setFeedback('ada', 'J1', 'like', day(1));
  await joinThem();
  await papers.splitRecord({ source: 'journal', id: 'J1' });
  expect((await people.feedback('ada', { limit: 9 })).feedback).toMatchObject([
    { paperId: '2401.01234', signal: 'like' },
  ]);
  expect(await people.clearFeedback('ada', 'J1')).toBe(false);
});
