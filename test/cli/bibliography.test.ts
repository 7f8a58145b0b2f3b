import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../scripts/cli/bibliography.ts';
import { importAnswer, seedsAdded, seedsAnswer } from '../../src/api/library-answers.ts';
import type { LibraryImport } from '../../src/recommend/import-library.ts';
import { shareModels } from '../fixtures/model-cache.ts';
import { paperwise } from '../fixtures/server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const PAPERS = [
  {
    id: 'reefs',
    title: 'Coral reefs under heat',
    abstract: 'Bleaching of corals.',
    doi: '10.1000/182',
    authors: ['Ada Byron'],
  },
  { id: 'fish', title: 'Reef fish of warming seas', abstract: 'Fish.', authors: ['Ada Byron'] },
];
const BIBTEX = `@article{byron, title = {Coral reefs under heat}, doi = {10.1000/182}}
@article{lamport, title = {The Part-Time Parliament}, author = {Lamport, L.}, year = 1998}
@article{broken, year = 1998}
`;

describe('the command line', () => {
  it('imports and exports a library, and keeps seeds', async () => {
    const folder = temporaryFolder();
    shareModels(folder);
    const run = (args: string[], input?: string) => paperwise(args, { PAPERWISE_DATA: folder }, input).ended;
    await run(['ingest', '-'], PAPERS.map((paper) => JSON.stringify(paper)).join('\n'));
    const file = join(folder, 'zotero.bib');
    writeFileSync(file, BIBTEX);

    const first = await run(['library', 'import', file, '--user', 'ada']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout.split('\n')).toEqual([
      'ada: 2 entries read, 1 is a paper of the library (1 by DOI): 1 liked now.',
      '1 is not; 1 seed stands for it:',
      '  lamport "The Part-Time Parliament": no paper of the library has its title',
      '1 could not be read:',
      expect.stringMatching(/^ {2}broken \(line 3\): expected a title/),
      '',
    ]);
    const piped = await run(
      ['library', 'import', '-', '--user', 'ada', '--signal', 'save', '--json'],
      BIBTEX,
    );
    const answer = importAnswer.parse(JSON.parse(piped.stdout));
    expect(answer.matched).toMatchObject([{ paperId: 'reefs', outcome: 'kept' }]);

    const out = join(folder, 'out.ris');
    expect(await run(['library', 'export', '--user', 'ada', '--format', 'ris', '--out', out])).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(readFileSync(out, 'utf8')).toContain('TI  - Coral reefs under heat');
    const bibtex = await run(['library', 'export', '--user', 'ada']);
    expect(bibtex.stdout).toContain('doi = {10.1000/182}');

    const said = await run(['seed', 'add', 'fish of reefs', 'storms at sea', '--user', 'ada', '--json']);
    const { seeds } = seedsAdded.parse(JSON.parse(said.stdout));
    expect(seeds.map(({ title }) => title)).toEqual(['fish of reefs', 'storms at sea']);
    const removed = await run(['seed', 'remove', String(seeds[0]?.id), '999', '--user', 'ada']);
    expect(removed).toMatchObject({ code: 1, stderr: expect.stringContaining('no seed with the id 999') });
    const list = await run(['seed', 'list', '--user', 'ada', '--json']);
    expect(
      seedsAnswer.parse(JSON.parse(list.stdout)).seeds.map(({ kind, title }) => `${kind} ${title}`),
    ).toEqual(['entry The Part-Time Parliament', 'text storms at sea']);

    for (const [args, input, message] of [
      [['library', 'import', join(folder, 'missing.bib')], '', 'missing.bib'],
      [['library', 'import', '-'], 'hello', 'Expected a bibliography'],
      [['library', 'import', '-', '--format', 'ris'], BIBTEX, 'Expected RIS, got BibTeX'],
      [['library', 'import', '-', '--signal', 'hide'], BIBTEX, 'like'],
      [['seed', 'add', '…'], '', 'letter or digit'],
      [['seed', 'remove', 'x'], '', 'whole number'],
    ] as const) {
      expect(await run([...args], input)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(message),
      });
    }
  });

  it('names the first entries that it did not find, and how many more there are', () => {
    const unmatched = Array.from({ length: 25 }, (_, at) => ({
      label: `b${at}`,
      title: at === 0 ? '' : `Book ${at}`,
      reason: 'no paper of the library has its title',
      seed: at === 0 ? null : at,
    }));
    const match = { label: 'a', paperId: 'a', title: 'A' };
    const answer: LibraryImport = {
      user: 'ada',
      format: 'ris',
      matched: [
        { ...match, by: 'arxiv', outcome: 'added' },
        { ...match, by: 'title', outcome: 'unchanged' },
        { ...match, by: 'title', outcome: 'kept' },
      ],
      unmatched,
      problems: [],
    };
    const lines = summaryOf(answer, 'save');
    expect(lines[0]).toBe(
      'ada: 28 entries read, 3 are papers of the library (1 by arXiv id, 2 by title): 1 saved now, 1 saved already, ' +
        '1 kept: you had said something else of it.',
    );
    expect(lines[1]).toBe('25 are not; 24 seeds stand for them:');
    expect(lines[2]).toBe('  b0: no paper of the library has its title; no title, no seed');
    expect(lines[3]).toBe('  b1 "Book 1": no paper of the library has its title');
    expect(lines).toHaveLength(2 + 20 + 1);
    expect(lines.at(-1)).toBe('  and 5 more; --json lists all');
    const nothing = { ...answer, matched: [], unmatched: [] };
    expect(summaryOf(nothing, 'like')).toEqual(['ada: 0 entries read, 0 are papers of the library.']);
  });
});
