import { AppError } from '../errors.ts';
import type { Paper } from '../paper.ts';
import type { PeopleStore, PickDay } from '../store/people-store.ts';
import type { RecommendationParts } from './rank.ts';
import { type Because, type RecommendDeps, recommendations } from './recommend.ts';

/** Picks a day. */
export const PICKS_PER_DAY = 10;

/** How far ahead of today picks can be asked for; the past is not bounded. */
const MAX_DAYS_AHEAD = 31;

/** Another date's picks took one of the chosen papers: chosen again, so many times at most. */
const MAX_ATTEMPTS = 50;

/** What the ledger keeps of a pick, beside paper and score. */
export interface PickDetails {
  parts: Partial<RecommendationParts>;
  because: Because;
}

export interface Pick extends PickDetails {
  paper: Paper;
  score: number;
}

export interface PicksAnswer {
  user: string;
  date: string;
  picks: Pick[];
  /** Why the list is short, empty, or not personal; null when there is nothing to say. */
  note: string | null;
  createdAt: string;
}

interface Deps extends RecommendDeps {
  people: PeopleStore<PickDetails>;
}

/**
 * The picks of a user for a date (today by default, in UTC). The first time, they are chosen from papers dated up to
 * that date, without any paper that was picked for this user on another date, and recorded; from then on the record
 * is the answer. Throws `invalid_input` for a date more than a month ahead, and `conflict` when other dates' picks keep
 * taking the papers.
 */
export async function dailyPicks(
  deps: Deps,
  { user, date }: { user: string; date?: string },
): Promise<PicksAnswer> {
  const now = deps.now();
  const day = date ?? now.slice(0, 10);
  if (Date.parse(day) > Date.parse(now.slice(0, 10)) + MAX_DAYS_AHEAD * 86_400_000) {
    throw new AppError('invalid_input', `Expected a date at most ${MAX_DAYS_AHEAD} days ahead, got ${day}.`, {
      errors: [{ path: 'date', message: `expected a date at most ${MAX_DAYS_AHEAD} days ahead` }],
    });
  }
  const recorded = await deps.people.picks(user, day);
  if (recorded) return shown(deps, recorded);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const chosen = await choose(deps, user, day, now);
    // An empty day is not put on record: papers may still come, and nothing was shown that could be repeated.
    if (chosen.picks.length === 0) return shown(deps, chosen);
    const onRecord = await deps.people.recordPicks(chosen);
    if (onRecord) return shown(deps, onRecord);
  }
  throw new AppError(
    'conflict',
    `Picks of "${user}" for other dates are being chosen at the same time. Try again.`,
  );
}

async function choose(deps: Deps, user: string, date: string, now: string): Promise<PickDay<PickDetails>> {
  const picked = await deps.people.pickedKeys(user);
  const newest = await deps.store.newestDay();
  const { list, basis } = await recommendations(deps, {
    user,
    today: date,
    limit: PICKS_PER_DAY,
    filter: {
      excludedKeys: [...picked.keys()],
      // Only when it excludes anything: a filter costs a look-up of its papers.
      ...(newest !== null && newest > date && { to: date }),
    },
  });
  return {
    user,
    date,
    createdAt: now,
    asOf: now,
    basis: null,
    note: noteOn(list, basis.likes),
    picks: list.map(({ key, paper, score, parts, because }) => ({
      key,
      paperId: paper.id,
      score,
      details: { parts, because },
    })),
  };
}

const isPersonal = (because: Because) => because.kind === 'liked' || because.kind === 'saved';

function noteOn(list: readonly { because: Because }[], likes: number): string | null {
  const picks = list.length;
  const personal = list.filter(({ because }) => isPersonal(because)).length;
  if (likes === 0) {
    if (picks === 0)
      return 'Nothing today: there is no paper up to this date that is new to you and unlike what you dislike.';
    const few =
      picks < PICKS_PER_DAY
        ? ` There are only ${picks} that are new to you and unlike what you dislike.`
        : '';
    return `You have not liked any paper yet: these are recent and popular ones. Like a few for picks of your own.${few}`;
  }
  if (picks === 0) return 'Nothing today: no paper that you have not seen is near enough to what you like.';
  if (personal < picks) return 'You have liked few papers yet: recent and popular ones fill the list.';
  if (picks < PICKS_PER_DAY) {
    return `Only ${picks} today: no other paper that you have not seen is near enough to what you like.`;
  }
  return null;
}

async function shown(deps: Deps, day: PickDay<PickDetails>): Promise<PicksAnswer> {
  const papers = new Map(
    (await deps.store.papersByKeys(day.picks.map(({ key }) => key))).map(({ key, paper }) => [key, paper]),
  );
  const picks = day.picks.flatMap(({ key, score, details }) => {
    const paper = papers.get(key);
    return paper ? [{ paper, score, ...details }] : [];
  });
  const gone = day.picks.length - picks.length;
  const note = gone > 0 ? `${gone} of this day's picks have since left the library.` : null;
  return {
    user: day.user,
    date: day.date,
    createdAt: day.createdAt,
    picks,
    note: [day.note, note].filter((text) => text !== null).join(' ') || null,
  };
}
