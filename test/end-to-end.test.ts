import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { z } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import {
  ingestAnswer,
  paper,
  picksAnswer,
  recommendAnswer,
  searchAnswer,
  similarAnswer,
} from '../src/api/answers.ts';
import { shareModels } from './fixtures/model-cache.ts';
import { paperwise, startServer } from './fixtures/server.ts';
import { sharedData } from './fixtures/shared-data.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

/** What another process wrote must be seen within this time. */
const SEEN_WITHIN_MS = 2_000;

function newLibrary(settings: Record<string, string> = {}) {
  const folder = temporaryFolder();
  shareModels(folder);
  return { folder, settings: { PAPERWISE_DATA: folder, ...settings } };
}

async function ask<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  init?: RequestInit,
): Promise<z.output<Schema>> {
  const response = await fetch(url, init);
  const body = await response.json();
  expect({ status: response.status, body }).toMatchObject({ status: 200 });
  return schema.parse(body);
}

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Asks again until the answer fits or the time is over; the last answer is judged by the caller. */
async function eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + SEEN_WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (fits(answer) || Date.now() > end) return answer;
    await after(50);
  }
}

async function run(args: string[], settings: Record<string, string>, input?: string) {
  const { ended } = paperwise(args, settings, input);
  return ended;
}

describe('a new library', () => {
  it('serves the sample: search, similar papers, likes, recommendations and picks', async () => {
    const { settings } = newLibrary();
    const { url } = await startServer(settings);
    const first = async (query: string) => {
      const { hits } = await ask(
        `${url}/v1/search?q=${encodeURIComponent(query)}&mode=semantic`,
        searchAnswer,
      );
      return hits.slice(0, 3).map((hit) => hit.paper.title);
    };
    // Words that the summaries need not contain: found by meaning.
    expect(await first('double helix')).toContainEqual(expect.stringMatching(/Nucleic Acids/));
    expect(await first('why used car markets fail when buyers cannot judge quality')).toContainEqual(
      expect.stringMatching(/Market for .?Lemons/),
    );
    expect(await first('playing Atari video games from pixels')).toContainEqual(
      expect.stringMatching(/deep reinforcement learning/i),
    );

    const similar = await ask(`${url}/v1/papers/1706.03762/similar?limit=10`, similarAnswer);
    const languages = similar.hits.filter((hit) =>
      hit.paper.categories.some((name) => /^cs\.(?:CL|LG|NE|CV)$/.test(name)),
    );
    expect(languages.length).toBeGreaterThanOrEqual(9);

    for (const id of ['1706.03762', '1810.04805', '10.1038/171737a0']) {
      await fetch(`${url}/v1/users/ada/feedback/${encodeURIComponent(id)}`, json('PUT', { signal: 'like' }));
    }
    const { hits, basis } = await ask(`${url}/v1/users/ada/recommendations?limit=8`, recommendAnswer);
    expect(basis).toEqual({ likes: 3, interests: 2 });
    const categories = new Set(hits.map((hit) => hit.paper.categories[0]?.split('.')[0]));
    expect(categories).toContain('cs');
    expect(categories).toContain('q-bio');
    const picks = await ask(`${url}/v1/users/ada/picks`, picksAnswer);
    expect(picks.picks.every(({ because }) => because.kind === 'liked')).toBe(true);
    expect(await ask(`${url}/v1/users/ada/picks`, picksAnswer)).toEqual(picks);
  });

  it('is ready again without embedding anything, and empty again when the sample was removed', async () => {
    const { settings } = newLibrary();
    const first = await startServer(settings);
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0, signal: null });
    expect(first.output()).toContain('108 sample papers are in');

    const second = await startServer(settings);
    expect(second.output()).not.toContain('sample');
    expect(await run(['remove', '--source', 'sample'], settings)).toMatchObject({
      code: 0,
      stdout: '108 papers removed.\n',
    });
    const { hits } = await eventually(
      () => ask(`${second.url}/v1/search?q=attention`, searchAnswer),
      (answer) => answer.hits.length === 0,
    );
    expect(hits).toEqual([]);
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);

    const third = await startServer(settings);
    expect(third.output()).not.toContain('sample');
    expect((await ask(`${third.url}/v1/search?q=attention&mode=semantic`, searchAnswer)).hits).toEqual([]);
  });
});

describe('the command line beside a running server', () => {
  it('adds, likes and removes, and the server sees it within two seconds', async () => {
    const { folder, settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    const { url } = await startServer(settings);
    const file = join(folder, 'papers.jsonl');
    const lines = [
      { id: 'a', title: 'Coral reefs under heat', abstract: 'Bleaching of corals in warming seas.' },
      { id: 'b', title: 'Reef fish', abstract: 'Fish communities of coral reefs in a warming ocean.' },
    ];
    writeFileSync(
      file,
      `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"id": "c", "title": "No abstract"}\n`,
    );
    const added = await run(['ingest', file], settings);
    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 created, 0 updated, 0 unchanged, 0 removed, 1 rejected'),
    });
    expect(added.stderr).toContain('line 3: c: abstract');
    const search = () => ask(`${url}/v1/search?q=marine+biology&mode=semantic`, searchAnswer);
    expect((await eventually(search, ({ hits }) => hits.length === 2)).hits).toHaveLength(2);

    expect((await run(['like', 'a', '--user', 'ada'], settings)).code).toBe(0);
    const { hits } = await ask(`${url}/v1/users/ada/recommendations`, recommendAnswer);
    expect(hits[0]).toMatchObject({ paper: { id: 'b' }, because: { kind: 'liked', paper: { id: 'a' } } });

    // And the other way round: what the server takes in is there for the command line at once.
    const more = [{ id: 'd', title: 'Sea turtles', abstract: 'Migration of sea turtles across the ocean.' }];
    await ask(`${url}/v1/papers`, ingestAnswer, json('POST', more));
    const found = JSON.parse((await run(['search', 'turtle migration', '--json'], settings)).stdout);
    expect(searchAnswer.parse(found).hits[0]?.paper.id).toBe('d');

    expect((await run(['remove', 'b'], settings)).code).toBe(0);
    expect(
      (await eventually(search, (answer) => answer.hits.length === 2)).hits.map((hit) => hit.paper.id),
    ).not.toContain('b');
  });

  it('reads standard input, continues where it was interrupted, and embeds nothing twice', async () => {
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off', PAPERWISE_WORKERS: '1' });
    const lines = Array.from({ length: 600 }, (_, at) =>
      JSON.stringify({
        id: `p${at}`,
        title: `Paper ${at}`,
        abstract: `${'A long enough abstract about subject. '.repeat(20)} ${at}`,
      }),
    ).join('\n');
    const first = paperwise(['ingest', '-'], settings, lines);
    // Interrupted as soon as something is in: another process sees when that is.
    await untilSome(settings);
    first.child.kill('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('run the same command again'),
    });
    const created = Number(/(\d+) created/.exec(interrupted.stdout)?.[1]);
    expect(created).toBeGreaterThan(0);
    expect(created).toBeLessThan(600);
    const again = await run(['ingest', '-'], settings, lines);
    expect(again.stdout).toContain(
      `${600 - created} created, 0 updated, ${created} unchanged, 0 removed, 0 rejected`,
    );
  });

  it('says what is wrong, with an exit code', async () => {
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    expect(await run(['ingest', 'missing.jsonl'], settings)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing.jsonl'),
    });
    expect(await run(['like', 'nothing'], settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"nothing"'),
    });
    expect(await run(['search'], settings)).toMatchObject({ code: 2 });
    expect(await run(['search', 'x', '--limit', '0'], settings)).toMatchObject({ code: 2 });
    expect(await run(['remove'], settings)).toMatchObject({ code: 2 });
    expect(await run(['status'], { ...settings, PAPERWISE_PORT: 'eighty' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PAPERWISE_PORT'),
    });
    expect((await run(['--help'], settings)).code).toBe(0);
  });

  it('reads a pipe from its first byte, gives up quietly when its reader does, and makes no library by mistake', async () => {
    const { folder, settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    const file = join(folder, 'papers.jsonl');
    const line = (at: number) =>
      JSON.stringify({ id: `p${at}`, title: `Paper ${at}`, abstract: 'On pipes. '.repeat(100) });
    writeFileSync(file, Array.from({ length: 12 }, (_, at) => line(at)).join('\n'));
    const shell = (command: string) =>
      promisify(execFile)('bash', ['-c', `set -o pipefail; ${command}`], {
        env: { ...process.env, ...settings },
      });
    const cli = `${process.execPath} src/run.mjs scripts/paperwise.ts`;
    expect((await shell(`${cli} ingest <(cat ${file})`)).stdout).toContain(
      '12 created, 0 updated, 0 unchanged, 0 removed, 0 rejected',
    );
    expect((await run(['status'], settings)).stdout).toMatch(/Database +[\d.]+ MB, [\d.]+ kB a paper\n/);
    const head = await shell(`${cli} search pipes -n 12 | head -1`);
    expect(head.stderr).toBe('');
    const mistyped = await run(['search', 'pipes', '--data', join(folder, 'mistyped')], settings);
    expect(mistyped).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no library in') });
  });

  it('takes the whole seed page in, and finds the Q-learning papers first', async (context) => {
    const file = sharedData('seed/daily-papers-page.txt');
    if (!file) return context.skip();
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    expect((await run(['ingest', file], settings)).stdout).toContain(
      '55 created, 0 updated, 0 unchanged, 0 removed, 0 rejected',
    );
    expect((await run(['ingest', file], settings)).stdout).toContain('0 created, 0 updated, 55 unchanged');
    const { hits } = searchAnswer.parse(
      JSON.parse((await run(['search', 'Q function', '--json'], settings)).stdout),
    );
    // Each of them says "Q-function" or "Q-value" in title or abstract.
    for (const { paper: found } of hits.slice(0, 5))
      expect(`${found.title} ${found.abstract}`).toMatch(/Q[ -^]*(?:function|value|learning)/i);
    const { stdout } = await run(
      ['search', 'Counterfactual Conservative Q Learning', '--json', '-n', '1'],
      settings,
    );
    const [named] = searchAnswer.parse(JSON.parse(stdout)).hits;
    const near = await run(['similar', named?.paper.id ?? '', '--json', '-n', '5'], settings);
    const titles = similarAnswer
      .parse(JSON.parse(near.stdout))
      .hits.map((hit) => `${hit.paper.title} ${hit.paper.abstract}`);
    for (const text of titles) expect(text).toMatch(/reinforcement learning|Q-learning|MDP|policy/i);
  });
});

/** Waits until the library that another process is filling holds papers. */
async function untilSome(settings: Record<string, string>): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const { code, stdout } = await run(['status', '--json'], settings);
    // Before the first moment there is no library, and status says so.
    if (code === 0 && JSON.parse(stdout).library.papers > 0) return;
  }
  throw new Error('Nothing came in within a minute.');
}

describe('a running server', () => {
  it('answers similar papers while an ingest of hundreds is under way', async () => {
    const { settings } = newLibrary();
    const { url } = await startServer(settings);
    const batch = Array.from({ length: 300 }, (_, at) => ({
      id: `bulk-${at}`,
      title: `Bulk ${at}`,
      abstract: `${'Many words of an abstract about the subject at hand. '.repeat(25)} ${at}`,
    }));
    let done = false;
    const ingest = ask(`${url}/v1/papers`, ingestAnswer, json('POST', batch)).finally(() => {
      done = true;
    });
    let answered = 0;
    while (!done && answered < 50) {
      await ask(`${url}/v1/papers/1706.03762/similar`, similarAnswer);
      await ask(`${url}/v1/search?q=attention+${answered}`, searchAnswer);
      if (!done) answered++;
    }
    // Embedding 300 abstracts takes seconds: had it blocked the server, no request would have overtaken it.
    expect(answered).toBeGreaterThan(10);
    expect((await ingest).created).toBe(300);
  });

  it('finishes the requests under way when it is told to stop, saves, and exits with 0', async () => {
    const { settings } = newLibrary();
    const server = await startServer(settings);
    const batch = Array.from({ length: 100 }, (_, at) => ({
      id: `late-${at}`,
      title: `Late ${at}`,
      abstract: `Abstract ${at}.`,
    }));
    const request = ask(`${server.url}/v1/papers`, ingestAnswer, json('POST', batch));
    // A request that is surely in the server: its answer comes behind the other one's arrival.
    await ask(`${server.url}/v1/papers/1706.03762`, paper);
    server.child.kill('SIGTERM');
    expect((await request).created).toBe(100);
    expect(await server.ended).toMatchObject({ code: 0 });
    const again = await startServer(settings);
    expect((await ask(`${again.url}/v1/papers/late-99`, paper)).title).toBe('Late 99');
  });

  it('refuses to be reached from outside without a key, and needs the key with one', async () => {
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    const open = paperwise(['serve', '--host', '0.0.0.0', '--port', '0'], settings);
    expect(await open.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('PAPERWISE_API_KEY') });
    const key = 'correct horse battery'.replaceAll(' ', '-');
    const { url } = await startServer({ ...settings, PAPERWISE_HOST: '0.0.0.0', PAPERWISE_API_KEY: key });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${local}/v1/papers`)).status).toBe(401);
    expect((await fetch(`${local}/v1/papers`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
      200,
    );
  });

  it('says which port is taken', async () => {
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    const { url } = await startServer(settings);
    const second = await run(['serve', '--port', new URL(url).port], settings);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('the port is taken') });
  });

  it('is not reachable under a foreign host name', async () => {
    const { settings } = newLibrary({ PAPERWISE_SAMPLE: 'off' });
    const { url } = await startServer(settings);
    const status = await new Promise((resolve, reject) => {
      get(`${url}/v1/papers`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(403);
  });
});

describe('the README', () => {
  it('shows the commands that CI runs and that package.json has', () => {
    const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
    const readme = read('README.md');
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(read('.ci/run')).toContain('npm ci && npm test');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name] of readme.matchAll(/npm run (?:-s )?([\w:-]+)/g))
      expect(Object.keys(scripts)).toContain(name);
  });
});
