import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jsonLinesItems, jsonLinesSource } from '../../src/sources/json-lines.ts';
import { MAX_LINE_BYTES } from '../../src/sources/lines.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const line = (id: string, extra = {}) =>
  JSON.stringify({ id, title: `T ${id}`, abstract: 'An abstract.', ...extra });
const all = async (items: AsyncIterable<SourceItem>) => {
  const list: SourceItem[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const brief = (items: SourceItem[]) =>
  items.map((item) => ('record' in item ? `${item.at}: ${item.record.id}` : `${item.at}: rejected`));
const fileWith = (content: string | Buffer) => {
  const file = join(temporaryFolder(), 'papers');
  writeFileSync(file, content);
  return file;
};

describe('JSON Lines', () => {
  const mixed = `\ufeff${line('a')}\r\n\n{broken\n"text"\n${line('b', { colour: 'red', shape: 1 })}\n${line('c', { title: 5 })}`;

  it('reads every good line, and names every bad one by its number and reason', async () => {
    const source = jsonLinesSource(fileWith(mixed));
    const items = await all(source);
    expect(brief(items)).toEqual([
      'line 1: a',
      'line 3: rejected',
      'line 4: rejected',
      'line 5: b',
      'line 6: rejected',
    ]);
    expect(items[1]).toMatchObject({ reason: expect.stringMatching(/^not JSON/) });
    expect(items[4]).toMatchObject({ id: 'c', reason: expect.stringMatching(/^title: .*expected string/) });
    expect(source.ignoredFields).toEqual(
      new Map([
        ['colour', 1],
        ['shape', 1],
      ]),
    );
    expect(source.progress()).toEqual({
      bytesRead: Buffer.byteLength(mixed),
      bytesTotal: Buffer.byteLength(mixed),
    });
  });

  it('reads gzip by its content, and a stream, alike', async () => {
    const plain = brief(await all(jsonLinesSource(fileWith(mixed))));
    expect(brief(await all(jsonLinesSource(fileWith(gzipSync(mixed)))))).toEqual(plain);
    // A stream cut into single bytes: lines and characters fall across chunks.
    const bytes = [...Buffer.from(mixed)].map((byte) => Buffer.from([byte]));
    expect(brief(await all(jsonLinesSource(Readable.from(bytes))))).toEqual(plain);
  });

  it('passes over a line that is too long, and reads on', async () => {
    const items = await all(
      jsonLinesSource(fileWith(`${line('a')}\n${'x'.repeat(MAX_LINE_BYTES * 3)}\n${line('b')}\n`)),
    );
    expect(brief(items)).toEqual(['line 1: a', 'line 2: rejected', 'line 3: b']);
  });

  it('gives what came before a broken gzip, then says what is wrong', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => line(`p${i}`, { title: `${Math.sin(i)}` })).join(
      '\n',
    );
    const packed = gzipSync(many);
    const source = jsonLinesSource(fileWith(packed.subarray(0, packed.length >> 1)));
    const got: SourceItem[] = [];
    const read = async () => {
      for await (const item of source) got.push(item);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('Cannot read'),
    });
    expect(got.length).toBeGreaterThan(100);
  });

  it('says which file is not there', async () => {
    const file = join(temporaryFolder(), 'missing.jsonl');
    await expect(all(jsonLinesSource(file))).rejects.toMatchObject({
      message: expect.stringContaining(file),
    });
  });

  it('is empty for an empty file', async () => {
    expect(await all(jsonLinesSource(fileWith('')))).toEqual([]);
  });

  it('refuses unknown fields in a request body', async () => {
    const items = await all(jsonLinesItems(`${line('a')}\n${line('b', { colour: 'red' })}\n`));
    expect(brief(items)).toEqual(['line 1: a', 'line 2: rejected']);
  });
});
