import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeSplitText } from '../../scripts/cli/precision.ts';
import { timeSplitReplay } from '../../src/recommend/time-split.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY = 86_400_000;
const START = Date.parse('2025-06-01T12:00:00.000Z');
const at = (day: number) => new Date(START + day * DAY).toISOString();
const now = () => `${TODAY}T20:00:00.000Z`;

/** A library that papers came to day by day, and a person who likes every third one about robots, a week after. */
async function library({ isImportedLate = false } = {}) {
  const opened = await openTestLibrary();
  vi.setSystemTime(isImportedLate ? Date.parse(now()) : START);
  const topics = ['robots', 'proteins', 'galaxies', 'markets'].flatMap((topic) =>
    topicPapers(topic, 60, at(59).slice(0, 10)),
  );
  if (isImportedLate) await opened.add(...topics);
  else {
    for (let day = 0; day < 60; day += 5) {
      vi.setSystemTime(START + day * DAY);
      const [from, to] = [at(day).slice(0, 10), at(day + 4).slice(0, 10)];
      await opened.add(...topics.filter(({ date }) => `${date}` >= from && `${date}` <= to));
    }
  }
  for (let day = 3; day < 50; day += 3) {
    await opened.people.setFeedback('ada', `robots-${59 - day}`, 'like', at(day + 20));
  }
  for (let other = 0; other < 5; other++) {
    for (let number = 0; number < 12; number++) {
      await opened.people.setFeedback(`other-${other}`, `markets-${59 - number}`, 'like', at(number + 10));
    }
  }
  vi.useRealTimers();
  const ask = (splits = 5) => timeSplitReplay({ ...opened, now }, { user: 'ada', splits });
  return { ...opened, ask };
}

describe('recommendations of the past', () => {
  it('find what a person of one topic liked afterwards, better than what was popular', async () => {
    const { ask } = await library();
    const report = await ask();
    const [ada] = report.users;
    expect(ada?.splits.length).toBeGreaterThanOrEqual(4);
    expect(ada?.recommended.recall).toBeGreaterThan(0.5);
    expect(ada?.recommended.ndcg).toBeGreaterThan(2 * (ada?.popular.ndcg ?? 1));
    // At nearly every moment: at some hardly one of the later ones is known yet.
    expect(report.overall.recommended.hits?.mean).toBeGreaterThanOrEqual(0.8);
    expect(report.byDateOnly).toBe(0);
    const text = timeSplitText(report);
    expect(text).toContain('ada: ');
    expect(text).not.toContain('knew no paper yet');
  });

  it('know nothing of what was said after the moment, nor do papers that came later take places', async () => {
    const { ask, people, add } = await library();
    const before = (await ask()).users[0]?.splits ?? [];
    const [first] = before;
    if (!first) throw new Error('expected a split');
    // After the first moment the person turns to another topic.
    for (let number = 0; number < 20; number++) {
      await people.setFeedback('ada', `galaxies-${number}`, 'dislike', at(58));
      await people.setFeedback('ada', `robots-${59 - number * 3 - 1}`, 'hide', at(58));
    }
    await people.setFeedback('other-1', 'robots-40', 'like', at(58));
    const { users } = await ask();
    expect(users[0]?.splits[0]).toEqual(first);
    expect(users[0]?.splits.map(({ at: moment }) => moment)).toEqual(before.map(({ at: moment }) => moment));
    // Only the rarity of words may differ by new papers.
    await add(...topicPapers('robots', 5, '2025-06-20').map((paper, n) => ({ ...paper, id: `new-${n}` })));
    const later = (await ask()).users[0]?.splits[0];
    expect(later).toMatchObject({ later: first.later, popular: first.popular });
    expect(later?.recommended.ndcg).toBeCloseTo(first.recommended.ndcg, 1);
  });

  it('take dates alone where the library came after the likes, and say so', async () => {
    const { ask } = await library({ isImportedLate: true });
    const report = await ask(3);
    expect(report.byDateOnly).toBe(report.users[0]?.splits.length);
    expect(report.overall.recommended.ndcg?.mean).toBeGreaterThan(report.overall.popular.ndcg?.mean ?? 1);
    expect(timeSplitText(report)).toContain('the library knew no paper yet');
  });

  it('are asked of users with ten likes or more', async () => {
    const { index, lexical, statistics, store, people } = await library();
    const done: [number, number][] = [];
    const onProgress = (...counts: [number, number]) => void done.push(counts);
    const { users } = await timeSplitReplay(
      { index, lexical, statistics, store, people, now },
      { splits: 2, onProgress },
    );
    expect(users.map(({ user }) => user)).toContain('ada');
    expect(done.at(-1)).toEqual([6, 6]);
    await people.setFeedback('few', 'robots-1', 'like', at(1));
    expect(
      (await timeSplitReplay({ index, lexical, statistics, store, people, now }, { user: 'few', splits: 2 }))
        .users,
    ).toEqual([]);
  });
});
