import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createContentScorer } from '../../src/recommend/content.ts';
import type { Profile } from '../../src/recommend/profile.ts';
import { type Candidate, listOf, qualityOf, scoreAll } from '../../src/recommend/rank.ts';
import { RECOMMENDING } from '../../src/recommend/settings.ts';
import {
  candidate,
  direction,
  liked,
  PLAIN_CORPUS,
  profileOf,
  topicTerms,
  unwanted,
  upTo,
} from '../fixtures/profiles.ts';

const TODAY = '2026-01-15';
const ranked = (candidates: readonly Candidate[], profile: Profile, limit = 10, bar?: number) =>
  listOf(scoreAll(candidates, profile, createContentScorer(PLAIN_CORPUS, profile), TODAY), profile, {
    limit,
    ...(bar !== undefined && { bar }),
  });
const keys = (list: readonly { key: number }[]) => list.map(({ key }) => key);
/** Shares `count` of its terms with every like of the topic. */
const near = (key: number, topic: number, count: number, fields: Partial<Candidate> = {}) =>
  candidate(key, topic, { terms: topicTerms(topic, upTo(count)), ...fields });

describe('how a paper answers an interest', () => {
  const { temperature } = RECOMMENDING.interests;
  const scoreOf = (likes: ReturnType<typeof liked>[], paper: Candidate) =>
    createContentScorer(PLAIN_CORPUS, profileOf([likes])).score(paper);
  const paper = near(9, 0, 10);

  it('is the likeness to a single like of today', () => {
    const profile = profileOf([[liked(1, 0)]]);
    const scorer = createContentScorer(PLAIN_CORPUS, profile);
    const parts = scorer.likeness(paper, 0);
    expect(scorer.score(paper).similarity[0]).toBeCloseTo(parts.terms + parts.meaning + parts.categories, 9);
  });

  it('is led by the nearest like: far ones add little, and near ones less than another as near', () => {
    const one = scoreOf([liked(1, 0)], paper);
    const withFar = scoreOf([liked(1, 0), liked(2, 5), liked(3, 6)], paper);
    const withEqual = scoreOf([liked(1, 0), liked(1, 0)], paper);
    const gained = (after: typeof one) => (after.similarity[0] as number) - (one.similarity[0] as number);
    expect(gained(withEqual)).toBeCloseTo(temperature * Math.log(2), 3);
    expect(gained(withFar)).toBeGreaterThanOrEqual(0);
    expect(gained(withFar)).toBeLessThan(gained(withEqual) / 5);
    expect(withFar.carrier[0]).toBe(0);
  });

  it('does not grow by likes that it has nothing in common with: many of them are not near to everything', () => {
    const nothing = upTo(400, 1_000).map((key) => liked(key, 5));
    const alone = scoreOf([liked(1, 0)], paper).similarity[0] as number;
    expect(scoreOf(nothing, paper).similarity[0]).toBeLessThan(alone / 2);
    const profile = profileOf([nothing, [liked(1, 0)]]);
    expect(ranked([paper], profile)[0]?.interest).toBe(1);
  });

  it('counts an old like less, and names another as near instead', () => {
    const old = liked(1, 0, { strength: 0.25 });
    const fresh = liked(2, 0, { embedding: old.embedding });
    expect(scoreOf([old], paper).similarity[0]).toBeLessThan(scoreOf([fresh], paper).similarity[0] as number);
    expect(scoreOf([old, fresh], paper).carrier[0]).toBe(1);
  });

  it('is the same whenever it is asked for, whatever was asked between', () => {
    const scorer = createContentScorer(PLAIN_CORPUS, profileOf([[liked(1, 0), liked(2, 0)], [liked(3, 1)]]));
    const first = structuredClone(scorer.score(paper));
    scorer.score(near(10, 1, 3));
    scorer.likeness(near(11, 1, 5), 2);
    expect(scorer.score(paper)).toEqual(first);
  });
});

describe('ranking', () => {
  const topics = [[liked(1, 0), liked(2, 0), liked(3, 0)], [liked(4, 1)]];
  const profile = profileOf(topics);

  it('gives the small interest a place among the first, though the large one has more candidates', () => {
    const many = upTo(60, 100).map((key) => near(key, 0, 14));
    const few = [near(200, 1, 10), near(201, 1, 10)];
    const list = keys(ranked([...many, ...few], profile));
    expect(list.some((key) => key >= 200)).toBe(true);
    expect(list.filter((key) => key < 200).length).toBeGreaterThan(5);
  });

  it('never ranks higher scores below lower ones, and the parts add up to the score', () => {
    const entry = fc.record({
      topic: fc.nat(2),
      shared: fc.nat(20),
      upvotes: fc.nat(500),
      day: fc.integer({ min: 1, max: 28 }),
      together: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const said = fc.record({
      isPinned: fc.boolean(),
      isMuted: fc.boolean(),
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 60 }),
        fc.array(said, { minLength: 3, maxLength: 3 }),
        (entries, all) => {
          const candidates = entries.map(({ topic, shared, upvotes, day, together }, at) =>
            near(at + 100, topic, shared, {
              upvotes,
              together,
              date: `2025-12-${String(day).padStart(2, '0')}`,
            }),
          );
          const person = profileOf([...topics, [liked(5, 2)]], { said: all });
          const list = ranked(candidates, person, 15);
          expect(new Set(keys(list)).size).toBe(list.length);
          list.forEach(({ score, parts, interest }, at) => {
            expect(score).toBeLessThanOrEqual((list[at - 1]?.score ?? Number.POSITIVE_INFINITY) + 1e-12);
            expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(score, 9);
            expect(person.interests[interest]?.settings.isMuted).toBe(false);
          });
        },
      ),
    );
  });

  it('begins a longer list like a shorter one, so that pages have no repeats and no gaps', () => {
    const candidates = upTo(80, 100).map((key) => near(key, key % 2, 6 + (key % 9)));
    for (const said of [[], [{}, { isPinned: true, weight: 0.1 }]]) {
      const person = profileOf(topics, { said });
      expect(keys(ranked(candidates, person, 40)).slice(0, 10)).toEqual(keys(ranked(candidates, person, 10)));
    }
  });

  it('has a place among the first ten for a pinned interest, however low its papers score', () => {
    const many = upTo(100, 100).map((key) => near(key, 0, 18));
    const low = near(300, 1, 3);
    expect(keys(ranked([...many, low], profile))).not.toContain(300);
    const pinned = profileOf(topics, { said: [{}, { isPinned: true }] });
    for (const limit of [10, 60]) {
      const list = ranked([...many, low], pinned, limit).slice(0, 10);
      expect(keys(list)).toContain(300);
      expect(list).toHaveLength(10);
    }
  });

  it('has nothing for a muted interest, nor where all are muted', () => {
    const candidates = [near(100, 0, 15), near(101, 1, 15)];
    expect(keys(ranked(candidates, profileOf(topics, { said: [{ isMuted: true }] })))).toEqual([101]);
    expect(ranked(candidates, profileOf(topics, { said: [{ isMuted: true }, { isMuted: true }] }))).toEqual(
      [],
    );
  });

  it('raises an interest by its weight, by as much as twice as many likes would', () => {
    const candidates = [near(100, 0, 12), near(101, 1, 12)];
    const interestPart = (weight: number) =>
      ranked(candidates, profileOf(topics, { said: [{}, { weight }] })).find(({ key }) => key === 101)?.parts
        .interest;
    expect(interestPart(1)).toBe(0);
    expect(interestPart(2)).toBeCloseTo(RECOMMENDING.interests.temperature * Math.log(2), 9);
    expect(keys(ranked(candidates, profileOf(topics, { said: [{}, { weight: 10 }] })))[0]).toBe(101);
    expect(keys(ranked(candidates, profileOf(topics, { said: [{}, { weight: 0.1 }] })))[0]).toBe(100);
  });

  it('pushes down what is like a disliked paper, by less what is like a hidden one, and leaves far papers alone', () => {
    const [close, far] = [near(100, 0, 12), near(101, 1, 12)];
    const against = (signal: 'dislike' | 'hide') =>
      new Map(
        ranked([close, far], profileOf(topics, { dislikes: [unwanted(50, 0, signal)] }), 10, -9).map(
          (one) => [one.key, one],
        ),
      );
    const before = new Map(ranked([close, far], profile, 10, -9).map((one) => [one.key, one]));
    const [disliked, hidden] = [against('dislike'), against('hide')];
    expect(disliked.get(100)?.parts.dislike).toBeLessThan(hidden.get(100)?.parts.dislike as number);
    expect(hidden.get(100)?.parts.dislike).toBeLessThan(0);
    expect(disliked.get(100)?.score).toBeLessThan(before.get(100)?.score as number);
    for (const map of [disliked, hidden]) expect(map.get(101)?.score).toBe(before.get(101)?.score);
  });

  it('puts the fresher and the more popular of equal papers first', () => {
    const twins = (a: Partial<Candidate>, b: Partial<Candidate>) => {
      const embedding = direction(0, 1);
      return keys(
        ranked([near(100, 0, 10, { embedding, ...a }), near(101, 0, 10, { embedding, ...b })], profile),
      )[0];
    };
    expect(twins({ date: '2020-01-01' }, { date: '2026-01-14' })).toBe(101);
    expect(twins({ date: '2026-01-14' }, { date: '2020-01-01' })).toBe(100);
    expect(twins({ upvotes: 2 }, { upvotes: 90 })).toBe(101);
    expect(twins({ upvotes: 90 }, { upvotes: 2 })).toBe(100);
    expect(twins({ together: 0 }, { together: 1 })).toBe(101);
    // A date to come is no fresher than the day.
    expect(ranked([near(100, 0, 9, { date: '2027-01-01' })], profile)[0]?.parts.freshness).toBe(
      RECOMMENDING.freshness,
    );
  });

  it('keeps out what does not reach the bar, and orders the rest as before', () => {
    const candidates = upTo(20, 100).map((key) => near(key, 0, key - 100));
    const all = ranked(candidates, profile, 20, -9);
    const bar = 0.2;
    const some = ranked(candidates, profile, 20, bar);
    expect(some.length).toBeGreaterThan(3);
    expect(some.length).toBeLessThan(all.length);
    for (const one of some) expect(qualityOf(one)).toBeGreaterThanOrEqual(bar);
    expect(new Set(keys(all.filter((one) => qualityOf(one) >= bar)))).toEqual(new Set(keys(some)));
  });

  it('does not change what it is given, and is the same whatever order that comes in', () => {
    const candidates = upTo(30, 100).map((key) => near(key, key % 2, 5 + (key % 7)));
    const before = structuredClone(candidates);
    const list = ranked(candidates, profile);
    expect(candidates).toEqual(before);
    expect(keys(ranked([...candidates].reverse(), profile))).toEqual(keys(list));
  });

  it('of nothing is nothing', () => {
    expect(ranked([], profile)).toEqual([]);
    expect(ranked([near(100, 0, 5)], profileOf([]))).toEqual([]);
  });
});
