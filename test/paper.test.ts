import { describe, expect, it } from 'vitest';
import {
  canonicalId,
  cleanText,
  firstDayOf,
  freshPaper,
  incomingPaper,
  isCalendarDate,
  loosePaperRecord,
  parseArxivId,
  samePaper,
  strictPaperRecord,
} from '../src/paper.ts';
import { record } from './fixtures/papers.ts';

const valid = { id: '2401.01234', title: 'A title', abstract: 'An abstract.' };

describe('ids', () => {
  it.each([
    ['2401.01234v2', '2401.01234'],
    ['arXiv:2401.01234', '2401.01234'],
    ['https://arxiv.org/abs/2401.01234v3', '2401.01234'],
    ['http://arxiv.org/pdf/2401.01234.pdf', '2401.01234'],
    ['math.GT/0309136v1', 'math.GT/0309136'],
    ['hep-th/9711200', 'hep-th/9711200'],
    ['10.1038/171737a0', '10.1038/171737a0'],
    ['not-an-arxiv-idv2', 'not-an-arxiv-idv2'],
  ])('stores %s as %s', (given, stored) => {
    expect(canonicalId(given)).toBe(stored);
  });

  it('knows the version of an arXiv id, and that other ids have none', () => {
    expect(parseArxivId('2401.01234v12')).toEqual({ arxivId: '2401.01234', version: 12 });
    expect(parseArxivId('2401.01234')).toEqual({ arxivId: '2401.01234', version: null });
    expect(parseArxivId('sample-turing-1936')).toBeNull();
  });
});

describe('dates', () => {
  it.each(['2024-02-29', '2024-12', '1905'])('accepts %s', (text) => expect(isCalendarDate(text)).toBe(true));
  it.each(['2023-02-29', '2024-13', '24-01-01', '2024-1-1', 'today', ''])('refuses "%s"', (text) =>
    expect(isCalendarDate(text)).toBe(false),
  );
  it('sorts a year or month by its first day', () => {
    expect([firstDayOf('1905'), firstDayOf('1948-07'), firstDayOf('2024-05-30')]).toEqual([
      '1905-01-01',
      '1948-07-01',
      '2024-05-30',
    ]);
  });
});

describe('records', () => {
  it('needs only id, title and abstract, and takes null for "not known"', () => {
    const nothing = { authors: null, date: null, upvotes: null, categories: null };
    expect(strictPaperRecord.safeParse({ ...valid, ...nothing }).success).toBe(true);
  });

  it('refuses unknown fields in requests, and drops them from files', () => {
    expect(strictPaperRecord.safeParse({ ...valid, colour: 'red' }).success).toBe(false);
    expect(loosePaperRecord.parse({ ...valid, colour: 'red' })).not.toHaveProperty('colour');
  });

  it.each([
    [{ title: ' \n ' }, 'title'],
    [{ abstract: '' }, 'abstract'],
    [{ id: 'two words' }, 'id'],
    [{ upvotes: Number.NaN }, 'upvotes'],
    [{ upvotes: 1.5 }, 'upvotes'],
    [{ date: '2024-02-30' }, 'date'],
    [{ url: 'javascript:alert(1)' }, 'url'],
    [{ doi: 'ten dot something' }, 'doi'],
    [{ abstract: 'x'.repeat(100_000) }, 'abstract'],
    [{ authors: 'Ada Lovelace' }, 'authors'],
  ])('refuses %j, naming the field', (fields, path) => {
    const result = strictPaperRecord.safeParse({ ...valid, ...fields });
    expect(result.error?.issues.map((issue) => issue.path[0])).toEqual([path]);
  });

  it('derives what an arXiv id or a DOI says', () => {
    const arxiv = incomingPaper(
      loosePaperRecord.parse({ ...valid, id: '2401.01234v2', authors: ['A', 'B'] }),
      'file',
    );
    expect(arxiv).toMatchObject({
      id: '2401.01234',
      version: 2,
      facts: {
        arxivId: '2401.01234',
        url: 'https://arxiv.org/abs/2401.01234',
        authorCount: 2,
        source: 'file',
      },
    });
    const doi = incomingPaper(
      loosePaperRecord.parse({ ...valid, id: 'x', doi: 'https://doi.org/10.1000/ABC' }),
      'file',
    );
    expect(doi.facts).toMatchObject({ doi: '10.1000/abc', url: 'https://doi.org/10.1000/abc' });
  });

  it('keeps text clean: one Unicode form, no control characters, single spaces', () => {
    expect(cleanText('  Poincare\u0301\u0000 \n\n lemma\ud800 ')).toBe('Poincaré lemma\ufffd');
  });
});

it('sees a difference between papers in any field', () => {
  const paper = freshPaper(record({ id: '1', upvotes: 5, categories: ['cs.LG'] }));
  expect(samePaper(paper, { ...paper })).toBe(true);
  expect(samePaper(paper, { ...paper, venue: 'X' })).toBe(false);
  expect(samePaper(paper, { ...paper, categories: [] })).toBe(false);
});
