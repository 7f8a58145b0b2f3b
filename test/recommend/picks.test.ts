import { describe, expect, it } from 'vitest';
import { PICKS_PER_DAY } from '../../src/recommend/picks.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';

/** Before all dates that picks are asked for here: the likes are known then. */
const EARLIER = '2025-01-02T08:00:00.000Z';

const dayAfter = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);

async function library(likes: string[] = []) {
  const opened = await openTestLibrary();
  await opened.add(
    ...topicPapers('robots', 40),
    ...topicPapers('proteins', 40),
    ...topicPapers('galaxies', 40),
    ...topicPapers('markets', 40),
  );
  const say = async (signal: 'like' | 'dislike' | 'save' | 'hide', ...ids: string[]) => {
    for (const id of ids) await opened.people.setFeedback('ada', id, signal, EARLIER);
  };
  await say('like', ...likes);
  return { ...opened, say };
}
const ids = (list: { paper: { id: string } }[]) => list.map(({ paper }) => paper.id);
const topics = (list: { paper: { id: string } }[]) => new Set(ids(list).map((id) => id.split('-')[0]));

describe('recommendations', () => {
  const likes = ['robots-1', 'robots-5', 'robots-9', 'galaxies-2'];

  it('come from every interest, and from no other topic', async () => {
    const { recommend } = await library(likes);
    const { hits, basis } = await recommend({ user: 'ada', limit: 20 });
    expect(topics(hits)).toEqual(new Set(['robots', 'galaxies']));
    expect(basis).toEqual({ likes: 4, interests: 2 });
  });

  it('never show what the user has judged', async () => {
    const { recommend, say } = await library(likes);
    await say('hide', 'robots-2', 'robots-3');
    await say('dislike', 'galaxies-3');
    await say('save', 'galaxies-4');
    const shown = new Set(ids((await recommend({ user: 'ada', limit: 100 })).hits));
    for (const id of [...likes, 'robots-2', 'robots-3', 'galaxies-3', 'galaxies-4'])
      expect(shown.has(id)).toBe(false);
  });

  it('name a liked paper that they are truly similar to', async () => {
    const { recommend, search } = await library(likes);
    const { hits } = await recommend({ user: 'ada', limit: 10 });
    for (const { paper, because } of hits) {
      if (because.kind !== 'liked' || !because.paper)
        throw new Error(`expected a liked paper behind ${paper.id}`);
      expect(likes).toContain(because.paper.id);
      expect(because.interest.papers).toContain(because.paper.id);
      expect(because.text).toContain(because.paper.title);
      for (const term of because.sharedTerms)
        expect(`${paper.title} ${paper.abstract}`.toLowerCase()).toContain(term);
      const similar = (await search.similar({ id: because.paper.id, limit: 100 })).hits;
      const same = similar.find((hit) => hit.paper.id === paper.id);
      expect(same?.parts.positive).toBeCloseTo(because.similarity, 5);
    }
  });

  it('are pushed away by a dislike, and pulled back when it is taken back', async () => {
    const { recommend, people, say } = await library(likes);
    const galaxies = async () =>
      (await recommend({ user: 'ada', limit: 10 })).hits.filter(({ paper }) =>
        paper.id.startsWith('galaxies'),
      ).length;
    const before = await galaxies();
    await say('dislike', 'galaxies-10', 'galaxies-11', 'galaxies-12');
    expect(await galaxies()).toBeLessThan(before);
    for (const id of ['galaxies-10', 'galaxies-11', 'galaxies-12']) await people.clearFeedback('ada', id);
    expect(await galaxies()).toBe(before);
  });

  it('are recent and popular papers for a new user, and say so', async () => {
    const { recommend, add } = await library();
    await add({ ...topicPapers('markets', 20)[19], upvotes: 500_000 });
    const { hits, basis } = await recommend({ user: 'new', limit: 5 });
    expect(basis).toEqual({ likes: 0, interests: 0 });
    expect(hits[0]?.because).toMatchObject({ kind: 'trending' });
    expect(hits[0]?.paper.id).toBe('markets-19');
    expect(hits[1]?.because.kind).toBe('recent');
    expect(hits[1]?.paper.date).toBe(TODAY);
  });

  it('say nothing of similarity where there is none', async () => {
    const { recommend, add, say } = await library();
    await add({ id: 'odd', title: 'Beekeeping', abstract: 'Monastic honey in the year one thousand.' });
    await say('like', 'odd');
    const { hits } = await recommend({ user: 'ada', limit: 20 });
    expect(hits.filter(({ because }) => because.kind === 'liked')).toEqual([]);
    expect(hits).toHaveLength(20);
  });

  it('heed dislikes even before there is any like', async () => {
    const { recommend, say } = await library();
    const robots = async () =>
      (await recommend({ user: 'ada', limit: 20 })).hits.filter(({ paper }) => paper.id.startsWith('robots'))
        .length;
    const before = await robots();
    await say(
      'dislike',
      'robots-30',
      'robots-31',
      'robots-32',
      'robots-33',
      'robots-34',
      'robots-35',
      'robots-36',
    );
    expect(before).toBeGreaterThan(2);
    expect(await robots()).toBe(0);
    // Whatever the page's size, other topics fill it.
    for (const limit of [1, 10, 50]) {
      const { hits, nextCursor } = await recommend({ user: 'ada', limit });
      expect(hits).toHaveLength(limit);
      expect(nextCursor).not.toBeNull();
    }
  });

  it('keep to a filter, and page without repeats', async () => {
    const { recommend } = await library(likes);
    const filter = { categories: ['cs.RO'] };
    const first = await recommend({ user: 'ada', limit: 10, filter });
    const second = await recommend({ user: 'ada', limit: 10, filter, cursor: first.nextCursor });
    expect(topics([...first.hits, ...second.hits])).toEqual(new Set(['robots']));
    expect(new Set(ids([...first.hits, ...second.hits])).size).toBe(20);
  });
});

describe('daily picks', () => {
  const likes = ['robots-1', 'robots-5', 'galaxies-2'];

  it('are the same whenever asked for, whatever happens meanwhile', async () => {
    const { picks, say, add } = await library(likes);
    const first = await picks({ user: 'ada' });
    expect(first).toMatchObject({ user: 'ada', date: TODAY });
    expect(first.picks).toHaveLength(PICKS_PER_DAY);
    await say('dislike', 'robots-20');
    await add({ id: 'robots-new', title: 'robot arm', abstract: 'robot arm grasping', date: TODAY });
    expect(await picks({ user: 'ada', date: TODAY })).toEqual(first);
  });

  it('never repeat a paper on another date, earlier or later, until nothing near is left', async () => {
    const { picks } = await library(likes);
    const seen: string[] = [];
    const notes: (string | null)[] = [];
    for (let day = -3; day < 9; day++) {
      const answer = await picks({ user: 'ada', date: dayAfter(TODAY, day) });
      seen.push(...ids(answer.picks));
      notes.push(answer.note);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => likes.includes(id))).toEqual([]);
    expect(topics(seen.map((id) => ({ paper: { id } })))).toEqual(new Set(['robots', 'galaxies']));
    expect(notes[0]).toBeNull();
    expect(notes.at(-1)).toMatch(/^Nothing today/);
  });

  it('of a past date use only papers up to it', async () => {
    const { picks } = await library(likes);
    const date = dayAfter(TODAY, -20);
    const answer = await picks({ user: 'ada', date });
    expect(answer.picks.length).toBeGreaterThan(0);
    expect(answer.picks.every(({ paper }) => (paper.date ?? '9') <= date)).toBe(true);
  });

  it('are two lists that share no paper when two dates are asked for at once', async () => {
    const { picks } = await library(likes);
    const both = await Promise.all([
      picks({ user: 'ada' }),
      picks({ user: 'ada', date: dayAfter(TODAY, 1) }),
    ]);
    const all = both.flatMap((answer) => ids(answer.picks));
    expect(new Set(all).size).toBe(all.length);
  });

  it('of many dates asked for at once, in two processes, are full or say why, and share no paper', async () => {
    const { folder } = await library(likes);
    const others = [await openTestLibrary({ folder }), await openTestLibrary({ folder })];
    const dates = Array.from({ length: 12 }, (_, at) => dayAfter(TODAY, at));
    const answers = await Promise.all(
      dates.flatMap((date) => others.map(({ picks }) => picks({ user: 'ada', date }))),
    );
    for (const { picks, note } of answers) expect(picks.length === PICKS_PER_DAY || note !== null).toBe(true);
    const byDate = new Map(answers.map((answer) => [answer.date, ids(answer.picks)]));
    for (const answer of answers) {
      if (answer.picks.length > 0) expect(ids(answer.picks)).toEqual(byDate.get(answer.date));
    }
    const all = [...byDate.values()].flat();
    expect(new Set(all).size).toBe(all.length);
  });

  it('of somebody with one odd like are filled with recent papers, and the note is true', async () => {
    const { picks, add, say } = await library();
    await add({ id: 'odd', title: 'Beekeeping', abstract: 'Monastic honey in the year one thousand.' });
    await say('like', 'odd');
    const answer = await picks({ user: 'ada' });
    expect(answer.picks).toHaveLength(PICKS_PER_DAY);
    expect(answer.picks.every(({ because }) => because.kind === 'recent')).toBe(true);
    expect(answer.note).toMatch(/recent and popular ones fill the list/);
  });

  it('tell a new user why they are what they are', async () => {
    const { picks } = await library();
    const answer = await picks({ user: 'new' });
    expect(answer.picks).toHaveLength(PICKS_PER_DAY);
    expect(answer.note).toMatch(/not liked any paper yet/);
    expect(answer.picks.every(({ because }) => because.kind === 'recent')).toBe(true);
  });

  it('of an empty library are empty, say why, and are not put on record', async () => {
    const { picks, add } = await openTestLibrary();
    expect(await picks({ user: 'ada' })).toMatchObject({
      picks: [],
      note: expect.stringContaining('Nothing'),
    });
    await add(...topicPapers('robots', 3));
    expect((await picks({ user: 'ada' })).picks).toHaveLength(3);
  });

  it('refuse a date far ahead', async () => {
    const { picks } = await library();
    await expect(picks({ user: 'ada', date: '2030-01-01' })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
