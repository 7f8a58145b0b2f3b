import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfTerm, termSetOf, termsOf } from '../src/term-set.ts';

const terms = (abstract: string, title = '') => new Set(termsOf({ title, abstract }).keys());
const pairs = (abstract: string, title = '') =>
  [...terms(abstract, title)].filter((term) => term.includes(' '));

describe('the terms of a paper', () => {
  it('are its stemmed words and the pairs of words side by side', () => {
    expect(terms('Robots grasped mugs')).toEqual(
      new Set(['robot', 'grasp', 'mug', 'robot grasp', 'grasp mug']),
    );
  });

  it('are the same for whatever ending and case a word has', () => {
    expect(terms('GRASPING ROBOT MUG')).toEqual(terms('grasped robots mugs'));
  });

  it('have no function words, and no pair across one', () => {
    expect(terms('robots of the galaxies')).toEqual(new Set(['robot', 'galaxi']));
  });

  it.each([
    ['the end of a sentence', 'We watch robots. Galaxies rotate'],
    ['a comma', 'robots, galaxies'],
    ['a semicolon', 'robots; galaxies'],
    ['a bracket', 'robots (galaxies)'],
    ['a colon', 'robots: galaxies'],
  ])('have pairs across %s: signs break none', (_, text) => {
    expect(pairs(text)).toContain('robot galaxi');
  });

  it('have no pair of the last word of the title and the first of the abstract', () => {
    expect(pairs('galaxies rotate', 'grasping robots')).toEqual(['grasp robot', 'galaxi rotat']);
  });

  it('pair words across a line break, a hyphen and a slash, which end no phrase', () => {
    for (const text of ['robot\ngalaxies', 'robot-galaxies', 'robot/galaxies']) {
      expect(pairs(text)).toEqual(['robot galaxi']);
    }
  });

  it('are shown as the paper writes them first', () => {
    const shown = termsOf({ title: 'Grasping Robots', abstract: 'grasped robot' });
    expect(shown.get('grasp robot')).toBe('Grasping Robots');
    expect(shown.get('robot')).toBe('Robots');
  });

  it('are bounded in a text of any length', () => {
    const long = Array.from({ length: 20_000 }, (_, at) => `word${at}`).join(' ');
    expect(termsOf({ title: 'T', abstract: long }).size).toBeLessThanOrEqual(2_001);
  });

  it('are none of an empty text, or one of function words', () => {
    expect(terms('')).toEqual(new Set());
    expect(terms('of the and')).toEqual(new Set());
  });
});

describe('a term set', () => {
  it('has each term once, ascending, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.string(), (abstract, title) => {
        const set = [...termSetOf({ title, abstract })];
        expect(set).toEqual([...new Set(set)].sort((a, b) => a - b));
        const hashes = new Set([...termsOf({ title, abstract }).keys()].map(hashOfTerm));
        expect(new Set(set)).toEqual(hashes);
      }),
    );
  });

  it('has numbers that stored libraries rest on: whoever changes them makes all sets anew', () => {
    expect([hashOfTerm(''), hashOfTerm('robot'), hashOfTerm('grasp robot')]).toMatchInlineSnapshot(`
      [
        2872998923,
        1828356270,
        2969305117,
      ]
    `);
    for (const term of ['robot', 'ß', '量子']) {
      const hash = hashOfTerm(term);
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
    }
  });

  it('spreads like terms over all buckets: the upper bits alone tell nearly all of them apart', () => {
    const buckets = new Set(Array.from({ length: 10_000 }, (_, at) => hashOfTerm(`term${at}`) >>> 10));
    // Of 10,000 balls in 2^22 buckets some 12 fall on another.
    expect(buckets.size).toBeGreaterThan(9_950);
  });
});
