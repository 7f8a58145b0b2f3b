import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { openClient } from './open-client.ts';

const MIB = 1024 * 1024;
const refused = (part: string) => ({ code: 'source_failed', message: expect.stringContaining(part) });

describe('limits', () => {
  it('end the unpacking of a bomb, of which there is no room for all', async () => {
    const bomb = Buffer.concat(Array<Buffer>(1_000).fill(gzipSync(Buffer.alloc(16 * MIB))));
    const server = await startFaultyServer(() => ({ body: bomb, headers: { 'content-encoding': 'gzip' } }));
    const { get } = openClient({ hosts: [server.origin] });
    expect(bomb.length).toBeLessThan(32 * MIB);
    await expect(get(server.origin, { maxBytes: 32 * MIB })).rejects.toMatchObject(
      refused('longer than 33554432 bytes'),
    );
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('are of the unpacked bytes: %s', async (encoding, pack) => {
    const body = pack(Buffer.alloc(2 * MIB));
    const server = await startFaultyServer(() => ({ body, headers: { 'content-encoding': encoding } }));
    const { get } = openClient({ hosts: [server.origin] });
    expect((await get(server.origin, { maxBytes: 2 * MIB })).body).toHaveLength(2 * MIB);
    await expect(get(server.origin, { maxBytes: MIB })).rejects.toMatchObject(refused('longer than 1048576'));
  });

  it('end the reading of a body that never ends, packed or not', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n');
      const fill = () => {
        while (socket.writable && socket.write('x'.repeat(65_536)));
      };
      socket.on('drain', fill);
      fill();
    });
    const origin = await listening(server);
    const { get } = openClient({ hosts: [origin], limits: { bodyBytes: 4 * MIB } });
    await expect(get(origin)).rejects.toMatchObject(refused('longer than 4194304 bytes'));
  });

  it('hold to the byte', async () => {
    const server = await startFaultyServer(() => ({ body: 'x'.repeat(1_000) }));
    const { get } = openClient({ hosts: [server.origin] });
    expect((await get(server.origin, { maxBytes: 1_000 })).body).toHaveLength(1_000);
    await expect(get(server.origin, { maxBytes: 999 })).rejects.toMatchObject(refused('longer than 999'));
  });

  it('end a slow drip, which is tried again', async () => {
    const body = Array.from({ length: 2_000 }, (_, at) => at).join();
    const server = await startFaultyServer(() => ({ body }), ['drip', 'ok']);
    const { get } = openClient({ hosts: [server.origin], limits: { exchangeMs: 500 } });
    expect((await get(server.origin)).body).toBe(body);
    expect(server.requests).toHaveLength(2);
  });

  it('name the time that was too long', async () => {
    const server = await startFaultyServer(() => ({ body: 'x'.repeat(1_000_000) }), ['drip']);
    const { get } = openClient({ hosts: [server.origin], limits: { exchangeMs: 60, attempts: 1 } });
    await expect(get(server.origin)).rejects.toMatchObject(refused('the answer took longer than 60 ms'));
  });

  it.each([
    ['has no headers in time', '', { headersMs: 50 }, 'Headers Timeout Error'],
    ['stops midway', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', { idleMs: 50 }, 'Body Timeout Error'],
  ])('end an answer that %s', async (_, sent, limits, message) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(sent));
    });
    const origin = await listening(server);
    const { get } = openClient({ hosts: [origin], limits: { ...limits, attempts: 2 } });
    await expect(get(origin)).rejects.toMatchObject(refused(`2 times tried: ${message}`));
  });

  it('end a connection that is not made: here a server that says nothing to TLS', async () => {
    const server = createServer((socket) => socket.on('error', () => {}));
    const origin = (await listening(server)).replace('http:', 'https:');
    const { get } = openClient({ hosts: [origin], limits: { connectMs: 50, attempts: 1 } });
    await expect(get(origin)).rejects.toMatchObject(refused('Connect Timeout Error'));
  });

  it('leave a caller who ends while the connection is being made', async () => {
    const abort = new AbortController();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      abort.abort(new Error('Enough.'));
    });
    const origin = (await listening(server)).replace('http:', 'https:');
    const { get, held } = openClient({ hosts: [origin] });
    await expect(get(origin, { signal: abort.signal })).rejects.toThrow('Enough.');
    expect(held()).toBe(0);
  });
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
