import { describe, expect, it } from 'vitest';
import { precisionText } from '../../scripts/cli/precision.ts';
import { meanReward, pickPrecision } from '../../src/recommend/precision.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';
import { event } from '../fixtures/people.ts';

const now = () => `${TODAY}T20:00:00.000Z`;
const AFTER = `${TODAY}T13:00:00.000Z`;
const BEFORE = '2025-12-01T00:00:00.000Z';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(...topicPapers('robots', 60), ...topicPapers('galaxies', 60));
  for (const user of ['ada', 'bob'])
    for (const at of [1, 3, 5]) await opened.people.setFeedback(user, `robots-${at}`, 'like', BEFORE);
  return opened;
}

describe('the precision of picks', () => {
  it('is the share of shown picks that were liked or saved since', async () => {
    const { people, picks } = await library();
    const ids = (await picks({ user: 'ada' })).picks.map(({ paper }) => paper.id);
    const lot = (await people.picks('ada', TODAY))?.picks.find(({ details }) => details.isExploration);
    const say = (id: string | undefined, signal: 'like' | 'save' | 'hide' | 'dislike') =>
      people.setFeedback('ada', id ?? '', signal, AFTER);
    await say(ids[0], 'like');
    await say(ids[1], 'save');
    await say(ids[2], 'hide');
    await say(ids[3], 'dislike');
    await say(ids[4], 'like');
    await people.clearFeedback('ada', ids[4] ?? '', AFTER);
    await people.addEvents('ada', [event(ids[5] ?? '', { kind: 'clicked', at: AFTER })]);
    const { users, overall, from, to } = await pickPrecision({ people, now }, { days: 30 });
    expect({ from, to }).toEqual({ from: '2025-12-17', to: TODAY });
    expect(users.map(({ user }) => user)).toEqual(['ada']);
    expect(users[0]).toMatchObject({
      pickDays: 1,
      shownDays: 1,
      coverage: 1 / 30,
      all: { shown: 10, liked: 2, clicked: 1, hidden: 1, disliked: 1, precision: 0.2, hideShare: 0.1 },
      exploration: { shown: 1, liked: 0 },
      others: { shown: 9, liked: 2 },
    });
    // The one drawn by lot stands for all that it was drawn from.
    const weight = 1 / (lot?.details.probability ?? 0);
    expect(weight).toBeGreaterThan(10);
    expect(users[0]?.estimate?.reward).toBeCloseTo(2 / (9 + weight), 10);
    expect(overall.precision).toEqual({ mean: 0.2, low: 0.2, high: 0.2 });
  });

  it('counts only what the log says was shown, where it says so of a day', async () => {
    const { people, picks } = await library();
    for (const date of [TODAY, '2026-01-14']) await picks({ user: 'ada', date });
    const ids = ((await people.picks('ada', TODAY))?.picks ?? []).map(({ paperId }) => paperId);
    await people.addEvents('ada', [
      event(ids[0] ?? '', { at: AFTER, probability: 0.5 }),
      event(ids[1] ?? '', { at: AFTER, probability: null }),
    ]);
    await people.setFeedback('ada', ids[0] ?? '', 'like', AFTER);
    await people.setFeedback('ada', ids[9] ?? '', 'like', AFTER);
    const { users } = await pickPrecision({ people, now }, { user: 'ada', days: 1 });
    expect(users[0]).toMatchObject({ pickDays: 1, coverage: 1, all: { shown: 2, liked: 1, precision: 0.5 } });
    expect(users[0]?.estimate?.reward).toBeCloseTo(2 / 3, 10);
    const month = await pickPrecision({ people, now }, { user: 'ada', days: 30 });
    expect(month.users[0]?.all.shown).toBeGreaterThan(10);
  });

  it('overall is a mean over users, however many picks each has', async () => {
    const { people, picks } = await library();
    const { picks: ofAda } = await picks({ user: 'ada' });
    await picks({ user: 'bob' });
    await picks({ user: 'bob', date: '2026-01-14' });
    for (const { paper } of ofAda) await people.setFeedback('ada', paper.id, 'like', AFTER);
    const report = await pickPrecision({ people, now }, { days: 30 });
    expect(report.overall.precision).toMatchObject({ mean: 0.5, low: 0, high: 1 });
    expect(report.overall.all.precision).toBeLessThan(0.5);
    expect(precisionText(report)).toContain('precision   50.0 % (0.0 % to 100.0 %)');
  });

  it('of nobody, or without picks, has no shares', async () => {
    const { people } = await library();
    const report = await pickPrecision({ people, now }, { user: 'nobody', days: 7 });
    expect(report.users[0]).toMatchObject({ all: { shown: 0, precision: null }, estimate: null });
    expect(report.overall).toMatchObject({ users: 0, precision: null });
    expect(precisionText(report)).toContain('none were shown');
    expect((await pickPrecision({ people, now }, { days: 7 })).users).toEqual([]);
  });
});

describe('the estimate by inverse propensity', () => {
  it('weighs improbable picks more, up to a bound', () => {
    expect(meanReward([])).toBeNull();
    const even = meanReward([
      { reward: 1, probability: 1 },
      { reward: 0, probability: 1 },
    ]);
    expect(even).toEqual({ reward: 0.5, effectivePicks: 2 });
    const rare = [
      { reward: 0, probability: 1 },
      { reward: 1, probability: 1e-9 },
    ];
    expect(meanReward(rare)?.reward).toBeCloseTo(50 / 51, 10);
    expect(meanReward(rare)?.effectivePicks).toBeLessThan(1.1);
  });
});
