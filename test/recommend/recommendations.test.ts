import { describe, expect, it } from 'vitest';
import { namesOf } from '../../src/recommend/reasons.ts';
import { TODAY, topicPapers } from '../fixtures/library.ts';
import { settings } from '../fixtures/people.ts';
import { dayAfter, idsOf, recommendingLibrary } from '../fixtures/recommending.ts';

const likes = ['robots-1', 'robots-5', 'robots-9', 'galaxies-2', 'galaxies-7'];

describe('the reason of a recommendation', () => {
  it('is true: without the like that it names, the paper scores lower, and mostly comes later or not at all', async () => {
    const { list, say, keyOf } = await recommendingLibrary();
    await say('like', ...likes, 'proteins-3');
    const { list: all, pool } = await list({ limit: 90 });
    expect(all.length).toBeGreaterThan(20);
    const placeIn = (ranked: readonly { key: number }[], wanted: number) => {
      const place = ranked.findIndex(({ key }) => key === wanted);
      return place === -1 ? ranked.length : place;
    };
    let later = 0;
    for (const { key, paper, because } of all.slice(0, 10)) {
      if (because.kind !== 'liked' || !because.paper)
        throw new Error(`expected a liked paper behind ${paper.id}`);
      const without = await list({ limit: 90, without: [await keyOf(because.paper.id)] });
      const scoreIn = (ranked: readonly { key: number; score: number }[]) =>
        ranked[placeIn(ranked, key)]?.score ?? 0;
      // Before a list is made of them: what comes above it there costs a paper something, too.
      expect(scoreIn(without.pool), paper.id).toBeLessThan(scoreIn(pool));
      if (placeIn(without.pool, key) > placeIn(pool, key)) later++;
    }
    // Its neighbours lose the same like: a few of them lose more.
    expect(later).toBeGreaterThanOrEqual(8);
  });

  it('tells a likeness that is the sum of its parts, and the name that the person gave the interest', async () => {
    const { list, say, keyOf, people } = await recommendingLibrary();
    await say('like', ...likes);
    const papers = [await keyOf('galaxies-2'), await keyOf('galaxies-7')];
    await people.setInterestSettings('ada', settings('sky', { name: 'The sky', papers }));
    const found = (await list()).list;
    const names = found.map(({ because }) => ('interest' in because ? because.interest.name : null));
    expect(new Set(names.filter((name) => name === 'The sky')).size).toBe(1);
    for (const { because, ranked } of found) {
      if (!('likeness' in because) || !because.likeness || !ranked)
        throw new Error('expected a personal reason');
      const sum = Object.values(because.likeness).reduce((all, part) => all + part, 0);
      expect(sum).toBeCloseTo(ranked.content.carrierLikeness[ranked.interest] as number, 9);
    }
  });
});

describe('interests', () => {
  it('keep their ids, names and members when papers of another topic are liked', async () => {
    const { interests, say, persons } = await recommendingLibrary();
    const known = async () => {
      const person = await persons.read({ user: 'ada' });
      const names = await namesOf(person);
      return person.profile.interests.map(({ id, members }) => ({
        id,
        name: names.get(id),
        papers: members.map((at) => person.profile.likes[at]?.paperId),
      }));
    };
    await say('like', ...likes);
    const before = await known();
    expect(before).toHaveLength(2);
    await say('like', 'markets-3', 'markets-4', 'markets-8', 'proteins-1');
    const after = await known();
    expect(after).toHaveLength(4);
    expect(after).toEqual(expect.arrayContaining(before));
    // And by a like of the topic itself it stays the same interest.
    await say('like', 'robots-12');
    expect((await interests()).map(({ id }) => id)).toEqual(
      expect.arrayContaining(before.map(({ id }) => id)),
    );
  });

  it('have ids of their own, also when one that was named has come apart', async () => {
    const { interests, say, keyOf, people } = await recommendingLibrary();
    await say('like', 'robots-1', 'galaxies-2', 'galaxies-7');
    // Named when it had both: its id is that of the oldest like, which now is of another interest than most of it.
    const papers = await Promise.all(['robots-1', 'galaxies-2', 'galaxies-7'].map(keyOf));
    await people.setInterestSettings('ada', settings(`paper-${papers[0]}`, { name: 'Both', papers }));
    const ids = (await interests()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('are muted, pinned and weighed as soon as it is said', async () => {
    const { list, say, keyOf, people } = await recommendingLibrary();
    await say('like', ...likes);
    const papers = [await keyOf('galaxies-2'), await keyOf('galaxies-7')];
    const galaxies = async () => idsOf((await list()).list).filter((id) => id.startsWith('galaxies')).length;
    const before = await galaxies();
    expect(before).toBeGreaterThan(0);
    await people.setInterestSettings('ada', settings('sky', { papers, weight: 10 }));
    expect(await galaxies()).toBeGreaterThan(before);
    await people.setInterestSettings('ada', settings('sky', { papers, isMuted: true }));
    expect(await galaxies()).toBe(0);
    await people.clearInterestSettings('ada', 'sky');
    expect(await galaxies()).toBe(before);
  });
});

describe('copies', () => {
  const original = {
    ...topicPapers('robots', 20)[15],
    id: 'original',
    doi: '10.1000/one',
    authors: ['Ada Lovelace'],
  };
  const title = 'Grasping a robot arm by gripper policy';
  const byTitle = { ...original, doi: undefined, id: 'titled', title };
  const copies = [
    { ...original, id: 'copy', title: 'Robot arm (preprint)', authors: [] },
    {
      ...byTitle,
      id: 'titled-copy',
      title: 'Grasping a Robot Arm by Gripper Policy',
      abstract: 'robot arm grasping control',
    },
  ];
  const library = async () => {
    const opened = await recommendingLibrary();
    await opened.add(original, byTitle);
    return opened;
  };

  it.each(['like', 'hide', 'save', 'dislike'] as const)(
    'of papers that got a %s are not recommended',
    async (signal) => {
      const { list, say, add } = await library();
      await say('like', 'robots-1', 'robots-5', 'robots-9');
      await add(...copies);
      const before = idsOf((await list({ limit: 90 })).list);
      // Of two that are one, the better.
      expect(before.filter((id) => id === 'original' || id === 'copy')).toHaveLength(1);
      expect(before.filter((id) => id.startsWith('titled'))).toHaveLength(1);
      await say(signal, 'original', 'titled');
      const after = idsOf((await list({ limit: 90 })).list);
      expect(after.filter((id) => /original|copy|titled/.test(id))).toEqual([]);
    },
  );

  it('of a paper that was liked are not among the trending ones of somebody with few likes', async () => {
    const { list, say, add, picks } = await library();
    await say('like', 'original');
    await add(...copies.map((copy) => ({ ...copy, date: TODAY, upvotes: 1_000_000 })));
    expect(idsOf((await list({ limit: 60 })).list)).not.toContain('copy');
    expect(idsOf((await picks({ user: 'ada' })).picks)).not.toContain('copy');
  });

  it('of a trending paper are not listed beside it', async () => {
    const { list, add } = await library();
    await add({ ...original, upvotes: 1_000_000 }, { ...copies[0], upvotes: 900_000 });
    const ids = idsOf((await list({ user: 'new', limit: 20 })).list);
    expect(ids).toHaveLength(20);
    expect(ids.filter((id) => id === 'original' || id === 'copy')).toHaveLength(1);
  });

  it('of papers that were picked are never picked', async () => {
    const { say, add, picks } = await recommendingLibrary({ robots: 150, proteins: 150, galaxies: 150 });
    await say('like', 'robots-31', 'robots-52', 'robots-93');
    const seen = (await picks({ user: 'ada' })).picks.map(({ paper }) => paper);
    expect(seen).toHaveLength(10);
    for (const [at, { id, title, abstract, categories }] of seen.entries()) {
      const doi = `10.1000/${at}`;
      const copy = { id: `copy-${at}`, title: `${title} preprint`, abstract, categories, doi, date: TODAY };
      await add({ id, title, abstract, doi }, copy);
    }
    const later = idsOf((await picks({ user: 'ada', date: dayAfter(TODAY, 1) })).picks);
    expect(later.length).toBeGreaterThan(5);
    expect(later.filter((id) => id.startsWith('copy'))).toEqual([]);
  });
});
