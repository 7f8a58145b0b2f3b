import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Feedback,
  MAX_SEEDS,
  type PeopleStore,
  SIGNALS,
  type Signal,
} from '../../src/store/people-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { seed } from '../fixtures/people.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const model = { fingerprint: 'test-model', dimensions: DIMENSIONS };
const PAPERS = ['a', 'b', 'c', 'd', 'e'];
const USERS = ['ada', 'bob', 'eve', 'joe'];

type Step = { by: 0 | 1; user: string } & (
  | { does: 'set'; paper: string; signal: Signal }
  | { does: 'clear'; paper: string }
  | { does: 'erase' }
);

/** Two connections to one new library of a few papers, as of a server and a command. */
async function openTwice(): Promise<[PeopleStore, PeopleStore]> {
  const file = join(temporaryFolder(), 'library.sqlite');
  const [one, other] = [openSqlite(file), openSqlite(file)];
  onTestFinished(() => {
    one.close();
    other.close();
  });
  // A paper's key is its place, from 1.
  await createSqlitePaperStore(one, model).commitBatch(PAPERS.map((id) => item(record({ id }))));
  return [createSqlitePeopleStore(one, model), createSqlitePeopleStore(other, model)];
}

/** What was in force, by user and paper, after some of the steps. */
type State = Map<string, Map<string, Feedback>>;

const keyOf = (paper: string) => PAPERS.indexOf(paper) + 1;
const instant = (step: number) => new Date(Date.UTC(2026, 0, 1) + step * 1_000).toISOString();

async function take(store: PeopleStore, step: Step, at: string): Promise<unknown> {
  if (step.does === 'erase') return store.eraseUser(step.user);
  if (step.does === 'clear') return store.clearFeedback(step.user, step.paper, at);
  return store.setFeedback(step.user, step.paper, step.signal, at);
}

/** The states after each step, by a naive account of them. An erased user's past is gone from all. */
function statesOf(steps: readonly Step[]): State[] {
  const states: State[] = [];
  for (const [index, step] of steps.entries()) {
    const state: State = new Map([...(states.at(-1) ?? new Map())].map(([user, of]) => [user, new Map(of)]));
    states.push(state);
    if (step.does === 'erase') for (const each of states) each.delete(step.user);
    else if (step.does === 'clear') state.get(step.user)?.delete(step.paper);
    else {
      const of = state.get(step.user) ?? new Map<string, Feedback>();
      const { paper: paperId, signal } = step;
      state.set(step.user, of.set(paperId, { key: keyOf(paperId), paperId, signal, at: instant(index) }));
    }
  }
  return states;
}

const latestFirst = (of: ReadonlyMap<string, Feedback> | undefined) =>
  [...(of?.values() ?? [])].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : b.key - a.key));

/** `coLiked` by the definition of its score. */
function naiveCoLiked(state: State, keys: readonly number[], user: string) {
  const liked = [...state]
    .filter(([name]) => name !== user)
    .map(
      ([, of]) =>
        new Set(
          [...of.values()]
            .filter(({ signal }) => /like$|save/.test(signal) && signal !== 'dislike')
            .map(({ key }) => key),
        ),
    )
    .filter((each) => each.size > 0);
  const likers = (...all: number[]) => liked.filter((each) => all.every((key) => each.has(key))).length;
  const scored = PAPERS.map(keyOf)
    .filter((key) => !keys.includes(key))
    .map((key) => ({
      key,
      score:
        liked
          .filter((each) => each.has(key))
          .map((each) => {
            const shared = keys.filter((given) => each.has(given));
            const brought = shared.reduce((sum, given) => sum + 1 / Math.sqrt(likers(given)), 0);
            return brought / each.size ** 0.7;
          })
          .reduce((sum, brought) => sum + brought, 0) /
        likers(key) ** 0.3,
    }))
    .filter(({ score }) => score > 0);
  return { people: liked.length, liked: new Map(scored.map(({ key, score }) => [key, score])) };
}

const paper = fc.constantFrom(...PAPERS);
const step: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom<0 | 1>(0, 1),
    fc.constantFrom(...USERS),
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          does: fc.constant('set' as const),
          paper,
          signal: fc.constantFrom(...SIGNALS, 'like' as const),
        }),
      },
      { weight: 3, arbitrary: fc.record({ does: fc.constant('clear' as const), paper }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('erase' as const) }) },
    ),
  )
  .map(([by, user, what]) => ({ by, user, ...what }));

describe('feedback by two processes', () => {
  it('is at each instant, and in common, what a naive account of it says', async () => {
    const asked = fc.tuple(
      fc.uniqueArray(paper, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...USERS, 'nobody'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), asked, async (steps, [papers, user]) => {
        const stores = await openTwice();
        const keys = papers.map(keyOf);
        for (const [index, each] of steps.entries()) {
          await take(stores[each.by], each, instant(index));
          const state = statesOf(steps.slice(0, index + 1)).at(-1) ?? new Map();
          // The other one looks now and then only, and then has more to catch up with.
          for (const store of index % 5 === 4 ? stores : [stores[0]]) {
            const { people, liked } = await store.coLiked(keys, { limit: 9, excludingUser: user });
            const naive = naiveCoLiked(state, keys, user);
            expect(people).toBe(naive.people);
            expect(liked).toHaveLength(naive.liked.size);
            for (const { key, score } of liked) expect(score).toBeCloseTo(naive.liked.get(key) ?? -1, 9);
            expect(liked).toEqual(liked.toSorted((a, b) => b.score - a.score || a.key - b.key));
          }
        }
        for (const [index, state] of statesOf(steps).entries()) {
          for (const name of USERS) {
            const expected = latestFirst(state.get(name));
            const options = { limit: 9, asOf: instant(index) };
            expect(await stores[1].feedback(name, options)).toEqual({
              feedback: expected,
              total: expected.length,
            });
            if (index < steps.length - 1) continue;
            expect((await stores[1].feedback(name, { limit: 9 })).feedback).toEqual(expected);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is read anew in a library that was restored under a running process', async () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    const backup = join(temporaryFolder(), 'backup.sqlite');
    const db = openSqlite(file);
    onTestFinished(() => {
      db.close();
    });
    await createSqlitePaperStore(db, model).commitBatch(PAPERS.map((id) => item(record({ id }))));
    const people = createSqlitePeopleStore(db, model);
    const liked = async () => (await people.coLiked([1], { limit: 9, excludingUser: 'nobody' })).liked;
    await people.setFeedback('ada', 'a', 'like', instant(0));
    await db.backup(backup);
    await people.setFeedback('ada', 'b', 'like', instant(1));
    expect(await liked()).toMatchObject([{ key: 2 }]);
    const other = openSqlite(backup);
    await createSqlitePeopleStore(other, model).setFeedback('ada', 'c', 'like', instant(2));
    other.close();
    db.prepare('ATTACH ? AS restored').run(backup);
    db.exec(`DELETE FROM feedback_history; INSERT INTO feedback_history SELECT * FROM restored.feedback_history;
      DELETE FROM feedback; INSERT INTO feedback SELECT * FROM restored.feedback`);
    expect(await liked()).toMatchObject([{ key: 3 }]);
  });

  it('keeps the latest of the seeds that were taken back, and no more than a user may have', async () => {
    const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
    onTestFinished(() => {
      db.close();
    });
    const people = createSqlitePeopleStore(db, model);
    const [last] = await people.addSeeds('ada', [seed('last', 1)], instant(0));
    db.prepare(
      `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO seeds (user_key, kind, title, abstract, hash, added_at, removed_at)
       SELECT user_key, 'text', 'seed ' || i, '', i, '2026-01-01', printf('2026-01-01 %05d', i) FROM n, users`,
    ).run(MAX_SEEDS);
    await people.removeSeed('ada', last?.id ?? -1, instant(1));
    const kept = (await people.exportUser('ada')).seeds.map(({ title }) => title);
    expect(kept).toHaveLength(MAX_SEEDS);
    expect(kept.slice(0, 2)).toEqual(['last', 'seed 2']);
  });
});
