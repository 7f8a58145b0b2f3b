import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXPLORATION } from '../../src/recommend/exploration.ts';
import { choosePicks, PICKS_PER_DAY, type PickBasis } from '../../src/recommend/picks.ts';
import { QUALITY_BAR } from '../../src/recommend/quality-bar.ts';
import { TODAY, topicPapers } from '../fixtures/library.ts';
import { event } from '../fixtures/people.ts';
import { dayAfter, idsOf, recommendingLibrary } from '../fixtures/recommending.ts';

const likes = ['robots-1', 'robots-5', 'galaxies-2'];
const liking = async (...ids: string[]) => {
  const library = await recommendingLibrary();
  await library.say('like', ...(ids.length > 0 ? ids : likes));
  return library;
};

describe('a day on which little is good', () => {
  it('has few picks and says so plainly, rather than anything', async () => {
    const library = await recommendingLibrary({ robots: 8, proteins: 60, galaxies: 60, markets: 60 });
    await library.say('like', 'robots-1', 'robots-3', 'robots-5');
    const { picks, note } = await library.picks({ user: 'ada' });
    expect(picks.length).toBeGreaterThan(0);
    expect(picks.length).toBeLessThanOrEqual(5);
    expect(idsOf(picks).every((id) => id.startsWith('robots'))).toBe(true);
    expect(note).toBe(
      `Only ${picks.length} today: no other paper that you have not seen is near enough to what you like.`,
    );
    expect(picks.every(({ isExploration }) => !isExploration)).toBe(true);
  });

  it('comes sooner after bad picks and later after good ones: the bar moves from what likes alone say', async () => {
    const moved = async (
      say: (library: Awaited<ReturnType<typeof liking>>, ids: string[]) => Promise<unknown>,
    ) => {
      const library = await liking();
      const yesterday = await library.picks({ user: 'ada', date: dayAfter(TODAY, -1) });
      await say(library, idsOf(yesterday.picks).slice(0, 3));
      const request = { user: 'ada', date: TODAY, asOf: library.deps.now(), isPast: false, picked: [] };
      const { bar } = (await choosePicks(library.deps, request)).basis as PickBasis;
      if (!bar || bar.own === null) throw new Error('expected a bar of two likes or more');
      const byLikes = Math.min(bar.own, bar.usual + QUALITY_BAR.between * (bar.own - bar.usual));
      return { outcomes: bar.outcomes, by: bar.value - byLikes };
    };
    const bad = await moved(({ sayAt }, ids) => sayAt(`${TODAY}T11:00:00.000Z`, 'dislike', ...ids));
    expect(bad.outcomes).toBe(3);
    expect(bad.by).toBeGreaterThan(0);
    const good = await moved(({ people }, ids) =>
      people.addEvents(
        'ada',
        ids.map((paperId) => event(paperId, { kind: 'clicked', at: `${TODAY}T11:00:00.000Z` })),
      ),
    );
    expect(good.outcomes).toBe(3);
    expect(good.by).toBeLessThanOrEqual(0);
    // What was only shown says nothing.
    const shown = await moved(({ people }, ids) =>
      people.addEvents(
        'ada',
        ids.map((paperId) => event(paperId)),
      ),
    );
    expect(shown).toEqual({ outcomes: 0, by: 0 });
  });
});

describe('exploration', () => {
  it('is one pick of a full day, the last, labelled, with its probability in answer and ledger', async () => {
    const { picks, people } = await liking();
    const answer = await picks({ user: 'ada' });
    expect(answer.picks).toHaveLength(PICKS_PER_DAY);
    const drawn = answer.picks.filter(({ isExploration }) => isExploration);
    expect(drawn).toEqual([answer.picks.at(-1)]);
    expect(drawn[0]?.because.text).toMatch(/^Not one of the nearest, drawn by lot\. Similar to /);
    const lots = 1 / (drawn[0]?.probability ?? 0);
    expect(lots).toBeCloseTo(Math.round(lots), 9);
    expect(lots).toBeGreaterThan(1);
    expect(lots).toBeLessThanOrEqual(EXPLORATION.among);
    for (const { isExploration, probability } of answer.picks)
      if (!isExploration) expect(probability).toBe(1);
    const recorded = (await people.picks('ada', TODAY))?.picks ?? [];
    expect(recorded.map(({ details }) => [details.isExploration, details.probability])).toEqual(
      answer.picks.map(({ isExploration, probability }) => [isExploration, probability]),
    );
    expect(await picks({ user: 'ada' })).toEqual(answer);
  });

  it('is decided by user and date alone, and draws others on other days and for others', async () => {
    const drawnFor = async (user: string, date = TODAY) => {
      const { picks, people } = await recommendingLibrary();
      for (const id of likes) await people.setFeedback(user, id, 'like', '2025-01-02T08:00:00.000Z');
      return (await picks({ user, date })).picks.at(-1)?.paper.id;
    };
    expect(await drawnFor('ada')).toBe(await drawnFor('ada'));
    const draws = [await drawnFor('ada')];
    for (const [user, day] of [
      ['ada', 1],
      ['ada', 2],
      ['bob', 0],
      ['eve', 0],
    ] as const) {
      draws.push(await drawnFor(user, dayAfter(TODAY, day)));
    }
    expect(new Set(draws).size).toBeGreaterThan(2);
  });

  it('is not among trending papers, of somebody with no like or few', async () => {
    for (const ids of [[], ['robots-1']]) {
      const { picks, say } = await recommendingLibrary();
      await say('like', ...ids);
      const answer = await picks({ user: 'ada' });
      expect(answer.picks.every(({ because }) => because.kind !== 'liked' || ids.length > 0)).toBe(true);
      for (const { because, isExploration } of answer.picks) {
        if (because.kind === 'trending' || because.kind === 'recent') expect(isExploration).toBe(false);
      }
      if (answer.picks.some(({ because }) => because.kind === 'recent')) {
        expect(answer.picks.every(({ isExploration }) => !isExploration)).toBe(true);
      }
    }
  });
});

describe('a liked paper that was revised', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is told of once, and is never a pick', async () => {
    const { picks, add } = await liking();
    const [, liked] = topicPapers('robots', 2);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(`${dayAfter(TODAY, -2)}T09:00:00.000Z`) });
    await add({ ...liked, abstract: `${liked?.abstract} Now with more grippers.` });
    const today = await picks({ user: 'ada' });
    expect(today.revised).toEqual([
      { id: 'robots-1', title: liked?.title, at: `${dayAfter(TODAY, -2)}T09:00:00.000Z` },
    ]);
    const tomorrow = await picks({ user: 'ada', date: dayAfter(TODAY, 1) });
    expect(tomorrow.revised).toEqual([]);
    expect([...idsOf(today.picks), ...idsOf(tomorrow.picks)]).not.toContain('robots-1');
    // The day that told of it does so whenever it is asked for.
    expect((await picks({ user: 'ada' })).revised).toEqual(today.revised);
  });

  it('is not told of when it was revised before it was liked, long ago, or only in its facts', async () => {
    const { picks, add, sayAt } = await liking('robots-5', 'robots-9');
    const [first, second, third] = topicPapers('robots', 3);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(`${dayAfter(TODAY, -2)}T09:00:00.000Z`) });
    await add({ ...first, abstract: `${first?.abstract} More.` });
    await sayAt(`${dayAfter(TODAY, -1)}T00:00:00.000Z`, 'like', 'robots-0');
    await sayAt('2025-06-01T00:00:00.000Z', 'like', 'robots-1', 'robots-2');
    await add({ ...second, upvotes: 12 });
    vi.setSystemTime('2025-07-01T00:00:00.000Z');
    await add({ ...third, abstract: `${third?.abstract} More.` });
    expect((await picks({ user: 'ada' })).revised).toEqual([]);
  });
});
