import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Corpus } from '../../src/recommend/corpus.ts';
import { distinctiveTerms, sharedTerms } from '../../src/recommend/terms.ts';
import { hashOfTerm, termsOf } from '../../src/term-set.ts';
import { PLAIN_CORPUS } from '../fixtures/profiles.ts';

/** A library in which some words are in every paper, and some in many. */
const corpus: Corpus = {
  ...PLAIN_CORPUS,
  rarity: (hash) => (everywhere.has(hash) ? 0.05 : common.has(hash) ? 0.4 : 1),
};
const everywhere = new Set(['method', 'propos'].map(hashOfTerm));
const common = new Set(['learn', 'train'].map(hashOfTerm));
const text = (title: string, abstract = '') => ({ title, abstract });

describe('shared terms', () => {
  it('are of both papers, as the first writes them: rare ones first, pairs instead of their words', () => {
    const a = text(
      'Offline reinforcement learning',
      'We propose a method of tactile grasping, trained on GPT-4.',
    );
    const b = text('Grasping', 'A method: reinforcement learning for GPT-4, and tactile training.');
    const terms = sharedTerms(corpus, a, b);
    // Pairs weigh more than words: of equal weight, they are in alphabetical order.
    expect(terms.slice(0, 2)).toEqual(['GPT-4', 'reinforcement learning']);
    expect(new Set(terms)).toEqual(
      new Set(['reinforcement learning', 'GPT-4', 'grasping', 'tactile', 'trained']),
    );
    expect(terms.at(-1)).toBe('trained');
  });

  it('are none of papers that share what every paper says, or nothing', () => {
    expect(sharedTerms(corpus, text('We propose a method'), text('A proposed method'))).toEqual([]);
    expect(sharedTerms(corpus, text('robots'), text('galaxies'))).toEqual([]);
    expect(sharedTerms(corpus, text(''), text(''))).toEqual([]);
  });

  it('are said in both, each word once, and no more than asked for', () => {
    const words = fc.array(
      fc.constantFrom('robot', 'arm', 'grasp', 'policy', 'method', 'the', 'tactile', 'mug', '.'),
      {
        maxLength: 25,
      },
    );
    fc.assert(
      fc.property(words, words, fc.integer({ min: 0, max: 6 }), (one, other, limit) => {
        const [a, b] = [text(one.join(' ')), text(other.join(' '))];
        const terms = sharedTerms(corpus, a, b, limit);
        expect(terms.length).toBeLessThanOrEqual(limit);
        const [inA, inB] = [termsOf(a), termsOf(b)];
        for (const term of terms) {
          const [key] = [...termsOf(text(term)).keys()].filter(
            (name) => !term.includes(' ') || name.includes(' '),
          );
          expect(inA.has(key ?? '') && inB.has(key ?? '')).toBe(true);
        }
        // No term is told whose words are in another.
        const words = terms.map((term) => new Set(term.split(' ')));
        words.forEach((one, at) => {
          for (const before of words.slice(0, at))
            for (const word of one) expect(before.has(word)).toBe(false);
        });
      }),
    );
  });
});

describe('the terms that an interest is known by', () => {
  const forms = (texts: Parameters<typeof distinctiveTerms>[1], limit = 3) =>
    distinctiveTerms(corpus, texts, limit).map(({ form }) => form);

  it('are those that many of its papers have and few others', () => {
    const papers = [
      text('Tactile sensing', 'We propose a method.'),
      text('A method of tactile learning', 'To grasp.'),
      text('Proposed methods', 'Tactile mugs'),
    ];
    expect(forms(papers)[0]).toBe('tactile');
    expect(forms(papers, 9)).not.toContain('method');
    // Only one paper says it.
    expect(forms(papers, 9)).not.toContain('mugs');
  });

  it('of one paper are its own, and of none none', () => {
    expect(forms([text('Tactile grasping')])).toEqual(['tactile grasping']);
    expect(forms([])).toEqual([]);
    expect(forms([text('12 34 5')])).toEqual([]);
  });

  it('do not depend on the order of papers, but for how a term is written', () => {
    const papers = ['robot arm', 'robot mug', 'arm mug'].map((title) => text(title));
    const terms = (list: typeof papers) => distinctiveTerms(corpus, list, 5).map(({ term }) => term);
    expect(terms([...papers].reverse())).toEqual(terms(papers));
  });
});
