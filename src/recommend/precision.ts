import { daysBefore } from '../days.ts';
import { bootstrapInterval, mean } from '../statistics.ts';
import { isLiking, type PeopleStore, type PickDay, type UserExport } from '../store/people-store.ts';
import type { PickDetails } from './picks.ts';

export const PRECISION_LIMITS = {
  days: 366,
  /** Users of one report. */
  users: 10_000,
} as const;

/** An improbable pick counts as so many at the most, so that no single one decides the estimate. */
const MOST_WEIGHT = 50;
const USERS_READ = 500;

/** What became of some picks. Shares are null without picks. */
export interface PickCounts {
  shown: number;
  /** Liked or saved: the last word on the paper since it was picked. */
  liked: number;
  clicked: number;
  hidden: number;
  disliked: number;
  /** The share of shown picks that were liked or saved. */
  precision: number | null;
  clickShare: number | null;
  hideShare: number | null;
}

export interface RewardEstimate {
  /** The estimated share of liked or saved ones among all papers that had a chance to be shown. */
  reward: number;
  /** As many equally probable picks would tell as much (Kish). */
  effectivePicks: number;
}

export interface UserPrecision {
  user: string;
  /** Days with picks on record, those that were shown, and their share of the days looked at. */
  pickDays: number;
  shownDays: number;
  coverage: number;
  all: PickCounts;
  /** Picks drawn by lot. */
  exploration: PickCounts;
  others: PickCounts;
  estimate: RewardEstimate | null;
}

/** A mean over users who were shown picks, with its 95 % interval; null without any. */
export interface MeanOverUsers {
  mean: number;
  low: number;
  high: number;
}

export interface PrecisionReport {
  from: string;
  to: string;
  days: number;
  users: UserPrecision[];
  overall: {
    users: number;
    all: PickCounts;
    exploration: PickCounts;
    others: PickCounts;
    precision: MeanOverUsers | null;
    clickShare: MeanOverUsers | null;
    hideShare: MeanOverUsers | null;
    reward: MeanOverUsers | null;
  };
  /** Whether there are more users than a report holds. */
  isCut: boolean;
}

interface Deps {
  people: Pick<PeopleStore<PickDetails>, 'exportUser' | 'users'>;
  now: () => string;
}

/** How good the picks of the last days were, for each user who has any and overall: see `precisionOf`. */
export async function pickPrecision(
  { people, now }: Deps,
  { user, days }: { user?: string | undefined; days: number },
): Promise<PrecisionReport> {
  const to = now().slice(0, 10);
  const from = daysBefore(to, days - 1).slice(0, 10);
  const users: UserPrecision[] = [];
  let read = 0;
  let isCut = false;
  for await (const name of user === undefined ? everyone(people) : [user]) {
    isCut = read++ >= PRECISION_LIMITS.users;
    if (isCut) break;
    const one = precisionOf(name, await people.exportUser(name), { from, to, days });
    if (one.pickDays > 0 || user !== undefined) users.push(one);
  }
  return { from, to, days, users, overall: overall(users), isCut };
}

async function* everyone(people: Deps['people']): AsyncGenerator<string> {
  let after = '';
  for (;;) {
    const names = await people.users({ after, limit: USERS_READ });
    yield* names;
    const last = names.at(-1);
    if (names.length < USERS_READ || last === undefined) return;
    after = last;
  }
}

/**
 * What became of one user's picks of some days. A pick counts as shown when the log says so, and where it knows of no
 * pick of that day, when the day was asked for. What was said or clicked counts from the moment of the choice on.
 */
export function precisionOf(
  user: string,
  held: Pick<UserExport<PickDetails>, 'days' | 'history' | 'events'>,
  { from, to, days }: { from: string; to: string; days: number },
): UserPrecision {
  const looked = held.days.filter(({ date, picks }) => date >= from && date <= to && picks.length > 0);
  const byDay = looked.map((day) => outcomesOf(day, held));
  const outcomes = byDay.flat();
  const shownDays = byDay.filter((shown) => shown.length > 0).length;
  return {
    ...{ user, pickDays: looked.length, shownDays, coverage: shownDays / days },
    all: countsOf(outcomes),
    exploration: countsOf(outcomes.filter(({ isExploration }) => isExploration)),
    others: countsOf(outcomes.filter(({ isExploration }) => !isExploration)),
    estimate: meanReward(
      outcomes.map(({ isLiked, probability }) => ({ reward: isLiked ? 1 : 0, probability })),
    ),
  };
}

interface Outcome {
  isExploration: boolean;
  /** With which it was shown. */
  probability: number;
  isLiked: boolean;
  isClicked: boolean;
  isHidden: boolean;
  isDisliked: boolean;
}

function outcomesOf(
  { picks, createdAt }: PickDay<PickDetails>,
  { history, events }: Pick<UserExport<PickDetails>, 'history' | 'events'>,
): Outcome[] {
  const keys = new Set(picks.map(({ key }) => key));
  const of = <T extends { key: number; at: string }>(entries: readonly T[]) =>
    entries.filter(({ key, at }) => keys.has(key) && at >= createdAt);
  const seen = new Map(
    of(events)
      .filter(({ kind }) => kind === 'shown')
      .map((event) => [event.key, event]),
  );
  const clicked = new Set(
    of(events)
      .filter(({ kind }) => kind === 'clicked')
      .map(({ key }) => key),
  );
  const said = new Map(of(history).map(({ key, signal }) => [key, signal]));
  return picks
    .filter(({ key }) => seen.size === 0 || seen.has(key))
    .map(({ key, details }) => {
      const signal = said.get(key) ?? null;
      return {
        isExploration: details.isExploration ?? false,
        probability: seen.get(key)?.probability ?? details.probability ?? 1,
        isLiked: isLiking(signal),
        isClicked: clicked.has(key),
        isHidden: signal === 'hide',
        isDisliked: signal === 'dislike',
      };
    });
}

function countsOf(outcomes: readonly Outcome[]): PickCounts {
  const count = (is: (outcome: Outcome) => boolean) => outcomes.filter(is).length;
  return withShares({
    shown: outcomes.length,
    liked: count(({ isLiked }) => isLiked),
    clicked: count(({ isClicked }) => isClicked),
    hidden: count(({ isHidden }) => isHidden),
    disliked: count(({ isDisliked }) => isDisliked),
  });
}

function withShares(counts: Omit<PickCounts, 'precision' | 'clickShare' | 'hideShare'>): PickCounts {
  const { shown, liked, clicked, hidden } = counts;
  const share = (part: number) => (shown === 0 ? null : part / shown);
  return { ...counts, precision: share(liked), clickShare: share(clicked), hideShare: share(hidden) };
}

/**
 * The mean reward of all papers that had a chance to be shown, by inverse propensity: a pick that was shown with
 * probability p stands for 1 / p papers, clipped (Ionides, "Truncated Importance Sampling", JCGS 2008), and the sum is
 * divided by that of the weights, not by the number of picks (Swaminathan and Joachims, "The Self-Normalized Estimator
 * for Counterfactual Learning", NIPS 2015). Null without picks.
 */
export function meanReward(picks: readonly { reward: number; probability: number }[]): RewardEstimate | null {
  const weights = picks.map(({ probability }) => Math.min(MOST_WEIGHT, 1 / probability));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum === 0) return null;
  const rewards = picks.reduce((all, { reward }, at) => all + reward * (weights[at] as number), 0);
  const squares = weights.reduce((all, weight) => all + weight * weight, 0);
  return { reward: rewards / sum, effectivePicks: (sum * sum) / squares };
}

function overall(users: readonly UserPrecision[]): PrecisionReport['overall'] {
  const shown = users.filter(({ all }) => all.shown > 0);
  const sum = (part: 'all' | 'exploration' | 'others') => {
    const add = (of: (counts: PickCounts) => number) =>
      shown.reduce((total, user) => total + of(user[part]), 0);
    return withShares({
      shown: add((counts) => counts.shown),
      liked: add((counts) => counts.liked),
      clicked: add((counts) => counts.clicked),
      hidden: add((counts) => counts.hidden),
      disliked: add((counts) => counts.disliked),
    });
  };
  return {
    users: shown.length,
    ...{ all: sum('all'), exploration: sum('exploration'), others: sum('others') },
    precision: meanOverUsers(shown.map(({ all }) => all.precision ?? 0)),
    clickShare: meanOverUsers(shown.map(({ all }) => all.clickShare ?? 0)),
    hideShare: meanOverUsers(shown.map(({ all }) => all.hideShare ?? 0)),
    reward: meanOverUsers(shown.map(({ estimate }) => estimate?.reward ?? 0)),
  };
}

/** Users are drawn with replacement for the interval. */
export function meanOverUsers(values: readonly number[]): MeanOverUsers | null {
  return values.length === 0 ? null : { mean: mean(values), ...bootstrapInterval(values) };
}
