import { describe, expect, it } from 'vitest';
import { authorsOfLine } from '../../src/sources/arxiv-authors.ts';
import { arxivItem } from '../../src/sources/arxiv-record.ts';
import { dayOfMailDate } from '../../src/sources/mail-date.ts';

const facts = { id: '2401.01234v2', title: 'T', abstract: 'A.', authors: [], categories: ['cs.LG'] };
const item = (given: object) => arxivItem({ ...facts, ...given }, 'here');

describe('a paper of arXiv', () => {
  it.each([
    'This paper has been withdrawn by the author(s) due to a crucial error in equation 1',
    'this article is withdrawn',
    'Withdrawn',
    'Withdrawn by arXiv administrators',
    'The manuscript has now been temporarily withdrawn.',
    'Paper withdrawn: superseded by 2105.00001',
    '12 pages. This submission was withdrawn, as the proof has a gap',
    'arXiv admin note: this submission has been withdrawn due to a dispute',
    'This work has been withdrawn from arXiv',
  ])('is gone when its comment says "%s"', (comment) => {
    expect(item({ comment })).toEqual({ at: 'here', removal: { id: '2401.01234v2', why: 'withdrawn' } });
  });

  it.each([
    'Withdrawn from ICLR 2024, accepted at TMLR',
    'The paper was withdrawn from NeurIPS',
    'v2: a claim of Section 3 withdrawn',
    'Replaces the withdrawn paper 2105.00001',
    '12 pages',
  ])('stays when its comment says "%s"', (comment) => {
    expect(item({ comment })).toMatchObject({ record: { id: '2401.01234v2', comment } });
  });

  it('is gone when its abstract begins by saying so, not when it is about such papers', () => {
    expect(item({ abstract: 'This paper has been withdrawn by the authors.' })).toHaveProperty('removal');
    expect(item({ abstract: 'A bank issues notes. The work was withdrawn later.' })).toHaveProperty('record');
  });

  it('is kept without what is not as it should be, and rejected without what a paper must have', () => {
    const odd = { doi: 'see 10.1000/182', journalRef: 'J. '.repeat(400), comment: 'c '.repeat(4_000) };
    const kept = item({
      ...odd,
      categories: ['cs.LG', 'I.2.7; I.2.6', '68T07', 'hep-th', 'cond-mat.mes-hall'],
    });
    expect(kept).toMatchObject({ record: { categories: ['cs.LG', 'hep-th', 'cond-mat.mes-hall'] } });
    expect(kept).not.toHaveProperty('record.doi', expect.anything());
    expect(item({ doi: '10.1000/182 10.1000/183' })).toMatchObject({ record: { doi: '10.1000/182' } });
    expect(item({ title: ' \n ' })).toEqual({
      at: 'here',
      id: '2401.01234v2',
      reason: expect.stringMatching(/^title: /),
    });
    expect(item({ id: 'oai:x' })).toEqual({ at: 'here', reason: expect.stringMatching(/^id: .*"oai:x"/) });
  });
});

describe('a line of authors', () => {
  it.each([
    ['Ada Lovelace', ['Ada Lovelace']],
    ['A. Lovelace, C. Babbage and L. Menabrea', ['A. Lovelace', 'C. Babbage', 'L. Menabrea']],
    ['A. Lovelace, C. Babbage, and L. Menabrea', ['A. Lovelace', 'C. Babbage', 'L. Menabrea']],
    [
      'Ada Lovelace (1), Charles Babbage (1 and 2) ((1) London, (2) Cambridge)',
      ['Ada Lovelace', 'Charles Babbage'],
    ],
    [
      'Sammy Davis, Jr., Harry Connick, Jr. and George VI',
      ['Sammy Davis Jr.', 'Harry Connick Jr.', 'George VI'],
    ],
    ['ATLAS Collaboration: G. Aad, B. Abbott', ['ATLAS Collaboration', 'G. Aad', 'B. Abbott']],
    ['A. Lovelace, for the\n Engine Collaboration', ['A. Lovelace', 'the Engine Collaboration']],
    [
      "C. Bal\\'azs, Alexandra Andersson, Anders Sand",
      ["C. Bal\\'azs", 'Alexandra Andersson', 'Anders Sand'],
    ],
    ['Ada Lovelace (London', ['Ada Lovelace (London']],
    [' , ', []],
  ])('"%s"', (line, names) => {
    expect(authorsOfLine(line)).toEqual(names);
  });
});

describe('a date of mail', () => {
  it.each([
    ['Wed, 02 Apr 2025 10:00:00 GMT', '2025-04-02'],
    ['Mon, 2 Apr 2007 19:18:42 GMT', '2007-04-02'],
    ['Wed, 30 Sep 2026 00:00:00 -0400', '2026-09-30'],
    ['Thu, 29 Feb 2024 23:59:60 UTC', '2024-02-29'],
  ])('%s is %s', (text, day) => {
    expect(dayOfMailDate(text)).toBe(day);
  });

  it.each([
    '2025-04-02',
    'Tue, 02 Apr 2025 10:00:00 GMT',
    'Sat, 29 Feb 2025 10:00:00 GMT',
    'Wed, 02 Apr 2025 24:00:00 GMT',
    'Wed, 02 Apr 2025 10:00:00',
    'Wed, 02 April 2025 10:00:00 GMT',
    'Wed, 02 Apr 2025 10:00:00 GMT, or so',
    '',
  ])('"%s" is none', (text) => {
    expect(dayOfMailDate(text)).toBeNull();
  });
});
