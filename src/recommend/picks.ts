import { daysBetween } from '../days.ts';
import { AppError } from '../errors.ts';
import { firstDayOf, type Paper, type PaperFilter } from '../paper.ts';
import { papersOf } from '../papers-of.ts';
import type { PeopleStore, PickDay } from '../store/people-store.ts';
import { drawn, EXPLORATION } from './exploration.ts';
import { outcomesOf, revisedSince } from './pick-history.ts';
import { noteOn } from './pick-notes.ts';
import { type QualityBar, qualityBar } from './quality-bar.ts';
import { qualityOf, type RecommendationParts } from './rank.ts';
import type { Because } from './reasons.ts';
import {
  type RankedRecommendation,
  type RecommendationList,
  type RecommendDeps,
  reasoned,
  recommendations,
} from './recommend.ts';

/** Picks a day. */
export const PICKS_PER_DAY = 10;

/** How far ahead of today picks can be asked for; the past is not bounded. */
const MAX_DAYS_AHEAD = 31;

/** Another date's picks took one of the chosen papers: chosen again, so many times at most. */
const MAX_ATTEMPTS = 50;

/** What the ledger keeps of a pick, beside paper and score. What versions before recorded has the first two only. */
export interface PickDetails {
  parts: Partial<RecommendationParts>;
  because: Because;
  /** With which the paper was shown: 1 but for one drawn by lot. */
  probability?: number;
  /** Whether it was drawn by lot. */
  isExploration?: boolean;
  /** What the quality bar compares; null for a paper that is not personal. */
  quality?: number | null;
}

/** What the ledger keeps of how a day was chosen: with `asOf`, enough to choose again. */
export interface PickBasis {
  bar: QualityBar | null;
  /** The newest paper that the statistics rest on. */
  corpusUpTo: number;
  /** Papers that were liked and revised since, told once. */
  revised: RevisedPaper[];
}

export interface RevisedPaper {
  id: string;
  title: string;
  /** ISO 8601 UTC. */
  at: string;
}

export interface Pick {
  paper: Paper;
  score: number;
  parts: PickDetails['parts'];
  because: Because;
  probability: number;
  isExploration: boolean;
}

export interface PicksAnswer {
  user: string;
  date: string;
  picks: Pick[];
  /** Why the list is short, empty, or not personal; null when there is nothing to say. */
  note: string | null;
  revised: RevisedPaper[];
  createdAt: string;
}

export interface PicksDeps extends RecommendDeps {
  people: PeopleStore<PickDetails>;
}

/** A day's choice, and what it rests on, to be repeated: the recorded ones of a replay, or those of now. */
export interface ChoiceRequest {
  user: string;
  date: string;
  /** ISO 8601 UTC. */
  asOf: string;
  isPast: boolean;
  corpusUpTo?: number;
  filter?: PaperFilter;
  /** Keys of papers picked for the user before. */
  picked: readonly number[];
}

/**
 * The picks of a user for a date (today by default, in UTC). The first time, they are chosen from papers dated up to that
 * date, by what was known of the person and of upvotes at its end, without any paper that was picked for this user on
 * another date, and recorded; from then on the record is the answer. Throws `invalid_input` for a date more than a month
 * ahead, and `conflict` when other dates' picks keep taking the papers.
 */
export async function dailyPicks(
  deps: PicksDeps,
  { user, date }: { user: string; date?: string },
): Promise<PicksAnswer> {
  const now = deps.now();
  const day = date ?? now.slice(0, 10);
  if (daysBetween(now.slice(0, 10), day) > MAX_DAYS_AHEAD) {
    throw new AppError('invalid_input', `Expected a date at most ${MAX_DAYS_AHEAD} days ahead, got ${day}.`, {
      errors: [{ path: 'date', message: `expected a date at most ${MAX_DAYS_AHEAD} days ahead` }],
    });
  }
  const recorded = await deps.people.picks(user, day);
  if (recorded) return shown(deps, recorded);
  const endOfDay = `${day}T23:59:59.999Z`;
  const isPast = endOfDay < now;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const picked = [...(await deps.people.pickedKeys(user)).keys()];
    const request = { user, date: day, asOf: isPast ? endOfDay : now, isPast, picked };
    const chosen = { ...(await choosePicks(deps, request)), createdAt: now };
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

/** Chooses the picks of a day; records nothing. */
export async function choosePicks(deps: PicksDeps, request: ChoiceRequest): Promise<PickDay<PickDetails>> {
  const { user, date, asOf, isPast, picked, corpusUpTo } = request;
  const newest = await newestDay(deps, request.filter?.knownAt);
  let bar: QualityBar | null = null;
  const found = await recommendations(deps, {
    ...{ user, today: date, limit: PICKS_PER_DAY, known: picked },
    ...(isPast && { asOf }),
    ...(corpusUpTo !== undefined && { corpusUpTo }),
    filter: {
      ...request.filter,
      // Only when it excludes anything: a filter costs a look-up of its papers.
      ...(newest !== null && newest > date && { to: date }),
    },
    barOf: async (person) => {
      bar = await person.once('bar', async () =>
        qualityBar(deps, person, await outcomesOf(deps.people, user, asOf)),
      );
      return bar.value;
    },
  });
  const { list, lot } = await withExploration(deps, found, `${user} ${date}`);
  const revised = await revisedSince(deps, found.person, { user, date, asOf });
  const { corpus, profile } = found.person;
  const basis: PickBasis = { bar: profile.likes.length > 0 ? bar : null, corpusUpTo: corpus.upTo, revised };
  return {
    ...{ user, date, asOf, basis },
    createdAt: asOf,
    note: noteOn(list, profile, PICKS_PER_DAY),
    picks: list.map((entry) => {
      const { key, paper, score, parts, because, ranked } = entry;
      const isExploration = entry === lot?.entry;
      return {
        ...{ key, paperId: paper.id, score },
        details: {
          ...{ parts, because, isExploration },
          probability: isExploration ? lot.probability : 1,
          quality: ranked && qualityOf(ranked),
        },
      };
    }),
  };
}

/** The first day of the latest date of any paper, or of those that the library had at an instant. */
async function newestDay({ store }: PicksDeps, knownAt: string | undefined): Promise<string | null> {
  if (knownAt === undefined) return store.newestDay();
  const { papers } = await store.list({ filter: { knownAt }, sort: 'newest', limit: 1 });
  const date = papers[0]?.paper.date;
  return date ? firstDayOf(date) : null;
}

/** Puts a paper drawn by lot in the place of the last of a list that is long enough. */
async function withExploration(deps: PicksDeps, found: RecommendationList, seed: string) {
  const { list, person, spare } = found;
  const isPersonalList = list.length >= EXPLORATION.fromLists && list.every(({ ranked }) => ranked !== null);
  const lot = isPersonalList ? drawn(spare, seed) : null;
  if (lot === null) return { list, lot: null };
  const [entry] = await reasoned(deps, person, [lot.ranked]);
  if (!entry) return { list, lot: null };
  const because = { ...entry.because, text: `Not one of the nearest, drawn by lot. ${entry.because.text}` };
  const shown: RankedRecommendation = { ...entry, because: because as Because };
  return {
    list: [...list.slice(0, PICKS_PER_DAY - EXPLORATION.picks), shown],
    lot: { entry: shown, probability: lot.probability },
  };
}

async function shown(deps: PicksDeps, day: PickDay<PickDetails>): Promise<PicksAnswer> {
  const papers = await papersOf(
    deps.store,
    day.picks.map(({ key }) => key),
  );
  const picks = day.picks.flatMap(({ key, score, details }): Pick[] => {
    const paper = papers.get(key);
    const { parts, because, probability = 1, isExploration = false } = details;
    return paper ? [{ paper, score, parts, because, probability, isExploration }] : [];
  });
  const gone = day.picks.length - picks.length;
  const note = gone > 0 ? `${gone} of this day's picks have since left the library.` : null;
  return {
    user: day.user,
    date: day.date,
    createdAt: day.createdAt,
    picks,
    revised: (day.basis as PickBasis | null)?.revised ?? [],
    note: [day.note, note].filter((text) => text !== null).join(' ') || null,
  };
}
