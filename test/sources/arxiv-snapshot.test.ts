import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { arxivSnapshotOptions, arxivSnapshotSource } from '../../src/sources/arxiv-snapshot.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { brief } from '../fixtures/feed-reader.ts';

/** A line as the snapshot has it. */
const line = (id: string, fields: Record<string, unknown> = {}) =>
  JSON.stringify({
    id,
    submitter: 'Ada Example',
    authors: "Ada Example, Bo van der Ex\\'ample (Lab)",
    title: 'A title\n  in two lines',
    comments: '9 pages',
    'journal-ref': 'J. Exam. 1',
    doi: '10.1000/ABC.1',
    'report-no': null,
    categories: 'cs.LG stat.ML',
    license: 'http://creativecommons.org/licenses/by/4.0/',
    abstract: '  An abstract\nwith $x^2$.\n',
    versions: [
      { version: 'v1', created: 'Mon, 2 Apr 2007 19:18:42 GMT' },
      { version: 'v2', created: 'Tue, 24 Jul 2007 20:10:27 GMT' },
    ],
    update_date: '2008-11-26',
    authors_parsed: [
      ['Example', 'Ada', ''],
      ['van der Example', 'Bo', 'Jr.', 'Lab'],
    ],
    ...fields,
  });

async function read(
  lines: readonly string[],
  options: object = {},
  pack = (text: string): Buffer => Buffer.from(text),
) {
  const items: SourceItem[] = [];
  const input = Readable.from([pack(`${lines.join('\n')}\n`)]);
  for await (const item of arxivSnapshotSource(input, arxivSnapshotOptions.parse(options))) items.push(item);
  return items;
}

describe("the snapshot of arXiv's metadata", () => {
  it('tells a paper as arXiv has it, dated by its first version', async () => {
    expect(await read([line('0704.0001')])).toEqual([
      {
        at: 'line 1',
        record: {
          id: '0704.0001v2',
          title: 'A title in two lines',
          abstract: 'An abstract with $x^2$.',
          authors: ['Ada Example', 'Bo van der Example Jr.'],
          date: '2007-04-02',
          categories: ['cs.LG', 'stat.ML'],
          source: 'arxiv',
          url: 'https://arxiv.org/abs/0704.0001',
          doi: '10.1000/ABC.1',
          arxivId: '0704.0001',
          venue: 'J. Exam. 1',
          comment: '9 pages',
        },
      },
    ]);
  });

  it('reads gzip alike', async () => {
    const lines = [line('0704.0001'), line('0704.0002')];
    expect(await read(lines, {}, gzipSync)).toEqual(await read(lines));
  });

  it('keeps papers of the categories, and since the first day', async () => {
    const versions = [{ version: 'v1', created: 'Tue, 24 Jul 2007 20:10:27 GMT' }];
    const lines = [
      line('0704.0001', { categories: 'math.CO cs.LG' }),
      line('0704.0002', { categories: 'csx.LG math.CO' }),
      line('0704.0003', { categories: 'hep-th', versions }),
      line('0704.0004', { categories: 'hep-th.XX cs' }),
    ];
    const kept = async (options: object) => (await read(lines, options)).map(brief);
    expect(await kept({ categories: ['cs'] })).toEqual(['0704.0001v2', '0704.0004v2']);
    expect(await kept({ categories: ['cs.LG', 'hep-th'] })).toEqual([
      '0704.0001v2',
      '0704.0003v1',
      '0704.0004v2',
    ]);
    expect(await kept({ from: '2007-07-24' })).toEqual(['0704.0003v1']);
  });

  it('tells withdrawn papers as such, and names damaged lines', async () => {
    const items = await read(
      [
        line('0704.0001', { comments: 'This paper has been withdrawn by the author' }),
        '{"id": "0704.0002", ',
        line('0704.0003', { abstract: null }),
        line('0704.0004', { versions: [{ version: 'v1', created: 'April 2007' }] }),
        line('math/0704005', {
          comments: null,
          doi: null,
          'journal-ref': null,
          versions: null,
          authors_parsed: null,
        }),
      ],
      { from: '2007-01-01' },
    );
    expect(items).toEqual([
      { at: 'line 1', removal: { id: '0704.0001v2', why: 'withdrawn' } },
      { at: 'line 2', reason: expect.stringMatching(/^not JSON/) },
      { at: 'line 3', reason: expect.stringMatching(/^abstract: /) },
      { at: 'line 4', id: '0704.0004', reason: expect.stringContaining('versions') },
      { at: 'line 5', id: 'math/0704005', reason: expect.stringContaining('versions') },
    ]);
  });

  it('takes names from the line of authors where they are not in parts, and no date where there is none', async () => {
    const [item] = await read([line('math/0704005', { versions: [], authors_parsed: [] })]);
    expect(item).toMatchObject({
      record: { id: 'math/0704005', authors: ['Ada Example', "Bo van der Ex\\'ample"] },
    });
    expect(item).not.toHaveProperty('record.date', expect.anything());
  });
});
