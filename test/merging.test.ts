import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRecords, type SourceRecord, sameRecord, updatedRecord } from '../src/merging.ts';
import { freshPaper } from '../src/paper.ts';
import { record } from './fixtures/papers.ts';

/** A record as a store keeps it; the later in a list, the later it came. */
const from = (
  source: string,
  fields: Record<string, unknown> = {},
  order = 1,
  isExplicit = false,
): SourceRecord => {
  const { id, version, facts } = record({ id: '2401.01234', title: `By ${source}`, ...fields, source });
  const at = `2026-01-01T00:00:00.${String(order).padStart(3, '0')}Z`;
  return { source, id, version, facts, isExplicit, isWithdrawn: false, at, order };
};
const merged = (...records: SourceRecord[]) => mergeRecords('2401.01234', records)?.paper;

const SOURCES = [
  'api',
  'mine',
  'arxiv',
  'acl-anthology',
  'openreview',
  'openalex',
  'daily-papers',
  'file',
  'sample',
];
const facts = fc.record(
  {
    title: fc.constantFrom('One', 'Two', 'Three'),
    authors: fc.constantFrom([], ['Ada'], ['Ada', 'Bo']),
    date: fc.constantFrom('2024', '2024-05', '2024-05-02', '2023-11-30'),
    categories: fc.constantFrom([], ['cs.LG'], ['cs.CL', 'cs.LG']),
    doi: fc.constantFrom('10.1000/a', '10.1000/b', '10.48550/arXiv.2401.01234'),
    upvotes: fc.nat(9),
    venue: fc.constantFrom('X', 'Y'),
    comment: fc.constantFrom('c', 'd'),
    language: fc.constantFrom('en', 'de'),
  },
  { requiredKeys: [] },
);

describe('a paper of one record', () => {
  it('is what that record says', () => {
    const fields = {
      authors: ['Ada'],
      date: '2024-05',
      upvotes: 3,
      doi: '10.1000/a',
      comment: 'c',
      language: 'en',
    };
    expect(merged(from('arxiv', fields))).toEqual(
      freshPaper(record({ id: '2401.01234', title: 'By arxiv', ...fields, source: 'arxiv' })),
    );
  });

  it('is none when nothing is said, or its authors took it back', () => {
    expect(merged()).toBeUndefined();
    const gone = { ...from('arxiv'), facts: null, isWithdrawn: true };
    expect(merged(gone)).toBeUndefined();
    expect(merged(gone, from('api'))).toBeUndefined();
  });
});

describe('a paper of many records', () => {
  it('has each field from the source whose word counts most of those that state it', () => {
    const arxiv = from('arxiv', {
      authors: ['Ada Lovelace'],
      date: '2024-01-03',
      categories: ['cs.LG'],
      comment: '9 pages',
    });
    const daily = from(
      'daily-papers',
      { authors: ['A. Lovelace'], date: '2024-01-05', upvotes: 7, codeUrl: 'https://code.example/x' },
      2,
    );
    const works = from(
      'openalex',
      { doi: '10.1000/published', upvotes: 1, venue: 'Weaving', categories: ['Looms'] },
      3,
    );
    const paper = merged(daily, works, arxiv);
    expect(paper).toMatchObject({
      title: 'By arxiv',
      authors: ['Ada Lovelace'],
      date: '2024-01-03',
      categories: ['cs.LG'],
      comment: '9 pages',
      doi: '10.1000/published',
      venue: 'Weaving',
      upvotes: 7,
      codeUrl: 'https://code.example/x',
      source: 'arxiv',
    });
    const origins = mergeRecords('2401.01234', [daily, works, arxiv])?.origins;
    expect([...(origins ?? [])].map(([field, { source }]) => `${field} ${source}`).sort()).toEqual([
      'abstract arxiv',
      'arxivId arxiv',
      'authorCount arxiv',
      'authors arxiv',
      'categories arxiv',
      'codeUrl daily-papers',
      'comment arxiv',
      'date arxiv',
      'doi openalex',
      'source arxiv',
      'title arxiv',
      'upvotes daily-papers',
      'url arxiv',
      'venue openalex',
    ]);
  });

  it('takes title, abstract and language together', () => {
    const said = from('mine', { title: 'Kurz', abstract: 'Auf Deutsch.' }, 1);
    const other = from('arxiv', { title: 'Short', abstract: 'In English.', language: 'en' }, 2);
    const paper = merged(other, said);
    expect(paper).toMatchObject({ title: 'Kurz', abstract: 'Auf Deutsch.' });
    expect(paper).not.toHaveProperty('language');
  });

  it('prefers a published DOI to arXiv’s own, and does not count authors of one record for those of another', () => {
    const arxiv = from('arxiv', { doi: '10.48550/arXiv.2401.01234', authors: ['Ada'] });
    const works = from('openalex', { doi: '10.1000/a', authors: ['Ada', 'Bo', 'Cy'], authorCount: 9 }, 2);
    expect(merged(arxiv, works)).toMatchObject({ doi: '10.1000/a', authors: ['Ada'], authorCount: 1 });
    expect(merged(arxiv)?.doi).toBe('10.48550/arxiv.2401.01234');
  });

  it('has the earliest date of sources of one rank, and of a date and its year the date', () => {
    const dated = (...dates: string[]) =>
      merged(...dates.map((date, at) => from(`mine-${at}`, { date }, at)))?.date;
    expect(dated('2024-05-02', '2024-03-01')).toBe('2024-03-01');
    expect(dated('2024', '2024-03-01')).toBe('2024-03-01');
    expect(dated('2024-03-01', '2024')).toBe('2024-03-01');
    expect(dated('2024-06', '2024-03')).toBe('2024-03');
    expect(merged(from('arxiv', { date: '2024-05' }), from('openalex', { date: '2023' }, 2))?.date).toBe(
      '2024-05',
    );
  });

  it('is of the source that named itself, else of the first; the way in is no source', () => {
    expect(merged(from('mine', {}, 1), from('other', {}, 2))?.source).toBe('mine');
    expect(merged(from('mine', {}, 1, true), from('other', {}, 2, true))?.source).toBe('other');
    expect(merged(from('mine', {}, 1, true), from('other', {}, 2))?.source).toBe('mine');
    expect(merged(from('openalex', {}, 1), from('api', {}, 2))?.source).toBe('openalex');
    expect(merged(from('api', {}, 1))?.source).toBe('api');
  });

  it('is nothing of a sample beside others', () => {
    const paper = merged(from('sample', { venue: 'Somewhere', upvotes: 3 }), from('file', {}, 2));
    expect(paper?.title).toBe('By file');
    expect(paper).not.toHaveProperty('venue');
    expect(paper).not.toHaveProperty('upvotes');
  });

  it('is the same whatever the order of its records', () => {
    const record = fc.tuple(fc.constantFrom(...SOURCES, 'other'), facts, fc.boolean());
    fc.assert(
      fc.property(
        fc.uniqueArray(record, { selector: ([source]) => source, minLength: 1, maxLength: 6 }).chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray(
              list.map((_, at) => at),
              { minLength: list.length },
            ),
          ),
        ),
        ([list, order]) => {
          const records = list.map(([source, fields, isExplicit], at) =>
            from(source, fields, at, isExplicit),
          );
          const shuffled = order.flatMap((at) => records[at] ?? []);
          expect(mergeRecords('x', shuffled)).toEqual(mergeRecords('x', records));
        },
      ),
    );
  });
});

describe('a newer record of a source', () => {
  const old = { id: '1', title: 'Old', abstract: 'A.', upvotes: 5, authors: ['Ada'], authorCount: 300 };

  it('leaves what it does not state', () => {
    expect(updatedRecord(old, { id: '1', title: 'New', abstract: 'B.', upvotes: null })).toMatchObject({
      title: 'New',
      abstract: 'B.',
      upvotes: 5,
      authorCount: 300,
    });
  });

  it('keeps the day of the first version at arXiv, whose announcements only know their own', () => {
    const arxiv = { ...old, source: 'arxiv', date: '2025-03-03' };
    expect(updatedRecord(arxiv, { ...arxiv, date: '2025-03-04' }).date).toBe('2025-03-03');
    expect(updatedRecord(arxiv, { ...arxiv, date: '2025-03-02' }).date).toBe('2025-03-02');
    const api = { ...old, date: '2025-03-03' };
    expect(updatedRecord(api, { ...api, date: '2025-03-04' }).date).toBe('2025-03-04');
  });

  it('counts its own authors', () => {
    const after = updatedRecord(old, { id: '1', title: 'New', abstract: 'B.', authors: ['Ada', 'Bo'] });
    expect(after.authorCount).toBeUndefined();
  });

  it('is the same when it says the same, in whatever order', () => {
    const { upvotes, ...rest } = old;
    expect(sameRecord(old, { upvotes, ...rest, venue: null })).toBe(true);
    expect(sameRecord(old, { ...old, authors: ['Bo'] })).toBe(false);
  });
});
