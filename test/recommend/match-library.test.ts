import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compactTitleKey, titleKey } from '../../src/identity.ts';
import { matchEntries } from '../../src/recommend/match-library.ts';
import { type BibliographyEntry, readBibliography } from '../../src/sources/bibliography.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { citedInBibtex, WAYS_TO_CITE } from '../fixtures/bibliographies.ts';
import { record } from '../fixtures/papers.ts';
import { sharedData } from '../fixtures/shared-data.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

type Fields = Record<string, unknown> & { id: string };

type Real = Fields & { title: string; authors?: string[]; date: string };

/** What a publisher says of a paper a year later: no arXiv id, but a DOI. */
const publishedAs = ({ title, abstract, authors, date }: Real, id: string): Fields => ({
  ...{ id, title, abstract, authors, doi: `10.1234/${id}` },
  date: String(Number(date.slice(0, 4)) + 1),
});

async function libraryOf(papers: readonly Fields[]): Promise<PaperStore> {
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  const store = createSqlitePaperStore(db, { fingerprint: 'test', dimensions: DIMENSIONS });
  onTestFinished(() => store.close());
  for (let start = 0; start < papers.length; start += 1_000) {
    await store.commitBatch(papers.slice(start, start + 1_000).map((paper) => item(record(paper))));
  }
  return store;
}

const NOTHING = {
  label: 'x',
  title: '',
  authors: [],
  year: null,
  doi: null,
  arxivId: null,
  abstract: null,
  url: null,
};
const entry = (fields: Partial<BibliographyEntry>): BibliographyEntry => ({ ...NOTHING, ...fields });

const ATTENTION = {
  id: '1706.03762',
  title: 'Attention Is All You Need',
  authors: [
    'Ashish Vaswani',
    'Noam Shazeer',
    'Niki Parmar',
    'Jakob Uszkoreit',
    'Llion Jones',
    'Aidan N. Gomez',
  ],
  date: '2017-06-12',
};
const BERT = {
  id: '1810.04805',
  title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
  authors: ['Jacob Devlin', 'Ming-Wei Chang', 'Kenton Lee', 'Kristina Toutanova'],
  date: '2018-10-11',
  doi: '10.18653/v1/N19-1423',
};
const ADAM = {
  id: '1412.6980',
  title: 'Adam: A Method for Stochastic Optimization',
  authors: ['Diederik P. Kingma', 'Jimmy Ba'],
  date: '2014-12-22',
};
const DEEP_LEARNING = {
  id: 'nature14539',
  title: 'Deep learning',
  authors: ['Yann LeCun', 'Yoshua Bengio', 'Geoffrey Hinton'],
  date: '2015-05-27',
  doi: '10.1038/nature14539',
};
const UNSIGNED = { id: 'unsigned', title: 'Scaling Laws for Neural Language Models Revisited', date: '2024' };
const INTRODUCTION = { id: 'intro', title: 'Introduction', authors: ['Yann LeCun'], date: '2015' };
const GAUGE = { id: 'math.GT/0309136', title: 'The topology of four-manifolds and a gauge', date: '2003' };
const PAPERS = [ATTENTION, BERT, ADAM, DEEP_LEARNING, UNSIGNED, INTRODUCTION, GAUGE];

async function outcomeOf(...entries: Partial<BibliographyEntry>[]): Promise<string[]> {
  const { matched, unmatched } = await matchEntries(await libraryOf(PAPERS), entries.map(entry));
  return [
    ...matched.map(({ paperId, by }) => `${paperId} by ${by}`),
    ...unmatched.map(({ reason }) => reason),
  ];
}

describe('entries of a library', () => {
  it('are matched by DOI, then by arXiv id, then by title', async () => {
    expect(await outcomeOf({ ...NOTHING, doi: '10.18653/v1/n19-1423', arxivId: '1706.03762' })).toEqual([
      '1810.04805 by doi',
    ]);
    expect(await outcomeOf({ title: 'Retitled', arxivId: '1706.03762', authors: ['A. Vaswani'] })).toEqual([
      '1706.03762 by arxiv',
    ]);
    const { title, authors } = ATTENTION;
    expect(await outcomeOf({ title: title.toUpperCase(), authors, year: 2023 })).toEqual([
      '1706.03762 by title',
    ]);
    expect(await outcomeOf({ arxivId: 'math/0309136' })).toEqual(['math.GT/0309136 by arxiv']);
  });

  it('may be several of one paper', async () => {
    const { title, authors } = BERT;
    const twice = await outcomeOf({ title, authors }, { doi: '10.18653/v1/n19-1423' });
    expect(twice).toEqual(['1810.04805 by title', '1810.04805 by doi']);
  });

  it('say why they are none of ours', async () => {
    expect(await outcomeOf({ title: 'Mastering the Game of Go', doi: '10.1038/nature16961' })).toEqual([
      'no paper of the library has its DOI or title',
    ]);
    expect(await outcomeOf({ title: 'Introduction' })).toEqual([
      'its title is one that many works have, and it has no id',
    ]);
  });

  it('are matched by title whatever way authors are written', async () => {
    const { title } = ATTENTION;
    for (const authors of [
      ['A Vaswani'],
      ['Vaswani'],
      ['Vaswani Ashish', 'Shazeer Noam'],
      ['N. Shazeer', 'Ł. Kaiser'],
    ]) {
      expect(await outcomeOf({ title, authors })).toEqual(['1706.03762 by title']);
    }
  });

  it('are not matched to a paper of the same title by others', async () => {
    expect(await outcomeOf({ title: ATTENTION.title, authors: ['Ada Lovelace'] })).toEqual([
      'a paper has its title, but other authors',
    ]);
    expect(
      await outcomeOf({ title: BERT.title, authors: ['Ada Lovelace', 'Emmy Noether', 'Kenton Lee'] }),
    ).toEqual(['a paper has its title, but most authors are others']);
  });

  it('are never matched by a title that any volume has', async () => {
    const { title, authors } = INTRODUCTION;
    expect(await outcomeOf({ title, authors, year: 2015 })).toEqual([
      'its title is one that many works have, and it has no id',
    ]);
  });

  it('need a year near by when the title is short, and authors or a long title', async () => {
    const { title, authors } = DEEP_LEARNING;
    expect(await outcomeOf({ title, authors, year: 2016 })).toEqual(['nature14539 by title']);
    expect(await outcomeOf({ title, authors, year: 2021 })).toEqual([
      'a paper has its title, which is short, but is of 2015',
    ]);
    expect(await outcomeOf({ title, authors: ['Yann LeCun'] })).toEqual(['nature14539 by title']);
    expect(await outcomeOf({ title, year: 2015 })).toEqual([
      'a paper has its title, which is short, and authors are not known',
    ]);
    expect(await outcomeOf({ title: UNSIGNED.title, authors: ['Ada Lovelace'] })).toEqual([
      'unsigned by title',
    ]);
  });

  it('are not matched by an id that is of another work for sure', async () => {
    const mistaken = { title: ATTENTION.title, authors: ATTENTION.authors, doi: '10.1038/nature14539' };
    expect(await outcomeOf(mistaken)).toEqual(['1706.03762 by title']);
    expect(
      await outcomeOf({ ...mistaken, title: 'Mastering the game of Go', authors: ['David Silver'] }),
    ).toEqual(['its DOI is of another paper, "Deep learning", by Yann LeCun']);
  });

  it('are matched by a title with a slip, or without its subtitle, when the authors are the same', async () => {
    const { authors } = BERT;
    const slips = [
      'BERT: Pretraining of Deep Bidirectional Transformers for Languge Understanding',
      'BERT: Pre-training Deep Bidirectional Transformers for Language Understanding',
    ];
    for (const title of slips) expect(await outcomeOf({ title, authors })).toEqual(['1810.04805 by title']);
    const none = ['no paper of the library has its title'];
    expect(await outcomeOf({ title: slips[0] ?? '', authors: ['Ada Lovelace'] })).toEqual(none);
    expect(await outcomeOf({ title: 'Adam', authors: ADAM.authors })).toEqual(none);
    const others = [
      'BERT: Pre-training of Deep Unidirectional Transformers for Language Understanding',
      'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding 2',
      'BERT: Pre-training without Deep Bidirectional Transformers for Language Understanding',
    ];
    for (const title of others) expect(await outcomeOf({ title, authors })).toEqual(none);
  });

  const files = ['hf-daily-2024-2026', 'arxiv-2025-12'].map((name) => sharedData(`papers/${name}.jsonl.gz`));

  it.skipIf(files.includes(null))(
    'are found among real papers, and none is taken for another',
    { timeout: 120_000 },
    async () => {
      const papers = new Map<string, Real>();
      for (const file of files) {
        const lines = gunzipSync(readFileSync(file ?? ''))
          .toString('utf8')
          .trim()
          .split('\n');
        for (const line of lines) {
          const paper = JSON.parse(line);
          papers.set(paper.id, paper);
        }
      }
      const all = [...papers.values()];
      // Spread evenly: of each hundred or so, one is cited, one is held as it was published and cited as the preprint
      // that it was, and one of five of those behind them is cited and left out of the library.
      const step = Math.floor(all.length / 300);
      const at = (place: number) => all.filter((_, index) => index % step === place).slice(0, 300);
      const [cited, published] = [at(0), at(2)];
      const strangers = at(1).filter((_, index) => index % 5 === 0);
      const isPublished = new Set(published);
      const isStrange = new Set(strangers);
      const held = all.filter((paper) => !isStrange.has(paper));
      const library = held.map((paper) =>
        isPublished.has(paper) ? publishedAs(paper, `journal/${paper.id}`) : paper,
      );
      const entriesOf = (list: readonly Real[], key: string, ways: readonly number[]) =>
        list.map((paper, index) => {
          const year = Number(paper.date.slice(0, 4));
          const said = { title: paper.title, authors: paper.authors ?? [], year, arxivId: paper.id };
          return citedInBibtex(said, `${key}${index}`, ways[index % ways.length] ?? 0);
        });
      const bibtex = [
        ...entriesOf(cited, 'cited', [...Array(WAYS_TO_CITE).keys()]),
        ...entriesOf(published, 'preprint', [0, 1]),
        // Strangers are cited in ways that name no id, which would decide.
        ...entriesOf(strangers, 'stranger', [2, 4, 6]),
      ];
      const { entries, problems } = await readBibliography(bibtex.join('\n\n'));
      expect(problems).toEqual([]);
      expect(entries).toHaveLength(300 + 300 + 60);
      const { matched, unmatched } = await matchEntries(await libraryOf(library), entries);
      const own = new Map<string, Real>([
        ...cited.map((paper, index) => [`cited${index}`, paper] as const),
        ...published.map(
          (paper, index) => [`preprint${index}`, { ...paper, id: `journal/${paper.id}` }] as const,
        ),
        ...strangers.map((paper, index) => [`stranger${index}`, paper] as const),
      ]);
      const keyOf = (title: string) => compactTitleKey(titleKey(title));
      const wrong = matched.filter(({ entry: { label }, paperId, title }) => {
        const paper = own.get(label);
        return paper?.id !== paperId && keyOf(paper?.title ?? '') !== keyOf(title);
      });
      expect(wrong).toEqual([]);
      for (const kind of ['cited', 'preprint']) {
        const missed = unmatched.filter(({ entry: { label } }) => label.startsWith(kind));
        const said = missed.map(({ entry: { title }, reason }) => `${title}: ${reason}`);
        expect(300 - missed.length, said.join('; ')).toBeGreaterThanOrEqual(0.98 * 300);
      }
    },
  );
});
