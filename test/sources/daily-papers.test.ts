import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DailyPapersOptions,
  dailyPapersFeed,
  dailyPapersOptions,
} from '../../src/sources/daily-papers.ts';
import type { FeedCursor } from '../../src/sources/feed.ts';
import { createDailyPapersServer, listedItem } from '../fixtures/daily-papers-server.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';

const noon = (day: string) => `${day}T12:00:00Z`;
const dayAfter = (day: string, days: number) =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

async function start(today: string, given: Partial<DailyPapersOptions> = {}) {
  const server = createDailyPapersServer(today);
  /** Requests until one fails; below 0: none will. */
  const faults = { after: -1 };
  const url = await serveLocally((request, response) => {
    if (faults.after-- === 0) {
      response.writeHead(503).end();
    } else server.handle(request, response);
  });
  const feed = dailyPapersFeed(dailyPapersOptions.parse({ url: `${url}/`, ...given }), {
    http: plainHttpClient,
  });
  const askedSince = (count: number) =>
    server.asked
      .slice(count)
      .filter(({ query }) => query.endsWith('p=0'))
      .map(({ query, status }) => `${query.split('&')[0]} ${status}`);
  return { server, faults, feed, askedSince };
}

describe('Daily Papers by day', () => {
  it('reads the last days, and today again until it is over', async () => {
    const { server, feed } = await start('2025-02-03');
    server.days.set('2025-01-27', [listedItem('2501.00001')]);
    server.days.set('2025-02-03', [listedItem('2502.00001')]);
    const first = await readFeed(feed, null, noon('2025-02-03'));
    expect(first.items.map(brief)).toEqual(['2501.00001', '2502.00001']);
    expect(first.cursor).toMatchObject({ finished: '2025-02-02' });
    // Papers come through the day; the weekend in the listing above was empty, and no error.
    server.days.get('2025-02-03')?.unshift(listedItem('2502.00002'));
    const second = await readFeed(feed, first.cursor, '2025-02-03T23:59:59Z');
    expect(second.items.map(brief)).toEqual(['2502.00002', '2502.00001']);
    expect(second.cursor).toMatchObject({ finished: '2025-02-02' });
    server.today = '2025-02-04';
    const third = await readFeed(feed, second.cursor, '2025-02-04T00:00:00Z');
    expect(third.cursor).toMatchObject({ finished: '2025-02-03' });
  });

  it('asks again for days whose votes may have changed, and gets only what has', async () => {
    const { server, feed, askedSince } = await start('2025-02-03', { refreshDays: 3 });
    for (let day = 1; day <= 3; day++) {
      server.days.set(`2025-02-0${day}`, [listedItem(`2502.0000${day}`, { upvotes: 1 })]);
    }
    const { cursor } = await readFeed(feed, null, noon('2025-02-03'));
    const [item] = server.days.get('2025-02-02') ?? [];
    if (item) item.paper.upvotes = 40;
    const asked = server.asked.length;
    const { items } = await readFeed(feed, cursor, noon('2025-02-03'));
    expect(items).toMatchObject([{ record: { id: '2502.00002', upvotes: 40 } }]);
    expect(askedSince(asked)).toEqual([
      'date=2025-01-31 200',
      'date=2025-02-01 304',
      'date=2025-02-02 200',
      'date=2025-02-03 304',
    ]);
  });

  it('catches up on missed days, and on what changed in the days before them', async () => {
    const { server, feed } = await start('2025-02-03', { refreshDays: 2 });
    server.days.set('2025-02-02', [listedItem('2502.00001')]);
    const { cursor } = await readFeed(feed, null, noon('2025-02-03'));
    server.days.get('2025-02-02')?.push(listedItem('2502.00002'));
    server.days.set('2025-02-03', [listedItem('2502.00003')]);
    server.days.set('2025-03-10', [listedItem('2503.00001')]);
    server.today = '2025-04-01';
    const late = await readFeed(feed, cursor, noon('2025-04-01'));
    expect(late.items.map(brief)).toEqual(['2502.00001', '2502.00002', '2502.00003', '2503.00001']);
    expect(late.cursor).toMatchObject({ finished: '2025-03-31' });
    expect(Object.keys(late.cursor?.etags ?? {}).length).toBeLessThan(5);
  });

  it('begins where it is told to, also when it reads days again', async () => {
    const { feed, askedSince } = await start('2025-02-03', { from: '2025-02-02' });
    const { cursor } = await readFeed(feed, null, noon('2025-02-03'));
    await readFeed(feed, cursor, noon('2025-02-03'));
    expect(new Set(askedSince(0))).toEqual(new Set(['date=2025-02-02 200', 'date=2025-02-03 200']));
    expect((await readFeed(feed, null, noon('2025-02-01'))).pages).toEqual([]);
  });

  it('reads listings of several pages to their end, short pages or not', async () => {
    const { server, feed } = await start('2025-02-03', { from: '2025-02-03' });
    const ids = Array.from({ length: 230 }, (_, index) => `2502.${String(index).padStart(5, '0')}`);
    server.days.set(
      '2025-02-03',
      ids.map((id) => listedItem(id)),
    );
    server.hidden.add('2502.00007');
    server.hidden.add('2502.00107');
    const first = await readFeed(feed, null, noon('2025-02-03'));
    expect(first.items.map(brief)).toEqual(ids.filter((id) => !server.hidden.has(id)));
    // A vote for a paper of the last page leaves the first page as it was.
    const last = server.days.get('2025-02-03')?.at(-1);
    if (last) last.paper.upvotes = 99;
    const second = await readFeed(feed, first.cursor, noon('2025-02-03'));
    expect(second.items.at(-1)).toMatchObject({ record: { upvotes: 99 } });
  });

  it('waits for a listing that is not open yet, and says so when one stays closed', async () => {
    const { server, feed } = await start('2025-02-02');
    server.days.set('2025-02-03', [listedItem('2502.00001')]);
    const early = await readFeed(feed, null, '2025-02-03T00:00:30Z');
    expect(early.items).toEqual([]);
    expect(early.cursor).toMatchObject({ finished: '2025-02-02' });
    server.today = '2025-02-03';
    const late = await readFeed(feed, early.cursor, noon('2025-02-03'));
    expect(late.items.map(brief)).toEqual(['2502.00001']);
    await expect(readFeed(feed, null, noon('2025-02-20'))).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('status 400'),
    });
  });

  it('takes a cursor that it does not understand, or of days to come, as it can', async () => {
    const { server, feed } = await start('2025-02-03');
    server.days.set('2025-02-02', [listedItem('2502.00001')]);
    for (const cursor of [
      { page: 7 },
      { finished: 'soon', etags: {} },
      { finished: '2031-01-01', etags: {} },
    ]) {
      const read = await readFeed(feed, cursor, noon('2025-02-03'));
      expect(read.items.map(brief)).toEqual(['2502.00001']);
      expect(read.cursor).toMatchObject({ finished: '2025-02-02' });
    }
  });
});

describe('Daily Papers by other periods', () => {
  it('reads months and weeks, across years and in a 53rd week', async () => {
    const days = ['2026-12-07', '2026-12-29', '2027-01-02', '2027-01-05', '2027-02-01'];
    for (const by of ['week', 'month'] as const) {
      const { server, feed, askedSince } = await start('2027-02-02', { by, from: '2026-12-07' });
      for (const [index, day] of days.entries()) server.days.set(day, [listedItem(`2612.0000${index}`)]);
      const { items, cursor } = await readFeed(feed, null, noon('2027-02-02'));
      expect(items.map(brief).sort()).toEqual(days.map((_, index) => `2612.0000${index}`));
      expect(cursor).toMatchObject({ finished: '2027-01-31' });
      const asked = server.asked.length;
      expect((await readFeed(feed, cursor, noon('2027-02-02'))).items).toEqual([]);
      expect(askedSince(asked)).toEqual(
        by === 'week'
          ? ['week=2027-W04 200', 'week=2027-W05 304']
          : ['month=2027-01 304', 'month=2027-02 304'],
      );
    }
  });

  it('reads what trends: one request, and none of what has not changed', async () => {
    const { server, feed, askedSince } = await start('2025-02-03', { by: 'trending' });
    server.days.set(
      '2025-02-01',
      Array.from({ length: 120 }, (_, index) => listedItem(`2502.${10_000 + index}`, { upvotes: index })),
    );
    const first = await readFeed(feed, null, noon('2025-02-03'));
    expect(first.items).toHaveLength(100);
    expect(first.items[0]).toMatchObject({ record: { id: '2502.10119', upvotes: 119 } });
    expect((await readFeed(feed, first.cursor, noon('2025-02-03'))).items).toEqual([]);
    expect(askedSince(0)).toEqual(['sort=trending 200', 'sort=trending 304']);
  });
});

describe('answers that are not as they should be', () => {
  it('fails for what is no list, and tells a bad item from the good ones', async () => {
    const answers = ['<html>', '{"error":"no"}', '[{"paper":{"title":"no id"}},7,null]'];
    const url = await serveLocally((_, response) => response.end(answers[0]));
    const options = dailyPapersOptions.parse({ url, by: 'trending' });
    const feed = dailyPapersFeed(options, { http: plainHttpClient });
    await expect(readFeed(feed, null, noon('2025-02-03'))).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('not JSON'),
    });
    answers.shift();
    await expect(readFeed(feed, null, noon('2025-02-03'))).rejects.toMatchObject({ code: 'source_failed' });
    answers.shift();
    const { items } = await readFeed(feed, null, noon('2025-02-03'));
    expect(items.map((item) => item.at)).toEqual(['trending item 1', 'trending item 2', 'trending item 3']);
    expect(items.every((item) => 'reason' in item)).toBe(true);
  });
});

type Step =
  | { kind: 'wait'; days: number }
  | { kind: 'submit'; daysAgo: number }
  | { kind: 'vote'; which: number; upvotes: number }
  | { kind: 'run'; stopAfter: number; failsAfter: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('submit' as const), daysAgo: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    kind: fc.constant('vote' as const),
    which: fc.nat(100),
    upvotes: fc.integer({ min: 0, max: 50 }),
  }),
  fc.record({
    kind: fc.constant('run' as const),
    stopAfter: fc.integer({ min: 1, max: 8 }),
    failsAfter: fc.integer({ min: -1, max: 12 }),
  }),
);

/** Changes the listings as people do, and reads them as a process does that is cut and comes back. */
async function live(steps: readonly Step[]) {
  const { server, faults, feed } = await start('2025-01-01', { refreshDays: 3, from: '2024-12-20' });
  const library = new Map<string, number | null | undefined>();
  let cursor: FeedCursor | null = null;
  let number = 10_000;
  const run = async (stopAfter: number) => {
    const options = { now: new Date(noon(server.today)), signal: new AbortController().signal };
    let count = 0;
    for await (const page of feed.pages(cursor, options)) {
      for (const item of page.items) {
        if ('record' in item) library.set(item.record.id, item.record.upvotes);
      }
      cursor = page.cursor;
      if (++count === stopAfter) break;
    }
  };
  for (const each of steps) {
    const recent = [...server.days].filter(([day]) => day >= dayAfter(server.today, -3));
    if (each.kind === 'wait') server.today = dayAfter(server.today, each.days);
    else if (each.kind === 'submit') {
      const day = dayAfter(server.today, -each.daysAgo);
      server.days.set(day, [listedItem(`2501.${number++}`), ...(server.days.get(day) ?? [])]);
    } else if (each.kind === 'vote') {
      const items = recent.flatMap(([, listed]) => listed);
      const item = items[each.which % Math.max(items.length, 1)];
      if (item) item.paper.upvotes = each.upvotes;
    } else {
      faults.after = each.failsAfter;
      await run(each.stopAfter).catch((error) => expect(error).toMatchObject({ code: 'source_failed' }));
      faults.after = -1;
    }
  }
  await run(Number.POSITIVE_INFINITY);
  const listed = [...server.days.values()].flat().map(({ paper }) => [paper.id, paper.upvotes] as const);
  return { library, listed: new Map(listed) };
}

describe('any history of submissions, votes, cuts and absences', () => {
  it('ends with every paper, and its votes of the days in which they count', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { library, listed } = await live(steps);
        expect(library).toEqual(listed);
      }),
      { numRuns: 60 },
    );
  });
});
