import type { PaperFilter, PaperKey } from '../paper.ts';
import { ndcgAt, recallAt } from '../ranking-metrics.ts';
import { mean } from '../statistics.ts';
import type { PaperStore } from '../store/paper-store.ts';
import { type FeedbackEntry, isLiking, type PeopleStore } from '../store/people-store.ts';
import { createPersonReader, type PersonDeps } from './person.ts';
import type { PickDetails } from './picks.ts';
import { type MeanOverUsers, meanOverUsers } from './precision.ts';
import { recommendations } from './recommend.ts';

export const TIME_SPLIT = {
  /** Likes that a user must have in force. */
  likes: 10,
  users: 1_000,
  splits: 10,
  depth: 20,
} as const;

/** Popular papers are looked for among those that others like, and so many of the newest and of those that lead now. */
const LOOKED_AT = 500;

export interface ListQuality {
  ndcg: number;
  recall: number;
  /** 1 when the list has one of the papers or more; of several lists, the share of these. */
  hits: number;
}

export interface Split {
  at: string;
  /** Likes and saves in force then, and papers that were liked or saved afterwards and could be recommended. */
  likes: number;
  later: number;
  /** Nothing of the library was known then: papers are those dated up to that day. */
  isByDateOnly: boolean;
  recommended: ListQuality;
  popular: ListQuality;
}

export interface UserSplits {
  user: string;
  splits: Split[];
  recommended: ListQuality;
  popular: ListQuality;
}

type Means = Record<keyof ListQuality, MeanOverUsers | null>;

export interface TimeSplitReport {
  depth: number;
  /** Those with enough likes, and something to find at one split or more. */
  users: UserSplits[];
  overall: { recommended: Means; popular: Means };
  /** Splits at which only dates told what there was. */
  byDateOnly: number;
  /** Whether there are more users than one run looks at. */
  isCut: boolean;
}

interface Deps extends PersonDeps {
  people: PeopleStore<PickDetails>;
  now: () => string;
}

interface TimeSplitRequest {
  user?: string | undefined;
  splits: number;
  onProgress?: (done: number, all: number) => void;
}

/**
 * Asks at moments of people's past for recommendations by what was known then, and compares them with what each liked
 * or saved afterwards, beside the papers that were popular then. What others like who like the same is left out, as it
 * has no history; rarity of words and the geometry are those of the library as it is.
 */
export async function timeSplitReplay(
  { people, store, ...rest }: Deps,
  { user, splits, onProgress = () => {} }: TimeSplitRequest,
): Promise<TimeSplitReport> {
  const nobody = { ...people, coLiked: async () => ({ people: 0, liked: [] }) };
  const deps = {
    ...rest,
    store,
    people: nobody,
    persons: createPersonReader({ ...rest, store, people: nobody }),
  };
  const names = await people.users({ limit: TIME_SPLIT.users + 1 });
  const histories = new Map<string, FeedbackEntry[]>();
  for (const name of names.slice(0, TIME_SPLIT.users)) {
    histories.set(name, (await people.exportUser(name)).history);
  }
  if (user !== undefined && !histories.has(user))
    histories.set(user, (await people.exportUser(user)).history);
  const asked = (user === undefined ? [...histories.keys()] : [user]).filter(
    (name) => likesOf(histories.get(name) ?? []).size >= TIME_SPLIT.likes,
  );
  const users: UserSplits[] = [];
  for (const [done, name] of asked.entries()) {
    onProgress(done, asked.length);
    const measured: Split[] = [];
    for (const at of momentsOf(likesOf(histories.get(name) ?? []), splits)) {
      const split = await measure(deps, histories, name, at);
      if (split) measured.push(split);
    }
    if (measured.length > 0) {
      users.push({
        ...{ user: name, splits: measured },
        recommended: meanQuality(measured.map(({ recommended }) => recommended)),
        popular: meanQuality(measured.map(({ popular }) => popular)),
      });
    }
  }
  onProgress(asked.length, asked.length);
  return {
    ...{ depth: TIME_SPLIT.depth, users },
    overall: {
      recommended: meansOf(users.map(({ recommended }) => recommended)),
      popular: meansOf(users.map(({ popular }) => popular)),
    },
    byDateOnly: users.flatMap((one) => one.splits).filter(({ isByDateOnly }) => isByDateOnly).length,
    isCut: names.length > TIME_SPLIT.users,
  };
}

/** What is liked or saved, up to an instant, and since when. History is in the order of time. */
function likesOf(history: readonly FeedbackEntry[], upTo = '~'): Map<PaperKey, FeedbackEntry> {
  const likes = new Map<PaperKey, FeedbackEntry>();
  for (const entry of history) {
    if (entry.at > upTo) continue;
    if (!isLiking(entry.signal)) likes.delete(entry.key);
    // A like that became a save is as old as the like.
    else if (!likes.has(entry.key)) likes.set(entry.key, entry);
  }
  return likes;
}

/** Moments behind equal shares of the likes, each once. */
function momentsOf(likes: ReadonlyMap<PaperKey, FeedbackEntry>, splits: number): string[] {
  const times = [...likes.values()].map(({ at }) => at).sort();
  const moments = Array.from({ length: splits }, (_, number) => {
    const behind = Math.ceil(((number + 1) * times.length) / (splits + 1));
    return times[Math.max(0, behind - 1)] as string;
  });
  // Behind the last like there is nothing to find.
  return [...new Set(moments)].filter((at) => at < (times.at(-1) ?? ''));
}

type Histories = ReadonlyMap<string, readonly FeedbackEntry[]>;

/** Null when nothing that could be recommended was liked afterwards. */
async function measure(
  deps: PersonDeps & Parameters<typeof recommendations>[0],
  histories: Histories,
  user: string,
  at: string,
): Promise<Split | null> {
  const { store } = deps;
  const history = histories.get(user) ?? [];
  const today = at.slice(0, 10);
  const known: PaperFilter = { knownAt: at, to: today };
  const isByDateOnly = (await store.matchingKeys(known)).length === 0;
  const filter: PaperFilter = isByDateOnly ? { to: today } : known;
  const allowed = new Set(await store.matchingKeys(filter));
  const said = new Map(history.filter((entry) => entry.at <= at).map(({ key, signal }) => [key, signal]));
  const judged = new Set([...said].flatMap(([key, signal]) => (signal === null ? [] : [key])));
  const later = [...likesOf(history).values()].filter(
    (like) => like.at > at && allowed.has(like.key) && !judged.has(like.key),
  );
  if (later.length === 0) return null;
  const { list } = await recommendations(deps, { user, today, asOf: at, limit: TIME_SPLIT.depth, filter });
  const popular = await popularThen(store, histories, { user, at, filter, allowed, judged });
  const grades = new Map(later.map(({ key }) => [String(key), 1]));
  return {
    ...{ at, later: later.length, likes: likesOf(history, at).size, isByDateOnly },
    recommended: qualityOf(
      list.map(({ key }) => key),
      grades,
    ),
    popular: qualityOf(popular, grades),
  };
}

/** Papers by how many others liked them then, equals by their upvotes of then, new to the user. */
async function popularThen(
  store: PaperStore,
  histories: Histories,
  {
    user,
    at,
    filter,
    allowed,
    judged,
  }: {
    user: string;
    at: string;
    filter: PaperFilter;
    allowed: ReadonlySet<PaperKey>;
    judged: ReadonlySet<PaperKey>;
  },
): Promise<PaperKey[]> {
  const likers = new Map<PaperKey, number>();
  for (const [name, history] of histories) {
    if (name === user) continue;
    for (const key of likesOf(history, at).keys()) likers.set(key, (likers.get(key) ?? 0) + 1);
  }
  const listed = await Promise.all(
    (['newest', 'trending'] as const).map((sort) => store.list({ filter, sort, limit: LOOKED_AT })),
  );
  const keys = new Set([...likers.keys(), ...listed.flatMap(({ papers }) => papers.map(({ key }) => key))]);
  const candidates = [...keys].filter((key) => allowed.has(key) && !judged.has(key));
  const upvotes = await store.upvotesAt(candidates, at);
  const by = (counts: ReadonlyMap<PaperKey, number>, a: PaperKey, b: PaperKey) =>
    (counts.get(b) ?? 0) - (counts.get(a) ?? 0);
  return candidates.sort((a, b) => by(likers, a, b) || by(upvotes, a, b) || b - a).slice(0, TIME_SPLIT.depth);
}

function qualityOf(keys: readonly PaperKey[], grades: ReadonlyMap<string, number>): ListQuality {
  const ranking = keys.map(String);
  return {
    ndcg: ndcgAt(ranking, grades, TIME_SPLIT.depth),
    recall: recallAt(ranking, grades, TIME_SPLIT.depth),
    hits: ranking.some((key) => grades.has(key)) ? 1 : 0,
  };
}

const meanQuality = (lists: readonly ListQuality[]): ListQuality => ({
  ndcg: mean(lists.map(({ ndcg }) => ndcg)),
  recall: mean(lists.map(({ recall }) => recall)),
  hits: mean(lists.map(({ hits }) => hits)),
});

const meansOf = (users: readonly ListQuality[]): Means => ({
  ndcg: meanOverUsers(users.map(({ ndcg }) => ndcg)),
  recall: meanOverUsers(users.map(({ recall }) => recall)),
  hits: meanOverUsers(users.map(({ hits }) => hits)),
});
