import { describe, expect, it } from 'vitest';
import { authorReadings } from '../src/author-query.ts';
import { namesIn } from '../src/exact-match.ts';
import { authorName, givenNamesAgree, titleKey } from '../src/identity.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';

describe('the names in a query', () => {
  it.each([
    '2401.01234',
    '2401.01234v3',
    'arXiv:2401.01234',
    'arxiv: 2401.01234v2',
    'https://arxiv.org/abs/2401.01234v1',
    'arxiv.org/pdf/2401.01234.pdf',
    'https://huggingface.co/papers/2401.01234 (read this)',
    'https://doi.org/10.48550/arXiv.2401.01234',
    'What follows from 2401.01234?',
  ])('are an arXiv id in %j', (query) => {
    expect(namesIn(query).arxivIds).toEqual(['2401.01234']);
  });

  it.each(['hep-th/9901001', 'arXiv:hep-th/9901001v2', 'see http://arxiv.org/abs/hep-th/9901001'])(
    'are an arXiv id of the old style in %j',
    (query) => {
      expect(namesIn(query).arxivIds).toEqual(['hep-th/9901001']);
    },
  );

  it.each(['version 12.2401.01234', '12401.01234', '2401.012345', 'a path/9901001'])(
    'are no arXiv id in %j',
    (query) => {
      expect(namesIn(query).arxivIds).toEqual([]);
    },
  );

  it.each([
    '10.1016/S0370-2693(97)00001-1',
    'doi:10.1016/s0370-2693(97)00001-1',
    'https://doi.org/10.1016%2FS0370-2693(97)00001-1.',
    'http://dx.doi.org/10.1016/S0370-2693(97)00001-1?via=x',
    'as in 10.1016/s0370-2693(97)00001-1, for instance',
  ])('are a DOI in %j', (query) => {
    expect(namesIn(query).dois).toContain('10.1016/s0370-2693(97)00001-1');
  });

  it.each(['math.gt/0309136', 'arXiv:math.GT/0309136', 'MATH.GT/0309136v2'])(
    'are an arXiv id of the old style, with its subject class and without, in %j',
    (query) => {
      expect(namesIn(query).arxivIds).toEqual(['math.GT/0309136', 'math/0309136']);
    },
  );

  it.each([
    '10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2',
    'doi: 10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2',
    'https://doi.org/10.1002/(SICI)1097-0258(19980815/30)17:15/16%3C1661::AID-SIM968%3E3.0.CO;2-2',
  ])('are a DOI with signs that end others: %j', (query) => {
    const doi = '10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2';
    expect(namesIn(query).dois).toContain(doi);
  });
});

describe('the authors that a query can ask for', () => {
  const authors = (query: string) => authorReadings(query).map(({ author }) => author);

  it('come in either order, with initials, and are not what merely looks like one', () => {
    const ada = { family: 'lovelace', given: 'ada', initials: false };
    for (const query of [
      'Ada Lovelace',
      'ada lovelace',
      'Lovelace, Ada',
      'Lovelace Ada',
      'Ada Lovelace et al.',
      'Papers by Ada Lovelace',
    ]) {
      expect(authors(query)).toContainEqual(ada);
    }
    const a = { family: 'lovelace', given: 'a', initials: true };
    for (const query of ['A. Lovelace', 'Lovelace, A.', 'a. lovelace', 'Lovelace A', 'lovelace, a']) {
      expect(authors(query)).toContainEqual(a);
    }
    expect(authors('ada k. lovelace')).toContainEqual({ ...ada, given: 'ada k' });
    for (const query of [
      'X-Ray',
      'x ray',
      'a phase field',
      'GPT-4',
      'one two three four five six seven',
      '???',
    ]) {
      expect(authors(query).filter(({ initials }) => initials)).toEqual([]);
    }
    for (const query of ['x ray', 'a phase field', 'GPT-4', 'one two three four five six seven', '???']) {
      expect(authors(query)).toEqual([]);
    }
  });

  it.each([
    'Lovelace',
    'Lovelace et al.',
    'lovelace et al., 2017',
    'Lovelace (2017)',
    'lovelace 2017',
    'Lovelace and others',
    'papers by Lovelace',
    'by Lovelace',
  ])('are a family name alone in %j', (query) => {
    expect(authors(query)).toEqual([{ family: 'lovelace', given: '', initials: false }]);
  });

  it('are a function word only when it is cited as a name', () => {
    expect(authors('An et al.')).toEqual([{ family: 'an', given: '', initials: false }]);
    for (const query of ['An', 'an', 'papers by you']) expect(authors(query)).toEqual([]);
  });

  it.each([
    ['van Beethoven', 'beethoven', 'van'],
    ['van der Maaten', 'maaten', 'van der'],
    ['de la Cruz et al.', 'cruz', 'de la'],
    ['Sohl-Dickstein', 'dickstein', 'sohl'],
  ])('are a family name of several words in %j', (query, family, before) => {
    expect(authors(query)).toEqual([{ family, given: '', initials: false, before }]);
  });

  it.each([
    ['Picard JL', 'picard', 'j l'],
    ['JRR Tolkien', 'tolkien', 'j r r'],
  ])('have all initials that are written together in %j', (query, family, given) => {
    expect(authors(query)).toContainEqual({ family, given, initials: true, allInitials: true });
  });

  it('have names of one character in scripts of the Far East', () => {
    for (const query of ['李 明', '李明']) {
      expect(authors(query)).toEqual([
        { family: '李明', given: '', initials: false },
        { family: '明', given: '李', initials: false },
        { family: '李', given: '明', initials: false },
      ]);
    }
  });
});

describe('names', () => {
  it('are compared without case, accents, commas and generations', () => {
    const name = { family: 'muller', given: 'jorg' };
    for (const written of ['Jörg Müller', 'MÜLLER, Jörg', 'Jorg Muller Jr.', 'Jörg Müller, Jr.']) {
      expect(authorName(written)).toEqual(name);
    }
    expect(authorName('Laurens van der Maaten')).toEqual({ family: 'maaten', given: 'laurens van der' });
    expect(authorName('Plato')).toEqual({ family: 'plato', given: '' });
    expect(authorName('...')).toBeNull();
    expect(titleKey('PanGu-$\\pi$: “Enhancing” Models')).toBe('pangu pi enhancing models');
  });

  it.each([
    ['yann', 'y', true],
    ['yann', 'yann andre', true],
    ['y a', 'yann andre', true],
    ['geoffrey', 'geoffrey e', true],
    ['wei', 'ming wei', false],
    ['yann', 'yoshua', false],
    ['j b', 'jean p', false],
  ])('%j and %j can be one person: %j', (a, b, agree) => {
    expect(givenNamesAgree(a, b, { initials: true })).toBe(agree);
    expect(givenNamesAgree(b, a, { initials: true })).toBe(agree);
  });
});

describe('search for a paper by name', () => {
  const library = async () => {
    const opened = await openTestLibrary();
    await opened.add(
      ...topicPapers('robots', 12),
      {
        id: 'published',
        title: 'Robot Hands: A Pre-Training Tale',
        abstract: 'Fingers that learn.',
        doi: '10.1000/xyz.12',
        arxivId: '2401.01234',
        authors: ['Ada Lovelace', 'Long Robot'],
        date: '2020-01-01',
      },
      { id: 'later', title: 'Looms', abstract: 'Weaving.', authors: ['A. Lovelace'], date: '2024-01-01' },
    );
    return opened;
  };
  const found = async (query: string, options: object = {}) => {
    const { search } = await library();
    const { hits } = await search.search({ query, mode: 'hybrid', limit: 100, ...options });
    return hits.map(({ paper, match }) => [paper.id, match]);
  };

  it.each([
    ['published', 'id'],
    ['arXiv:2401.01234v2', 'id'],
    ['https://doi.org/10.1000/XYZ.12', 'doi'],
    ['robot hands - a pretraining tale', 'title'],
  ])('puts the paper first that %j names, by its %s', async (query, match) => {
    const hits = await found(query);
    expect(hits[0]).toEqual(['published', match]);
    expect(hits.filter(([id]) => id === 'published')).toHaveLength(1);
  });

  it("puts an author's papers first: those that match best, then the newest", async () => {
    for (const query of ['Ada Lovelace', 'Lovelace, A.', 'lovelace']) {
      const hits = await found(query);
      expect(hits.slice(0, 2).sort()).toEqual([
        ['later', 'author'],
        ['published', 'author'],
      ]);
      expect(hits.slice(2).every(([, match]) => match === null)).toBe(true);
    }
  });

  it('does not take a word of many texts for the name of one author', async () => {
    expect((await found('robot')).every(([, match]) => match === null)).toBe(true);
  });

  it('keeps scores falling, pages stable, and the filter in force', async () => {
    const { search } = await library();
    const request = { query: 'Ada Lovelace', mode: 'lexical' as const };
    const whole = await search.search({ ...request, limit: 100 });
    const scores = whole.hits.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const first = await search.search({ ...request, limit: 1 });
    const second = await search.search({ ...request, limit: 1, cursor: first.nextCursor });
    expect([first, second].flatMap(({ hits }) => hits)).toEqual(whole.hits.slice(0, 2));
    expect(await found('arXiv:2401.01234', { filter: { from: '2025-01-01' } })).not.toContainEqual([
      'published',
      'id',
    ]);
  });

  it('finds names however they are written, in every mode', async () => {
    const { search, add } = await library();
    const person = (id: string, author: string) => ({
      id,
      title: id,
      abstract: `Of ${id}.`,
      authors: [author],
    });
    await add(
      person('a', 'Łukasz Kaiser'),
      person('b', 'Søren Weiß'),
      person('c', 'Ludwig van Beethoven'),
      person('d', 'Jascha Sohl-Dickstein'),
      person('e', 'Jean-Luc Picard'),
      person('f', 'J. R. R. Tolkien'),
      person('g', '李 明'),
      person('h', 'Hans Beethoven'),
    );
    for (const [query, id] of [
      ['Lukasz Kaiser', 'a'],
      ['soren weiss', 'b'],
      ['van Beethoven', 'c'],
      ['Sohl-Dickstein', 'd'],
      ['Sohl-Dickstein et al. 2015', 'd'],
      ['Sohl-Dickstein Jascha', 'd'],
      ['Picard JL', 'e'],
      ['picard, j.', 'e'],
      ['j. picard', 'e'],
      ['JRR Tolkien', 'f'],
      ['李 明', 'g'],
      ['李明', 'g'],
    ] as const) {
      for (const mode of ['hybrid', 'semantic', 'lexical'] as const) {
        const { hits } = await search.search({ query, mode, limit: 100 });
        const named = hits.filter(({ match }) => match === 'author').map(({ paper }) => paper.id);
        expect([query, mode, ...named]).toEqual([query, mode, id]);
      }
    }
  });

  it('takes a name for one however often its given words are said, if it is cited as one', async () => {
    const { search, add } = await library();
    const texts = Array.from({ length: 9 }, (_, at) => ({
      id: `text-${at}`,
      title: `Vaswani was here ${at}`,
      abstract: 'He was. Others too: et al.',
    }));
    await add({ id: 'v', title: 'Attention', abstract: 'Heads.', authors: ['Ashish Vaswani'] });
    const named = async (query: string) => {
      const { hits } = await search.search({ query, mode: 'hybrid', limit: 100 });
      return hits.filter(({ match }) => match === 'author').map(({ paper }) => paper.id);
    };
    for (const query of ['Vaswani et al.', 'vaswani 2017', 'Vaswani (2017)', 'papers by vaswani']) {
      expect(await named(query)).toEqual(['v']);
    }
    await add(...texts);
    expect(await named('vaswani 2017')).toEqual([]);
    expect(await named('Vaswani et al. 2017')).toEqual(['v']);
  });

  it('does not take terms that are called after people, or are vocabulary, for authors', async () => {
    const { search, add } = await library();
    const authors = [
      'B. Klein',
      'B. M. White',
      'L. Wilson',
      'G. Process',
      'D. Lee',
      'Kalman Filter',
      'A. I. Green',
    ];
    await add({ id: 'people', title: 'People', abstract: 'Nothing.', authors });
    const said =
      'A Klein bottle, a white box, Wilson loops, a Gaussian process, Lee distance, Kalman filter, green AI';
    await add(
      ...Array.from({ length: 4 }, (_, at) => ({
        id: `said-${at}`,
        title: `Terms ${at}`,
        abstract: `${said}.`,
      })),
    );
    for (const query of [
      'Klein Bottle',
      'White Box',
      'Wilson Loops',
      'Gaussian Process',
      'Lee Distance',
      'Kalman Filter',
      'Green AI',
      'B Klein bottle',
    ]) {
      const { hits } = await search.search({ query, mode: 'hybrid', limit: 100 });
      expect([query, ...hits.filter(({ match }) => match === 'author')]).toEqual([query]);
    }
  });
});
