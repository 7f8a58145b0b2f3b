import { AppError } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import { LIKING_SIGNALS, type PickDay, type UserExport } from '../store/people-store.ts';
import { choosePicks, type PickBasis, type PickDetails, type PicksDeps } from './picks.ts';
import { MAX_LIKES } from './profile.ts';

/** Days that were chosen within so much of each other may have been chosen at once, in whatever order. */
const AT_ONCE_MS = 60_000;
/** Days chosen at once whose order is tried; of more, only the order of their times. */
const MOST_AT_ONCE = 12;

/** Why a paper is elsewhere in the replay, as far as that can be told. */
export const REPLAY_REASONS = {
  removed: 'it has left the library since',
  revised: 'its title or abstract was revised since',
  picked: 'it was picked for another day at the same time',
  likeRemoved: 'a paper that was liked has left the library since',
  likeRevised: 'a paper that was liked was revised since',
  displaced: 'papers above it changed',
  drawn: 'it was drawn by lot, and those it was drawn from changed',
  unknown:
    'papers have left the library, or what others like, how interests are set or how the program ranks changed',
} as const;
export type ReplayReason = keyof typeof REPLAY_REASONS;

export interface ReplayDifference {
  paperId: string;
  /** From 1; null where it is not on the list. */
  recordedRank: number | null;
  replayedRank: number | null;
  reason: ReplayReason;
}

export interface PicksReplay {
  user: string;
  date: string;
  same: boolean;
  /** Ids, best first. */
  recorded: string[];
  replayed: string[];
  differences: ReplayDifference[];
}

type Day = PickDay<PickDetails>;
type Ids = Pick<Day['picks'][number], 'key' | 'paperId'>[];

/**
 * Chooses a recorded day's picks again, from what was known when they were chosen: the person's feedback, seeds and
 * upvotes as of the recorded instant, papers that the library had, its statistics up to the recorded paper, and without
 * papers of days that had been chosen before. Nothing is recorded. What others like has no history, nor have settings of
 * interests that were replaced. Throws `not_found` for a day that is not on record.
 */
export async function replayPicks(
  deps: PicksDeps,
  { user, date }: { user: string; date: string },
): Promise<PicksReplay> {
  const day = await deps.people.picks(user, date);
  if (!day) {
    throw new AppError(
      'not_found',
      `There are no picks of "${user}" on record for ${date}: only a day that was asked for can be replayed.`,
    );
  }
  const held = await deps.people.exportUser(user);
  let closest: Ids = [];
  let best = -1;
  for (const attempt of attempts(day, held)) {
    const { picks } = await choosePicks(deps, {
      ...{ user, date, isPast: true, ...attempt },
      ...corpusOf(day),
      filter: { knownAt: day.createdAt },
    });
    const alike = picks.filter(({ key }, at) => day.picks[at]?.key === key).length;
    if (alike > best) [best, closest] = [alike, picks];
    if (isSame(day.picks, closest)) break;
  }
  return {
    ...{ user, date, same: isSame(day.picks, closest) },
    recorded: day.picks.map(({ paperId }) => paperId),
    replayed: closest.map(({ paperId }) => paperId),
    differences: await differencesOf(deps, day, closest, held),
  };
}

const isSame = (a: Ids, b: Ids) => a.length === b.length && a.every(({ key }, at) => b[at]?.key === key);

/** Days of versions before have no basis: they are replayed with the statistics of now. */
function corpusOf({ basis }: Day): { corpusUpTo?: number } {
  const upTo = (basis as Partial<PickBasis> | null)?.corpusUpTo;
  return upTo === undefined ? {} : { corpusUpTo: upTo };
}

/**
 * What may have been known, the likeliest first. Times are in milliseconds, and a day's is of when its choice began: of
 * days that were chosen at once it is not on record which came first, nor of feedback in the millisecond of the choice.
 */
function attempts(day: Day, held: UserExport<PickDetails>): { asOf: string; picked: PaperKey[] }[] {
  const instants = isSaidAt(day.asOf, held) ? [day.asOf, millisecondBefore(day.asOf)] : [day.asOf];
  return pickedBefore(day, held.days).flatMap((picked) => instants.map((asOf) => ({ asOf, picked })));
}

function pickedBefore(day: Day, days: readonly Day[]): PaperKey[][] {
  const others = days.filter(({ date }) => date !== day.date).sort((a, b) => order(a, b));
  const keysOf = (some: readonly Day[]) => some.flatMap(({ picks }) => picks.map(({ key }) => key));
  const apart = (other: Day) => Date.parse(other.createdAt) - Date.parse(day.createdAt);
  const before = others.filter((other) => order(other, day) < 0);
  const sure = others.filter((other) => apart(other) < -AT_ONCE_MS);
  const unsure = others.filter((other) => Math.abs(apart(other)) <= AT_ONCE_MS).slice(0, MOST_AT_ONCE);
  const prefixes = Array.from({ length: unsure.length + 1 }, (_, count) => [
    ...sure,
    ...unsure.slice(0, count),
  ]);
  return [before, ...prefixes.filter((some) => some.length !== before.length)].map(keysOf);
}

const order = (a: Day, b: Day) =>
  a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.date < b.date) ? -1 : 1;

const isSaidAt = (instant: string, { history, events, seeds, interests }: UserExport<PickDetails>) =>
  [...history, ...events, ...interests].some(({ at }) => at === instant) ||
  seeds.some(({ at, removedAt }) => at === instant || removedAt === instant);

const millisecondBefore = (instant: string) => new Date(Date.parse(instant) - 1).toISOString();

async function differencesOf(
  { store, people }: PicksDeps,
  day: Day,
  replayed: Ids,
  { days }: UserExport<PickDetails>,
): Promise<ReplayDifference[]> {
  if (isSame(day.picks, replayed)) return [];
  const { feedback } = await people.feedback(day.user, {
    ...{ limit: MAX_LIKES, asOf: day.asOf, signals: LIKING_SIGNALS },
  });
  const entries = new Map([...day.picks, ...replayed].map(({ key, paperId }) => [key, paperId]));
  const likes = feedback.map(({ key }) => key);
  const facts = await store.rankingFacts([...new Set([...entries.keys(), ...likes])]);
  const isRemoved = (key: PaperKey) => !facts.has(key);
  const isRevised = (key: PaperKey) => (facts.get(key)?.revisedAt ?? '') > day.createdAt;
  const elsewhere = new Set(
    days.filter(({ date }) => date !== day.date).flatMap(({ picks }) => picks.map(({ key }) => key)),
  );
  const lots = new Set(day.picks.flatMap(({ key, details }) => (details.isExploration ? [key] : [])));
  const rankIn = (list: Ids, key: PaperKey) => {
    const at = list.findIndex((entry) => entry.key === key);
    return at === -1 ? null : at + 1;
  };
  const ownReason = (key: PaperKey): ReplayReason | null =>
    isRemoved(key) ? 'removed' : isRevised(key) ? 'revised' : elsewhere.has(key) ? 'picked' : null;
  const all = [...entries].map(([key, paperId]) => ({
    ...{ key, paperId, reason: ownReason(key) },
    recordedRank: rankIn(day.picks, key),
    replayedRank: rankIn(replayed, key),
  }));
  const different = all.filter(({ recordedRank, replayedRank }) => recordedRank !== replayedRank);
  const ofLikes: ReplayReason | null = likes.some(isRemoved)
    ? 'likeRemoved'
    : likes.some(isRevised)
      ? 'likeRevised'
      : null;
  const isToldOfOthers = different.some(({ reason }) => reason !== null);
  return different.map(({ key, reason, ...ranks }) => ({
    ...ranks,
    reason: reason ?? ofLikes ?? (isToldOfOthers ? 'displaced' : lots.has(key) ? 'drawn' : 'unknown'),
  }));
}
