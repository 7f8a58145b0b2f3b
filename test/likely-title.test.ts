import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { titleWithTypo } from '../scripts/evaluate/known-item-queries.ts';
import { createRandom } from '../scripts/evaluate/statistics.ts';
import { titleKey } from '../src/identity.ts';
import { likelyTitle } from '../src/likely-title.ts';
import { edits } from './fixtures/edits.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';

const TITLES = [
  'Sparse Attention Is Not All You Need',
  'Attention Is All You Need',
  'Gemma 2: Improving Open Language Models at a Practical Size',
  'Video Generation with Latent Diffusion, Part II',
  'Large Language Models for Code: A Survey of the Field',
  'Large Language Models for Code Are Not Tested Enough',
  'Vision Mamba',
];
const titles = TITLES.map((title, key) => ({ key, titleKey: titleKey(title) }));
const meant = (query: string) => {
  const key = likelyTitle(query, titles);
  return key === null ? null : TITLES[key];
};

describe('the title that a query means', () => {
  it.each([
    'atention is all you need',
    'Attention is al you need',
    'atention is all you ned',
    'Attenton Is Al You Need',
    'attention is allyou need',
    'attention si all you need',
  ])('is known in spite of typing errors: %j', (query) => {
    expect(meant(query)).toBe('Attention Is All You Need');
  });

  it('is known after any one error, in any word of three letters or more', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TITLES.slice(0, 6)), fc.nat(), (title, seed) => {
        expect(meant(titleWithTypo({ title }, createRandom(seed)) ?? '')).toBe(title);
      }),
    );
  });

  it.each([
    ['gemma 2 improving open language models', 2],
    ['gemma 2 improving open langage mod', 2],
    ['gemma 2 improving language models at practical size', 2],
    ['video generation with latent diffusion part', 3],
    ['large language models for code are not tested', 5],
  ])('is known by most of it: %j', (query, key) => {
    expect(likelyTitle(query, titles)).toBe(key);
  });

  it.each([
    // Other words, other numbers.
    'Audio Generation with Latent Diffusion, Part II',
    'Video Generation with Latent Diffusion, Part I',
    'Gemma 3: Improving Open Language Models at a Practical Size',
    // Too little of the title, or of several titles.
    'attention is',
    'is all you need',
    'gemma 2 improving',
    'large language models for code',
    // Words of a title, but not in order, or with others among them.
    'need attention all is you',
    'is attention really all that you need',
    'open models of practical size',
    'vison mmba',
    '',
    '???',
    'x'.repeat(1_000),
  ])('is none: %j', (query) => {
    expect(meant(query)).toBeNull();
  });

  it('counts edits as a full table does', () => {
    const word = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 14, maxLength: 18 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const [asked, title] = [a.join(''), b.join('')];
        const isNear = edits(asked, title) <= Math.floor(asked.length / 8);
        expect(likelyTitle(asked, [{ key: 1, titleKey: title }]) === 1).toBe(isNear);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(word, fc.nat(13), fc.constantFrom('a', 'b', 'c'), (a, at, letter) => {
        const asked = [...a.slice(0, at), letter, ...a.slice(at + 1)].join('');
        expect(likelyTitle(asked, [{ key: 1, titleKey: a.join('') }])).toBe(1);
      }),
    );
  });
});

describe('search', () => {
  it('puts the paper of a mistyped title first, in every mode, and says so', async () => {
    const { search, add } = await openTestLibrary();
    await add(
      ...topicPapers('robots', 10),
      { id: 'meant', title: 'Yarn Is All You Knit', abstract: 'Wool.' },
      ...['All you need', 'You need it all', 'All of you need all'].map((title, at) => ({
        id: `other-${at}`,
        title,
        abstract: `${title}, as all that you need is all you need. `.repeat(3),
      })),
    );
    for (const mode of ['hybrid', 'semantic', 'lexical'] as const) {
      const { hits } = await search.search({ query: 'yarm is all you need', mode, limit: 5 });
      expect(hits.filter(({ match }) => match === 'title')).toEqual([]);
      const mistyped = await search.search({ query: 'Yarn is al you knit', mode, limit: 5 });
      expect(mistyped.hits[0]).toMatchObject({ paper: { id: 'meant' }, match: 'title' });
      expect(mistyped.hits.filter(({ paper }) => paper.id === 'meant')).toHaveLength(1);
    }
  });
});
