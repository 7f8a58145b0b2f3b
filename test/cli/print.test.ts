import { describe, expect, it } from 'vitest';
import { alternatesLine, foundLine, passageLines, whyLine } from '../../scripts/cli/print.ts';
import { highlightQuery, highlightsOf } from '../../src/highlight.ts';

describe('a hit on a terminal', () => {
  const abstract = `It begins with a sentence of no use. ${'Something is said here. '.repeat(20)}A robot-arm weaves.`;

  it('shows the passage in lines, with what matches marked and what is left out hinted at', () => {
    const highlights = highlightsOf({ title: 'T', abstract }, highlightQuery('robot arm'));
    const lines = passageLines(abstract, highlights, 30, (text) => `[${text}]`);
    const joined = lines.join(' ');
    expect(joined).toMatch(/A \[robot\]-\[arm\] weaves\.$/);
    expect(joined.startsWith('… ')).toBe(highlights.passage.start > 0);
    expect(lines.every((line) => line.replace(/[[\]…]/g, '').trim().length <= 30)).toBe(true);
  });

  it('marks every line of a phrase that is broken', () => {
    const text = { title: 'T', abstract: 'the weaving robot arm' };
    const highlights = highlightsOf(text, highlightQuery('"weaving robot arm"'));
    expect(passageLines(text.abstract, highlights, 11, (part) => `[${part}]`)).toEqual([
      'the [weaving]',
      '[robot arm]',
    ]);
  });

  it('lists the other entries of the paper', () => {
    const other = { id: '10.1000/182', source: 'journal', date: null, sameBy: 'doi' as const };
    expect(alternatesLine([other, { ...other, id: 'x' }])).toBe('also: 10.1000/182 (journal), x (journal)');
    expect(alternatesLine([])).toBeUndefined();
  });

  it('says by what the query names the paper', () => {
    const other = { id: 'x', source: 'journal', date: null, sameBy: 'doi' as const };
    expect(whyLine({ match: 'title', alternates: [other] })).toBe('by title; also: x (journal)');
    expect(whyLine({ match: 'id', alternates: [] })).toBe('by id');
    expect(whyLine({ match: null, alternates: [] })).toBeUndefined();
  });

  it('is counted below the list, with how it was looked for', () => {
    expect(foundLine({ mode: 'hybrid', exact: true, totalLexical: 12 })).toBe(
      '12 papers have words of the query; every paper was compared by meaning',
    );
    expect(foundLine({ mode: 'lexical', exact: true, totalLexical: 1 })).toBe(
      '1 paper has words of the query',
    );
    expect(foundLine({ mode: 'semantic', exact: false, totalLexical: null })).toBe(
      'the nearest were looked for in the graph',
    );
  });
});
