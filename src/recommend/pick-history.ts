import { daysBefore } from '../days.ts';
import { papersOf } from '../papers-of.ts';
import type { PaperStore } from '../store/paper-store.ts';
import { isLiking, type PeopleStore } from '../store/people-store.ts';
import type { Person } from './person.ts';
import type { PickDetails, RevisedPaper } from './picks.ts';
import type { Outcome } from './quality-bar.ts';

/** Days of picks whose outcomes count: interests change. */
const DAYS_LOOKED_AT = 90;
/** Revised papers that are told of on one day. */
const MOST_REVISED = 10;
/** A revision is news for so many days. */
const NEWS_DAYS = 14;

/**
 * What became of a user's picks, as far as it was known at an instant: good ones were liked, saved or looked at, bad ones
 * disliked or hidden. Picks that nothing was said of tell nothing: they may not have been seen.
 */
export async function outcomesOf(
  people: PeopleStore<PickDetails>,
  user: string,
  asOf: string,
): Promise<Outcome[]> {
  const { days, history, events } = await people.exportUser(user);
  const said = new Map<number, boolean | null>();
  for (const { key, at, kind } of events) if (kind === 'clicked' && at <= asOf) said.set(key, true);
  for (const { key, at, signal } of history) {
    if (at <= asOf) said.set(key, signal === null ? null : isLiking(signal));
  }
  const from = daysBefore(asOf, DAYS_LOOKED_AT);
  return days
    .filter(({ createdAt }) => createdAt <= asOf && createdAt >= from)
    .flatMap(({ picks }) => picks)
    .flatMap(({ key, details: { quality } }) => {
      const isGood = said.get(key);
      return typeof quality === 'number' && typeof isGood === 'boolean' ? [{ quality, isGood }] : [];
    });
}

/** Liked papers that were revised lately, latest first, but for those that an earlier day told of. */
export async function revisedSince(
  { store, people }: { store: Pick<PaperStore, 'papersByKeys'>; people: PeopleStore<PickDetails> },
  { profile }: Person,
  { user, date, asOf }: { user: string; date: string; asOf: string },
): Promise<RevisedPaper[]> {
  const from = daysBefore(asOf, NEWS_DAYS);
  const revised = profile.likes.flatMap(({ key, revisedAt }) =>
    key !== null && revisedAt !== null && revisedAt >= from ? [{ key, at: revisedAt }] : [],
  );
  if (revised.length === 0) return [];
  const { days } = await people.exportUser(user);
  const told = new Set(
    days
      .filter((day) => day.date !== date)
      .flatMap(({ basis }) => (basis as { revised?: RevisedPaper[] } | null)?.revised ?? [])
      .map(({ id, at }) => `${id} ${at}`),
  );
  const papers = await papersOf(
    store,
    revised.map(({ key }) => key),
  );
  return revised
    .flatMap(({ key, at }) => {
      const paper = papers.get(key);
      return paper ? [{ id: paper.id, title: paper.title, at }] : [];
    })
    .filter(({ id, at }) => !told.has(`${id} ${at}`))
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST_REVISED);
}
