import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/http/addresses.ts';
import { createHttpClient } from '../../src/http/polite-client.ts';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { openTurns } from '../fixtures/open-turns.ts';
import { openClient } from './open-client.ts';

const refused = (part: string) => ({ code: 'source_failed', message: expect.stringContaining(part) });

describe('hosts', () => {
  it('that are not configured are not asked', async () => {
    const server = await startFaultyServer(() => ({}));
    const { get, taken } = openClient({ hosts: ['https://export.arxiv.org/api/query'] });
    await expect(get(`${server.origin}/`)).rejects.toMatchObject(refused(server.origin));
    await expect(get('http://export.arxiv.org/')).rejects.toMatchObject(refused('http://export.arxiv.org'));
    await expect(get('https://export.arxiv.org:8443/')).rejects.toMatchObject(
      refused('export.arxiv.org:8443'),
    );
    await expect(get('file:///etc/passwd')).rejects.toMatchObject(refused('file:'));
    await expect(get('export.arxiv.org')).rejects.toMatchObject(refused('no address'));
    expect([server.requests, taken]).toEqual([[], []]);
  });

  it('are asked through redirects when they are configured, each in a turn at its own provider', async () => {
    const target = await startFaultyServer(() => ({ body: 'There.' }));
    const server = await startFaultyServer(
      () => ({}),
      [{ redirect: '/further?page=2' }, { redirect: `${target.origin}/there` }],
    );
    const { get, taken, mostHeld } = openClient({
      hosts: [
        { url: server.origin, provider: 'first', intervalMs: 1 },
        { url: `${target.origin}/any/path`, provider: 'second', intervalMs: 2 },
      ],
    });
    const answer = await get(server.origin, { headers: { Authorization: 'Bearer secret', 'x-key': '1' } });
    expect(answer).toMatchObject({ status: 200, body: 'There.', url: `${target.origin}/there` });
    expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual(['/', '/further?page=2']);
    expect(server.requests[1]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-key': '1' });
    expect(target.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(target.requests[0]?.headers).not.toHaveProperty('x-key');
    expect(taken).toEqual([
      { provider: 'first', intervalMs: 1 },
      { provider: 'first', intervalMs: 1 },
      { provider: 'second', intervalMs: 2 },
    ]);
    expect(mostHeld()).toBe(1);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://[::1]:8080/',
    'http://2130706433/',
    'http://elsewhere.example.org/',
    'ftp://127.0.0.1/',
  ])('are not asked through a redirect to %s', async (redirect) => {
    const server = await startFaultyServer(() => ({}), [{ redirect }]);
    const { get } = openClient({ hosts: [server.origin] });
    await expect(get(server.origin)).rejects.toMatchObject(refused('may not be asked'));
    expect(server.requests).toHaveLength(1);
  });

  it('of the own machine on other ports are not asked through redirects', async () => {
    const other = await startFaultyServer(() => ({}));
    const server = await startFaultyServer(() => ({}), [{ redirect: other.origin }]);
    const { get } = openClient({ hosts: [server.origin] });
    await expect(get(server.origin)).rejects.toMatchObject(refused(other.origin));
    expect(other.requests).toEqual([]);
  });

  it('that redirect without end, or to nowhere, are left', async () => {
    const endless = await startFaultyServer(
      () => ({}),
      Array.from({ length: 9 }, () => ({ redirect: '/again' })),
    );
    const { get } = openClient({ hosts: [endless.origin] });
    await expect(get(endless.origin)).rejects.toMatchObject(refused('redirects more than 5 times'));
    expect(endless.requests).toHaveLength(6);
    const nowhere = await startFaultyServer(() => ({ status: 302 }));
    const second = openClient({ hosts: [nowhere.origin] });
    await expect(second.get(nowhere.origin)).rejects.toMatchObject(refused('without an address'));
  });

  it('whose name leads to this machine are refused when they connect, at once', async () => {
    const server = await startFaultyServer(() => ({ body: 'Private.' }));
    const url = server.origin.replace('127.0.0.1', 'localhost');
    const settings = { url, provider: 'test', intervalMs: 0 };
    const { get } = openClient({ hosts: [{ ...settings, mayBePrivate: false }] });
    await expect(get(url)).rejects.toMatchObject(refused('The host localhost is at '));
    expect(server.requests).toEqual([]);
    const plain = openClient({ hosts: [settings] });
    expect((await plain.get(url)).body).toBe('Private.');
  });

  it('that are private addresses are refused unless they are meant to be private', async () => {
    const { get } = openClient({
      hosts: [
        { url: 'http://127.0.0.1:1', provider: 'test', intervalMs: 0, mayBePrivate: false },
        'http://169.254.169.254',
        'http://[::ffff:100.64.0.1]',
      ],
    });
    await expect(get('http://127.0.0.1:1/')).rejects.toMatchObject(refused('is at 127.0.0.1'));
    await expect(get('http://169.254.169.254/')).rejects.toMatchObject(refused('is at 169.254.169.254'));
    await expect(get('http://[::ffff:100.64.0.1]/')).rejects.toMatchObject(refused('is at ::ffff:6440:1'));
  });

  it('are public at the addresses that the whole internet reaches', () => {
    const yes = ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'];
    const no = [
      ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
      ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '240.0.0.1', '192.0.2.1', '198.18.0.1'],
      ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'fec0::1', 'ff02::1', '2001:db8::1', '100::1'],
      ...['::ffff:127.0.0.1', '::ffff:a00:1', '::7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::808:808'],
      ...['2002:7f00:1::', '2001:0:7f00:1::', 'localhost', ''],
    ];
    expect(yes.filter((address) => !isPublicAddress(address))).toEqual([]);
    expect(no.filter(isPublicAddress)).toEqual([]);
  });

  it('must have an address of the web', () => {
    const open = (url: string) => () =>
      createHttpClient({
        hosts: [{ url, provider: 'test', intervalMs: 0 }],
        userAgent: 'test',
        turns: openTurns().turns,
      });
    expect(open('export.arxiv.org')).toThrow('Expected an address with http:// or https://');
    expect(open('ftp://export.arxiv.org')).toThrow('Expected an address with http:// or https://');
  });
});
