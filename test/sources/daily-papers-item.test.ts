import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dailyPapersFeed, dailyPapersOptions } from '../../src/sources/daily-papers.ts';
import { dailyPaperItem, dailyPapersJsonSource } from '../../src/sources/daily-papers-item.ts';
import { createDailyPapersServer, listedItem } from '../fixtures/daily-papers-server.ts';
import { brief, readFeed } from '../fixtures/feed-reader.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';
import { sharedData } from '../fixtures/shared-data.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

describe('an item of Daily Papers', () => {
  it('becomes a paper', () => {
    expect(dailyPaperItem(listedItem('2501.12345'), 'here')).toEqual({
      at: 'here',
      record: {
        id: '2501.12345',
        title: 'Title of 2501.12345',
        abstract: 'What was found in 2501.12345.',
        authors: ['Ada Example', 'Bo Example'],
        date: '2025-01-31',
        source: 'daily-papers',
        arxivId: '2501.12345',
        upvotes: 5,
        commentCount: 2,
        organization: 'The Lab',
        codeUrl: 'https://github.com/example/code',
      },
    });
  });

  it('is a paper without any of the fields that it can do without, or with broken ones', () => {
    const optional = [
      'authors',
      'publishedAt',
      'submittedOnDailyAt',
      'upvotes',
      'githubRepo',
      'organization',
    ];
    for (let mask = 0; mask < 2 ** optional.length; mask++) {
      for (const broken of [undefined, null, { what: 'else' }, 'HTTP://else']) {
        const fields = optional.filter((_, bit) => (mask >> bit) & 1);
        const item = listedItem('2501.12345', Object.fromEntries(fields.map((field) => [field, broken])));
        expect(dailyPaperItem(item, 'here')).toMatchObject({ record: { id: '2501.12345' } });
      }
    }
    const bare = { paper: { id: '2501.12345', title: 'A title', summary: 'A summary.' } };
    expect(dailyPaperItem(bare, 'here')).toEqual({
      at: 'here',
      record: expect.objectContaining({ abstract: 'A summary.', authors: undefined, upvotes: undefined }),
    });
  });

  it('is dated by its appearance where nothing else dates it, and takes what the listing says', () => {
    const item = listedItem('2501.12345', {
      publishedAt: null,
      title: null,
      summary: null,
      organization: null,
    });
    expect(dailyPaperItem({ ...item, publishedAt: null, organization: 'Name' }, 'here')).toMatchObject({
      record: { date: '2025-02-03', title: 'Title of 2501.12345', organization: 'Name' },
    });
  });

  it('is rejected without a summary, a title or an id, and says why', () => {
    const without = (field: string) =>
      dailyPaperItem(listedItem('2501.12345', { [field]: '' }, { [field]: '' }), 'x');
    expect(without('summary')).toEqual({ at: 'x', id: '2501.12345', reason: 'expected a summary, got none' });
    expect(without('title')).toMatchObject({ reason: expect.stringMatching(/^title: /) });
    expect(without('id')).toMatchObject({ reason: expect.stringMatching(/^id: /) });
  });

  it('is a removal when the paper was withdrawn', () => {
    expect(
      dailyPaperItem(listedItem('2501.12345', { withdrawnAt: '2025-03-01T00:00:00.000Z' }), 'x'),
    ).toEqual({
      at: 'x',
      removal: { id: '2501.12345', why: 'withdrawn' },
    });
  });
});

describe('a saved answer', () => {
  const saved = (text: string) => {
    const file = join(temporaryFolder(), 'daily.json');
    writeFileSync(file, text);
    return dailyPapersJsonSource(file);
  };
  const all = async (text: string) => {
    const items = [];
    for await (const item of saved(text)) items.push(item);
    return items;
  };

  it('gives its papers, and tells the bad ones', async () => {
    const items = await all(JSON.stringify([listedItem('2501.00001'), 7, listedItem('2501.00002')]));
    expect(items.map(({ at }) => at)).toEqual(['item 1', 'item 2', 'item 3']);
    expect(items.map((item) => 'record' in item)).toEqual([true, false, true]);
  });

  it('is refused when it is something else', async () => {
    for (const text of ['Daily Papers\n', '{"error":"x"}']) {
      await expect(all(text)).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });
});

const REAL = sharedData('papers/hf-daily-2024-2026.jsonl.gz');

describe.skipIf(REAL === null)('real listings of two years', () => {
  it('come through the API as they are', { timeout: 60_000 }, async () => {
    const lines = gunzipSync(readFileSync(REAL ?? ''))
      .toString('utf8')
      .trim()
      .split('\n');
    const papers = lines.map((line) => JSON.parse(line) as Record<string, unknown> & { id: string });
    const server = createDailyPapersServer('2027-01-01');
    const expected = new Map<string, unknown>();
    for (const { id, title, abstract, authors, date, upvotes } of papers) {
      const day = String(date).slice(0, 10);
      const names = ((authors ?? []) as string[]).map((name) => ({ name, hidden: false }));
      const item = {
        paper: { id, title, summary: abstract, authors: names, publishedAt: `${day}T00:00:00.000Z` },
      };
      const listed = { ...item, paper: { ...item.paper, upvotes: upvotes as number } };
      server.days.set(day, [...(server.days.get(day) ?? []), listed]);
      expected.set(id, { title, abstract, date: day, upvotes });
    }
    const url = await serveLocally(server.handle);
    const options = dailyPapersOptions.parse({ url, by: 'month', from: '2024-01-01' });
    const { items } = await readFeed(
      dailyPapersFeed(options, { http: plainHttpClient }),
      null,
      '2027-01-01T12:00:00Z',
    );
    const read = new Map<string, unknown>();
    for (const item of items) {
      if (!('record' in item)) throw new Error(`${item.at}: ${brief(item)}`);
      const { id, title, abstract, date, upvotes } = item.record;
      read.set(id, { title, abstract, date, upvotes });
    }
    expect(read.size).toBe(expected.size);
    expect(read).toEqual(expected);
  });
});
