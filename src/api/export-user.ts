import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PickDetails } from '../recommend/picks.ts';
import type { HeldPage, HeldPosition, PeopleStore, UserExport } from '../store/people-store.ts';

/** Entries that are read and written at once: some milliseconds of work. */
const A_TURN = 250;

type People = Pick<PeopleStore<PickDetails>, 'held'>;
type Lists = UserExport<PickDetails>;

/**
 * All that is held on a user as JSON, piece by piece, so that neither its size nor a slow client holds up others. Papers
 * are told by their ids: keys mean nothing elsewhere.
 */
export async function* exportUser(people: People, user: string): AsyncGenerator<string> {
  yield `{"user":${JSON.stringify(user)},"exportedAt":${JSON.stringify(new Date().toISOString())}`;
  yield* list(people, user, 'feedback', ({ paperId, signal, at }) => ({ paperId, signal, at }));
  yield* list(people, user, 'days', ({ date, createdAt, asOf, basis, note, picks }) => ({
    ...{ date, createdAt, asOf, basis, note },
    picks: picks.map(({ paperId, score, details }) => ({ paperId, score, because: details.because })),
  }));
  // Interests name liked papers, whose likes are in the history.
  const { entries: interests } = await people.held(user, 'interests', { limit: A_TURN });
  const ids = new Map<number, string | null>(
    interests.flatMap(({ papers }) => papers.map((key) => [key, null])),
  );
  yield* list(people, user, 'history', ({ key, paperId, signal, at }) => {
    if (ids.has(key)) ids.set(key, paperId);
    return { paperId, signal, at };
  });
  yield* list(people, user, 'seeds', (seed) => seed);
  const shown = interests.map(({ papers, ...settings }) => ({
    ...settings,
    papers: papers.map((key) => ids.get(key) ?? null).filter((id) => id !== null),
  }));
  yield `,${JSON.stringify(NAMES.interests)}:${JSON.stringify(shown)}`;
  yield* list(people, user, 'events', ({ key: _, ...event }) => event);
  yield '}';
}

/** What the answer calls the lists. */
const NAMES = {
  ...{ feedback: 'feedback', days: 'picks', history: 'history' },
  ...{ seeds: 'seeds', interests: 'interests', events: 'events' },
} as const satisfies Record<keyof Lists, string>;

async function* list<List extends keyof Lists>(
  people: People,
  user: string,
  name: List,
  shown: (entry: Lists[List][number]) => unknown,
): AsyncGenerator<string> {
  yield `,${JSON.stringify(NAMES[name])}:[`;
  let after: HeldPosition | null = null;
  let isFirst = true;
  do {
    const { entries, next }: HeldPage<Lists[List][number]> = await people.held(user, name, {
      limit: A_TURN,
      after,
    });
    const text = entries.map((entry) => JSON.stringify(shown(entry))).join(',');
    if (text !== '') {
      yield isFirst ? text : `,${text}`;
      isFirst = false;
    }
    after = next;
    await nextTurn();
  } while (after);
  yield ']';
}
