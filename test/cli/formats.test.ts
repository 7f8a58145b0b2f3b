import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../scripts/cli/formats.ts';
import { addMappingOptions, mappingOf } from '../../scripts/cli/mapping-options.ts';
import type { FieldMapping } from '../../src/sources/field-mapping.ts';
import { shareModels } from '../fixtures/model-cache.ts';
import { paperwise } from '../fixtures/server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const PAPER = { id: 'reefs', title: 'Coral reefs', abstract: 'Bleaching.' };
const NOTE = { id: 'x1', forum: 'x1', content: { title: { value: 'T' }, abstract: { value: 'A.' } } };
const XML =
  '<?xml version="1.0"?>\n<collection id="2024.acl"><volume id="long"><paper id="1"><title>T</title>' +
  '<abstract>A.</abstract></paper></volume></collection>';

const fileWith = (content: string | Buffer) => {
  const file = join(temporaryFolder(), 'papers');
  writeFileSync(file, content);
  return file;
};

async function idsIn(content: string | Buffer, mapping: FieldMapping | null = null): Promise<string[]> {
  const { source, sourceName } = openFile(fileWith(content), 'auto', { mapping });
  const ids: string[] = [];
  for await (const item of source)
    ids.push('record' in item ? `${sourceName}: ${item.record.id}` : 'rejected');
  return ids;
}

describe('a file', () => {
  it.each([
    ['JSON Lines', `${JSON.stringify(PAPER)}\n`, 'file: reefs'],
    ['a table', '\ufeff"title";id;abstract\nT;reefs;A.\n', 'file: reefs'],
    ['a Daily Papers page', 'Daily Papers\nby\nTitle\nAbstract.\n', 'daily-papers: daily-papers:'],
    ['the ACL Anthology', XML, 'acl-anthology: 2024.acl-long.1'],
    ['an answer of OpenReview', JSON.stringify({ notes: [NOTE] }), 'openreview: openreview:x1'],
    ['lines of OpenReview', `${JSON.stringify(NOTE)}\n${JSON.stringify(NOTE)}`, 'openreview: openreview:x1'],
    ['nothing', '', undefined],
  ])('is told by how it begins to be %s, packed too', async (_, content, first) => {
    for (const form of [content, gzipSync(content)]) {
      const [id] = await idsIn(form);
      expect(id?.slice(0, first?.length)).toBe(first);
    }
  });

  it('is a table or JSON Lines when there is a mapping', async () => {
    const mapping = { title: 'Name' };
    expect(await idsIn('id,Name,abstract\na,T,A.', mapping)).toEqual(['file: a']);
    expect(await idsIn('{"id":"a","Name":"T","abstract":"A."}', mapping)).toEqual(['file: a']);
    expect(() => openFile(fileWith(XML), 'acl', { mapping })).toThrow(/^A mapping is for csv and jsonl/);
  });
});

describe('the options of a mapping', () => {
  const parse = (...args: string[]) => {
    const command = addMappingOptions(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    return mappingOf(command.parse(args, { from: 'user' }).opts());
  };

  it('make one, on top of that of a file', () => {
    expect(parse()).toBeNull();
    const file = fileWith('{"title": "Title", "venue": "Venue", "authors": {"from": "People"}}');
    const args = [
      '--map',
      'title=Name = x',
      '--map',
      'id=DOI',
      '--split',
      'authors= and ',
      '--split',
      'categories=,',
    ];
    expect(parse('--mapping', file, ...args, '--set', 'source=mine')).toEqual({
      title: 'Name = x',
      venue: 'Venue',
      id: 'DOI',
      authors: { from: 'People', split: ' and ' },
      categories: { from: 'categories', split: ',' },
      source: { constant: 'mine' },
    });
  });

  it('say what is wrong', () => {
    expect(() => parse('--map', 'title')).toThrow('Expected field=value.');
    expect(() => parse('--map', 'titel=Name')).toThrow('no field of papers: titel');
    expect(() => parse('--mapping', '/nowhere.json')).toThrow('Cannot read /nowhere.json');
  });
});

describe('the command line', () => {
  it('takes a table in by a mapping, and says which columns there are when one is not', async () => {
    const folder = temporaryFolder();
    shareModels(folder);
    const run = (...args: string[]) => paperwise(args, { PAPERWISE_DATA: folder }).ended;
    const file = fileWith('DOI,Name,Summary\n10.1000/1,Coral reefs,Bleaching.\n10.1000/2,Reef fish\n');
    const mapped = ['--map', 'id=DOI', '--map', 'doi=DOI', '--map', 'title=Name', '--set', 'source=our-list'];
    const taken = await run('ingest', file, ...mapped, '--map', 'abstract=Summary');
    expect(taken.stdout).toMatch(/1 created, 0 updated, 0 unchanged, 0 removed, 1 rejected/);
    expect(taken.stderr).toContain('row 3: expected 3 columns, got 2');
    const found = await run('search', 'reefs', '--json');
    expect(JSON.parse(found.stdout).hits[0].paper).toMatchObject({
      id: '10.1000/1',
      source: 'our-list',
      doi: '10.1000/1',
    });
    expect(await run('ingest', file, ...mapped)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The columns are: "DOI", "Name", "Summary"'),
    });
  });
});
