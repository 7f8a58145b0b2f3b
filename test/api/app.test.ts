import { describe, expect, it } from 'vitest';
import { readiness, searchAnswer, similarAnswer } from '../../src/api/answers.ts';
import { networkOf } from '../../src/api/guard.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

async function library(options: Parameters<typeof openTestLibrary>[0] = {}) {
  const opened = await openTestLibrary(options);
  await opened.add(...topicPapers('robots', 20), ...topicPapers('markets', 20));
  return opened;
}

describe('search over HTTP', () => {
  it('answers in the documented shape, by query, by paper and by examples', async () => {
    const { app } = await library();
    const found = answered(await send(app, 'GET /v1/search?q=robot+arm&limit=5'), searchAnswer);
    expect(found.hits).toHaveLength(5);
    expect(found.nextCursor).not.toBeNull();
    const next = answered(
      await send(app, `GET /v1/search?q=robot+arm&limit=5&cursor=${found.nextCursor}`),
      searchAnswer,
    );
    expect(next.hits.map(({ paper }) => paper.id)).not.toContain(found.hits[0]?.paper.id);
    const similar = answered(
      await send(app, 'GET /v1/papers/robots-1/similar?limit=3&diversity=0.3'),
      similarAnswer,
    );
    expect(similar.hits).toHaveLength(3);
    const body = { positive: ['robots-1'], negative: ['markets-1'], text: 'gripper', from: '2025', limit: 4 };
    expect(answered(await send(app, 'POST /v1/similar', body), similarAnswer).hits).toHaveLength(4);
  });

  it('explains its hits: what named them, where words match, other entries of the paper', async () => {
    const { app, add } = await library();
    const paper = { title: 'Robots & <Looms>', abstract: 'A robot weaves.', doi: '10.1000/a' };
    // Two at arXiv, and so two papers.
    await add({ ...paper, id: '2401.01234' }, { ...paper, id: '2401.09999', source: 'journal' });
    const query = encodeURIComponent('https://doi.org/10.1000/A');
    const { hits } = answered(await send(app, `GET /v1/search?q=${query}&limit=100`), searchAnswer);
    expect(hits[0]).toMatchObject({ match: 'doi', alternates: [{ sameBy: 'doi' }] });
    expect(hits.slice(1).every(({ match }) => match === null)).toBe(true);
    const found = answered(await send(app, 'GET /v1/search?q=looms'), searchAnswer);
    expect(found.hits[0]?.highlights.titleHtml).toBe('Robots &amp; &lt;<mark>Looms</mark>&gt;');
    expect(found.didYouMean).toBeNull();
    expect(found.phrases).toBeNull();
    const quoted = answered(await send(app, 'GET /v1/search?q=%22robot+weaves%22'), searchAnswer);
    expect(quoted.phrases).toEqual({ asked: 1, required: true });
    expect(quoted.hits[0]?.match).toBe('phrase');
  });

  it('takes a filter repeated or with commas, and months as ranges', async () => {
    const { app } = await library();
    const count = async (filter: string) =>
      answered(await send(app, `GET /v1/search?q=robot+market&limit=100&${filter}`), searchAnswer).hits
        .length;
    expect(await count('category=cs.RO')).toBe(20);
    expect(await count('category=cs.RO&category=econ.TH')).toBe(40);
    expect(await count('category=cs.RO,econ')).toBe(40);
    expect(await count('from=2026-01&to=2026-01')).toBe(30);
    expect(await count('minUpvotes=1')).toBe(0);
    expect(await count('minUpvotes=0')).toBe(40);
    expect(await count('hasCode=false')).toBe(40);
  });

  it.each([
    '/v1/search',
    '/v1/search?q=',
    '/v1/search?q=%20%20',
    '/v1/search?q=%E2%80%AE',
    `/v1/search?q=${'x'.repeat(1_001)}`,
    '/v1/search?q=a&q=b',
    '/v1/search?q=a&mode=fuzzy',
    '/v1/search?q=a&minUpvotes=NaN',
    '/v1/search?q=a&from=yesterday',
    '/v1/search?q=a&hasCode=maybe',
    '/v1/search?q=a&page=2',
    '/v1/papers/robots-1/similar?diversity=2',
    '/v1/search?q=a&limit=1e1',
    '/v1/search?q=a&limit=1&limit=2',
    '/v1/search?q=a&minUpvotes=',
  ])('refuses %s', async (path) => {
    const { app, failures } = await library();
    expect(refused(await send(app, `GET ${path}`), 400, 'invalid_input').errors?.length).toBeGreaterThan(0);
    expect(failures).toEqual([]);
  });

  it.each(['"', '*', 'NEAR(', 'C++', "'; DROP TABLE papers; --", '\u202e C', '%00', 'title:x AND', '🤖'])(
    'takes %j for a query',
    async (query) => {
      const { app, failures } = await library();
      const { status } = await send(app, `GET /v1/search?q=${encodeURIComponent(query)}`);
      expect(status).toBe(200);
      expect(failures).toEqual([]);
    },
  );

  it.each([
    [{ positive: [] }, 400],
    [{ positive: 'robots-1' }, 400],
    [{ positive: ['robots-1'], colour: 1 }, 400],
    [{ positive: ['nothing'] }, 404],
    [{ text: 'x'.repeat(20_001) }, 400],
    [{ positive: Array(101).fill('robots-1') }, 400],
    ['null', 400],
  ])('refuses examples %j', async (body, status) => {
    const { app } = await library();
    expect((await send(app, 'POST /v1/similar', body)).status).toBe(status);
  });
});

describe('access', () => {
  const key = 'a-key-of-24-characters!!';

  it('needs the key on /v1 and /metrics where one is set, and says nothing about it', async () => {
    const { app } = await library({ apiKey: key });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    for (const headers of [{}, bearer('wrong'), { authorization: key }, bearer(`${key}x`)]) {
      const answer = await send(app, 'GET /v1/search?q=robot', undefined, headers as Record<string, string>);
      expect(refused(answer, 401, 'unauthorized').detail).not.toContain(key);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await send(app, 'GET /metrics')).status).toBe(401);
    expect((await send(app, 'GET /v1/search?q=robot', undefined, bearer(key))).status).toBe(200);
    expect(
      (await send(app, 'GET http://paperwise.example/v1/search?q=robot', undefined, bearer(key))).status,
    ).toBe(200);
    expect((await send(app, 'GET /healthz')).status).toBe(200);
  });

  it('answers only to names of this machine where no key is set', async () => {
    const { app } = await library();
    refused(await send(app, 'GET http://evil.example/v1/search?q=robot'), 403, 'forbidden');
    refused(await send(app, 'GET http://127.0.0.1.evil.example/healthz'), 403, 'forbidden');
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:8080']) {
      expect((await send(app, `GET http://${host}/v1/search?q=robot`)).status).toBe(200);
    }
  });

  it('does not answer what another web site sends, unless a key is set', async () => {
    const { app, people } = await library();
    const image = { 'sec-fetch-site': 'cross-site' };
    refused(await send(app, 'GET /v1/users/ada/picks', undefined, image), 403, 'forbidden');
    for (const origin of ['https://evil.example', 'null']) {
      refused(await send(app, 'GET /v1/users/ada/picks', undefined, { origin }), 403, 'forbidden');
    }
    expect((await send(app, 'HEAD /v1/users/ada/picks')).status).toBe(400);
    expect((await people.counts()).picks).toBe(0);
    expect((await send(app, 'GET /v1/papers', undefined, { origin: 'http://localhost:3000' })).status).toBe(
      200,
    );
  });

  it('counts IPv6 clients by their /64 network', () => {
    expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'));
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8::1'));
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  });

  it('limits the rate, and says when to come again', async () => {
    const { app } = await library({ rateLimit: 3 });
    for (let i = 0; i < 3; i++) expect((await send(app, 'GET /v1/search?q=robot')).status).toBe(200);
    const answer = await send(app, 'GET /v1/search?q=robot');
    refused(answer, 429, 'rate_limited');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(app, 'GET /healthz')).status).toBe(200);
  });
});

describe('operation', () => {
  it('tells health, readiness and what it waits for', async () => {
    const { app, state } = await library();
    expect((await send(app, 'GET /healthz')).body).toEqual({ status: 'ok' });
    expect(answered(await send(app, 'GET /readyz'), readiness).status).toBe('ready');
    state.waitingFor = ['model'];
    expect(await send(app, 'GET /readyz')).toMatchObject({
      status: 503,
      body: { status: 'starting', waitingFor: ['model'] },
    });
    state.stopping = true;
    expect(await send(app, 'GET /readyz')).toMatchObject({ status: 503, body: { status: 'stopping' } });
  });

  it('exports metrics, by route and without ids', async () => {
    const { app } = await library();
    await send(app, 'GET /v1/papers/robots-1');
    const { body } = await send(app, 'GET /metrics');
    expect(body.text).toContain('paperwise_papers 40');
    expect(body.text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(body.text).toMatch(
      /paperwise_http_requests_total\{method="GET",route="\/v1\/papers\/:id",status="200"\} 1/,
    );
    expect(body.text).not.toContain('robots-1');
  });

  it('answers unknown addresses and failures by problems that tell nothing inside', async () => {
    const { app, store, failures } = await library();
    refused(await send(app, 'GET /v2/anything'), 404, 'not_found');
    store.paperById = async () => {
      throw new Error('secret detail');
    };
    const answer = await send(app, 'GET /v1/papers/robots-1');
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(failures).toHaveLength(1);
  });

  it('serves the reference from this server alone', async () => {
    const { app } = await library();
    const page = await send(app, 'GET /docs/');
    const addresses = [...String(page.body.text).matchAll(/(?:src|href)="([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect(address).toMatch(/^\//);
      expect((await send(app, `GET ${address}`)).status).toBe(200);
    }
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });
});

describe('/openapi.json', () => {
  it('describes every route that exists, and no other', async () => {
    const { app } = await library();
    const { body } = await send(app, 'GET /openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const described = Object.entries(body.paths as Record<string, object>)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .sort();
    const existing = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !/^\/(?:docs|openapi)/.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(described).toEqual([...new Set(existing)].sort());
  });

  it('publishes patterns that mean what they say', async () => {
    const { app } = await library();
    const { body } = await send(app, 'GET /openapi.json');
    const patterns = [...JSON.stringify(body).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map((match) =>
      JSON.parse(match[1] ?? ''),
    );
    expect(patterns.length).toBeGreaterThan(3);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      expect(pattern).not.toMatch(/^\/|\/[a-z]*$/);
    }
  });

  it('has every component that it refers to', async () => {
    const { app } = await library();
    const { body } = await send(app, 'GET /openapi.json');
    const names = Object.keys((body.components as { schemas: object }).schemas);
    for (const [, name] of JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(names).toContain(name);
    expect(names).toEqual(
      expect.arrayContaining(['Paper', 'PaperInput', 'Problem', 'SearchAnswer', 'SimilarRequest']),
    );
  });
});
