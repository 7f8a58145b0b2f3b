import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abstractOf, openAlexFileSource, openAlexItem } from '../../src/sources/openalex-work.ts';
import { brief } from '../fixtures/feed-reader.ts';
import { work } from '../fixtures/openalex-server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const ARXIV = { display_name: 'arXiv (Cornell University)', type: 'repository' };

describe('a work of OpenAlex', () => {
  it('becomes a paper', () => {
    expect(openAlexItem(work(2741809807), 'here')).toEqual({
      at: 'here',
      record: {
        id: 'W2741809807',
        title: 'Work 2741809807',
        abstract: 'What was found it, was new',
        authors: ['Ada Example', 'Bo Example'],
        date: '2025-02-01',
        categories: ['Computer Science', 'Artificial Intelligence'],
        source: 'openalex',
        doi: '10.1234/work.2741809807',
        venue: 'Journal of Examples',
      },
    });
  });

  it('tells its arXiv id, wherever it stands, and no repository as its venue', () => {
    const places = [
      { locations: [{ landing_page_url: 'http://arxiv.org/abs/2401.01234v3', source: ARXIV }] },
      { primary_location: { pdf_url: 'https://arxiv.org/pdf/2401.01234', source: ARXIV } },
      { locations: [7, { id: 'pmh:oai:arXiv.org:2401.01234' }] },
      { ids: { doi: 'https://doi.org/10.48550/arXiv.2401.01234' }, primary_location: null },
    ];
    for (const place of places) {
      expect(openAlexItem(work(1, place), 'x')).toMatchObject({ record: { arxivId: '2401.01234' } });
    }
    const both = {
      primary_location: { landing_page_url: 'https://arxiv.org/abs/math.GT/0309136', source: ARXIV },
      locations: [{ source: { display_name: 'Annals of Examples', type: 'journal' } }],
    };
    expect(openAlexItem(work(1, both), 'x')).toMatchObject({
      record: { arxivId: 'math.GT/0309136', venue: 'Annals of Examples' },
    });
    const record = { primary_location: { source: ARXIV } };
    expect(openAlexItem(work(1, record), 'x')).toMatchObject({ record: { doi: expect.any(String) } });
    expect(openAlexItem(work(1, record), 'x')).not.toMatchObject({ record: { venue: expect.anything() } });
  });

  it('is a paper without what it can do without, or with broken parts of it', () => {
    const optional = [
      'doi',
      'ids',
      'authorships',
      'primary_location',
      'locations',
      'topics',
      'publication_date',
    ];
    for (let mask = 0; mask < 2 ** optional.length; mask++) {
      for (const broken of [undefined, null, 7, [null, { author: 5 }]]) {
        const fields = optional.filter((_, bit) => (mask >> bit) & 1);
        const item = openAlexItem(work(1, Object.fromEntries(fields.map((field) => [field, broken]))), 'x');
        expect(item).toMatchObject({ record: { id: 'W1' } });
      }
    }
    const bare = {
      id: 'https://openalex.org/W1',
      display_name: 'A title',
      abstract_inverted_index: { A: [0] },
    };
    expect(openAlexItem(bare, 'x')).toMatchObject({
      record: { url: 'https://openalex.org/W1', title: 'A title' },
    });
  });

  it('is rejected without an id, a title or an abstract, and says why', () => {
    expect(openAlexItem(work(1, { id: 'https://openalex.org/A1' }), 'x')).toMatchObject({
      reason: expect.stringMatching(/^id: /),
    });
    expect(openAlexItem(work(1, { title: null, display_name: '' }), 'x')).toEqual({
      at: 'x',
      id: 'W1',
      reason: 'expected a title, got none',
    });
    for (const abstract of [null, {}, { word: [] }, 'text']) {
      expect(openAlexItem(work(1, { abstract_inverted_index: abstract }), 'x')).toEqual({
        at: 'x',
        id: 'W1',
        reason: 'expected an abstract, got none',
      });
    }
    expect(openAlexItem(7, 'x')).toHaveProperty('reason');
  });
});

describe('an inverted abstract', () => {
  it('is put together in order, whatever its words, and with gaps', () => {
    const words = fc.array(
      fc.oneof(fc.constantFrom('constructor', 'the', '7', 'a'), fc.stringMatching(/^\S{1,8}$/)),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(words, fc.nat(5), (text, gap) => {
        const kept = text.filter((word) => word !== '__proto__');
        const index: Record<string, number[]> = {};
        for (const [place, word] of kept.entries()) {
          if (!Object.hasOwn(index, word)) index[word] = [];
          index[word]?.push(place * (gap + 1));
        }
        expect(abstractOf(index)).toBe(kept.join(' '));
      }),
    );
  });

  it('takes no memory for positions that no abstract has', () => {
    expect(abstractOf({ a: [0], far: [4e9, -1, 0.5, Number.NaN], b: [2] })).toBe('a b');
  });
});

describe('a file of works', () => {
  it('gives its papers, plain or gzip, and tells bad lines', async () => {
    const text = `${JSON.stringify(work(1))}\n{broken\n\n${JSON.stringify(work(2))}\n`;
    for (const content of [text, gzipSync(text)]) {
      const file = join(temporaryFolder(), 'works');
      writeFileSync(file, content);
      const source = openAlexFileSource(file);
      const items = [];
      for await (const item of source) items.push(item);
      expect(items.map(({ at }) => at)).toEqual(['line 1', 'line 2', 'line 4']);
      expect(items.map(brief)).toEqual(['W1', expect.stringMatching(/^rejected: not JSON/), 'W2']);
      expect(source.progress()).toEqual({ bytesRead: content.length, bytesTotal: content.length });
    }
  });

  it('says which file is not there', async () => {
    const source = openAlexFileSource('/nowhere/works.gz');
    const read = async () => {
      for await (const _ of source);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('nowhere'),
    });
  });
});
