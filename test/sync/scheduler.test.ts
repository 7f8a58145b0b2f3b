import { describe, expect, it } from 'vitest';
import { retryAfterFailure } from '../../src/sync/retry.ts';
import { nextRunOf, scheduleFault } from '../../src/sync/scheduler.ts';

const BERLIN = { schedule: { cron: '30 6 * * *', timeZone: 'Europe/Berlin' } };
const NOW = new Date('2026-03-29T12:00:00Z');

describe('when a source runs next', () => {
  it('is now when it never ran, and never without a schedule', () => {
    expect(nextRunOf(BERLIN, undefined, NOW)).toEqual(NOW);
    expect(nextRunOf({ schedule: null }, undefined, NOW)).toBeNull();
  });

  it('follows the clocks of its time zone, which change', () => {
    const waited = (instant: string) =>
      nextRunOf(BERLIN, { succeededSince: instant, retryAt: null }, NOW)?.toISOString();
    expect(waited('2026-03-28T05:30:00Z')).toBe('2026-03-29T04:30:00.000Z');
    expect(waited('2026-03-27T05:30:00Z')).toBe('2026-03-28T05:30:00.000Z');
  });

  it('is in the past when turns were missed, so that they are made up for', () => {
    const next = nextRunOf(BERLIN, { succeededSince: '2026-03-20T05:30:00Z', retryAt: null }, NOW);
    expect(next?.getTime()).toBeLessThan(NOW.getTime());
  });

  it('counts from when the last run began, as what appeared during it is of the next', () => {
    const next = nextRunOf(BERLIN, { succeededSince: '2026-03-29T04:29:00Z', retryAt: null }, NOW);
    expect(next?.toISOString()).toBe('2026-03-29T04:30:00.000Z');
  });

  it('waits for the retry after a failure, whatever the schedule says', () => {
    const state = { succeededSince: '2026-03-20T05:30:00Z', retryAt: '2026-03-29T13:00:00.000Z' };
    expect(nextRunOf(BERLIN, state, NOW)?.toISOString()).toBe('2026-03-29T13:00:00.000Z');
  });

  it('is not held up by what a clock said that ran ahead', () => {
    const ahead = '2031-01-01T00:00:00.000Z';
    expect(nextRunOf(BERLIN, { succeededSince: ahead, retryAt: null }, NOW)).toEqual(NOW);
    const next = nextRunOf(BERLIN, { succeededSince: '2026-03-29T05:00:00Z', retryAt: ahead }, NOW);
    expect(next?.toISOString()).toBe('2026-03-30T04:30:00.000Z');
  });

  it('knows schedules that are none', () => {
    expect(scheduleFault(BERLIN.schedule)).toBeNull();
    expect(scheduleFault({ cron: '30 6 * *', timeZone: 'UTC' })).toMatch(/invalid/i);
    expect(scheduleFault({ cron: '61 6 * * *', timeZone: 'UTC' })).not.toBeNull();
    expect(scheduleFault({ cron: '0 0 30 2 *', timeZone: 'UTC' })).not.toBeNull();
  });
});

describe('when a failure is tried again', () => {
  const waited = (failures: number, random: number, error: unknown = new Error('cut')) =>
    (retryAfterFailure(error, { failures, now: NOW, random: () => random }).getTime() - NOW.getTime()) /
    1_000;

  it('is later each time, up to six hours, by chance up to a half sooner', () => {
    expect([1, 2, 3].map((failures) => waited(failures, 0))).toEqual([60, 120, 240]);
    expect(waited(1, 1)).toBe(30);
    expect(waited(50, 0)).toBe(6 * 3_600);
  });

  it('is never before the place itself said', () => {
    const error = Object.assign(new Error('busy'), { retryAt: new Date(NOW.getTime() + 7_200_000) });
    expect(waited(1, 0, error)).toBe(7_200);
    expect(waited(12, 0, error)).toBe(6 * 3_600);
  });
});
