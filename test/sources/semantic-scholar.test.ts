import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type SemanticScholarFiles, semanticScholarSource } from '../../src/sources/semantic-scholar.ts';
import { brief } from '../fixtures/feed-reader.ts';
import { sharedData } from '../fixtures/shared-data.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** A line of the dataset `papers`, as it is published. */
const dataset = (corpusid: number, fields: Record<string, unknown> = {}) => ({
  corpusid,
  externalids: {
    ACL: null,
    DBLP: null,
    ArXiv: '2401.01234',
    MAG: '3032046382',
    CorpusId: String(corpusid),
    PubMed: null,
    DOI: '10.1234/ABC.5',
    PubMedCentral: null,
  },
  url: 'https://www.semanticscholar.org/paper/061be346f7c4bcfe3d0123d0783e965ebccd5540',
  title: `Paper ${corpusid}`,
  authors: [
    { authorId: '1', name: 'Ada Example' },
    { authorId: '2', name: 'Bo Example' },
  ],
  venue: 'Journal of Examples',
  publicationvenueid: null,
  year: 2024,
  referencecount: 0,
  citationcount: 4,
  influentialcitationcount: 0,
  isopenaccess: false,
  s2fieldsofstudy: [
    { category: 'Computer Science', source: 's2-fos-model' },
    { category: 'Computer Science', source: 'external' },
    { category: 'Medicine', source: 'external' },
  ],
  publicationtypes: ['JournalArticle'],
  publicationdate: '2024-01-03',
  journal: { name: 'J. Examples', pages: '1-2', volume: '5' },
  updated: '2024-02-01T00:00:00.000Z',
  ...fields,
});

const abstractOf = (corpusid: number) => ({
  corpusid,
  openaccessinfo: { externalids: { DOI: null }, license: null, url: null, status: null },
  abstract: `Abstract of ${corpusid}.`,
});

function fileOf(name: string, lines: readonly (object | string)[], packed = false): string {
  const file = join(temporaryFolder(), name);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  writeFileSync(file, packed ? gzipSync(text) : text);
  return file;
}

async function read(files: SemanticScholarFiles) {
  const source = semanticScholarSource(files);
  const items = [];
  for await (const item of source) items.push(item);
  return { items, progress: source.progress() };
}

describe('papers and abstracts of the datasets', () => {
  it('are joined, whatever their order and files', async () => {
    const numbers = Array.from({ length: 500 }, (_, index) => index + 1);
    const papers = numbers.map((number) => dataset(number));
    const abstracts = numbers.map((number) => abstractOf(501 - number));
    const { items, progress } = await read({
      papers: [fileOf('a.jsonl', papers.slice(0, 200)), fileOf('b.gz', papers.slice(200), true)],
      abstracts: [fileOf('c.gz', abstracts.slice(0, 70), true), fileOf('d.jsonl', abstracts.slice(70))],
      scratchFolder: temporaryFolder(),
    });
    const found = new Map(items.map((item) => ['record' in item ? item.record.id : item.at, item]));
    expect(found.size).toBe(500);
    expect(found.get('CorpusId:7')).toEqual({
      at: 'a.jsonl line 7',
      record: {
        id: 'CorpusId:7',
        title: 'Paper 7',
        abstract: 'Abstract of 7.',
        authors: ['Ada Example', 'Bo Example'],
        date: '2024-01-03',
        categories: ['Computer Science', 'Medicine'],
        source: 'semantic-scholar',
        doi: '10.1234/ABC.5',
        arxivId: '2401.01234',
        venue: 'Journal of Examples',
      },
    });
    expect(progress.bytesRead).toBe(progress.bytesTotal);
  });

  it('tell papers without an abstract, and lines that are none, of either side', async () => {
    const { items } = await read({
      papers: [
        fileOf('papers', [dataset(1), '{broken', dataset(2), dataset(3, { abstract: 'Its own.' }), '7']),
      ],
      abstracts: [
        fileOf('abstracts', [abstractOf(1), { abstract: 'of none' }, { corpusid: 2, abstract: '  ' }]),
      ],
      scratchFolder: temporaryFolder(),
    });
    expect(Object.fromEntries(items.map((item) => [item.at, brief(item)]))).toEqual({
      'papers line 1': 'CorpusId:1',
      'papers line 2': expect.stringMatching(/^rejected: not JSON/),
      'papers line 3': 'rejected: expected an abstract, got none',
      'papers line 4': 'CorpusId:3',
      'papers line 5': expect.stringMatching(/^rejected: /),
      'abstracts line 2': expect.stringMatching(/^rejected: corpusid: /),
    });
  });

  it('say which file is not there, and which folder cannot be written', async () => {
    const papers = [fileOf('papers', [dataset(1)])];
    await expect(read({ papers, abstracts: ['/nowhere/abstracts.gz'] })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('/nowhere/abstracts.gz'),
    });
    await expect(read({ papers, abstracts: papers, scratchFolder: '/nowhere' })).rejects.toMatchObject({
      code: 'source_failed',
      message: expect.stringContaining('/nowhere'),
    });
  });
});

describe('papers as the API gives them', () => {
  const paperId = '649def34f8be52c8b66281af98ae884c09aef38b';
  const given = {
    paperId,
    externalIds: { ArXiv: '2401.01234', DOI: '10.1234/abc', CorpusId: 42 },
    url: `https://www.semanticscholar.org/paper/${paperId}`,
    title: 'A title',
    abstract: 'An abstract.',
    year: 2024,
    publicationDate: null,
    authors: [{ authorId: '1', name: 'Ada Example' }],
    venue: 'arXiv.org',
    fieldsOfStudy: ['Computer Science'],
  };
  const only = async (paper: object) => (await read({ papers: [fileOf('papers', [paper])] })).items[0];

  it('need no other file', async () => {
    expect(await only(given)).toEqual({
      at: 'papers line 1',
      record: {
        id: 'CorpusId:42',
        title: 'A title',
        abstract: 'An abstract.',
        authors: ['Ada Example'],
        date: '2024',
        categories: ['Computer Science'],
        source: 'semantic-scholar',
        doi: '10.1234/abc',
        arxivId: '2401.01234',
      },
    });
  });

  it('are known by their hash and address where nothing else is told of them', async () => {
    expect(await only({ ...given, externalIds: null })).toMatchObject({
      record: { id: paperId, url: given.url },
    });
  });

  it('are papers without what they can do without, or with broken parts of it', async () => {
    const optional = ['year', 'publicationDate', 'authors', 'venue', 'fieldsOfStudy', 'url', 'journal'];
    const papers = Array.from({ length: 2 ** optional.length }, (_, mask) => {
      const fields = optional.filter((_field, bit) => (mask >> bit) & 1);
      return {
        ...given,
        ...Object.fromEntries(fields.map((field) => [field, mask % 3 === 0 ? null : { not: 'it' }])),
      };
    });
    const { items } = await read({ papers: [fileOf('papers', papers)] });
    expect(items.filter((item) => !('record' in item))).toEqual([]);
  });

  it('are rejected without an id, a title or an abstract, and say why', async () => {
    const reason = async (fields: object) =>
      brief((await only({ ...given, ...fields })) ?? { at: '', reason: '' });
    expect(await reason({ paperId: null, externalIds: {} })).toContain('got neither');
    expect(await reason({ title: ' ' })).toContain('expected a title');
    expect(await reason({ abstract: null })).toContain('expected an abstract');
  });
});

const REAL = sharedData('papers/hf-daily-2024-2026.jsonl.gz');

describe.skipIf(REAL === null)('real papers, divided into two datasets', () => {
  it('come together as they were', async () => {
    const lines = gunzipSync(readFileSync(REAL ?? ''))
      .toString('utf8')
      .trim()
      .split('\n');
    const real = lines.map((line) => JSON.parse(line) as { id: string; title: string; abstract: string });
    const papers = real.map(({ id, title }, index) =>
      dataset(index + 1, { title, externalids: { ArXiv: id, DOI: null } }),
    );
    const abstracts = real.map(({ abstract }, index) => ({ corpusid: index + 1, abstract })).reverse();
    const { items } = await read({
      papers: [fileOf('papers', papers, true)],
      abstracts: [fileOf('abstracts', abstracts, true)],
      scratchFolder: temporaryFolder(),
    });
    const found = items.map((item) => {
      if (!('record' in item)) throw new Error(`${item.at}: ${brief(item)}`);
      const { arxivId, title, abstract } = item.record;
      return [arxivId, { title, abstract }] as const;
    });
    expect(found).toHaveLength(real.length);
    expect(new Map(found)).toEqual(new Map(real.map(({ id, title, abstract }) => [id, { title, abstract }])));
  });
});
