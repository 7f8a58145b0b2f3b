import { describe, expect, it } from 'vitest';
import { type ArxivRssOptions, arxivRssFeed, arxivRssOptions } from '../../src/sources/arxiv-rss.ts';
import { type ArxivPaper, arxivPaper } from '../fixtures/arxiv-papers.ts';
import { type ArxivServerOptions, createArxivServer } from '../fixtures/arxiv-server.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';

const DAY = '2025-03-05';
const NOW = `${DAY}T06:00:00Z`;
const SATURDAY = '2025-03-08T06:00:00Z';
const announced = (id: string, type: string, fields: Partial<ArxivPaper> = {}) =>
  arxivPaper(id, '2025-03-03', { announced: { day: DAY, type }, ...fields });
const twoVersions = ['2025-02-03T12:00:00Z', '2025-03-03T12:00:00Z'];
const PAPERS = [
  announced('2503.00001', 'new', { doi: '10.1000/ABC.1', journalRef: 'J. Exam. 1' }),
  announced('2503.00002', 'cross', { categories: ['stat.ML', 'cs.LG'] }),
  announced('2502.00003', 'replace', { versions: twoVersions }),
  announced('2502.00004', 'replace-cross', { versions: twoVersions, categories: ['math.ST', 'cs.CL'] }),
  announced('2503.00005', 'new', { categories: ['math.CO'] }),
  arxivPaper('2503.00006', '2025-03-03'),
];

async function start(
  format: 'atom' | 'rss',
  given: Partial<ArxivRssOptions> = {},
  served: Partial<ArxivServerOptions> = {},
) {
  const server = createArxivServer(PAPERS, { now: NOW, ...served });
  const url = `${await serveLocally(server.handle)}/${format}`;
  const feedOf = (more: Partial<ArxivRssOptions> = {}) => {
    const options = arxivRssOptions.parse({ url, categories: ['cs.LG', 'cs.CL'], ...given, ...more });
    return arxivRssFeed(options, { http: plainHttpClient });
  };
  return { server, feed: feedOf(), feedOf };
}

describe.each(['atom', 'rss'] as const)("arXiv's announcements as %s", (format) => {
  it('tells what was announced in the categories, with its version', async () => {
    const { server, feed } = await start(format);
    const { items } = await readFeed(feed, null, NOW);
    expect(items.map(brief)).toEqual(['2503.00001v1', '2503.00002v1', '2502.00003v2', '2502.00004v2']);
    expect(server.asked[0]?.pathname).toBe(`/${format}/cs.LG+cs.CL`);
    expect(items[0]).toEqual({
      at: 'entry 1',
      record: {
        id: '2503.00001v1',
        title: 'On the 2503.00001 of all things',
        abstract: 'We look at 2503.00001 & find that 1 < 2, as "others" did.',
        authors: ['Ada Example', 'Bo van der Example'],
        date: DAY,
        categories: ['cs.LG', 'stat.ML'],
        source: 'arxiv',
        url: 'https://arxiv.org/abs/2503.00001',
        doi: '10.1000/ABC.1',
        arxivId: '2503.00001',
        venue: 'J. Exam. 1',
      },
    });
  });

  it('says nothing of the first version of what is not new', async () => {
    const { feed } = await start(format);
    const { items } = await readFeed(feed, null, NOW);
    const dates = items.map((item) => ('record' in item ? item.record.date : null));
    expect(dates).toEqual([DAY, undefined, undefined, undefined]);
  });

  it('keeps the types that are wanted', async () => {
    const { feed } = await start(format, { types: ['new', 'replace'] });
    expect((await readFeed(feed, null, NOW)).items.map(brief)).toEqual(['2503.00001v1', '2502.00003v2']);
  });

  it('is empty at weekends without an error', async () => {
    const { feed } = await start(format, {}, { now: SATURDAY });
    expect(await readFeed(feed, null, SATURDAY)).toMatchObject({ items: [], pages: [{ items: [] }] });
  });

  it('is not read again while it is the same, but with other settings', async () => {
    const { server, feed, feedOf } = await start(format);
    const { cursor } = await readFeed(feed, null, NOW);
    expect((await readFeed(feed, cursor, NOW)).pages).toEqual([]);
    expect((await readFeed(feedOf({ types: ['cross'] }), cursor, NOW)).items.map(brief)).toEqual([
      '2503.00002v1',
    ]);
    expect((await readFeed(feedOf({ categories: ['math'] }), cursor, NOW)).items).toHaveLength(2);
    server.options.now = SATURDAY;
    const weekend = await readFeed(feed, cursor, SATURDAY);
    expect(weekend.pages).toHaveLength(1);
    expect(weekend.cursor).not.toEqual(cursor);
  });
});

describe('odd announcements', () => {
  const feedOf = (entries: string) =>
    `<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/">${entries}</feed>`;
  const entry = (id: string, summary: string) =>
    `<entry><id>${id}</id><title>T</title><summary>${summary}</summary></entry>`;

  it('are told by what their text says, and rejected alone', async () => {
    const body = feedOf(
      entry('https://example.org/1', 'arXiv:2503.00001v3 Announce Type: cross\nAbstract: An abstract.') +
        entry('oai:arXiv.org:2503.00002v2', 'arXiv:2503.00002v2 Announce Type: absonly Abstract: Kept.') +
        entry('oai:arXiv.org:2503.00003v2', 'Plain: without a beginning.') +
        entry(
          'oai:arXiv.org:2503.00004v2',
          'arXiv:2503.00004v2 Announce Type: new\nAbstract: This paper has been withdrawn.',
        ) +
        entry(
          'oai:arXiv.org:2503.00005v1',
          'arXiv:2503.00005v1 Announce Type: replace\nAbstract: Not wanted.',
        ),
    );
    const { feed } = await start(
      'atom',
      { types: ['new', 'cross'] },
      { instead: () => ({ status: 200, body }) },
    );
    const { items } = await readFeed(feed, null, NOW);
    expect(items.map(brief)).toEqual([
      expect.stringMatching(/^rejected: id: .*example\.org/),
      '2503.00002v2',
      '2503.00003v2',
      'removal of 2503.00004v2',
    ]);
    expect(items[1]).toMatchObject({ record: { abstract: 'Kept.' } });
    expect(items[2]).toMatchObject({ record: { abstract: 'Plain: without a beginning.' } });
  });

  it.each([
    ['a refusal', { status: 400, body: "Bad archive 'zz'" }, "400: Bad archive 'zz'"],
    ['a page', { status: 200, body: '<html></html>' }, 'got <html>'],
    ['a cut feed', { status: 200, body: '<feed>\n<entry>' }, 'ends in line 2'],
  ])('%s is source_failed', async (_, reply, message) => {
    const { feed } = await start('atom', {}, { instead: () => reply });
    await expect(readFeed(feed, null, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining(message),
    });
  });
});
