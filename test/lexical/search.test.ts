import { describe, expect, it, onTestFinished } from 'vitest';
import { LEXICAL } from '../../src/lexical/constants.ts';
import type { LexicalText } from '../../src/lexical/lexical-index.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import { createMemoryTextSource } from '../fixtures/memory-text-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

function library(...texts: Partial<LexicalText>[]) {
  const source = createMemoryTextSource();
  for (const [at, text] of texts.entries()) source.put(at + 1, text, { upvotes: at + 1 });
  const index = createLocalLexicalIndex({ folder: temporaryFolder(), source });
  onTestFinished(() => index.close());
  const keys = async (query: string, options = {}) =>
    (await index.search(query, { limit: 10, ...options })).hits.map(({ key }) => key);
  return { source, index, keys };
}

const papers = () =>
  library(
    { title: 'Graph neural networks', abstract: 'A survey.', authors: ['Ada Lovelace', 'Emmy Noether'] },
    { title: 'A survey', abstract: 'On neural networks for graphs.' },
    { title: 'Cooking', abstract: 'GPT-4 and C++ in the kitchen: state-of-the-art recipes.' },
  );

describe('lexical search', () => {
  it('ranks by stems, a title word before an abstract word, authors too', async () => {
    const { index, keys } = papers();
    expect(await keys('network graph')).toEqual([1, 2]);
    expect(await keys('noether')).toEqual([1]);
    const { hits, total } = await index.search('network graph', { limit: 1 });
    expect([hits.length, total]).toEqual([1, 2]);
    expect(hits[0]).toMatchObject({ coverage: 1, phrases: 0 });
    const [byAuthor] = (await index.search('surveys by Noether', { limit: 1 })).hits;
    expect(byAuthor?.coverage).toBe(1);
  });

  it.each([
    '"',
    '*',
    'NEAR(',
    'AND',
    'a OR',
    '(',
    ')',
    '^',
    'title:',
    '-',
    '{}',
    "'",
    '\\',
    '?',
    '',
    '   ',
    '\u0000',
    '""',
  ])('takes %j for a query like any other', async (query) => {
    const { index } = papers();
    await expect(index.search(query, { limit: 10 })).resolves.toMatchObject({ hits: expect.any(Array) });
    await expect(index.suggest(query)).resolves.toBeNull();
  });

  it('finds names with signs, and compounds however they are written', async () => {
    const { keys } = papers();
    for (const query of ['GPT-4', 'gpt4', 'C++', 'state of the art', 'stateoftheart']) {
      expect(await keys(query)).toEqual([3]);
    }
  });

  it('finds words with letters that have no accent to drop, in either spelling', async () => {
    const { keys } = library({ title: 'Łukasz, Søren, Weiß, Işık, Đorđe, Guðrún, Æther, Œuvre and Þór' });
    for (const word of 'lukasz soren weiss isik dorde gudrun aether oeuvre thor ŁUKASZ Weiß ışık'.split(
      ' ',
    )) {
      expect([word, ...(await keys(word))]).toEqual([word, 1]);
    }
  });

  it('leaves stop words out, unless there is nothing else', async () => {
    const { index, keys } = papers();
    expect(await keys('the')).toEqual([3]);
    expect(await keys('the neural')).toEqual([1, 2]);
    const { terms } = await index.search('on the neural', { limit: 1 });
    expect(terms.map(({ form }) => form)).toEqual(['neural']);
  });

  it('counts a word as often as it is said, up to a limit', async () => {
    const { index } = papers();
    const weights = async (query: string) =>
      (await index.search(query, { limit: 1 })).terms.map(({ weight }) => weight);
    expect(await weights('graph graphs neural')).toEqual([2, 1]);
    expect(await weights('graph '.repeat(9))).toEqual([LEXICAL.mostRepeats]);
  });

  it('looks for so many terms of a long query, those said most and then the rarest', async () => {
    const rare = Array.from({ length: 60 }, (_, at) => `rare${at}`);
    const { index } = library(
      { abstract: `common twice ${rare.slice(0, 30).join(' ')}` },
      { abstract: `common twice ${rare.slice(30).join(' ')}` },
    );
    const { terms } = await index.search(`common twice twice ${rare.join(' ')} missing`, { limit: 5 });
    const found = terms.filter(({ documents }) => documents > 0).map(({ form }) => form);
    expect(found).toHaveLength(LEXICAL.mostTerms);
    expect(found[0]).toBe('twice');
    expect(found).not.toContain('common');
    expect(terms.at(-1)).toMatchObject({ form: 'missing', documents: 0, correction: null });
  });

  it('applies filters', async () => {
    const { index, keys } = papers();
    expect(await keys('networks', { filter: { minUpvotes: 2 } })).toEqual([2]);
    expect(await keys('networks', { filter: { excludedKeys: [1, 99] } })).toEqual([2]);
    expect(await keys('networks', { filter: { minUpvotes: 2, excludedKeys: [2] } })).toEqual([]);
    expect((await index.search('networks', { limit: 9, filter: { minUpvotes: 2 } })).total).toBe(1);
    await expect(index.search('networks', { limit: 0 })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('scores given papers as a search does, whether they match or not', async () => {
    const { index } = papers();
    const { hits } = await index.search('neural survey', { limit: 10 });
    const scores = await index.score('neural survey', [3, 2, 2, 1, 99]);
    for (const hit of hits) expect(scores.get(hit.key)).toEqual(hit);
    expect(scores.get(3)).toEqual({ key: 3, score: 0, coverage: 0, phrases: 0 });
    expect(scores.has(99)).toBe(false);
  });

  it('forgets the words of a text that changed or went, at once', async () => {
    const { source, index, keys } = papers();
    await index.refresh();
    source.put(1, { title: 'Renamed', abstract: 'Entirely.' });
    await index.refresh();
    expect(await keys('network')).toEqual([2]);
    source.remove(2);
    await index.refresh();
    expect(await keys('network')).toEqual([]);
    expect(await keys('noether')).toEqual([]);
  });

  it('ranks many equal papers by key, and keeps the best of them', async () => {
    const { keys } = library(
      ...Array.from({ length: 2_000 }, (_, at) => ({ abstract: at % 7 === 0 ? 'word' : 'word other' })),
    );
    const expected = Array.from({ length: 10 }, (_, at) => 7 * at + 1);
    expect(await keys('word')).toEqual(expected);
  });
});

describe('quoted phrases', () => {
  it('are words in order, next to each other, in one field, compared by stem', async () => {
    const { index, keys } = library(
      { title: 'Deep learning of graphs', abstract: 'Text.' },
      { title: 'Learning deep', abstract: 'Learning is deep. Deep, then learning.' },
      { title: 'It is deep', abstract: 'Learning.', authors: ['Deep', 'Learning'] },
      { title: 'Other', abstract: 'We deeply learn; deep learning is deep learning.' },
    );
    expect((await keys('"deep learning"')).sort()).toEqual([1, 4]);
    expect(await keys('"learning of graphs"')).toEqual([1]);
    expect(await keys('“is deep learning” graphs')).toEqual([4]);
    const { hits, total, phrases } = await index.search('"deep learning" "graphs"', { limit: 5 });
    expect(phrases).toEqual({ asked: 2, required: true });
    expect([hits.length, total, hits[0]?.phrases]).toEqual([1, 1, 2]);
    const scores = await index.score('"deep learning" "graphs"', [1, 2, 4]);
    expect([1, 2, 4].map((key) => scores.get(key)?.phrases)).toEqual([2, 0, 1]);
  });

  it('that no paper has, or none that passes the filter, restrict nothing', async () => {
    const { index, keys } = papers();
    expect(await keys('"graph networks"')).toEqual([1, 2]);
    expect(await keys('"neural quark"')).toEqual([1, 2]);
    expect((await index.search('"neural quark"', { limit: 1 })).phrases).toEqual({
      asked: 1,
      required: false,
    });
    expect(await keys('"neural networks for"')).toEqual([2]);
    expect(await keys('"graph neural"', { filter: { excludedKeys: [1] } })).toEqual([2]);
  });

  it('of stop words restrict nothing unless a paper with them has a word of the rest, too', async () => {
    const { index, keys } = library(
      { title: 'Venom', abstract: 'Of the platypus.' },
      { title: 'Geese', abstract: 'They sleep on the water.' },
    );
    expect(await keys('"on the" platypus venom')).toEqual([1]);
    expect((await index.search('"on the" platypus', { limit: 1 })).phrases.required).toBe(false);
    expect(await keys('"of the" venom water')).toEqual([1]);
    expect(await keys('"on the"')).toEqual([2]);
    expect(await keys('"on the" "of the"')).toEqual([1, 2]);
  });

  it.each(['„learning of graphs“', '«learning of graphs»', '»learning of graphs«', '“learning of graphs”'])(
    'stand in quotes of any kind: %s',
    async (query) => {
      const { keys } = library({ title: 'Graphs of learning' }, { title: 'Learning of graphs' });
      expect(await keys(query)).toEqual([2]);
    },
  );

  it('are not looked at where they are a small part of a pasted text', async () => {
    const { index } = papers();
    const pasted =
      'We describe neural networks for graphs, and call one of them "neural" in the text that follows.';
    expect((await index.search(pasted, { limit: 5 })).phrases).toEqual({ asked: 0, required: false });
    expect((await index.search('"neural" networks', { limit: 5 })).phrases.asked).toBe(1);
  });
});

describe('mentions', () => {
  const mentions = async (text: string, options = {}) => {
    const { index } = library(
      { title: 'Klein bottles', authors: ['Ada Lovelace', 'Bo Klein'] },
      { title: 'On a Klein bottle', abstract: 'Ada, Lovelace.' },
      { title: 'A bottle of Klein', authors: ['Lovelace', 'Ada'] },
      { title: 'More', authors: ['Wei Wei'] },
    );
    const { papers, byAuthors } = await index.mentions(text, options);
    return [papers, byAuthors];
  };

  it('are counted by stem and in one field, and so are those by authors', async () => {
    expect(await mentions('Klein bottle')).toEqual([2, 0]);
    expect(await mentions('klein')).toEqual([3, 1]);
    expect(await mentions('Ada Lovelace')).toEqual([2, 1]);
    expect(await mentions('wei wei')).toEqual([1, 1]);
    expect(await mentions('lovelace')).toEqual([3, 2]);
    for (const text of ['kleim', 'klein kleim', '???', '']) expect(await mentions(text)).toEqual([0, 0]);
  });

  it('are those of papers that pass the filter', async () => {
    expect(await mentions('klein', { minUpvotes: 2 })).toEqual([2, 0]);
    expect(await mentions('klein', { excludedKeys: [2] })).toEqual([2, 1]);
  });
});

describe('words that no paper has', () => {
  const misspelt = () =>
    library(
      { title: 'Transformers hallucinate', abstract: 'Hallucination of transformers in text.' },
      { title: 'Transformer', abstract: 'Hallucinations, and gpt4 in contexts. Graph gruph.' },
      { title: 'Graph', abstract: 'A graph.' },
    );

  it('are looked for in their likeliest spelling, which counts less', async () => {
    const { index, keys } = misspelt();
    expect(await keys('trnasformer')).toEqual(await keys('transformer'));
    const right = (await index.search('transformer', { limit: 1 })).hits[0]?.score ?? 0;
    const answer = await index.search('trnasformer', { limit: 1 });
    expect(answer.hits[0]?.score).toBeCloseTo(right * LEXICAL.correctionWeight, 9);
    expect(answer.terms).toMatchObject([{ form: 'trnasformer', correction: 'transformer', documents: 2 }]);
    // The right word is there as well: nothing is to be corrected.
    const both = await index.search('trnasformer transformer', { limit: 1 });
    expect(both.terms.map(({ correction }) => correction)).toEqual([null, null]);
    expect(both.hits[0]?.coverage).toBe(1);
  });

  it.each([
    ['trnasformer', 'transformer'],
    ['Trnasformers of txet', 'transformers of text'],
    ['halucinatoin', 'hallucination'],
    ['"hallucinaton," he said', '"hallucination," he said'],
    // Of two at one edit, the one said more often.
    ['grph', 'graph'],
    ['tranfsormer-txet', 'transformer-text'],
  ])('are suggested otherwise: %j', async (query, suggestion) => {
    // Words that are no part of what is tested are in the library, or have no near spelling.
    expect(await misspelt().index.suggest(query)).toBe(suggestion);
  });

  it.each(['transformer', 'transformed', 'txt', 'gpt5', 'quark', 'the', 'trnsfrmr', ''])(
    'are left as they are when they are right, short, digits, or unlike any: %j',
    async (query) => {
      expect(await misspelt().index.suggest(query)).toBeNull();
    },
  );

  it('are not corrected to a word of a removed paper', async () => {
    const { source, index } = misspelt();
    expect(await index.suggest('contxts')).toBe('contexts');
    source.remove(2);
    await index.refresh();
    expect(await index.suggest('contxts')).toBeNull();
  });
});
