import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { openClient } from './open-client.ts';

const TEXT = 'Sür la théorie des graphes. '.repeat(500);

describe('an answer', () => {
  it('is read with its validators, by a client that says who it is, in a turn at the provider', async () => {
    const server = await startFaultyServer(() => ({
      body: TEXT,
      headers: { etag: '"v1"', 'last-modified': 'Fri, 27 Nov 2026 10:00:00 GMT' },
    }));
    const { get, taken, held } = openClient({ hosts: [server.origin] });
    const url = `${server.origin}/feed?start=0&q=a%20b`;
    expect(
      await get(url, {
        accept: 'application/atom+xml',
        headers: { 'X-Key': 'secret', 'User-Agent': 'nobody' },
      }),
    ).toEqual({
      status: 200,
      body: TEXT,
      contentType: 'text/plain; charset=utf-8',
      etag: '"v1"',
      lastModified: 'Fri, 27 Nov 2026 10:00:00 GMT',
      url,
    });
    expect(server.requests.map(({ url, headers }) => [url.href, headers])).toEqual([
      [
        url,
        {
          host: new URL(server.origin).host,
          connection: 'close',
          accept: 'application/atom+xml',
          'accept-encoding': 'gzip, deflate, br',
          'user-agent': 'Paperwise/0.0.0 (+mailto:reader@example.org)',
          'x-key': 'secret',
        },
      ],
    ]);
    expect(taken).toEqual([{ provider: 'test', intervalMs: 7 }]);
    expect(held()).toBe(0);
  });

  it('to a conditional request is 304 without a body when nothing has changed', async () => {
    const server = await startFaultyServer(({ headers }) =>
      headers['if-none-match'] === '"v1"' && headers['if-modified-since'] === 'Fri, 27 Nov 2026 10:00:00 GMT'
        ? { status: 304, headers: { etag: '"v1"' } }
        : { body: TEXT },
    );
    const { get } = openClient({ hosts: [server.origin] });
    const known = { etag: '"v1"', lastModified: 'Fri, 27 Nov 2026 10:00:00 GMT' };
    expect(await get(server.origin, known)).toMatchObject({ status: 304, body: '', etag: '"v1"' });
    expect(await get(server.origin, { ...known, etag: '"v0"' })).toMatchObject({ status: 200, body: TEXT });
  });

  it.each([400, 403, 404, 410, 501])('of status %i is final, and read', async (status) => {
    const server = await startFaultyServer(() => ({ status, body: 'Why.' }));
    const { get } = openClient({ hosts: [server.origin] });
    expect(await get(server.origin)).toMatchObject({ status, body: 'Why.' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ])('packed as %s is unpacked', async (encoding, pack: (text: string) => Buffer) => {
    const server = await startFaultyServer(() => ({
      body: pack(TEXT),
      headers: { 'content-encoding': encoding },
    }));
    const { get } = openClient({ hosts: [server.origin] });
    expect((await get(server.origin)).body).toBe(TEXT);
  });

  it('that breaks off but says that it is whole is handed on: only its reader can tell', async () => {
    const server = await startFaultyServer(() => ({ body: TEXT }), ['malformed']);
    const { get } = openClient({ hosts: [server.origin] });
    const { status, body } = await get(server.origin);
    expect(status).toBe(200);
    expect(body).toBe(
      Buffer.from(TEXT)
        .subarray(0, Buffer.byteLength(TEXT) >> 1)
        .toString(),
    );
  });

  it('that is empty is read as such, also when it says that it is packed', async () => {
    const server = await startFaultyServer(() => ({ headers: { 'content-encoding': 'gzip' } }));
    const { get } = openClient({ hosts: [server.origin] });
    expect((await get(server.origin)).body).toBe('');
  });

  it.each(['zstd', 'gzip, gzip', 'constructor'])(
    'packed as %s, which was not asked for, is refused',
    async (encoding) => {
      const server = await startFaultyServer(() => ({
        body: TEXT,
        headers: { 'content-encoding': encoding },
      }));
      const { get } = openClient({ hosts: [server.origin] });
      await expect(get(server.origin)).rejects.toMatchObject({
        code: 'source_failed',
        message: expect.stringContaining(`packed as "${encoding}"`),
      });
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([
    ['text/xml; charset=ISO-8859-1', Buffer.from('Poincar\xe9', 'latin1'), 'Poincaré'],
    ['text/xml;charset="utf-16le"; version=1', Buffer.from('Erdős', 'utf16le'), 'Erdős'],
    ['text/xml; Charset=Shift_JIS', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本'],
    ['text/xml', Buffer.from('\ufeffErdős'), 'Erdős'],
  ])('of type %s is text by its character set', async (type, body, text) => {
    const server = await startFaultyServer(() => ({ body, headers: { 'content-type': type } }));
    const { get } = openClient({ hosts: [server.origin] });
    expect(await get(server.origin)).toMatchObject({ contentType: type, body: text });
  });

  it('in a character set that nobody knows is refused', async () => {
    const server = await startFaultyServer(() => ({
      body: TEXT,
      headers: { 'content-type': 'text/plain; charset=x-klingon' },
    }));
    const { get } = openClient({ hosts: [server.origin] });
    await expect(get(server.origin)).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('unknown character set "x-klingon"'),
    });
  });
});
