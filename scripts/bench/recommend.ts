import { createPersonReader, type Person } from '../../src/recommend/person.ts';
import { createRecommender } from '../../src/recommend/recommender.ts';
import { createRandom, shuffled } from '../evaluate/statistics.ts';
import { type LargeLibrary, openLargeLibrary } from './large-library.ts';
import { measureParts } from './recommend-parts.ts';
import { printMachine, quantile } from './report.ts';

const USER = 'bench';
/** Topics that the likes are of: each the papers nearest to one that is drawn. */
const TOPICS = 10;
const NEAREST_OF_TOPIC = 400;
const DISLIKES = 20;
/** Other people, so that what they like is looked at too. */
const OTHERS = { people: 200, likes: 50 } as const;
const SEED = 20_260_101;
const DAY = 86_400_000;

interface Options {
  papers: number;
  likes: number;
  rounds: number;
  fresh: boolean;
}

/**
 * Prints how long a person with many likes waits, over a large library. All kinds of requests take turns, so that a
 * busy moment of the machine falls on all of them.
 */
export async function measureRecommend({ papers, likes, rounds, fresh }: Options): Promise<void> {
  printMachine();
  const library = await openLargeLibrary({ papers, fresh });
  try {
    const spare = await giveFeedback(library, likes);
    // The day after the newest paper: no date has to be filtered, as on a day of its own.
    let day = Date.parse((await library.store.newestDay()) ?? '2026-01-01') + DAY;
    const now = () => new Date(day + DAY / 2).toISOString();
    const recommender = createRecommender({ ...library, now });
    const persons = createPersonReader({ ...library, now });
    const times = new Map<string, number[]>();
    const timed = async (name: string, work: () => Promise<unknown>) => {
      const begin = performance.now();
      await work();
      times.set(name, [...(times.get(name) ?? []), performance.now() - begin]);
    };
    const request = { user: USER, limit: 10 };
    const sayMore = async (round: number) => {
      await library.people.setFeedback(USER, spare[round % spare.length] ?? '', 'like', now());
    };
    const interests = () => recommender.interests(USER);
    const begin = performance.now();
    const first = await recommender.recommend(request);
    await interests();
    const { users, feedback } = await library.people.counts();
    console.log(
      `Library: ${library.description}. Person: ${first.basis.likes} likes, ${first.basis.interests} interests, ` +
        `${DISLIKES} dislikes; ${users} people with ${feedback} signals in all.`,
    );
    console.log(
      `The first request, with the statistics of the library: ${(performance.now() - begin).toFixed(0)} ms.`,
    );
    for (let round = 0; round < rounds; round++) {
      await sayMore(2 * round);
      await timed('recommendations, cold: first after a change of feedback', () =>
        recommender.recommend(request),
      );
      await timed('recommendations, warm: repeated', () => recommender.recommend(request));
      await timed('recommendations, another filter', () =>
        recommender.recommend({
          ...request,
          filter: { from: new Date(day - (60 + round) * DAY).toISOString().slice(0, 10) },
        }),
      );
      await sayMore(2 * round + 1);
      await timed('interests listed, cold: first after a change of feedback', interests);
      await timed('interests listed, warm', interests);
      day += DAY;
      await timed('picks of a new day, first request of the day', () => recommender.picks({ user: USER }));
      await timed('picks of that day, repeated', () => recommender.picks({ user: USER }));
      day += DAY;
      await recommender.recommend(request);
      await timed('picks of a new day, behind recommendations', () => recommender.picks({ user: USER }));
    }
    for (const [name, values] of times) report(name, values);
    const person: Person = await persons.read({ user: USER });
    console.log('\nParts of a cold request:');
    for (const [name, values] of await measureParts({ ...library, persons, now }, person, now(), rounds))
      report(name, values);
  } finally {
    await library.people.eraseUser(USER);
    await library.close();
  }
}

function report(name: string, values: readonly number[]): void {
  const at = (share: number) => quantile(values, share).toFixed(1);
  const runs = values.map((value) => value.toFixed(value < 10 ? 1 : 0)).join(' ');
  console.log(`${name}: median ${at(0.5)} ms, p95 ${at(0.95)} ms (${runs})`);
}

/** Likes and dislikes of a person of several topics, and likes of others; ids that can be liked besides. */
async function giveFeedback({ store, people, index }: LargeLibrary, likes: number): Promise<string[]> {
  for (const user of await people.users({ limit: 10_000 })) await people.eraseUser(user);
  const random = createRandom(SEED);
  const keys = shuffled(await store.matchingKeys({}), random);
  const end = Date.parse((await store.newestDay()) ?? '2026-01-01');
  const topicIds = async (seed: number) => {
    const embedding = await store.embedding(seed);
    if (!embedding) return [];
    const { neighbours } = await index.nearest(embedding, { limit: NEAREST_OF_TOPIC });
    const near = await store.papersByKeys(neighbours.map(({ key }) => key));
    return shuffled(
      near.map(({ paper }) => paper.id),
      random,
    );
  };
  const say = async (user: string, ids: readonly string[], signal: 'like' | 'dislike') => {
    for (const [at, id] of ids.entries()) {
      const when = end - Math.floor((200 * DAY * (at + 1)) / ids.length);
      await people.setFeedback(user, id, signal, new Date(when).toISOString());
    }
  };
  const topics = await Promise.all(keys.slice(0, TOPICS).map(topicIds));
  const each = Math.ceil(likes / TOPICS);
  await say(
    USER,
    shuffled(
      topics.flatMap((ids) => ids.slice(0, each)),
      random,
    ).slice(0, likes),
    'like',
  );
  await say(
    USER,
    topics.flatMap((ids) => ids.slice(-DISLIKES / TOPICS)),
    'dislike',
  );
  for (let other = 0; other < OTHERS.people; other++) {
    const topic = other % 2 === 0 ? topics[other % TOPICS] : await topicIds(keys[TOPICS + other] ?? 0);
    await say(`other-${other}`, shuffled(topic ?? [], random).slice(0, OTHERS.likes), 'like');
  }
  return topics.flatMap((ids) => ids.slice(each + 1, each + 20));
}
