import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalId, parseArxivId } from '../../src/paper.ts';
import { type ArxivOaiOptions, arxivOaiFeed, arxivOaiOptions } from '../../src/sources/arxiv-oai.ts';
import type { FeedCursor } from '../../src/sources/feed.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { oaiError, oaiReply } from '../fixtures/arxiv-oai-lists.ts';
import { type ArxivPaper, arxivPaper, expectedOf } from '../fixtures/arxiv-papers.ts';
import { type ArxivServerOptions, createArxivServer } from '../fixtures/arxiv-server.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';

const NOW = '2025-03-05T06:00:00Z';
const dayAfter = (day: string, days: number) =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
const papersOf = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    arxivPaper(`2502.${String(i).padStart(5, '0')}`, dayAfter('2025-02-20', Math.floor(i / 2))),
  );

async function start(
  papers: ArxivPaper[],
  served: Partial<ArxivServerOptions> = {},
  given: Partial<ArxivOaiOptions> = {},
) {
  const server = createArxivServer(papers, { now: NOW, recordsPerList: 4, ...served });
  const url = `${await serveLocally(server.handle)}/oai`;
  const feed = arxivOaiFeed(arxivOaiOptions.parse({ url, ...given }), { http: plainHttpClient });
  const askedSince = (count: number) => server.asked.slice(count).map(({ search }) => search.slice(1));
  return { server, feed, askedSince };
}
const briefs = (items: readonly SourceItem[]) => [...new Set(items.map(brief))].sort();

describe('arXiv by OAI-PMH', () => {
  it('harvests everything list by list, and then what changed since the day on which it began', async () => {
    const { server, feed, askedSince } = await start(papersOf(10));
    const first = await readFeed(feed, null, NOW);
    expect(first.pages.map(({ items }) => items.length)).toEqual([4, 4, 2]);
    expect(briefs(first.items)).toEqual(expectedOf(server.papers).records);
    expect(first.cursor).toEqual({ sets: { '': { from: '2025-03-05', harvest: null } } });
    expect(askedSince(0)).toEqual([
      'verb=ListRecords&metadataPrefix=arXivRaw',
      expect.stringMatching(/^verb=ListRecords&resumptionToken=[^&]+$/),
      expect.stringMatching(/^verb=ListRecords&resumptionToken=[^&]+$/),
    ]);
    // Of the same day, and of the next: both are told.
    server.papers.push(arxivPaper('2503.00001', '2025-03-05'));
    server.options.now = '2025-03-06T06:00:00Z';
    server.papers.push(arxivPaper('2503.00002', '2025-03-06'));
    const second = await readFeed(feed, first.cursor, server.options.now);
    expect(second.items.map(brief)).toEqual(['2503.00001v1', '2503.00002v1']);
    expect(askedSince(3)).toEqual(['verb=ListRecords&metadataPrefix=arXivRaw&from=2025-03-05']);
    expect(second.cursor).toEqual({ sets: { '': { from: '2025-03-06', harvest: null } } });
  });

  it('tells a paper as arXiv has it', async () => {
    const paper = arxivPaper('hep-th/9901001', '1999-01-04', {
      versions: ['1999-01-04T23:59:59Z', '1999-02-01T00:00:00Z', '2000-01-01T00:00:00Z'],
      categories: ['hep-th', 'math-ph'],
      doi: '10.1000/ABC.1',
      journalRef: 'J. Exam. 1\n (1999) 2',
      comment: '9 pages',
    });
    const { feed } = await start([paper]);
    const { items } = await readFeed(feed, null, NOW);
    expect(items).toEqual([
      {
        at: 'record 1 (hep-th/9901001)',
        record: {
          id: 'hep-th/9901001v3',
          title: 'On the hep-th/9901001 of all things',
          abstract: 'We look at hep-th/9901001 & find that 1 < 2, as "others" did.',
          authors: ['Ada Example', 'Bo van der Example'],
          date: '1999-01-04',
          categories: ['hep-th', 'math-ph'],
          source: 'arxiv',
          url: 'https://arxiv.org/abs/hep-th/9901001',
          doi: '10.1000/ABC.1',
          arxivId: 'hep-th/9901001',
          venue: 'J. Exam. 1 (1999) 2',
          comment: '9 pages',
        },
      },
    ]);
  });

  it('tells new versions, withdrawn and deleted papers, and rejects a damaged record alone', async () => {
    const { server, feed } = await start(papersOf(4));
    const { cursor } = await readFeed(feed, null, NOW);
    const changes: Partial<ArxivPaper>[] = [
      { versions: ['2025-02-20T12:00:00Z', '2025-03-05T12:00:00Z'] },
      { gone: 'withdrawn' },
      { gone: 'deleted' },
      { abstract: '' },
    ];
    for (const [i, change] of changes.entries()) {
      Object.assign(server.papers[i] ?? {}, { changed: '2025-03-05', ...change });
    }
    const { items } = await readFeed(feed, cursor, NOW);
    expect(items.map(brief)).toEqual([
      '2502.00000v2',
      'removal of 2502.00001v1',
      'removal of 2502.00002',
      expect.stringMatching(/^rejected: abstract: /),
    ]);
    expect(items.slice(1, 3)).toMatchObject([
      { removal: { why: 'withdrawn' } },
      { removal: { why: 'deleted' } },
    ]);
  });

  it('takes the withdrawn version for it, whatever the comment says', async () => {
    const papers = [arxivPaper('2503.00001', '2025-03-01', { gone: 'withdrawn' })];
    const { feed } = await start(papers, {
      instead: (_, trueReply) => ({
        ...trueReply(),
        body: trueReply().body.replace(/<comments>.*<\/comments>/, ''),
      }),
    });
    expect((await readFeed(feed, null, NOW)).items.map(brief)).toEqual(['removal of 2503.00001v1']);
  });

  it('harvests sets one after the other, each from its own day', async () => {
    const papers = [
      arxivPaper('2502.00001', '2025-02-20', { categories: ['cs.LG'] }),
      arxivPaper('2502.00002', '2025-02-20', { categories: ['hep-th'] }),
      arxivPaper('2502.00003', '2025-02-20', { categories: ['math.CO'] }),
    ];
    const { feed, askedSince } = await start(
      papers,
      {},
      { sets: ['cs:cs:LG', 'physics'], from: '2025-02-01' },
    );
    const { items, cursor } = await readFeed(feed, null, NOW, 1);
    expect(items.map(brief)).toEqual(['2502.00001v1']);
    const rest = await readFeed(feed, cursor, NOW);
    expect(rest.items.map(brief)).toEqual(['2502.00002v1']);
    expect(askedSince(1)).toEqual([
      'verb=ListRecords&metadataPrefix=arXivRaw&set=cs%3Acs%3ALG&from=2025-03-05',
      'verb=ListRecords&metadataPrefix=arXivRaw&set=physics&from=2025-02-01',
    ]);
  });

  it('harvests everything when its first day is before arXiv has any', async () => {
    const { server, feed } = await start(papersOf(2), {}, { from: '1991-08-14' });
    const { items } = await readFeed(feed, null, NOW);
    expect(briefs(items)).toEqual(expectedOf(server.papers).records);
  });

  it('finds nothing new without an error, and goes on from that day', async () => {
    const { server, feed } = await start(papersOf(2));
    const { cursor } = await readFeed(feed, null, NOW);
    server.options.now = '2025-03-09T06:00:00Z';
    const quiet = await readFeed(feed, cursor, server.options.now);
    expect(quiet).toMatchObject({ items: [], cursor: { sets: { '': { from: '2025-03-09' } } } });
  });
});

describe('a harvest that is cut off', () => {
  it('goes on with its token, and then from the day on which it began', async () => {
    const { server, feed, askedSince } = await start(papersOf(10));
    const first = await readFeed(feed, null, '2025-03-05T23:00:00Z', 1);
    const before = server.asked.length;
    server.options.now = '2025-03-06T00:30:00Z';
    const second = await readFeed(feed, first.cursor, '2025-03-05T23:30:00Z');
    expect(askedSince(before)[0]).toMatch(/resumptionToken=/);
    expect(briefs([...first.items, ...second.items])).toEqual(expectedOf(server.papers).records);
    expect(second.cursor).toEqual({ sets: { '': { from: '2025-03-05', harvest: null } } });
  });

  it('begins again when its token has expired, by the server or by the clock', async () => {
    const { server, feed, askedSince } = await start(papersOf(10));
    const first = await readFeed(feed, null, NOW, 2);
    server.expireTokens();
    const refused = await readFeed(feed, first.cursor, NOW);
    expect(briefs(refused.items)).toEqual(expectedOf(server.papers).records);

    const again = await readFeed(feed, null, NOW, 2);
    const before = server.asked.length;
    server.options.now = '2025-03-07T00:00:00Z';
    await readFeed(feed, again.cursor, server.options.now);
    expect(askedSince(before)[0]).toBe('verb=ListRecords&metadataPrefix=arXivRaw');
  });

  it('begins again in its midst, but not without end', async () => {
    let isExpiring = true;
    const { server, feed } = await start(papersOf(10), {
      instead: (url) => {
        if (!isExpiring || !url.searchParams.has('resumptionToken')) return undefined;
        return oaiError(NOW, 'badResumptionToken', 'expired');
      },
    });
    await expect(readFeed(feed, null, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('expired'),
    });
    const first = await readFeed(feed, null, NOW, 1);
    isExpiring = false;
    const rest = await readFeed(feed, first.cursor, NOW);
    expect(briefs([...first.items, ...rest.items])).toEqual(expectedOf(server.papers).records);
  });

  it('ends with all papers after any history of changes, cuts and expired tokens', async () => {
    const change = fc.record({
      what: fc.constantFrom('new', 'version', 'withdrawn', 'deleted'),
      at: fc.nat(30),
    });
    const day = fc.record({
      changes: fc.array(change, { maxLength: 6 }),
      stopAfter: fc.option(fc.integer({ min: 1, max: 3 })),
      expires: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(day, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (days, size) => {
          const { server, feed } = await start(papersOf(6), { recordsPerList: size });
          const kept = new Map<string, string>();
          let cursor: FeedCursor | null = null;
          let today = '2025-03-01';
          for (const { changes, stopAfter, expires } of [
            ...days,
            { changes: [], stopAfter: null, expires: false },
          ]) {
            for (const { what, at } of changes) apply(server.papers, what, at, today);
            if (expires) server.expireTokens();
            server.options.now = `${today}T06:00:00Z`;
            const read = await readFeed(feed, cursor, server.options.now, stopAfter ?? undefined);
            keep(kept, read.items);
            cursor = read.cursor;
            today = dayAfter(today, 1);
          }
          expect([...kept.values()].sort()).toEqual(expectedOf(server.papers).records);
        },
      ),
      { numRuns: 60 },
    );
  });
});

function apply(papers: ArxivPaper[], what: string, at: number, today: string): void {
  const paper = papers[at % Math.max(1, papers.length)];
  if (what === 'new' || paper === undefined) {
    papers.push(arxivPaper(`2503.${String(papers.length).padStart(5, '0')}`, today));
  } else if (paper.gone === undefined) {
    paper.changed = today;
    if (what === 'version') paper.versions.push(`${today}T12:00:00Z`);
    else paper.gone = what === 'deleted' ? 'deleted' : 'withdrawn';
  }
}

/** Keeps records by paper, as a library does. */
function keep(kept: Map<string, string>, items: readonly SourceItem[]): void {
  for (const item of items) {
    if ('removal' in item) kept.delete(canonicalId(item.removal.id));
    else if ('record' in item) kept.set(parseArxivId(item.record.id)?.arxivId ?? '', item.record.id);
  }
}

describe('faults of OAI-PMH', () => {
  const token = "<resumptionToken expirationDate='2099-01-01T00:00:00Z'>same</resumptionToken>";
  it.each([
    ['an error of the protocol', oaiError(NOW, 'badArgument', 'unknown set'), 'badArgument: unknown set'],
    ['a token without a harvest', oaiError(NOW, 'badResumptionToken', 'what?'), 'badResumptionToken'],
    ['neither records nor error', oaiReply(NOW, ''), 'got neither'],
    ['no day', oaiReply('', '<ListRecords></ListRecords>'), 'responseDate'],
    ['the same token again', oaiReply(NOW, `<ListRecords>${token}</ListRecords>`), '"same" twice'],
    [
      'records with a bad status',
      { ...oaiReply(NOW, '<ListRecords></ListRecords>'), status: 404 },
      'got 404',
    ],
    ['a cut list', { status: 200, body: oaiReply(NOW, '<ListRecords><record>').body }, 'line'],
    ['a page', { status: 200, body: '<html></html>' }, 'got <html>'],
  ])('%s is source_failed', async (_, reply, message) => {
    const { feed } = await start([], { instead: () => reply });
    await expect(readFeed(feed, null, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining(message),
    });
  });

  it('rejects records without metadata alone', async () => {
    const records =
      '<record><header><identifier>oai:arXiv.org:2501.00001</identifier></header></record><record/>';
    const { feed } = await start([], {
      instead: () => oaiReply(NOW, `<ListRecords>${records}</ListRecords>`),
    });
    expect((await readFeed(feed, null, NOW)).items).toEqual([
      { at: 'record 1 (2501.00001)', reason: expect.stringContaining('arXivRaw') },
      { at: 'record 2', reason: expect.stringContaining('arXivRaw') },
    ]);
  });
});
