import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createAdaptorServer } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { send } from './requests.ts';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(...topicPapers('robots', 30));
  return opened;
}

interface Received {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Serves the library on a port; nothing is decompressed on the way. */
async function served() {
  const opened = await library();
  const server = createAdaptorServer({ fetch: opened.app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<Received>((resolve, reject) => {
      get({ port, path, headers, method, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      }).on('error', reject);
    });
  return { ...opened, ask };
}

describe('compression', () => {
  it('is by what the client accepts, and loses nothing', async () => {
    const { ask } = await served();
    const path = '/v1/papers?limit=30';
    const plain = await ask(path);
    expect(plain.headers).toMatchObject({
      vary: 'accept-encoding',
      'content-length': `${plain.body.length}`,
    });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    for (const [accepted, encoding] of [
      ['gzip', 'gzip'],
      ['gzip, deflate, br', 'br'],
      ['br;q=0.5, gzip;q=0.8', 'gzip'],
      ['*', 'br'],
      ['*;q=0.5, br;q=0', 'gzip'],
    ] as const) {
      const { headers, body } = await ask(path, { 'accept-encoding': accepted });
      expect(headers).toMatchObject({
        'content-encoding': encoding,
        'content-length': `${body.length}`,
        'content-type': plain.headers['content-type'],
        etag: plain.headers.etag,
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      });
      expect(body.length).toBeLessThan(plain.body.length / 2);
      expect(encoding === 'br' ? brotliDecompressSync(body) : gunzipSync(body)).toEqual(plain.body);
    }
    for (const accepted of ['identity', 'deflate', 'gzip;q=0', '*;q=0']) {
      expect((await ask(path, { 'accept-encoding': accepted })).body).toEqual(plain.body);
    }
    const head = await ask(path, { 'accept-encoding': 'gzip' }, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('leaves small answers, problems and streams as they are', async () => {
    const { ask, app } = await served();
    const gzip = { 'accept-encoding': 'gzip' };
    for (const path of ['/healthz', '/v1/papers/none']) {
      const { headers, body } = await ask(path, gzip);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers.vary).toBe('accept-encoding');
      expect(JSON.parse(body.toString())).toEqual(expect.any(Object));
    }
    for (let at = 0; at < 30; at++) {
      await send(app, `PUT /v1/users/ada/feedback/robots-${at}`, { signal: 'like' });
    }
    for (const format of ['bibtex', 'csl-json']) {
      const { headers, body } = await ask(`/v1/users/ada/library?format=${format}`, gzip);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers['transfer-encoding']).toBe('chunked');
      expect(body.toString()).toContain('robots');
      expect(body.length).toBeGreaterThan(3_000);
    }
    const metrics = await ask('/metrics', gzip);
    expect(metrics.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(metrics.body).toString()).toContain('paperwise_papers 30');
  });
});

describe('entity tags', () => {
  it('of a paper stay while it is told alike, and save sending it again', async () => {
    const { app, add } = await library();
    const first = await send(app, 'GET /v1/papers/robots-1');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]+"$/);
    const again = (tags: string, path = 'GET /v1/papers/robots-1') =>
      send(app, path, undefined, { 'if-none-match': tags });
    for (const tags of [etag, `"other", ${etag}`, etag.slice(2), '*']) {
      const { status, body, headers } = await again(tags);
      expect([status, body, headers.get('etag')]).toEqual([304, { text: '' }, etag]);
    }
    await add(...topicPapers('markets', 1));
    expect((await again(etag)).status).toBe(304);
    expect(await again('"other"')).toMatchObject({ status: 200, body: first.body });
    await send(app, 'PUT /v1/papers/robots-1', { ...first.body, commentCount: 7 });
    const changed = await again(etag);
    expect(changed).toMatchObject({ status: 200, body: { commentCount: 7 } });
    expect(changed.headers.get('etag')).not.toBe(etag);
    const gone = await again('*', 'GET /v1/papers/none');
    expect([gone.status, gone.headers.get('etag')]).toEqual([404, null]);
  });

  it('of a list change with any paper, and not with what people say', async () => {
    const { app } = await library();
    const etag = (await send(app, 'GET /v1/papers?sort=trending')).headers.get('etag') ?? '';
    const again = () => send(app, 'GET /v1/papers?sort=trending', undefined, { 'if-none-match': etag });
    await send(app, 'PUT /v1/users/ada/feedback/robots-1', { signal: 'like' });
    expect((await again()).status).toBe(304);
    const wrong = await send(app, 'GET /v1/papers?sort=trending&cursor=x', undefined, {
      'if-none-match': etag,
    });
    expect(wrong.status).toBe(400);
    const { body } = await send(app, 'GET /v1/papers/robots-2');
    await send(app, 'PUT /v1/papers/robots-2', { ...body, venue: 'ICRA' });
    const changed = await again();
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
    const refused = await send(app, 'GET /v1/papers?cursor=none');
    expect([refused.status, refused.headers.get('etag')]).toEqual([400, null]);
  });
});
