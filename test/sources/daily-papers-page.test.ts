import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dailyPapersItems, looksLikeDailyPapersPage, savedIn } from '../../src/sources/daily-papers-page.ts';
import { sharedData } from '../fixtures/shared-data.ts';

const HEADER =
  'new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nNov 21\n\n';
const read = (text: string, year = 2025) =>
  [...dailyPapersItems(text, year)].map((item) => ('record' in item ? item.record : item));

describe('a saved Daily Papers page', () => {
  it('reads every kind of entry', () => {
    const page = `${HEADER}First\n\nAbstract one.\n\n  • 7 authors\n·\nMay 30, 2024\n\nSecond\n\nAbstract two.\n\nThird\n\nAbstract three.\n\nacme ACME Labs\n·\nSep 28 3\n\nFourth\n\nAbstract four.\n\n  • 1 author\n·\nFeb 8 2\n`;
    expect(read(page)).toMatchObject([
      { title: 'First', abstract: 'Abstract one.', authorCount: 7, date: '2024-05-30' },
      { title: 'Second', abstract: 'Abstract two.' },
      { title: 'Third', organization: 'acme ACME Labs', date: '2025-09-28', commentCount: 3 },
      { title: 'Fourth', authorCount: 1, date: '2025-02-08', commentCount: 2 },
    ]);
    expect(read(page)[1]).not.toHaveProperty('date');
  });

  it('gives a paper the same id whenever it is read, and different papers different ones', () => {
    const page = `${HEADER}First\n\nAbstract one.\n\nSecond\n\nAbstract two.\n`;
    const ids = read(page).map((paper) => ('id' in paper ? paper.id : ''));
    expect(new Set(ids).size).toBe(2);
    expect(read(page).map((paper) => ('id' in paper ? paper.id : ''))).toEqual(ids);
  });

  it('rejects a title without an abstract, and a text that is no such page', () => {
    expect(read(`${HEADER}First\n\nAbstract one.\n\nLonely title\n`)[1]).toMatchObject({
      reason: expect.stringContaining('abstract'),
    });
    expect(read('Hello\n\nWorld\n')).toMatchObject([{ reason: expect.stringContaining('Daily Papers') }]);
    expect(looksLikeDailyPapersPage('{"id": 1}')).toBe(false);
  });

  it('guesses the year of saving from the years that the page names', () => {
    expect(savedIn('x\nMay 30, 2024\nJun 1, 2023\nSep 2', 2030)).toBe(2025);
    expect(savedIn('x\nMay 30, 2030', 2030)).toBe(2030);
    expect(savedIn('Sep 2', 2030)).toBe(2030);
  });

  it('reads the whole seed page', (context) => {
    const file = sharedData('seed/daily-papers-page.txt');
    if (!file) return context.skip();
    const text = readFileSync(file, 'utf8');
    expect(looksLikeDailyPapersPage(text)).toBe(true);
    const papers = [...dailyPapersItems(text, savedIn(text, 2026))].map((item) =>
      'record' in item ? item.record : null,
    );
    expect(papers).not.toContain(null);
    // Counted on the page by hand: lines of an abstract's length, separators, "N authors" lines.
    expect(papers).toHaveLength(55);
    expect(papers.filter((paper) => paper?.date)).toHaveLength(51);
    expect(papers.filter((paper) => paper?.authorCount)).toHaveLength(50);
    expect(papers.filter((paper) => paper?.organization).map((paper) => paper?.organization)).toEqual([
      'alibabagroup alibaba',
    ]);
    expect(
      papers.filter((paper) => paper?.commentCount !== undefined).map((paper) => paper?.commentCount),
    ).toEqual([3, 2, 3]);
    expect(papers[0]).toMatchObject({
      title: 'Transfer Q Star: Principled Decoding for LLM Alignment',
      date: '2024-05-30',
    });
    expect(papers.at(-1)?.title).toMatch(/^Qwen2.5-Math/);
  });
});
