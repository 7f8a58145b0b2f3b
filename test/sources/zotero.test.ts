import { describe, expect, it } from 'vitest';
import { BIBLIOGRAPHY_LIMITS, readBibliography } from '../../src/sources/bibliography.ts';
import { localZotero, type ZoteroLibrary, zoteroItems } from '../../src/sources/zotero.ts';
import { type HeldItem, startZotero } from '../fixtures/zotero-server.ts';
import { openClient } from '../http/open-client.ts';

const item = (number: number, data: Record<string, unknown> = {}): HeldItem => ({
  key: `KEY${String(number).padStart(5, '0')}`,
  data: { itemType: 'journalArticle', title: `Title ${number}`, tags: [{ tag: 'x'.repeat(50) }], ...data },
});
const items = (count: number) => Array.from({ length: count }, (_, number) => item(number));

async function read(port: number, library: Partial<ZoteroLibrary> = {}) {
  const base = localZotero(port);
  const { client: http } = openClient({ hosts: [base], limits: { attempts: 1 } });
  return readBibliography(await zoteroItems(http, { base, user: 0, ...library }), 'zotero-json');
}

describe('a library of Zotero', () => {
  it.each([0, 1, 99, 100, 101, 250])('of %i items is read page by page, whole', async (count) => {
    const { port, asked } = await startZotero({ items: items(count) });
    const { entries } = await read(port);
    expect(entries.map(({ title }) => title)).toEqual(items(count).map(({ data }) => data.title));
    expect(asked).toHaveLength(Math.floor(count / 100) + 1);
    expect(asked[0]?.headers).toMatchObject({ accept: 'application/json', 'zotero-api-version': '3' });
    expect(asked[0]?.headers).not.toHaveProperty('zotero-api-key');
    expect(asked[0]?.url.searchParams.toString()).toBe(
      'format=json&sort=dateAdded&direction=asc&limit=100&start=0',
    );
  });

  it('has no item twice, and none less, when some are added while it is read', async () => {
    const zotero = await startZotero({ items: items(150) });
    zotero.state.onRequest = () => zotero.state.items.push(item(zotero.state.items.length));
    const { entries } = await read(zotero.port);
    expect(entries.map(({ label }) => label)).toEqual(items(152).map(({ key }) => key));
  });

  it('is read to its end by a Zotero that always answers the first page', async () => {
    const { port, asked } = await startZotero({ items: items(100), isPaged: false });
    expect((await read(port)).entries).toHaveLength(100);
    expect(asked).toHaveLength(2);
  });

  it('may be read by collection, and with a key', async () => {
    const mine = { ...item(1), collections: ['ABCD2345'] };
    const { port, asked } = await startZotero({ items: [item(0), mine] });
    const { entries } = await read(port, { collection: 'ABCD2345', key: 'secret' });
    expect(entries.map(({ label }) => label)).toEqual([mine.key]);
    expect(asked[0]?.headers['zotero-api-key']).toBe('secret');
    await expect(read(port, { collection: 'ZZZZ9999' })).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('no collection "ZZZZ9999"'),
    });
  });

  it('says what to do when Zotero does not allow it, or does not run', async () => {
    const hint =
      'Zotero must be running, with "Allow other applications on this computer to communicate with Zotero" on';
    const zotero = await startZotero({ isAllowed: false });
    const forbidden = {
      code: 'source_failed',
      message: expect.stringMatching(`does not allow it \\(403\\). ${hint}`),
    };
    await expect(read(zotero.port)).rejects.toMatchObject(forbidden);
    // Nothing listens on this port of the loopback interface: it is none that programs get.
    const absent = {
      code: 'source_failed',
      message: expect.stringMatching(`^Reading .* failed.*: .* ${hint}`),
    };
    await expect(read(1)).rejects.toMatchObject(absent);
  });

  it('is refused when it is larger than a bibliography may be', async () => {
    const long = 'x'.repeat(1024 * 1024);
    const { port } = await startZotero({
      items: Array.from({ length: 9 }, (_, number) => item(number, { abstractNote: long })),
    });
    expect(BIBLIOGRAPHY_LIMITS.bytes).toBeLessThan(9 * long.length);
    await expect(read(port)).rejects.toMatchObject({ code: 'payload_too_large' });
  });
});
