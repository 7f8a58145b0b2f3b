import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Corpus } from '../../src/recommend/corpus.ts';
import { centred, cosineIn, geometryOf } from '../../src/recommend/geometry.ts';
import { type Comparable, likenessTo } from '../../src/recommend/likeness.ts';
import { RECOMMENDING } from '../../src/recommend/settings.ts';
import { dot, normalized } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';

const DIMENSIONS = 16;
const CATEGORIES = ['cs.LG', 'cs.RO', 'math.AG', 'q-bio'];
/** Terms 0 to 99: the higher, the rarer. */
const rarity = (hash: number) => Math.min(1, hash / 100);
const draw = clusteredVectors(DIMENSIONS, { clusters: 5 });
const library = Array.from({ length: 200 }, draw);
const corpus: Corpus = {
  upTo: 200,
  sample: [],
  rarity,
  categoryRarity: (name) => (CATEGORIES.indexOf(name) + 1) / 5,
  geometry: await geometryOf(library),
};

const comparable: fc.Arbitrary<Comparable> = fc.record({
  terms: fc
    .uniqueArray(
      fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 2 ** 32 - 50, max: 2 ** 32 - 1 })),
      { maxLength: 60 },
    )
    .map((hashes) => Uint32Array.from(hashes).sort()),
  embedding: fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
    .map((values) => Float32Array.from(values))
    .filter((vector) => dot(vector, vector) > 0.01)
    .map(normalized),
  categories: fc.uniqueArray(fc.constantFrom(...CATEGORIES), { maxLength: 3 }),
});
const paper = (fields: Partial<Comparable> = {}): Comparable => ({
  terms: new Uint32Array(),
  embedding: library[0] as Float32Array,
  categories: [],
  ...fields,
});

/** The formula as it is written down, without an index of terms or blocks of vectors. */
function naive(a: Comparable, b: Comparable) {
  const { likeness } = RECOMMENDING;
  const [rarestFrom, fewTerms] = [0.2, 150];
  const shared = [...a.terms].filter((hash) => b.terms.includes(hash) && rarity(hash) >= rarestFrom);
  const sizes = [a, b].map(({ terms }) => Math.max(fewTerms, terms.length));
  const byTerms =
    shared.reduce((sum, hash) => sum + 4 * rarity(hash) ** 2, 0) /
    Math.sqrt((sizes[0] as number) * (sizes[1] as number));
  const squares = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + corpus.categoryRarity(name) ** 2, 0);
  const both = squares(a.categories.filter((name) => b.categories.includes(name)));
  const lengths = Math.sqrt(squares(a.categories) * squares(b.categories));
  return {
    terms: likeness.terms * byTerms,
    meaning:
      likeness.meaning *
      cosineIn(centred(corpus.geometry, a.embedding), centred(corpus.geometry, b.embedding), b.embedding),
    categories: likeness.categories * (lengths === 0 ? 0 : both / lengths),
  };
}
const total = (parts: Record<string, number>) => Object.values(parts).reduce((sum, part) => sum + part, 0);

describe('the likeness of two papers', () => {
  it('is what its formula says, for each of many examples, and its parts are its terms', () => {
    fc.assert(
      fc.property(fc.array(comparable, { minLength: 1, maxLength: 8 }), comparable, (examples, other) => {
        const to = likenessTo(corpus, examples);
        const values = [...to.of(other)];
        expect(values).toHaveLength(examples.length);
        examples.forEach((example, at) => {
          const expected = naive(example, other);
          const parts = to.parts(other, at);
          expect(parts.terms).toBeCloseTo(expected.terms, 6);
          expect(parts.meaning).toBeCloseTo(expected.meaning, 4);
          expect(parts.categories).toBeCloseTo(expected.categories, 6);
          expect(values[at]).toBeCloseTo(total({ ...parts }), 9);
        });
      }),
    );
  });

  it('is the same both ways', () => {
    fc.assert(
      fc.property(comparable, comparable, (a, b) => {
        expect(likenessTo(corpus, [a]).of(b)[0]).toBeCloseTo(likenessTo(corpus, [b]).of(a)[0] as number, 4);
      }),
    );
  });

  it('is bounded: no length of a text makes it like everything', () => {
    const { likeness } = RECOMMENDING;
    fc.assert(
      fc.property(comparable, comparable, (a, b) => {
        const value = likenessTo(corpus, [a]).of(b)[0] as number;
        expect(value).toBeLessThanOrEqual(4 * likeness.terms + likeness.meaning + likeness.categories + 1e-4);
        expect(value).toBeGreaterThanOrEqual(-likeness.meaning - 1e-4);
      }),
    );
    const everything = paper({ terms: Uint32Array.from({ length: 2_000 }, (_, at) => at + 200) });
    const few = paper({ terms: Uint32Array.of(200, 201, 202) });
    const equal = likenessTo(corpus, [few, everything]).of(few);
    expect(equal[0]).toBeGreaterThan(equal[1] as number);
  });

  it('counts a rare shared term more than a common one, and one that is everywhere not at all', () => {
    const example = paper({ terms: Uint32Array.of(10, 50, 90) });
    const to = likenessTo(corpus, [example]);
    const [everywhere, common, rare] = [10, 50, 90].map(
      (hash) => to.parts(paper({ terms: Uint32Array.of(hash) }), 0).terms,
    );
    expect(everywhere).toBe(0);
    expect(common).toBeGreaterThan(0);
    expect(rare).toBeGreaterThan(3 * (common as number));
  });

  it('counts a rare shared category more than a common one', () => {
    const example = paper({ categories: ['cs.LG', 'q-bio'] });
    const of = (name: string) =>
      likenessTo(corpus, [example]).parts(paper({ categories: [name] }), 0).categories;
    expect(of('q-bio')).toBeGreaterThan(of('cs.LG'));
    expect(of('cs.LG')).toBeGreaterThan(0);
    expect(of('math.AG')).toBe(0);
  });

  it('to no example is an empty list, and to one that is not there nothing', () => {
    expect([...likenessTo(corpus, []).of(paper())]).toEqual([]);
    expect(likenessTo(corpus, [paper()]).parts(paper(), 7)).toEqual({ terms: 0, meaning: 0, categories: 0 });
  });
});
