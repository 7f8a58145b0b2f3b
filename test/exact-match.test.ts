import { describe, expect, it } from 'vitest';
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

  it('are an author, in either order, with initials, and not what merely looks like one', () => {
    const ada = { family: 'lovelace', given: 'ada' };
    for (const query of [
      'Ada Lovelace',
      'ada lovelace',
      'Lovelace, Ada',
      'Lovelace Ada',
      'Ada Lovelace et al.',
    ]) {
      expect(namesIn(query).authors).toContainEqual({ ...ada, initials: /[A-Z]/.test(query) });
    }
    expect(namesIn('A. Lovelace').authors).toContainEqual({
      family: 'lovelace',
      given: 'a',
      initials: true,
    });
    expect(namesIn('ada k. lovelace').authors).toContainEqual({
      family: 'lovelace',
      given: 'ada k',
      initials: false,
    });
    expect(namesIn('Lovelace, A.').authors).toEqual([{ family: 'lovelace', given: 'a', initials: true }]);
    for (const query of [
      'e. coli',
      'X-Ray',
      'x ray',
      'a phase field',
      'GPT-4',
      'one two three four five six seven',
      '???',
    ]) {
      expect(namesIn(query).authors).toEqual([]);
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
});
