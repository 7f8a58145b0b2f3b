import { describe, expect, it } from 'vitest';
import { ingestAnswer, listing, paper, searchAnswer } from '../../src/api/answers.ts';
import { MAX_PAPERS_PER_REQUEST } from '../../src/api/papers.ts';
import { encodeCursor } from '../../src/cursor.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

const good = (id: string, fields = {}) => ({
  id,
  title: `Title ${id}`,
  abstract: `Abstract ${id}.`,
  ...fields,
});

describe('POST /v1/papers', () => {
  it('takes good papers, reports bad ones by position, and answers when the good ones can be found', async () => {
    const { app } = await openTestLibrary();
    const body = [
      good('a'),
      { ...good('b'), colour: 'red' },
      good('c', { title: 5 }),
      good('d'),
      'text',
      null,
    ];
    const answer = answered(await send(app, 'POST /v1/papers', body), ingestAnswer);
    expect(answer).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
    expect(answer.rejected.map(({ index, id }) => [index, id])).toEqual([
      [1, 'b'],
      [2, 'c'],
      [4, undefined],
      [5, undefined],
    ]);
    expect(answer.rejected[0]?.reason).toContain('colour');
    expect(answer.results.map(({ outcome }) => outcome)).toEqual([
      'created',
      'rejected',
      'rejected',
      'created',
      'rejected',
      'rejected',
    ]);
    for (const mode of ['lexical', 'semantic']) {
      const found = answered(await send(app, `GET /v1/search?q=Abstract+d&mode=${mode}`), searchAnswer);
      expect(found.hits.map((hit) => hit.paper.id)).toContain('d');
    }
    expect(answered(await send(app, 'POST /v1/papers', [good('a')]), ingestAnswer).unchanged).toBe(1);
    expect(
      answered(await send(app, 'POST /v1/papers', [good('a', { upvotes: 2 })]), ingestAnswer).updated,
    ).toBe(1);
  });

  it('reads JSON Lines', async () => {
    const { app } = await openTestLibrary();
    const body = `${JSON.stringify(good('a'))}\n{oops\n\n${JSON.stringify(good('b'))}\n`;
    const type = { 'content-type': 'application/x-ndjson; charset=utf-8' };
    const answer = answered(await send(app, 'POST /v1/papers', body, type), ingestAnswer);
    expect(answer.created).toBe(2);
    expect(answer.rejected).toMatchObject([{ index: 1, reason: expect.stringContaining('not JSON') }]);
  });

  it.each([
    ['broken JSON', '[{"id": "a",', {}, 400, 'invalid_input'],
    ['one object', '{"id": "a"}', {}, 400, 'invalid_input'],
    ['no body', '', {}, 400, 'invalid_input'],
    ['a number', '17', {}, 400, 'invalid_input'],
    ['another type', 'a,b', { 'content-type': 'text/csv' }, 415, 'unsupported_media_type'],
    ['no type', '[]', { 'content-type': '' }, 415, 'unsupported_media_type'],
    [
      '10 MB',
      JSON.stringify([good('a', { abstract: 'x'.repeat(10_000_000) })]),
      {},
      413,
      'payload_too_large',
    ],
    [
      'too many',
      JSON.stringify(Array(MAX_PAPERS_PER_REQUEST + 1).fill(good('a'))),
      {},
      413,
      'payload_too_large',
    ],
    ['deep nesting', '['.repeat(100_000), {}, 400, 'invalid_input'],
  ])('refuses %s, and writes nothing', async (_, body, headers, status, code) => {
    const { app, store, failures } = await openTestLibrary();
    refused(await send(app, 'POST /v1/papers', body, headers), status, code);
    expect((await store.counts()).papers).toBe(0);
    expect(failures).toEqual([]);
  });

  it('refuses a request whole when too many papers are coming in, and says how far a stopped one got', async () => {
    const { app, store, embedder, stop } = await openTestLibrary();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const original = embedder.embedPassages;
    embedder.embedPassages = async (texts, signal) => {
      await held;
      return original(texts, signal);
    };
    const batch = (name: string) => Array.from({ length: 1_000 }, (_, at) => good(`${name}-${at}`));
    const running = ['a', 'b', 'c', 'd', 'e'].map((name) => send(app, 'POST /v1/papers', batch(name)));
    const sixth = await send(app, 'POST /v1/papers', batch('f'));
    expect(refused(sixth, 503, 'unavailable').detail).toContain('nothing was done');
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
    stop.abort();
    release();
    for (const answer of await Promise.all(running)) {
      const [, done] = /first (\d+) of 1000 records/.exec(refused(answer, 503, 'unavailable').detail) ?? [];
      expect(Number(done)).toBeLessThan(1_000);
    }
    const { papers, embedded } = await store.counts();
    expect(papers).toBe(embedded);
    expect(await store.paperById('f-0')).toBeNull();
  });

  it('repeats no more of a wrong input than helps', async () => {
    const { app } = await openTestLibrary();
    const long = await send(app, 'PUT /v1/papers/a', { ...good('a'), ['x'.repeat(1_000_000)]: 1 });
    expect(refused(long, 400, 'invalid_input').detail.length).toBeLessThan(500);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`field${at}`, 1]));
    const answer = answered(await send(app, 'POST /v1/papers', [{ ...good('a'), ...many }]), ingestAnswer);
    expect(answer.rejected[0]?.reason.length).toBeLessThan(500);
  });

  it('rejects, but survives, hostile records', async () => {
    const { app, failures } = await openTestLibrary();
    const hostile = [
      good('long', { abstract: 'x'.repeat(100_000) }),
      good('empty', { title: ' \u0000 ' }),
      good('nan', { upvotes: 'NaN' }),
      '{"id":"p","title":"t","abstract":"a","__proto__":{"admin":true}}',
      good('sql', { source: "'; DROP TABLE papers" }),
      good('surrogate', { abstract: 'half \ud800 pair' }),
      good('vote', { upvotes: 1e300 }),
      good('..'),
      good('half\ud800'),
    ];
    const answer = answered(await send(app, 'POST /v1/papers', hostile), ingestAnswer);
    expect(answer.created).toBe(1);
    expect(answer.rejected.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    expect(failures).toEqual([]);
  });
});

describe('/v1/papers/{id}', () => {
  it('creates, shows, replaces and removes a paper', async () => {
    const { app } = await openTestLibrary();
    const { id: _, ...body } = good('2401.01234', { venue: 'V', authors: ['Ada'] });
    const created = await send(app, 'PUT /v1/papers/2401.01234v1', body);
    expect(created.status).toBe(201);
    expect(answered(created, paper)).toMatchObject({ id: '2401.01234', venue: 'V', arxivId: '2401.01234' });

    const replaced = await send(app, 'PUT /v1/papers/2401.01234', { ...body, venue: null });
    expect([replaced.status, 'venue' in replaced.body]).toEqual([200, false]);
    expect(answered(await send(app, 'GET /v1/papers/2401.01234v7'), paper).authors).toEqual(['Ada']);

    expect((await send(app, 'DELETE /v1/papers/2401.01234')).status).toBe(204);
    refused(await send(app, 'GET /v1/papers/2401.01234'), 404, 'not_found');
    refused(await send(app, 'DELETE /v1/papers/2401.01234'), 404, 'not_found');
    refused(await send(app, 'GET /v1/papers/2401.01234/similar'), 404, 'not_found');
    expect(answered(await send(app, 'GET /v1/search?q=Abstract&mode=semantic'), searchAnswer).hits).toEqual(
      [],
    );
  });

  it.each([
    ['math.GT/0309136', '/v1/papers/math.GT/0309136'],
    ['math.GT/0309136', '/v1/papers/math.GT%2F0309136v2'],
    ['10.1016/s0140-6736(84)91816-6', '/v1/papers/10.1016%2Fs0140-6736(84)91816-6'],
    ['10.1023/a:1010933404324', '/v1/papers/10.1023%2Fa%3A1010933404324'],
  ])('finds %s at %s', async (id, path) => {
    const { app, add } = await openTestLibrary();
    await add(good(id));
    expect(answered(await send(app, `GET ${path}`), paper).id).toBe(id);
    expect((await send(app, `GET ${path}/similar`)).status).toBe(200);
    expect(
      (await send(app, `PUT ${path.replace('/papers/', '/users/ada/feedback/')}`, { signal: 'like' })).status,
    ).toBe(200);
  });

  it('refuses a body of another paper, unknown fields, and bad ids', async () => {
    const { app } = await openTestLibrary();
    const other = refused(await send(app, 'PUT /v1/papers/a', good('b')), 400, 'invalid_input');
    expect(other.errors).toMatchObject([{ path: 'id' }]);
    const unknown = refused(
      await send(app, 'PUT /v1/papers/a', { ...good('a'), colour: 1 }),
      400,
      'invalid_input',
    );
    expect(unknown.detail).toContain('colour');
    refused(
      await send(app, 'PUT /v1/papers/two%20words', { title: 't', abstract: 'a' }),
      400,
      'invalid_input',
    );
    refused(
      await send(app, `PUT /v1/papers/${'x'.repeat(300)}`, { title: 't', abstract: 'a' }),
      400,
      'invalid_input',
    );
  });
});

describe('GET /v1/papers', () => {
  const library = async () => {
    const opened = await openTestLibrary();
    await opened.add(...topicPapers('robots', 20, '2025-03-02'), good('undated'));
    return opened;
  };

  it('lists by day, ISO week and month, and pages through all', async () => {
    const { app } = await library();
    const list = async (query: string) => answered(await send(app, `GET /v1/papers?${query}`), listing);
    expect((await list('date=2025-03-02')).papers.map(({ id }) => id)).toEqual(['robots-0']);
    // Monday 2025-02-24 to Sunday 2025-03-02.
    expect((await list('week=2025-W09')).total).toBe(7);
    expect((await list('month=2025-02&limit=100')).papers).toHaveLength(18);
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof list>> = await list(`limit=6${cursor && `&cursor=${cursor}`}`);
      ids.push(...page.papers.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(ids).toHaveLength(21);
    expect(new Set(ids).size).toBe(21);
    expect(ids.at(-1)).toBe('undated');
  });

  it.each([
    'date=2025-02-30',
    'date=2025-02',
    'week=2025-W54',
    'week=2025-W53',
    'month=2025-13',
    'date=2025-03-01&month=2025-03',
    'sort=best',
    'limit=0',
    'limit=101',
    'limit=ten',
    'limit=1e1000',
    'cursor=nonsense',
    `cursor=${encodeCursor({ value: {}, key: {} }, [{}, 'newest'])}`,
    'categry=cs.LG',
  ])('refuses ?%s, naming the parameter', async (query) => {
    const { app } = await library();
    const { errors, detail } = refused(await send(app, `GET /v1/papers?${query}`), 400, 'invalid_input');
    const [name = ''] = query.split('=');
    expect(`${errors?.map(({ path, message }) => `${path} ${message}`).join()} ${detail}`).toContain(name);
  });
});
