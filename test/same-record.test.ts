import { describe, expect, it } from 'vitest';
import { arxivKey, contradict, identifiersOf, identityOf, isSameByTitle } from '../src/same-record.ts';
import { record } from './fixtures/papers.ts';

describe('what a record is known by', () => {
  it.each([
    ['2401.01234v3', '2401.01234'],
    ['math.GT/0309136v1', 'math/0309136'],
    ['math/0309136', 'math/0309136'],
    ['MATH/0309136', 'math/0309136'],
    ['hep-th/9711200', 'hep-th/9711200'],
    ['10.1000/182', null],
  ])('the arXiv id of %s is %s', (id, key) => expect(arxivKey(id)).toBe(key));

  it.each([
    [
      { id: 'x', doi: 'https://doi.org/10.48550/ARXIV.2401.01234' },
      '2401.01234',
      '10.48550/arxiv.2401.01234',
    ],
    [{ id: '10.48550/arXiv.math.GT/0309136' }, 'math/0309136', '10.48550/arxiv.math.gt/0309136'],
    [{ id: '10.1000/ABC' }, null, '10.1000/abc'],
    [{ id: '2401.01234', doi: '10.1000/a' }, '2401.01234', '10.1000/a'],
    [{ id: 'W12', arxivId: 'arXiv:2401.01234v2' }, '2401.01234', null],
    [{ id: 'W12' }, null, null],
  ])('of %j are the arXiv id %s and the DOI %s', (fields, arxivId, doi) => {
    expect(identityOf(record(fields))).toMatchObject({ arxivId, doi });
  });

  it('is a title only when it is long enough to be the only one', () => {
    const titled = (title: string) => identityOf(record({ id: 'x', title })).title;
    expect(titled('Pre-training, once more and again')).toBe(titled('Pretraining once more — and AGAIN'));
    expect(titled('Attention is all')).toBeNull();
  });
});

describe('records of one title', () => {
  const ada = { authors: ['Ada Lovelace'], date: '2024-12-30' };
  it('need an author in common, and years that are next to each other at most', () => {
    expect(isSameByTitle(ada, { authors: ['Lovelace, A.'], date: '2025' })).toBe(true);
    expect(isSameByTitle(ada, { authors: ['Lovelace, A.'] })).toBe(true);
    expect(isSameByTitle(ada, { authors: ['Lovelace, A.'], date: '2026-01-01' })).toBe(false);
    expect(isSameByTitle(ada, { authors: ['Bo Li'], date: '2024' })).toBe(false);
    expect(isSameByTitle(ada, { authors: [], date: '2024' })).toBe(false);
    expect(isSameByTitle({}, {})).toBe(false);
  });

  it('are contradicted by two arXiv ids, and by two DOIs that are not arXiv’s own', () => {
    const of = (arxivId: string | null, doi: string | null) => identifiersOf([{ arxivId, doi }]);
    expect(contradict(of('1', null), of('2', null), 'identifier')).toBe(true);
    expect(contradict(of('1', null), of(null, 'a'), 'title')).toBe(false);
    expect(contradict(of(null, 'a'), of(null, 'b'), 'title')).toBe(true);
    expect(contradict(of('1', 'a'), of('1', 'b'), 'identifier')).toBe(false);
    expect(contradict(of('2401.01234', '10.48550/arxiv.2401.01234'), of(null, 'b'), 'title')).toBe(false);
  });
});
