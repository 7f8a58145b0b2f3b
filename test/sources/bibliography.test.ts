import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactTitleKey, titleKey } from '../../src/identity.ts';
import { freshPaper, type Paper } from '../../src/paper.ts';
import { BIBLIOGRAPHY_LIMITS, readBibliography } from '../../src/sources/bibliography.ts';
import { writeBibtex, writeCslJson, writeRis } from '../../src/sources/bibliography-export.ts';
import { citedInBibtex, WAYS_TO_CITE } from '../fixtures/bibliographies.ts';
import { record } from '../fixtures/papers.ts';

const read = async (text: string) => (await readBibliography(text)).entries;
const one = async (text: string) => (await read(text))[0];
const keyOf = (title = '') => compactTitleKey(titleKey(title));
const AUTHORS = ['Ashish Vaswani', 'Noam Shazeer', 'Łukasz Kaiser'];

describe('BibTeX', () => {
  it('reads what Google Scholar, arXiv, DBLP and ACL give', async () => {
    const text = `\ufeff% mine
@article{vaswani2017attention,\r
  title={Attention is all you need},\r
  author={Vaswani, Ashish and Shazeer, Noam and others},\r
  journal={arXiv preprint arXiv:1706.03762},\r
  year={2017}\r
}
@misc{kingma2017adam, title={Adam: A Method for Stochastic Optimization}, author={Diederik P. Kingma and Jimmy Ba},
  year={2017}, eprint={1412.6980v9}, archivePrefix={arXiv}, primaryClass={cs.LG}}
@article{DBLP:journals/corr/abs-1810-04805, title = {{BERT:} Pre-training of Deep Bidirectional Transformers},
  journal = {CoRR}, volume = {abs/1810.04805}, year = {2018}}
@inproceedings{devlin-etal-2019-bert, title = "{BERT}: Pre-training of Deep Bidirectional Transformers",
  author = "Devlin, Jacob  and\n Chang, Ming-Wei", month = jun, year = "2019",
  doi = "https://doi.org/10.18653/V1/N19-1423.", url = "https://aclanthology.org/N19-1423/", }`;
    const [scholar, arxiv, dblp, acl] = await read(text);
    expect(scholar).toEqual({
      label: 'vaswani2017attention',
      title: 'Attention is all you need',
      authors: ['Ashish Vaswani', 'Noam Shazeer'],
      year: 2017,
      doi: null,
      arxivId: '1706.03762',
      abstract: null,
      url: null,
    });
    expect(arxiv).toMatchObject({ arxivId: '1412.6980', authors: ['Diederik P. Kingma', 'Jimmy Ba'] });
    expect(dblp).toMatchObject({ arxivId: '1810.04805', title: expect.stringMatching(/^BERT: Pre/) });
    expect(acl).toMatchObject({
      doi: '10.18653/v1/n19-1423',
      authors: ['Jacob Devlin', 'Ming-Wei Chang'],
      url: 'https://aclanthology.org/N19-1423/',
    });
  });

  it.each([
    ['note = {arXiv:1706.03762 [cs]}', '1706.03762'],
    ['howpublished = {\\url{https://arxiv.org/abs/hep-th/9901001v2}}', 'hep-th/9901001'],
    ['number = {{arXiv}:1706.03762}', '1706.03762'],
    ['doi = {10.48550/ARXIV.1706.03762}', '1706.03762'],
    ['url = {http://arxiv.org/pdf/1706.03762.pdf}', '1706.03762'],
    ['eprint = {math.gt/0309136}, eprinttype = {arxiv}', 'math.GT/0309136'],
    ['eprint = {2401.01234}, eprinttype = {hal}', null],
    ['pages = {1706--3762}', null],
  ])('finds the arXiv id in %s', async (field, arxivId) => {
    expect((await one(`@misc{a, title={T}, ${field}}`))?.arxivId).toBe(arxivId);
  });

  it.each([
    ['{G{\\"o}del, {\\\'E}.~{\\v{C}}ech \\& Erd{\\H o}s}', 'Gödel, É. Čech & Erdős'],
    ['"Caf\\\'e \\\'{\\i}, {\\L}ukasz {\\ss}, na{\\"\\i}ve"', 'Café í, Łukasz ß, naïve'],
    ['{PanGu-$\\pi$: $O(n^{2})$ \\emph{and} {\\textbf bold}---so}', 'PanGu-π: O(n²) and bold—so'],
    [
      '{R{\\&}amp;D of &eacute;tudes <i>in vivo</i>, p < 0.05 and q > 2}',
      'R&D of études in vivo, p < 0.05 and q > 2',
    ],
    ['{50\\% of \\$5, a\\_b, \\textasciitilde{} and \\~{}}', '50% of $5, a_b, ~ and ~'],
    ['jan # " of " # {nothing}', 'jan of nothing'],
  ])('reads the title %s', async (written, title) => {
    expect((await one(`@misc{a, title = ${written}}`))?.title).toBe(title);
  });

  it('reads names in all their forms', async () => {
    const names =
      '{von Neumann, John and King, Jr., Martin Luther and {Google Brain and Friends} and Ada Lovelace and others}';
    expect((await one(`@misc{a, title={T}, author=${names}}`))?.authors).toEqual([
      'John von Neumann',
      'Martin Luther King Jr.',
      'Google Brain and Friends',
      'Ada Lovelace',
    ]);
  });

  it('names what is damaged, and reads the rest', async () => {
    const text = `@article{open, title = {An {open brace},\n year = 2020\n}
@article{good, title={Good}, year=2020}
@article{quote, title = "never closed, year = 2020}
@article{empty, year = 2020}
@string{me = "Ada Lovelace"} @comment{nothing} @article{named, title={Named}, author=me}
@article{endless, title={Endless}`;
    const { entries, problems } = await readBibliography(text);
    expect(entries.map(({ label, authors }) => [label, ...authors])).toEqual([
      ['good'],
      ['named', 'Ada Lovelace'],
    ]);
    expect(problems.map(({ at }) => at)).toEqual([
      'open (line 1)',
      'quote (line 5)',
      'empty (line 6)',
      'endless (line 8)',
    ]);
    expect(problems[2]?.reason).toBe('expected a title, a DOI or an arXiv id, got none of them');
  });

  const million = 1_000_000;
  it.each([
    ['braces that never close', `@article{a,title={${'{'.repeat(million)}`],
    ['a depth of a million', `@article{a,title={${'{'.repeat(million)}x${'}'.repeat(million)}}}`],
    ['strings that double', `@string{a="aaaaaaaa"}${'@string{a=a # a}\n'.repeat(60)}@article{k,title=a}`],
    ['strings of each other', '@string{a=b}@string{b=a}@article{k,title=a # b}'],
    ['dollars', `@article{a,title={${'$'.repeat(million)}}}`],
    ['a long title', `@article{a,title={${'a '.repeat(million)}}}`],
    ['nothing but @', `${'@'.repeat(million)}@a{b`],
    ['white space between authors', `@article{a,title={x},author={${' '.repeat(million)}b}}`],
    ['an unclosed quote in each entry', '\n@a{b, title = "{{{{{{{{{{'.repeat(4_000)],
    ['tags that do not end', `@a{b, title={x}, abstract={${'<i '.repeat(million)}}}`],
    ['brackets behind a DOI', `@a{b, title={x}, doi={10.1234/${')'.repeat(million)}}}`],
    ['empty lines of RIS', `TY  - JOUR\nTI  - x\n${'\n'.repeat(million)}`],
  ])('takes no long time over %s', async (_, text) => {
    const started = performance.now();
    await readBibliography(text);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('RIS', () => {
  it('reads what Zotero, Mendeley and publishers give', async () => {
    const text = `TY  - JOUR\r\nTI  - Attention Is All You Need\r\nAU  - Vaswani, Ashish\r\nAU  - King, Martin, Jr.\r\nPY  - 2017///\r
DO  - HTTPS://DOI.ORG/10.48550/ARXIV.1706.03762.\r\nN2  - The dominant\r\nmodels\r\nER  - \r\n\r
TY  - JOUR\r\nID  - devlin\r\nT1  - BERT &amp; more\r\nA1  - Devlin, Jacob\r\nY1  - 2018/10/11\r\nUR  - http://arxiv.org/abs/1810.04805v2\r
TY  - GEN\r\nAN  - arXiv:1412.6980\r\nER  -\r\nTI  - Lost\r\nAU  - Nobody\r\n`;
    const { format, entries, problems } = await readBibliography(text);
    expect(format).toBe('ris');
    expect(entries).toMatchObject([
      {
        label: '1',
        authors: ['Ashish Vaswani', 'Martin King Jr.'],
        year: 2017,
        doi: '10.48550/arxiv.1706.03762',
        arxivId: '1706.03762',
        abstract: 'The dominant models',
      },
      { label: 'devlin', title: 'BERT & more', year: 2018, arxivId: '1810.04805' },
      { label: '3', title: '', arxivId: '1412.6980' },
    ]);
    expect(problems).toEqual([
      { at: 'entry 4 (line 20)', reason: 'expected "TY" to begin an entry, got "TI"' },
    ]);
  });
});

describe('CSL-JSON', () => {
  it('reads lists, single items and notes, and names bad items', async () => {
    const item = {
      id: 'http://zotero.org/1',
      title: 'Deep <i>learning</i>',
      author: [
        { family: 'LeCun', given: 'Yann' },
        { family: 'Maaten', 'non-dropping-particle': 'van der' },
        { literal: 'Google' },
      ],
      issued: { 'date-parts': [['2015', 5, 27]] },
      note: 'arXiv: 2401.01234 [cs]\nDOI: 10.1038/NATURE14539',
    };
    const read = {
      label: item.id,
      title: 'Deep learning',
      year: 2015,
      arxivId: '2401.01234',
      doi: '10.1038/nature14539',
    };
    const { entries, problems } = await readBibliography(
      JSON.stringify([item, { title: 5 }, null, { id: 2, DOI: '10.1000/1' }]),
    );
    expect(entries).toMatchObject([read, { label: '2', doi: '10.1000/1' }]);
    expect(entries[0]?.authors).toEqual(['Yann LeCun', 'van der Maaten', 'Google']);
    expect(problems.map(({ at }) => at)).toEqual(['entry 2', 'entry 3']);
    expect(await one(JSON.stringify(item))).toMatchObject(read);
    expect(await one(JSON.stringify({ items: [item] }))).toMatchObject(read);
  });
});

describe("Zotero's JSON", () => {
  const PREPRINT = {
    itemType: 'preprint',
    title: 'Attention Is <i>All</i> You Need',
    creators: [
      { creatorType: 'author', firstName: 'Ashish', lastName: 'Vaswani' },
      { creatorType: 'author', name: 'Google Brain' },
      { creatorType: 'editor', firstName: 'Not', lastName: 'Me' },
    ],
    abstractNote: 'The dominant models.',
    date: '2017-06-12',
    repository: 'arXiv',
    archiveID: 'arXiv:1706.03762',
    url: 'http://arxiv.org/abs/1706.03762',
    extra: 'arXiv:1706.03762 [cs]',
    tags: [{ tag: 'to read' }],
  };
  const ARTICLE = {
    itemType: 'journalArticle',
    title: 'Deep learning',
    creators: [{ creatorType: 'author', firstName: 'Yann', lastName: 'LeCun' }],
    date: 'May 2015',
    DOI: '10.1038/NATURE14539',
    extra: 'Citation Key: lecun\narXiv: 2401.01234v2',
    volume: 521,
  };
  const expected = [
    {
      title: 'Attention Is All You Need',
      authors: ['Ashish Vaswani', 'Google Brain'],
      year: 2017,
      arxivId: '1706.03762',
      abstract: 'The dominant models.',
      url: 'http://arxiv.org/abs/1706.03762',
    },
    {
      title: 'Deep learning',
      authors: ['Yann LeCun'],
      year: 2015,
      doi: '10.1038/nature14539',
      arxivId: '2401.01234',
    },
  ];
  const PARTS = [
    { itemType: 'attachment', title: 'Full Text PDF', url: 'https://arxiv.org/pdf/1706.03762' },
    { itemType: 'note', note: '<p>Mine</p>' },
  ];

  it('is read as the API answers and as it is exported; what belongs to items is left out', async () => {
    const answered = [PREPRINT, ...PARTS, ARTICLE].map((data, at) => ({
      key: `KEY${at}`,
      version: 7,
      library: { type: 'user', id: 1 },
      meta: { creatorSummary: 'Vaswani' },
      data: { key: `KEY${at}`, version: 7, ...data },
    }));
    const api = await readBibliography(JSON.stringify(answered));
    expect(api).toMatchObject({ format: 'zotero-json', problems: [] });
    expect(api.entries).toMatchObject(expected);
    expect(api.entries.map(({ label }) => label)).toEqual(['KEY0', 'KEY3']);

    const items = [
      { ...PREPRINT, citationKey: 'vaswani', attachments: [{}] },
      ...PARTS,
      ARTICLE,
      { itemType: 7 },
    ];
    const exported = await readBibliography(
      JSON.stringify({ config: { id: 'x' }, collections: {}, items }, null, 2),
    );
    expect(exported.entries).toMatchObject(expected);
    expect(exported.entries.map(({ label }) => label)).toEqual(['vaswani', '4']);
    expect(exported.problems).toEqual([{ at: 'entry 5', reason: 'itemType: expected the type of an item' }]);
  });

  it('may be empty when it is asked for, and is not taken for CSL-JSON', async () => {
    expect(await readBibliography('[]', 'zotero-json')).toMatchObject({ format: 'zotero-json', entries: [] });
    const items = JSON.stringify([ARTICLE]);
    await expect(readBibliography(items, 'csl-json')).rejects.toThrow("Expected CSL-JSON, got Zotero's JSON");
    const quoting = JSON.stringify([{ id: 'a', title: 'The field "itemType": what it is' }]);
    expect(await readBibliography(quoting)).toMatchObject({ format: 'csl-json' });
  });
});

describe('a bibliography', () => {
  it('is refused when it is none, is another, or is too large', async () => {
    const refused = (text: string, format?: 'ris') =>
      readBibliography(text, format).then(
        () => 'read',
        (error) => `${error.code}: ${error.message}`,
      );
    const expected = "invalid_input: Expected a bibliography in BibTeX, RIS, CSL-JSON or Zotero's JSON, got";
    expect(await refused('')).toBe(`${expected} an empty text.`);
    expect(await refused('%PDF-1.4')).toBe(`${expected} a text that begins with "%PDF-1.4".`);
    expect(await refused('@misc{a, title={T}}', 'ris')).toBe('invalid_input: Expected RIS, got BibTeX.');
    expect(await refused('[{')).toMatch(/^invalid_input: Expected CSL-JSON, got text that is not JSON/);
    expect(await refused('@misc{a, title={T}}\n'.repeat(BIBLIOGRAPHY_LIMITS.entries + 1))).toMatch(
      /^invalid_input: .*too many/,
    );
    expect(await refused('x'.repeat(BIBLIOGRAPHY_LIMITS.bytes + 1))).toMatch(/^payload_too_large/);
  });

  const word = fc.stringMatching(/^[A-Za-zéüçñøŁ]{2,9}$/);
  const sign = fc.constantFrom(
    ' ',
    ' ',
    ' ',
    ': ',
    '-',
    ', ',
    ' & ',
    '% ',
    ' #1 ',
    ' {x} ',
    " '' ",
    ' -- ',
    ' ~',
    '_',
    ' $\\alpha_{2}$ ',
    ' < ',
    ' \\ ',
    ' $5 ',
  );
  const title = fc
    .array(fc.tuple(word, sign), { minLength: 2, maxLength: 8 })
    .map((parts) => `${parts.flat().join('')}end`);
  const paper = fc
    .record({
      id: fc.stringMatching(/^2[0-5]0[1-9]\.0[1-9]\d{3}$/),
      title,
      authors: fc.subarray([
        ...AUTHORS,
        'Laurens van der Maaten',
        'Martin King Jr.',
        'Erdős, Paul',
        'OpenAI',
        'Ben and Co',
      ]),
      doi: fc.option(fc.stringMatching(/^10\.1\d{3}\/[a-z0-9_()]{1,3}[a-z0-9]{3}$/), { nil: undefined }),
      date: fc.option(fc.constantFrom('2017-06-12', '2020-01', '1999'), { nil: undefined }),
    })
    .map((fields): Paper => freshPaper(record(fields)));
  const writers = Object.entries({ writeBibtex, writeCslJson, writeRis });

  it.each(writers)('that %s wrote is read back', async (_, write) => {
    await fc.assert(
      fc.asyncProperty(fc.array(paper, { minLength: 1, maxLength: 5 }), async (papers) => {
        const { entries, problems } = await readBibliography(write(papers));
        expect(problems).toEqual([]);
        expect(new Set(entries.map(({ label }) => label)).size).toBe(papers.length);
        for (const [at, { title, doi, arxivId, date, abstract }] of papers.entries()) {
          expect(keyOf(entries[at]?.title)).toBe(keyOf(title));
          expect(entries[at]?.title).toBe(title);
          expect(entries[at]).toMatchObject({ doi: doi ?? null, arxivId, abstract });
          expect(entries[at]?.year).toBe(date === null ? null : Number(date.slice(0, 4)));
          const names = (papers[at]?.authors ?? []).map((name) => name.replace('Erdős, Paul', 'Paul Erdős'));
          expect(entries[at]?.authors).toEqual(names);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is read whatever way its entries are cited', async () => {
    const plain = fc.array(word, { minLength: 2, maxLength: 8 }).map((words) => words.join(' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(plain, fc.nat(WAYS_TO_CITE - 1)), { minLength: 1 }),
        async (cited) => {
          const arxivId = '1706.03762';
          const said = cited.map(([title]) => ({ title, authors: AUTHORS, year: 2017, arxivId }));
          const text = said.map((each, at) => citedInBibtex(each, `k${at}`, cited[at]?.[1] ?? 0)).join('\n');
          const entries = await read(text);
          expect(entries.map(({ title }) => keyOf(title))).toEqual(cited.map(([title]) => keyOf(title)));
          const isNamed = cited.map(([, way]) => [0, 1, 3, 5].includes(way));
          expect(entries.map((entry) => entry.arxivId === arxivId)).toEqual(isNamed);
        },
      ),
      { numRuns: 60 },
    );
  });
});
