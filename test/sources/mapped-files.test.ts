import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkMapping, type FieldMapping } from '../../src/sources/field-mapping.ts';
import { MAX_ROW_BYTES, mappedCsvSource } from '../../src/sources/mapped-csv.ts';
import { mappedJsonLinesSource } from '../../src/sources/mapped-json-lines.ts';
import type { PaperSource, SourceItem } from '../../src/sources/source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const fileWith = (content: string | Buffer) => {
  const file = join(temporaryFolder(), 'papers');
  writeFileSync(file, content);
  return file;
};
const all = async (source: PaperSource, items: SourceItem[] = []) => {
  for await (const item of source) items.push(item);
  return items;
};
const csv = (content: string, mapping?: FieldMapping) => all(mappedCsvSource(fileWith(content), mapping));
const brief = (items: SourceItem[]) =>
  items.map((item) =>
    'record' in item
      ? `${item.at}: ${item.record.id}`
      : 'reason' in item
        ? `${item.at}: ${item.reason}`
        : item.at,
  );

const MAPPING: FieldMapping = {
  id: 'DOI',
  doi: 'DOI',
  title: 'Name',
  abstract: 'Summary',
  authors: { from: 'Creators', split: ' and ' },
  date: 'Year',
  source: { constant: 'our-list' },
  upvotes: 'Votes',
};
const TABLE = `\ufeffDOI,Name,Summary,Creators,Year,Votes,Colour
10.1000/1,"Reefs, ""hot""","Two
lines.",Ada Byron and Kurt Gödel,2020-05,7,red

10.1000/2,A 5" disk,Small. ,,,,
10.1000/3,Short
10.1000/4,Title,Text,A,in May,,`;

describe('a table with a mapping', () => {
  it('gives papers, and names bad rows as a spreadsheet counts them', async () => {
    const source = mappedCsvSource(fileWith(TABLE), MAPPING);
    expect(await all(source)).toEqual([
      {
        at: 'row 2',
        record: {
          id: '10.1000/1',
          doi: '10.1000/1',
          title: 'Reefs, "hot"',
          abstract: 'Two\nlines.',
          authors: ['Ada Byron', 'Kurt Gödel'],
          date: '2020-05',
          source: 'our-list',
          upvotes: 7,
        },
      },
      {
        at: 'row 4',
        record: {
          id: '10.1000/2',
          doi: '10.1000/2',
          title: 'A 5" disk',
          abstract: 'Small.',
          authors: [],
          source: 'our-list',
        },
      },
      { at: 'row 5', reason: 'expected 7 columns, got 2' },
      { at: 'row 6', id: '10.1000/4', reason: 'date: expected a date: YYYY-MM-DD, YYYY-MM or YYYY' },
    ]);
    expect(source.ignoredFields).toEqual(new Map([['Colour', 1]]));
    expect(source.progress().bytesRead).toBe(Buffer.byteLength(TABLE));
  });

  it('is separated by what its header has most of, whatever the line ends are', async () => {
    for (const separator of [',', ';', '\t']) {
      const line = (...cells: string[]) => cells.join(separator);
      const text = [line('id', 'title', 'abstract', '"a,b;c"'), line('a', 'T', 'An abstract.', 'x')].join(
        '\r\n',
      );
      expect(brief(await csv(text))).toEqual(['row 2: a']);
    }
  });

  it('is read packed, and from a stream that is cut anywhere', async () => {
    const plain = await csv(TABLE, MAPPING);
    expect(await all(mappedCsvSource(fileWith(gzipSync(TABLE)), MAPPING))).toEqual(plain);
    const bytes = [...Buffer.from(TABLE)].map((byte) => Buffer.from([byte]));
    expect(await all(mappedCsvSource(Readable.from(bytes), MAPPING))).toEqual(plain);
  });

  it.each([
    [
      { title: 'Heading' },
      'Expected a column "Heading" for the field title, and there is none. The columns are: "id", "Name", "abstract"',
    ],
    [{}, 'which column is the title (--map title=COLUMN)'],
    [{ title: 'Name', venue: 'id', doi: 'Id' }, 'Expected a column "Id" for the field doi'],
  ])('must have the columns that the mapping %j names', async (mapping, message) => {
    await expect(csv('id,Name,abstract\na,T,A.', mapping)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    });
  });

  it('must not have a column twice that is used', async () => {
    await expect(csv('id,title,title,abstract\na,T,U,A.')).rejects.toThrow(
      'Expected one column "title", got 2',
    );
    expect(brief(await csv('id,title,x,x,abstract\na,T,1,2,A.'))).toEqual(['row 2: a']);
  });

  it.each([
    [
      'a quote that is not closed',
      `id,title,abstract\na,T,A.\nb,T,"A.\nc,T,A.\n`,
      /Row 3 .* a quote in it is not closed/,
    ],
    [
      'a row that is too long',
      `id,title,abstract\na,T,A.\nb,T,${'x'.repeat(2 * MAX_ROW_BYTES)}\nc,T,A.\n`,
      /Row 3 .* longer than/,
    ],
    [
      'bytes of another charset',
      Buffer.from(`id,title,abstract\na,T,A.\nb,T,\u00e9\n`, 'latin1'),
      /Expected text in UTF-8/,
    ],
  ])('ends before %s, and says so', async (_, content, message) => {
    const items: SourceItem[] = [];
    await expect(all(mappedCsvSource(fileWith(content)), items)).rejects.toThrow(message);
    // What is not UTF-8 is found in the bytes, before rows are.
    expect(brief(items)).toEqual(typeof content === 'string' ? ['row 2: a'] : []);
  });

  it('is empty without rows', async () => {
    expect(await csv('')).toEqual([]);
    expect(await csv('id,title,abstract\n')).toEqual([]);
  });
});

describe('JSON Lines with a mapping', () => {
  const read = (mapping: FieldMapping, ...values: unknown[]) =>
    all(mappedJsonLinesSource(fileWith(values.map((value) => JSON.stringify(value)).join('\n')), mapping));

  it('are read by paths, through lists, and by names with dots', async () => {
    const mapping: FieldMapping = {
      id: 'ids.key',
      title: 'meta.title',
      abstract: 'dc.description',
      authors: 'people.name',
      categories: { from: 'topics', split: ',' },
      date: 'year',
    };
    const value = {
      ids: { key: 12 },
      meta: { title: ['Reefs', 'under heat'] },
      'dc.description': ' Bleaching. ',
      people: [{ name: 'Ada Byron' }, { name: 'Kurt Gödel' }],
      topics: 'reefs, heat,',
      year: 2020,
      upvotes: '5',
      colour: 'red',
    };
    expect(await read(mapping, value)).toEqual([
      {
        at: 'line 1',
        record: {
          id: '12',
          title: 'Reefs under heat',
          abstract: 'Bleaching.',
          authors: ['Ada Byron', 'Kurt Gödel'],
          categories: ['reefs', 'heat'],
          date: '2020',
          upvotes: 5,
        },
      },
    ]);
  });

  it('name what a line lacks, and what it has', async () => {
    const items = await read({ title: 'Name' }, { id: 'a', title: 'T', abstract: 'A.' }, [1], {
      id: 'b',
      Name: { en: 'T' },
      abstract: 'A.',
    });
    expect(items).toEqual([
      {
        at: 'line 1',
        id: 'a',
        reason:
          'expected the title in "Name", which is not there or empty; there are: "id", "title", "abstract"',
      },
      { at: 'line 2', reason: expect.stringContaining('expected object') },
      { at: 'line 3', id: 'b', reason: expect.stringMatching(/^title: /) },
    ]);
  });
});

describe('a mapping', () => {
  it.each([
    [{ titel: 'Name' }, /no field of papers: titel\. Papers have the fields id, title/],
    [{ title: '' }, /title: expected/],
    [{ authors: { from: 'A', by: ';' } }, /authors: Unrecognized key: "by"/],
    [['title'], /expected object/],
  ])('is refused when it is %j', (value, message) => {
    expect(() => checkMapping(value)).toThrow(message);
  });
});
