import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sourcesAnswer } from '../../src/api/sources.ts';
import { createFollowing } from '../../src/sync/following.ts';
import { readSourcesFile } from '../../src/sync/sources-file.ts';
import { answered, send } from '../api/requests.ts';
import { arxivPaper } from '../fixtures/arxiv-papers.ts';
import { createArxivServer } from '../fixtures/arxiv-server.ts';
import { openTestLibrary } from '../fixtures/library.ts';
import { serveLocally } from '../fixtures/local-server.ts';
import { plainHttpClient } from '../fixtures/plain-http-client.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DAY = '2026-01-10';

function fileOf(folder: string, ...sources: unknown[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'sources.json');
  writeFileSync(file, JSON.stringify({ sources }));
  return file;
}

describe('the file of sources', () => {
  const refusal = (...sources: unknown[]) =>
    readSourcesFile(fileOf(temporaryFolder(), ...sources)).then(
      () => 'none',
      (error: Error) => error.message,
    );
  const rss = { name: 'ml', kind: 'arxiv-rss', categories: ['cs.LG'] };

  it.each([
    [[{ kind: 'arxiv-rss' }], /source 1: name: expected/],
    [[{ ...rss, kind: 'twitter' }], /source 1, "ml": expected a kind: daily-papers, arxiv-api/],
    [[{ ...rss, kind: 'constructor' }], /source 1, "ml": expected a kind: daily-papers, arxiv-api/],
    [[{ ...rss, categories: [] }], /source 1, "ml": categories/],
    [[{ ...rss, colour: 'red' }], /source 1, "ml": .*colour/],
    [[{ ...rss, schedule: '61 * * * *' }], /"ml": schedule: expected a cron expression such as/],
    [[{ ...rss, timeZone: 'Mars/Base' }], /source 1: timeZone: expected the name of a time zone/],
    [[{ ...rss, url: 'ftp://example.org' }], /source 1, "ml": url/],
    [[rss, rss], /two of them are called "ml"/],
  ])('says what is wrong with %j', async (sources, message) => {
    expect(await refusal(...sources)).toMatch(message);
  });

  it('names no sources when it is not there, and says when it is no JSON', async () => {
    const folder = temporaryFolder();
    expect(await readSourcesFile(join(folder, 'sources.json'))).toEqual([]);
    writeFileSync(join(folder, 'sources.json'), '{"sources": [');
    await expect(readSourcesFile(join(folder, 'sources.json'))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('expected JSON'),
    });
  });
});

describe('followed sources', () => {
  async function open(schedule?: string) {
    const arxiv = createArxivServer([arxivPaper('2601.00001', DAY)], { now: `${DAY}T12:00:00Z` });
    const origin = await serveLocally(arxiv.handle);
    const library = await openTestLibrary();
    const file = fileOf(library.folder, {
      ...{ name: 'all', kind: 'arxiv-oai', url: `${origin}/oai` },
      ...(schedule !== undefined && { schedule }),
    });
    return { ...library, arxiv, file, origin };
  }

  it('are read when they are due, by themselves, and say how they are doing', async () => {
    const { store, ingest, syncStore, file, app } = await open('0 6 * * *');
    let tell = (_: string) => {};
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const following = createFollowing({
      ...{ file, ingest, store, syncStore, openHttp: () => plainHttpClient },
      now: () => new Date(`${DAY}T12:00:00Z`),
      log: (_, text) => {
        if (text.startsWith('all: ')) tell(text);
      },
    });
    await following.start();
    onTestFinished(() => following.close());
    expect(await told).toBe('all: 1 created, 0 updated, 0 unchanged, 0 removed, 0 rejected.');
    const { sources } = answered(await send(app, 'GET /v1/sources'), sourcesAnswer);
    expect(sources).toMatchObject([
      {
        ...{ name: 'all', kind: 'arxiv-oai', failures: 0, lastError: null, isRunning: false },
        schedule: { cron: '0 6 * * *', timeZone: 'UTC' },
        allCounts: { created: 1 },
        cursor: { sets: { '': { from: DAY } } },
      },
    ]);
    const { body } = await send(app, 'GET /metrics');
    expect(body.text).toMatch(/paperwise_source_failures\{source="all"\} 0/);
  });

  it('that fail say why, and when they are tried again', async () => {
    const { following, arxiv, app } = await open();
    arxiv.options.instead = () => ({ status: 404, body: 'gone' });
    const [report] = await following.sync([], {});
    expect(report).toMatchObject({ outcome: 'failed', error: expect.stringContaining('404') });
    const { sources } = answered(await send(app, 'GET /v1/sources'), sourcesAnswer);
    expect(sources[0]).toMatchObject({ failures: 1, lastError: { message: expect.stringContaining('404') } });
    expect(sources[0]?.nextRun).toBeNull();
    arxiv.options.instead = () => undefined;
    expect(await following.sync(['all'], {})).toMatchObject([
      { outcome: 'succeeded', counts: { created: 1 } },
    ]);
  });

  it('are read from the beginning when their settings have changed', async () => {
    const { following, arxiv, folder, origin } = await open();
    await following.sync([], {});
    const [first] = arxiv.asked.splice(0);
    expect(await following.sync([], {})).toMatchObject([{ outcome: 'succeeded', counts: { created: 0 } }]);
    expect(arxiv.asked.splice(0)[0]?.searchParams.get('from')).toBe(DAY);
    const url = `${origin}/oai`;
    fileOf(folder, { name: 'all', kind: 'arxiv-oai', url, sets: ['cs'] });
    await following.sync([], {});
    expect(arxiv.asked[0]?.search).toBe(`${first?.search}&set=cs`);
  });

  it('go on where they were when a setting has changed that says nothing of what is read', async () => {
    const { following, arxiv, folder, origin } = await open();
    await following.sync([], {});
    arxiv.asked.length = 0;
    fileOf(folder, { name: 'all', kind: 'arxiv-oai', url: `${origin}/oai`, schedule: '0 6 * * *' });
    await following.sync([], {});
    expect(arxiv.asked[0]?.searchParams.get('from')).toBe(DAY);
  });

  it('are those that the server began with, whatever becomes of the file', async () => {
    const { following, app, file } = await open();
    await following.start();
    writeFileSync(file, '{"sources": [');
    const { sources } = answered(await send(app, 'GET /v1/sources'), sourcesAnswer);
    expect(sources).toHaveLength(1);
    expect((await send(app, 'GET /metrics')).status).toBe(200);
  });

  it('are not begun by a start that is stopped', async () => {
    const { following, arxiv } = await open('0 6 * * *');
    await following.close();
    await following.start();
    await following.close();
    expect(arxiv.asked).toEqual([]);
  });

  it('must be known by their names', async () => {
    const { following } = await open();
    await expect(following.sync(['al'], {})).rejects.toMatchObject({
      code: 'not_found',
      message: 'There is no source "al". There are: all.',
    });
    const { following: none } = await openTestLibrary();
    await expect(none.sync([], {})).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
