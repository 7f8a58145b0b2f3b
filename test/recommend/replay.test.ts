import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PickDetails } from '../../src/recommend/picks.ts';
import { createRecommender } from '../../src/recommend/recommender.ts';
import type { PeopleStore } from '../../src/store/people-store.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';

const HOUR = 3_600_000;
const NOON = Date.parse(`${TODAY}T12:00:00.000Z`);
const at = (hours: number) => new Date(NOON + hours * HOUR).toISOString();
const USER = 'ada';
const LIKES = ['robots-1', 'robots-5', 'robots-9', 'galaxies-2', 'galaxies-7'];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A library whose clock, for papers and for people, is moved by hours after noon. */
async function library(likes: readonly string[] = LIKES) {
  vi.setSystemTime(NOON - 48 * HOUR);
  const opened = await openTestLibrary();
  const now = () => new Date().toISOString();
  const recommender = createRecommender({
    ...opened,
    people: opened.people as PeopleStore<PickDetails>,
    now,
  });
  await opened.add(
    ...['robots', 'proteins', 'galaxies'].flatMap((topic) =>
      topicPapers(topic, 60).map((paper, number) => ({ ...paper, upvotes: number % 7 })),
    ),
  );
  for (const id of likes) await opened.people.setFeedback(USER, id, 'like', at(-40));
  await opened.people.setFeedback(USER, 'proteins-3', 'dislike', at(-39));
  vi.setSystemTime(NOON);
  const later = (hours: number) => vi.setSystemTime(NOON + hours * HOUR);
  return { ...opened, ...recommender, later };
}

const yesterday = new Date(NOON - 24 * HOUR).toISOString().slice(0, 10);
const tomorrow = new Date(NOON + 24 * HOUR).toISOString().slice(0, 10);

describe('a replay of picks', () => {
  it('is the same after all that happened since', async () => {
    const { picks, replay, people, add, later } = await library();
    const first = await picks({ user: USER });
    expect(first.picks).toHaveLength(10);
    later(1);
    for (const id of ['proteins-1', 'proteins-2', first.picks[0]?.paper.id ?? ''])
      await people.setFeedback(USER, id, 'like', at(1));
    await people.setFeedback(USER, 'robots-5', 'dislike', at(1));
    await people.clearFeedback(USER, 'galaxies-2', at(1));
    await people.clearFeedback(USER, 'proteins-3', at(1));
    await add(...topicPapers('robots', 60).map((paper, n) => ({ ...paper, upvotes: (n * 1_000) % 7_000 })));
    await add(
      ...topicPapers('robots', 5).map((paper, n) => ({ ...paper, id: `old-${n}`, date: '2025-12-01' })),
      { id: 'future', title: 'robot arm', abstract: 'robot arm grasping', date: '2026-03-01' },
    );
    later(2);
    await picks({ user: USER, date: tomorrow });
    await picks({ user: USER, date: yesterday });
    expect(await replay({ user: USER, date: TODAY })).toMatchObject({ same: true, differences: [] });
  });

  it('of days chosen one after the other is the same for each, past and future ones too', async () => {
    const { picks, replay, people, later } = await library();
    const dates = [TODAY, yesterday, tomorrow];
    for (const [hours, date] of dates.entries()) {
      later(hours);
      await picks({ user: USER, date });
      await people.setFeedback(USER, `robots-${50 + hours}`, 'like', at(hours + 0.5));
    }
    later(9);
    for (const date of dates) expect(await replay({ user: USER, date })).toMatchObject({ date, same: true });
  });

  it('tells feedback of the millisecond of the choice from what was known', async () => {
    const { picks, replay, people } = await library();
    await people.setFeedback(USER, 'galaxies-20', 'like', at(0));
    await picks({ user: USER });
    expect(await replay({ user: USER, date: TODAY })).toMatchObject({ same: true });
    const other = await library();
    const { picks: list } = await other.picks({ user: USER });
    await other.people.setFeedback(USER, list[0]?.paper.id ?? '', 'like', at(0));
    await other.people.setFeedback(USER, list[1]?.paper.id ?? '', 'hide', at(0));
    expect(await other.replay({ user: USER, date: TODAY })).toMatchObject({ same: true });
  });

  it('of days chosen at once is the same', async () => {
    const { picks, replay } = await library();
    const dates = [yesterday, TODAY, tomorrow];
    await Promise.all(dates.map((date) => picks({ user: USER, date })));
    for (const date of dates) expect(await replay({ user: USER, date })).toMatchObject({ date, same: true });
  });

  it('of somebody who likes nothing, or hardly anything, is the same', async () => {
    for (const likes of [[], ['galaxies-3']]) {
      const { picks, replay, add, later } = await library(likes);
      await picks({ user: USER });
      later(1);
      await add(...topicPapers('markets', 20).map((paper) => ({ ...paper, upvotes: 5_000 })));
      await add({ ...topicPapers('robots', 60)[59], upvotes: 900_000 });
      expect(await replay({ user: USER, date: TODAY })).toMatchObject({ same: true });
    }
  });

  it('says which papers left the library or were revised', async () => {
    const { picks, replay, store, add, later } = await library();
    const list = (await picks({ user: USER })).picks.map(({ paper }) => paper);
    const [removed, revised] = [list[1], list[4]];
    later(1);
    await store.removePapers([removed?.id ?? '']);
    await add({
      ...revised,
      id: revised?.id,
      title: 'auction of markets',
      abstract: 'bidders and prices only',
    });
    const { same, differences, recorded, replayed } = await replay({ user: USER, date: TODAY });
    expect(same).toBe(false);
    expect(recorded).toEqual(list.map(({ id }) => id));
    expect(replayed).not.toContain(removed?.id);
    const of = (id: string | undefined) => differences.find(({ paperId }) => paperId === id);
    expect(of(removed?.id)).toMatchObject({ recordedRank: 2, replayedRank: null, reason: 'removed' });
    expect(of(revised?.id)).toMatchObject({ recordedRank: 5, replayedRank: null, reason: 'revised' });
    const others = differences.filter(({ paperId }) => paperId !== removed?.id && paperId !== revised?.id);
    expect(new Set(others.map(({ reason }) => reason))).toEqual(new Set(['displaced']));
  });

  it('says that what was liked has changed', async () => {
    const { picks, replay, store, later } = await library();
    await picks({ user: USER });
    later(1);
    await store.removePapers(['galaxies-2', 'galaxies-7']);
    const { same, differences } = await replay({ user: USER, date: TODAY });
    expect(same).toBe(false);
    expect(new Set(differences.map(({ reason }) => reason))).toEqual(new Set(['likeRemoved']));
  });

  it('needs a day on record', async () => {
    const { replay } = await library();
    await expect(replay({ user: USER, date: TODAY })).rejects.toMatchObject({ code: 'not_found' });
    await expect(replay({ user: 'nobody', date: TODAY })).rejects.toMatchObject({ code: 'not_found' });
  });
});
