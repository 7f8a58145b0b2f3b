import { describe, expect, it } from 'vitest';
import { type ArxivApiOptions, arxivApiFeed, arxivApiOptions } from '../../src/sources/arxiv-api.ts';
import { arxivPaper, expectedOf } from '../fixtures/arxiv-papers.ts';
import { type ArxivServerOptions, apiError, createArxivServer } from '../fixtures/arxiv-server.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';

const NOW = '2025-03-05T06:00:00Z';
/** Papers of February's days and of March, some days with many. */
const PAPERS = Array.from({ length: 60 }, (_, i) =>
  arxivPaper(
    `2502.${String(i).padStart(5, '0')}`,
    new Date(Date.UTC(2025, 1, 1 + Math.floor(i / 2))).toISOString().slice(0, 10),
  ),
);

async function start(
  given: Partial<ArxivApiOptions> = {},
  served: Partial<ArxivServerOptions> = {},
  papers = PAPERS,
) {
  const server = createArxivServer([...papers], { now: NOW, ...served });
  const url = `${await serveLocally(server.handle)}/api/query`;
  const options = arxivApiOptions.parse({
    url,
    query: 'cat:cs.LG OR cat:cs.CL',
    from: '2025-02-01',
    ...given,
  });
  return { server, feed: arxivApiFeed(options, { http: plainHttpClient }) };
}
type Server = Awaited<ReturnType<typeof start>>['server'];

/** The intervals that were asked for, in days: `20250201-20250208`, with the start of the page. */
const intervals = ({ asked }: Server) =>
  asked.map(({ searchParams }) => {
    const [, from = '', to = ''] =
      /\[(\d{8})0000 TO (\d{8})0000\]/.exec(searchParams.get('search_query') ?? '') ?? [];
    return `${from}-${to} ${searchParams.get('start')}`;
  });
const briefs = (items: Awaited<ReturnType<typeof readFeed>>['items']) => items.map(brief).sort();

describe("arXiv's API", () => {
  it('reads every paper since the first day, in windows of days and pages', async () => {
    const { server, feed } = await start({ pageSize: 5 });
    const { items, cursor } = await readFeed(feed, null, NOW);
    expect(briefs(items)).toEqual(expectedOf(PAPERS).records);
    expect(cursor).toMatchObject({ finished: '2025-03-04' });
    expect(intervals(server).slice(0, 4)).toEqual([
      '20250201-20250208 0',
      '20250201-20250208 5',
      '20250201-20250208 10',
      '20250208-20250222 0',
    ]);
  });

  it('tells a paper as arXiv has it', async () => {
    const paper = arxivPaper('2503.00001', '2025-03-04', {
      versions: ['2025-03-04T23:59:59Z', '2025-03-05T01:00:00Z'],
      categories: ['stat.ML', 'cs.LG'],
      doi: '10.1000/ABC.1',
      journalRef: 'J. Exam. 1\n (2025) 2',
      comment: '9 pages,\n 2 figures',
    });
    const { feed } = await start({}, {}, [paper]);
    const { items } = await readFeed(feed, null, NOW);
    expect(items).toEqual([
      {
        at: '2025-02-22 to 2025-03-05, entry 1',
        record: {
          id: '2503.00001v2',
          title: 'On the 2503.00001 of all things',
          abstract: 'We look at 2503.00001 & find that 1 < 2, as "others" did.',
          authors: ['Ada Example', 'Bo van der Example'],
          date: '2025-03-04',
          categories: ['stat.ML', 'cs.LG'],
          source: 'arxiv',
          url: 'https://arxiv.org/abs/2503.00001',
          doi: '10.1000/ABC.1',
          arxivId: '2503.00001',
          venue: 'J. Exam. 1 (2025) 2',
          comment: '9 pages, 2 figures',
        },
      },
    ]);
  });

  it('goes on from its cursor some days back, where papers appear late, and catches up on missed days', async () => {
    const { server, feed } = await start({ lookBackDays: 3 });
    const { cursor } = await readFeed(feed, null, NOW);
    const before = server.asked.length;
    server.papers.push(arxivPaper('2503.09999', '2025-03-02'), arxivPaper('2503.10000', '2025-03-19'));
    const { items, cursor: after } = await readFeed(feed, cursor, '2025-03-20T06:00:00Z');
    expect(briefs(items)).toEqual(['2502.00058v1', '2502.00059v1', '2503.09999v1', '2503.10000v1']);
    expect(intervals(server)[before]).toBe('20250302-20250309 0');
    expect(after).toMatchObject({ finished: '2025-03-19' });
    // A clock that was years ahead has finished none of the days since then.
    const early = await readFeed(feed, { ...after, finished: '2031-01-01' }, '2025-03-20T06:00:00Z');
    expect(new Set(early.items.map(brief)).size).toBe(PAPERS.length + 2);
    expect(early.cursor).toEqual(after);
    // Another query has seen none of this.
    const other = await start({ query: 'cat:stat.ML' });
    expect((await readFeed(other.feed, cursor, NOW)).items).toHaveLength(PAPERS.length);
  });

  it('reads a window that was cut off again, and no finished one', async () => {
    const { server, feed } = await start({ pageSize: 5, lookBackDays: 0 });
    const first = await readFeed(feed, null, NOW, 4);
    expect(first.cursor).toMatchObject({ finished: '2025-02-07' });
    const before = server.asked.length;
    const second = await readFeed(feed, first.cursor, NOW);
    expect(intervals(server)[before]).toBe('20250208-20250215 0');
    const all = new Set([...first.items, ...second.items].map(brief));
    expect([...all].sort()).toEqual(expectedOf(PAPERS).records);
  });

  it('makes windows shorter until none has more papers than the API gives', async () => {
    const daysOf = (url: URL) => {
      const [, from = '', to = ''] =
        /\[(\d{8})0000 TO (\d{8})/.exec(url.searchParams.get('search_query') ?? '') ?? [];
      const dashed = (day: string) => day.replace(/(....)(..)(..)/, '$1-$2-$3');
      return (Date.parse(dashed(to)) - Date.parse(dashed(from))) / 86_400_000;
    };
    const crowded: Partial<ArxivServerOptions> = {
      instead: (url, trueReply) => {
        if (daysOf(url) <= 2) return undefined;
        const { body, ...reply } = trueReply();
        return { ...reply, body: body.replace(/>\d+<\/opensearch:t/, '>30001</opensearch:t') };
      },
    };
    const { server, feed } = await start({ pageSize: 1 }, crowded);
    const { items } = await readFeed(feed, null, '2025-02-12T00:00:00Z');
    expect(new Set(items.map(brief)).size).toBe(24);
    const pages = server.asked.filter(({ searchParams }) => searchParams.get('start') !== '0');
    expect(pages.every((url) => daysOf(url) <= 2)).toBe(true);

    const always = await start(
      { pageSize: 1 },
      {
        instead: (_, trueReply) => {
          const { body, ...reply } = trueReply();
          return { ...reply, body: body.replace(/>\d+<\/opensearch:t/, '>30001</opensearch:t') };
        },
      },
    );
    await expect(readFeed(always.feed, null, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('more than 30000 papers of 2025-02-01'),
    });
  });

  it.each([
    ['no entry', () => ''],
    ['some entries', (entries: string) => entries.slice(0, entries.indexOf('</entry>') + 8)],
  ])('asks again for a page with %s, and gives up rather than lose papers', async (_, cut) => {
    let faults = 0;
    const instead: ArxivServerOptions['instead'] = (_url, trueReply) => {
      if (faults === 0) return undefined;
      faults--;
      const { body, ...reply } = trueReply();
      return { ...reply, body: body.replace(/ {2}<entry>[\s\S]*<\/entry>/, cut) };
    };
    const { feed } = await start({ pageSize: 5 }, { instead });
    faults = 2;
    const { items } = await readFeed(feed, null, NOW);
    expect(briefs(items)).toEqual(expectedOf(PAPERS).records);

    const { cursor } = await readFeed(feed, null, NOW, 3);
    faults = 3;
    await expect(readFeed(feed, cursor, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('3 times'),
    });
    expect(new Set((await readFeed(feed, cursor, NOW)).items.map(brief)).size).toBeGreaterThanOrEqual(46);
  });

  it('does not believe at once that there is nothing', async () => {
    let faults = 1;
    const { feed } = await start(
      {},
      {
        instead: () =>
          faults-- > 0
            ? {
                status: 200,
                body: '<feed><opensearch:totalResults>0</opensearch:totalResults></feed>',
              }
            : undefined,
      },
    );
    const { items } = await readFeed(feed, null, NOW);
    expect(briefs(items)).toEqual(expectedOf(PAPERS).records);
  });

  it('tells withdrawn papers as such, and rejects a damaged entry alone', async () => {
    const papers = [
      arxivPaper('2503.00001', '2025-03-01', { gone: 'withdrawn' }),
      arxivPaper('2503.00002', '2025-03-01', { title: ' ' }),
      arxivPaper('2503.00003', '2025-03-02'),
    ];
    const { feed } = await start({}, {}, papers);
    const { items } = await readFeed(feed, null, NOW);
    expect(items.map(brief)).toEqual([
      'removal of 2503.00001v1',
      expect.stringMatching(/^rejected: title: /),
      '2503.00003v1',
    ]);
  });

  it('asks nothing before its first day', async () => {
    const { server, feed } = await start({ from: '2025-03-06' });
    expect((await readFeed(feed, null, NOW)).pages).toEqual([]);
    expect(server.asked).toEqual([]);
  });
});

describe("faults of arXiv's API", () => {
  const failing = async (reply: { status: number; body: string }) => {
    const { feed } = await start({}, { instead: () => reply });
    return await readFeed(feed, null, NOW).catch((error: unknown) => error);
  };

  it('says what an error feed says, whatever its status', async () => {
    const reply = apiError('malformed_query', 'malformed query: cat:cs.LG)');
    const expected = {
      code: 'source_failed',
      message: expect.stringContaining('malformed query: cat:cs.LG)'),
    };
    expect(await failing(reply)).toMatchObject(expected);
    expect(await failing({ ...reply, status: 400 })).toMatchObject(expected);
  });

  it.each([
    [
      'a cut feed',
      { status: 200, body: '<?xml version="1.0"?>\n<feed>\n<entry><id>' },
      'ends in line 3, within feed entry id',
    ],
    ['a page', { status: 200, body: '<html><body>We are down</body></html>' }, 'got <html>'],
    ['a refusal', { status: 403, body: 'Forbidden: <too many' }, 'got 403: Forbidden'],
    ['nothing', { status: 200, body: '' }, 'Cannot read'],
    ['no count', { status: 200, body: '<feed></feed>' }, 'opensearch:totalResults'],
    [
      'entities that grow',
      { status: 200, body: '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>' },
      'DOCTYPE',
    ],
  ])('%s is source_failed', async (_, reply, message) => {
    expect(await failing(reply)).toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining(message),
    });
  });
});
