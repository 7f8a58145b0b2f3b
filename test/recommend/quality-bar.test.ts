import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawn, EXPLORATION } from '../../src/recommend/exploration.ts';
import { learnt, type Outcome, QUALITY_BAR, qualityBar } from '../../src/recommend/quality-bar.ts';
import type { Ranked } from '../../src/recommend/rank.ts';
import { RECOMMENDING } from '../../src/recommend/settings.ts';
import { recommendingLibrary } from '../fixtures/recommending.ts';

const outcomes = (isGood: boolean, ...qualities: number[]): Outcome[] =>
  qualities.map((quality) => ({ quality, isGood }));
const quality = fc.double({ min: -0.5, max: 1, noNaN: true });
const some = (isGood: boolean) =>
  fc.array(
    quality.map((value) => ({ quality: value, isGood })),
    { minLength: 1, maxLength: 30 },
  );

describe('a bar that is learnt from outcomes', () => {
  it('is what likes alone say as long as there are none', () => {
    expect(learnt(0.2, [])).toBe(0.2);
  });

  it('never falls by bad ones alone, nor rises by good ones alone', () => {
    fc.assert(
      fc.property(quality, some(false), some(true), (prior, bad, good) => {
        expect(learnt(prior, bad)).toBeGreaterThanOrEqual(prior - 1e-12);
        expect(learnt(prior, good)).toBeLessThanOrEqual(prior + 1e-12);
      }),
    );
  });

  it('rises above bad picks that were over it, and falls to good ones that were barely over it', () => {
    expect(learnt(0.2, outcomes(false, 0.4, 0.4, 0.4))).toBeGreaterThan(0.2);
    expect(learnt(0.4, outcomes(true, 0.2, 0.2, 0.2))).toBeLessThan(0.4);
  });

  it('comes to lie between bad and good ones, the nearer the more there are', () => {
    const mixed = (times: number) =>
      Array.from({ length: times }, () => [...outcomes(true, 0.6), ...outcomes(false, 0.2)]).flat();
    const [few, many] = [learnt(0.1, mixed(2)), learnt(0.1, mixed(50))];
    expect(few).toBeGreaterThan(0.1);
    expect(many).toBeGreaterThan(few);
    expect(many).toBeLessThan(0.4);
    expect(many).toBeGreaterThan(0.35);
    expect(learnt(0.1, mixed(QUALITY_BAR.outcomes / 2))).toBeCloseTo((0.1 + 0.4) / 2, 9);
  });

  it('stays within what it was and what was seen', () => {
    fc.assert(
      fc.property(quality, some(true), some(false), (prior, good, bad) => {
        const seen = [prior, ...[...good, ...bad].map((outcome) => outcome.quality)];
        const bar = learnt(prior, [...good, ...bad]);
        expect(bar).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-9);
        expect(bar).toBeLessThanOrEqual(Math.max(...seen) + 1e-9);
      }),
    );
  });
});

describe('the quality bar of a person', () => {
  const barOf = async (likes: string[], said: Outcome[] = []) => {
    const { deps, persons, say } = await recommendingLibrary();
    await say('like', ...likes);
    return qualityBar(deps, await persons.read({ user: 'ada' }), said);
  };

  it('lies above what any paper of the library has, towards what the likes have by each other', async () => {
    const { value, usual, own } = await barOf(['robots-1', 'robots-2', 'robots-9']);
    expect(own).toBeGreaterThan(usual);
    expect(value).toBeCloseTo(usual + QUALITY_BAR.between * ((own ?? 0) - usual), 9);
  });

  it('is what is usual where no two likes belong together, and never below what is like at all', async () => {
    const { value, usual, own } = await barOf(['robots-1']);
    expect(own).toBeNull();
    expect(value).toBe(Math.max(usual, RECOMMENDING.leastLikeness));
    const none = await barOf([]);
    expect(none).toEqual({ value: RECOMMENDING.leastLikeness, usual: 0, own: null, outcomes: 0 });
    const low = await barOf(['robots-1'], outcomes(true, ...Array.from({ length: 100 }, () => -0.5)));
    expect(low.value).toBe(RECOMMENDING.leastLikeness);
  });
});

describe('a draw by lot', () => {
  const behind = Array.from({ length: 60 }, (_, key) => ({ key }) as Ranked);

  it('is decided by its seed, and of equal chances that it tells', () => {
    const seeds = Array.from({ length: 4_000 }, (_, at) => `ada 2026-${at}`);
    const counts = new Map<number, number>();
    for (const seed of seeds) {
      const draw = drawn(behind, seed);
      expect(draw).toEqual(drawn(behind, seed));
      expect(draw?.probability).toBe(1 / EXPLORATION.among);
      counts.set(draw?.ranked.key ?? -1, (counts.get(draw?.ranked.key ?? -1) ?? 0) + 1);
    }
    expect([...counts.keys()].every((key) => key >= 0 && key < EXPLORATION.among)).toBe(true);
    // 100 of each are expected, with a standard deviation of 10.
    expect(counts.size).toBe(EXPLORATION.among);
    expect(Math.min(...counts.values())).toBeGreaterThan(55);
    expect(Math.max(...counts.values())).toBeLessThan(145);
  });

  it('from few has their chances, and from nothing is none', () => {
    expect(drawn(behind.slice(0, 3), 'x')?.probability).toBe(1 / 3);
    expect(drawn([], 'x')).toBeNull();
  });
});
