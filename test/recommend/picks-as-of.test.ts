import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TODAY, topicPapers } from '../fixtures/library.ts';
import { dayAfter, EARLIER, idsOf, recommendingLibrary } from '../fixtures/recommending.ts';

const DATE = dayAfter(TODAY, -10);
const LATER = `${dayAfter(TODAY, -9)}T10:00:00.000Z`;
const likes = ['robots-20', 'robots-25', 'robots-29', 'galaxies-22'];

type Library = Awaited<ReturnType<typeof recommendingLibrary>>;

/** The picks of a past date in a library where nothing was said after it, and in one where `later` has happened. */
async function bothWays(later: (library: Library) => Promise<unknown>, picked = DATE) {
  const answers = [];
  for (const happens of [async () => {}, later]) {
    vi.setSystemTime(EARLIER);
    const library = await recommendingLibrary();
    await library.say('like', ...likes);
    await library.say('dislike', 'galaxies-30');
    await happens(library);
    const { picks, note } = await library.picks({ user: 'ada', date: picked });
    answers.push({
      note,
      picks: picks.map(({ paper, score, parts, because }) => ({ id: paper.id, score, parts, because })),
    });
  }
  const [without, after] = answers as [(typeof answers)[number], (typeof answers)[number]];
  expect(without.picks).toHaveLength(10);
  return { without, after };
}

describe('the picks of a past date', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(EARLIER) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(['like', 'save', 'dislike', 'hide'] as const)(
    'do not change by a %s given after it',
    async (signal) => {
      const later = (library: Library) =>
        library.sayAt(LATER, signal, 'markets-20', 'markets-25', 'robots-15', 'robots-31');
      const { without, after } = await bothWays(later);
      expect(after).toEqual(without);
      // The same said before would have changed them.
      const earlier = await bothWays((library) =>
        library.say(signal, 'markets-20', 'markets-25', 'robots-15', 'robots-31'),
      );
      expect(earlier.after).not.toEqual(earlier.without);
    },
  );

  it('do not change by taking back a like, or a dislike, after it', async () => {
    const { without, after } = await bothWays(async ({ people }) => {
      for (const id of [...likes, 'galaxies-30']) await people.clearFeedback('ada', id, LATER);
    });
    expect(after).toEqual(without);
  });

  it('do not change by a like that has become a dislike after it', async () => {
    const { without, after } = await bothWays(({ sayAt }) => sayAt(LATER, 'dislike', ...likes));
    expect(after).toEqual(without);
  });

  it('do not change by upvotes that came after it, and do by those that came before', async () => {
    const upvoted = topicPapers('robots', 40).map((paper, at) => ({ ...paper, upvotes: at * 5_000 }));
    const { without, after } = await bothWays(async ({ add }) => {
      vi.setSystemTime(LATER);
      await add(...upvoted);
    });
    expect(after).toEqual(without);
    const earlier = await bothWays(({ add }) => add(...upvoted));
    expect(earlier.after).not.toEqual(earlier.without);
  });

  it('do not change by what others like after it', async () => {
    const { without, after } = await bothWays(async ({ people }) => {
      for (let user = 0; user < 30; user++) {
        for (const id of [...likes, 'robots-33', 'robots-38'])
          await people.setFeedback(`other-${user}`, id, 'like', LATER);
      }
    });
    expect(after).toEqual(without);
  });

  it('hold a paper that was liked only later', async () => {
    const { without } = await bothWays(async () => {});
    const id = without.picks[3]?.id ?? '';
    const { after } = await bothWays(({ sayAt }) => sayAt(LATER, 'like', id));
    expect(after.picks.map((pick) => pick.id)).toContain(id);
  });

  it('of somebody who said nothing yet are those of a new user, whatever was liked later', async () => {
    const library = await recommendingLibrary();
    await library.sayAt(LATER, 'like', ...likes);
    const answer = await library.picks({ user: 'ada', date: DATE });
    expect(answer.note).toMatch(/not liked any paper yet/);
    expect(idsOf(answer.picks)[0]).toMatch(/-10$/);
  });
});
