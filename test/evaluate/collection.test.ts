import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfOf, readCollection } from '../../scripts/evaluate/collection.ts';
import { cutAtWord } from '../../src/paper.ts';
import { writeTinyCollection } from './tiny-collection.ts';

describe('reading a collection', () => {
  it('makes papers of documents whatever their ids, and says what it did to them', () => {
    const { name, papers, notes } = readCollection(writeTinyCollection(), 'all');
    expect(name).toBe('tiny');
    expect(papers.map(({ documentId, id }) => [documentId, id])).toEqual([
      ['2401.01234v2', 'doc1'],
      ['2401.01234v3', 'doc2'],
      ['with space', 'doc3'],
      ['no text', 'doc5'],
    ]);
    expect(papers[2]?.title).toBe('Protein folding from the amino acid sequence alone.');
    expect(papers[3]?.abstract).toBe('Galaxy survey of dark matter halos');
    expect(notes).toHaveLength(3);
    expect(notes[0]).toMatch(/^documents without any text, left out .*: 1$/);
  });

  it('keeps the queries that have a relevant document', () => {
    const { queries } = readCollection(writeTinyCollection(), 'all');
    expect(queries.map(({ id }) => id)).toEqual(['q1', 'q2', 'q3']);
    expect(queries[0]?.grades).toEqual(
      new Map([
        ['2401.01234v2', 2],
        ['2401.01234v3', 1],
      ]),
    );
  });

  it('takes training queries for tuning, where there are some', () => {
    const folder = writeTinyCollection({
      judged: [['q1', '2401.01234v2', 1]],
      training: [['q2', 'with space', 1]],
    });
    const idsOf = (split: 'tune' | 'report' | 'all') =>
      readCollection(folder, split).queries.map(({ id }) => id);
    expect(idsOf('tune')).toEqual(['q2']);
    expect(idsOf('report')).toEqual(['q1']);
    expect(idsOf('all')).toEqual(['q1']);
  });

  it('splits other queries in two, those of one document together', () => {
    const ids = Array.from({ length: 60 }, (_, at) => `q${at}`);
    const folder = writeTinyCollection({
      queries: ids.map((id, at) => ({ _id: id, text: id, ...(at < 20 && { doc: `d${at >> 1}` }) })),
      judged: ids.map((id) => [id, 'no text', 1] as const),
    });
    const of = (split: 'tune' | 'report') => readCollection(folder, split).queries;
    const [tune, report] = [of('tune'), of('report')];
    expect([...tune, ...report].map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(tune.length).toBeGreaterThan(15);
    expect(report.length).toBeGreaterThan(15);
    const owners = new Set(tune.flatMap(({ own }) => own ?? []));
    expect(report.filter(({ own }) => own !== null && owners.has(own))).toEqual([]);
    // For good: figures of different months must be of the same queries.
    expect(['1', '2', '3', '4', '5', '6'].map(halfOf)).toEqual([...new Array(5).fill('report'), 'tune']);
  });
});

describe('cutting a text', () => {
  it('cuts between words', () => {
    expect(cutAtWord('one two three', 13)).toBe('one two three');
    expect(cutAtWord('one two three', 12)).toBe('one two');
    expect(cutAtWord('one two three', 7)).toBe('one two');
    expect(cutAtWord('one two three', 6)).toBe('one');
    expect(cutAtWord('incomprehensibilities', 5)).toBe('incom');
  });

  it('never exceeds the limit nor changes what it keeps', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const cut = cutAtWord(text, limit);
        expect(cut.length).toBeLessThanOrEqual(Math.max(limit, 0));
        expect(text.startsWith(cut.replace(/\ufffd$/u, ''))).toBe(true);
      }),
    );
  });
});
