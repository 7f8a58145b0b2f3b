import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openReviewItems, openReviewSource } from '../../src/sources/openreview.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** As version 2 of the API gives a submission. */
const second = (id: string, { content = {}, ...note }: Record<string, unknown> = {}) => ({
  id,
  forum: id,
  number: 7,
  version: 2,
  domain: 'ICLR.cc/2024/Conference',
  invitations: ['ICLR.cc/2024/Conference/-/Submission', 'ICLR.cc/2024/Conference/-/Edit'],
  cdate: Date.UTC(2023, 8, 22),
  pdate: Date.UTC(2024, 0, 16, 13),
  ddate: null,
  content: {
    title: { value: 'Reefs under heat' },
    abstract: { value: 'Corals bleach.' },
    authors: { value: ['Ada Byron', { fullname: 'Kurt Gödel', username: '~Kurt_G1' }] },
    authorids: { value: ['~Ada_Byron1', '~Kurt_G1'] },
    venue: { value: 'ICLR 2024 oral' },
    venueid: { value: 'ICLR.cc/2024/Conference' },
    keywords: { value: ['coral reefs', 'heat'] },
    'TL;DR': { value: 'Heat bleaches.' },
    pdf: { value: '/pdf/0123456789.pdf' },
    ...(content as object),
  },
  ...note,
});

/** As version 1 does. */
const first = (id: string, { content = {}, ...note }: Record<string, unknown> = {}) => ({
  id,
  forum: id,
  invitation: 'ICLR.cc/2021/Conference/-/Blind_Submission',
  cdate: Date.UTC(2020, 8, 28),
  tcdate: Date.UTC(2020, 8, 27),
  ddate: null,
  replyto: null,
  content: {
    title: 'Reef fish',
    abstract: 'Fish of warm seas.',
    authors: ['Ada Byron'],
    keywords: ['fish'],
    'one-sentence_summary': 'Fish.',
    ...(content as object),
  },
  ...note,
});

const items = (...notes: unknown[]) => [...openReviewItems(JSON.stringify({ notes }))];
const outcomeOf = (item?: SourceItem) =>
  item === undefined
    ? 'none'
    : 'record' in item
      ? 'record'
      : 'removal' in item
        ? item.removal.why
        : item.reason;

describe('notes of OpenReview', () => {
  it('are papers, in both versions of the API', () => {
    expect(items(second('Ab-1_x'), first('S1abc'))).toEqual([
      {
        at: 'note 1',
        record: {
          id: 'openreview:Ab-1_x',
          title: 'Reefs under heat',
          abstract: 'Corals bleach.',
          authors: ['Ada Byron', 'Kurt Gödel'],
          date: '2024-01-16',
          url: 'https://openreview.net/forum?id=Ab-1_x',
          venue: 'ICLR 2024 oral',
          categories: ['coral reefs', 'heat'],
          comment: 'Heat bleaches.',
        },
      },
      {
        at: 'note 2',
        record: {
          id: 'openreview:S1abc',
          title: 'Reef fish',
          abstract: 'Fish of warm seas.',
          authors: ['Ada Byron'],
          date: '2020-09-28',
          url: 'https://openreview.net/forum?id=S1abc',
          categories: ['fish'],
          comment: 'Fish.',
        },
      },
    ]);
  });

  it('do not tell authors who are hidden', () => {
    const blind = items(
      first('a', { content: { authors: ['Anonymous'] } }),
      second('b', { content: { authors: undefined } }),
    );
    expect(blind.map((item) => 'record' in item && item.record.authors)).toEqual([undefined, undefined]);
  });

  it.each([
    [
      'withdrawn',
      second('a', { content: { venueid: { value: 'ICLR.cc/2024/Conference/Withdrawn_Submission' } } }),
    ],
    [
      'withdrawn',
      second('a', { content: { venue: { value: 'ICLR 2024 Conference Withdrawn Submission' } } }),
    ],
    ['withdrawn', first('a', { invitation: 'ICLR.cc/2021/Conference/-/Withdrawn_Submission' })],
    [
      'deleted',
      second('a', { content: { venueid: { value: 'ICLR.cc/2024/Conference/Desk_Rejected_Submission' } } }),
    ],
    ['deleted', first('a', { invitation: 'ICLR.cc/2021/Conference/-/Desk_Rejected_Submission' })],
    ['deleted', second('a', { ddate: Date.UTC(2024, 1, 1) })],
    ['record', second('a', { content: { venue: { value: 'Submitted to ICLR 2024' } } })],
    // Of a withdrawal that was taken back, only the history tells.
    ['record', second('a', { invitations: ['ICLR.cc/2024/Conference/-/Withdrawn_Submission'] })],
    ['expected a submission, got a reply to forum1', second('review', { forum: 'forum1' })],
  ])('say what became of a submission: %s', (outcome, note) => {
    expect(items(note).map(outcomeOf)).toEqual([outcome]);
  });

  it('are named by place and reason where they are no papers', () => {
    const bad = items(
      { id: 5, content: {} },
      second('b', { content: { abstract: { value: null } } }),
      'text',
    );
    expect(bad).toEqual([
      { at: 'note 1', reason: 'id: expected a text' },
      { at: 'note 2', id: 'openreview:b', reason: expect.stringMatching(/^abstract: /) },
      { at: 'note 3', reason: expect.stringContaining('expected object') },
    ]);
  });

  it('are read as an answer, a list, and JSON Lines; plain and packed', async () => {
    const notes = [second('a'), first('b')];
    const lines = `\n${JSON.stringify(notes[0])}\n\n{broken\n${JSON.stringify(notes[1])}`;
    const outcomes = (text: string) =>
      [...openReviewItems(text)].map((item) => `${item.at}: ${outcomeOf(item)}`);
    const both = ['note 1: record', 'note 2: record'];
    expect(outcomes(JSON.stringify({ notes, count: 2 }, null, 2))).toEqual(both);
    expect(outcomes(JSON.stringify(notes))).toEqual(both);
    expect(outcomes(JSON.stringify(notes[0]))).toEqual(['note 1: record']);
    expect(outcomes(lines)).toEqual([
      'line 2: record',
      expect.stringMatching(/^line 4: not JSON/),
      'line 5: record',
    ]);
    const file = join(temporaryFolder(), 'notes');
    writeFileSync(file, gzipSync(lines));
    const read: SourceItem[] = [];
    for await (const item of openReviewSource(file)) read.push(item);
    expect(read.map(({ at }) => at)).toEqual(['line 2', 'line 4', 'line 5']);
  });

  it('are refused when they are none', () => {
    for (const text of ['', 'notes', '{"papers": []}', '{"notes": [']) {
      expect(() => [...openReviewItems(text)]).toThrow(/^Expected notes of OpenReview/);
    }
  });
});
