import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProxySettings } from '../../src/http/dispatcher.ts';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { openClient } from './open-client.ts';

/** A proxy that hands plain http on to one server, whatever the host, and opens no tunnels. */
async function startProxy(target: string) {
  const asked: { target: string; user: string | undefined }[] = [];
  const note = (to: string | undefined, user: string | undefined) => asked.push({ target: String(to), user });
  const proxy = createServer((message, response) => {
    note(message.url, message.headers['proxy-authorization']);
    const { pathname } = new URL(String(message.url));
    const { port } = new URL(target);
    const onward = httpRequest(
      { port, host: '127.0.0.1', path: pathname, headers: message.headers },
      (got) => {
        response.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end();
  });
  proxy.on('connect', (message, socket) => {
    note(`CONNECT ${message.url}`, message.headers['proxy-authorization']);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

const proxied = (settings: Partial<ProxySettings>): ProxySettings => ({
  ...{ http: null, https: null, except: null },
  ...settings,
});

describe('through a proxy', () => {
  it('plain http is asked for by its whole address, also of names that only the proxy knows', async () => {
    const server = await startFaultyServer(() => ({ body: 'Found.' }), [{ redirect: '/moved' }]);
    const proxy = await startProxy(server.origin);
    const { get } = openClient({
      hosts: ['http://papers.invalid'],
      proxy: proxied({ http: `http://user:pass@${proxy.url}` }),
    });
    expect(await get('http://papers.invalid/feed')).toMatchObject({
      body: 'Found.',
      url: 'http://papers.invalid/moved',
    });
    const user = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    expect(proxy.asked).toEqual([
      { target: 'http://papers.invalid/feed', user },
      { target: 'http://papers.invalid/moved', user },
    ]);
    expect(server.requests[0]?.headers.host).toBe('papers.invalid');
  });

  it('https is asked for by a tunnel; a proxy that opens none is a failure', async () => {
    const server = await startFaultyServer(() => ({}));
    const proxy = await startProxy(server.origin);
    const { get } = openClient({
      hosts: ['https://papers.invalid'],
      proxy: proxied({ https: proxy.url }),
      limits: { attempts: 2 },
    });
    await expect(get('https://papers.invalid/feed')).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('Proxy response (403)'),
    });
    expect(proxy.asked.map(({ target }) => target)).toEqual([
      'CONNECT papers.invalid:443',
      'CONNECT papers.invalid:443',
    ]);
  });

  it('hosts that are excepted are not asked', async () => {
    const server = await startFaultyServer(() => ({ body: 'Directly.' }));
    const proxy = await startProxy(server.origin);
    const { get } = openClient({
      hosts: [server.origin],
      proxy: proxied({ http: proxy.url, except: 'example.org,127.0.0.1' }),
    });
    expect((await get(server.origin)).body).toBe('Directly.');
    expect(proxy.asked).toEqual([]);
  });

  it('only configured hosts are asked', async () => {
    const server = await startFaultyServer(() => ({}), [{ redirect: 'http://elsewhere.invalid/' }]);
    const proxy = await startProxy(server.origin);
    const { get } = openClient({ hosts: ['http://papers.invalid'], proxy: proxied({ http: proxy.url }) });
    await expect(get('http://papers.invalid/')).rejects.toMatchObject({
      message: expect.stringContaining('http://elsewhere.invalid may not be asked'),
    });
    expect(proxy.asked).toHaveLength(1);
  });

  it('variables of the environment count only when they are handed over', async () => {
    const server = await startFaultyServer(() => ({ body: 'Directly.' }));
    const before = process.env.http_proxy;
    process.env.http_proxy = 'http://127.0.0.1:9';
    onTestFinished(() => {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    });
    const direct = openClient({ hosts: [server.origin] });
    expect((await direct.get(server.origin)).body).toBe('Directly.');
    expect(() =>
      openClient({ hosts: [server.origin], proxy: proxied({ http: 'socks5://127.0.0.1' }) }),
    ).toThrow('Expected HTTP_PROXY and HTTPS_PROXY to be like http://host:port.');
  });
});
