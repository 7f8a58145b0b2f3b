import { describe, expect, it } from 'vitest';
import { openAlexFeed, openAlexOptions } from '../../src/sources/openalex.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { createOpenAlexServer, work } from '../fixtures/openalex-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';

const NOW = '2025-02-10T12:00:00Z';
const SEARCH = { search: 'Work', from: '2025-01-01' };

async function start(given: Record<string, unknown>) {
  const server = createOpenAlexServer();
  const url = await serveLocally(server.handle);
  return { server, feed: openAlexFeed(openAlexOptions.parse({ url, ...given }), { http: plainHttpClient }) };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => work(index + 1));
const ids = (count: number) => Array.from({ length: count }, (_, index) => `W${index + 1}`);

describe('works of OpenAlex', () => {
  it('are read page by page, and asked for as the settings say', async () => {
    const { server, feed } = await start({
      ...SEARCH,
      filter: 'language:en',
      type: 'article|preprint',
      mailto: 'a@example.org',
      apiKey: 'k&y',
    });
    server.works = [
      ...numbered(250),
      work(900, { type: 'dataset' }),
      work(901, { publication_date: '2024-12-31' }),
    ];
    const { items, pages, cursor } = await readFeed(feed, null, NOW);
    expect(items.map(brief)).toEqual(ids(250));
    expect(pages.slice(0, -1).map((page) => page.items.length)).toEqual([100, 100, 50]);
    expect(cursor).toEqual({ from: '2025-01-11', run: null });
    expect(Object.fromEntries(server.asked[0] ?? [])).toMatchObject({
      filter: 'language:en,type:article|preprint,from_publication_date:2025-01-01',
      search: 'Work',
      per_page: '100',
      cursor: '*',
      mailto: 'a@example.org',
      api_key: 'k&y',
    });
  });

  it('are gone on with where a cut run was', async () => {
    const { server, feed } = await start(SEARCH);
    server.works = numbered(250);
    const cut = await readFeed(feed, null, NOW, 1);
    // A week later: what the cut run has not read, and then what came since, from before the cut run began.
    const rest = await readFeed(feed, cut.cursor, '2025-02-17T12:00:00Z');
    expect([...cut.items, ...rest.items].map(brief)).toEqual(ids(250));
    expect(rest.cursor).toEqual({ from: '2025-01-11', run: null });
  });

  it('are begun again where OpenAlex has forgotten its cursor', async () => {
    const { server, feed } = await start(SEARCH);
    server.works = numbered(250);
    const old = { from: '2025-01-01', run: { began: '2025-02-10', next: 'of another release' } };
    const again = await readFeed(feed, old, '2025-02-17T12:00:00Z');
    expect(again.items.map(brief)).toEqual(ids(250));
    expect(again.cursor).toEqual({ from: '2025-01-18', run: null });
    // One that was just given is no reason to begin again for ever.
    server.expired.add('after-100');
    await expect(readFeed(feed, null, NOW)).rejects.toMatchObject({ code: 'source_failed' });
  });

  it('that appear late are found by the next run', async () => {
    const { server, feed } = await start(SEARCH);
    const { cursor } = await readFeed(feed, null, NOW);
    server.works = [work(1, { publication_date: '2025-01-20' })];
    const next = await readFeed(feed, cursor, '2025-03-20T12:00:00Z');
    expect(next.items.map(brief)).toEqual(['W1']);
    expect(next.cursor).toEqual({ from: '2025-02-18', run: null });
  });

  it('are asked for by the day of their change with a key', async () => {
    const { server, feed } = await start({ search: 'Work', fromUpdated: '2025-02-01', apiKey: 'key' });
    server.keys = new Set(['key']);
    server.works = [work(1, { publication_date: '1999-01-01' }), work(2, { updated_date: '2025-01-31' })];
    const { items, cursor } = await readFeed(feed, null, NOW);
    expect(items.map(brief)).toEqual(['W1']);
    expect(cursor).toEqual({ from: '2025-02-08', run: null });
  });

  it('begin a week ago by default, and where a cursor is not understood', async () => {
    const { server, feed } = await start({ search: 'Work' });
    server.works = [work(1, { publication_date: '2025-02-03' }), work(2, { publication_date: '2025-02-02' })];
    for (const cursor of [null, { page: 3 }, { from: 'x', run: null }, { from: '2031-01-01', run: null }]) {
      expect((await readFeed(feed, cursor, NOW)).items.map(brief)).toEqual(['W1']);
    }
  });

  it('that are retracted, or cannot be shown, are told beside the others', async () => {
    const { server, feed } = await start(SEARCH);
    server.works = [work(1, { is_retracted: true }), work(2, { abstract_inverted_index: null }), work(3)];
    expect((await readFeed(feed, null, NOW)).items.map(brief)).toEqual([
      'removal of W1',
      'rejected: expected an abstract, got none',
      'W3',
    ]);
  });
});

describe('what OpenAlex refuses, or answers wrongly', () => {
  it('says that a key is wanted, or not taken, and never what it is', async () => {
    const { server, feed } = await start(SEARCH);
    server.keys = new Set();
    await expect(readFeed(feed, null, NOW)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('wants an apiKey'),
    });
    const withKey = await start({ ...SEARCH, apiKey: 'secret' });
    withKey.server.keys = new Set();
    await expect(readFeed(withKey.feed, null, NOW)).rejects.toThrow(
      /^(?!.*secret).*does not take this apiKey/,
    );
  });

  it('fails for what is no list of works, without the key in what it says', async () => {
    for (const body of ['<html>', '{"results":[]}', '[]', '{"meta":{},"results":7}']) {
      const url = await serveLocally((_, response) => response.end(body));
      const options = openAlexOptions.parse({ url, ...SEARCH, apiKey: 'secret' });
      await expect(
        readFeed(openAlexFeed(options, { http: plainHttpClient }), null, NOW),
      ).rejects.toMatchObject({
        code: 'source_failed',
        message: expect.not.stringContaining('secret'),
      });
    }
  });
});

describe('settings of an OpenAlex feed', () => {
  it('say what is wanted of all the works, and hold together', () => {
    const reasons = (settings: object) =>
      openAlexOptions.safeParse(settings).error?.issues.map(({ message }) => message);
    expect(reasons({})).toEqual([expect.stringContaining('expected a filter or a search')]);
    expect(reasons({ search: 'x', fromUpdated: '2025-01-01' })).toEqual(['expected an apiKey, too']);
    expect(reasons({ search: 'x', from: '2025-01-01', fromUpdated: '2025-01-01', apiKey: 'k' })).toEqual([
      'expected from or fromUpdated, got both',
    ]);
    expect(reasons({ search: 'x', colour: 'red' })).toHaveLength(1);
    expect(openAlexOptions.parse({ search: 'x' })).toEqual({ search: 'x', url: 'https://api.openalex.org' });
  });
});
