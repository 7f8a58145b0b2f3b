import type { PaperKey } from '../paper.ts';
import { termOverlaps } from '../term-overlap.ts';
import type { TermSet } from '../term-set.ts';
import type { Embedding } from '../vector.ts';
import { createVectorBlocks } from '../vector-kernel.ts';
import type { Corpus } from './corpus.ts';
import { type Centred, centred } from './geometry.ts';
import { RECOMMENDING } from './settings.ts';

/** What of a paper, or of a text, is compared. */
export interface Comparable {
  terms: TermSet;
  embedding: Embedding;
  categories: readonly string[];
  /** In the geometry of the corpus, where that is known already. */
  centred?: Centred;
  /** A text of few words, which is compared as a query is. */
  isShort?: boolean;
}

/** A paper that may be recommended, with what ranking asks of it. */
export interface ComparablePaper extends Comparable {
  key: PaperKey;
}

/** The parts of a likeness, weighted: their sum is the likeness. */
export interface LikenessParts {
  terms: number;
  meaning: number;
  categories: number;
}

export interface LikenessTo {
  /** The likeness of a paper to each of the examples, in their order. A view that is valid until the next call. */
  of(paper: Comparable): Float64Array;
  /** The parts of its likeness to one of them. */
  parts(paper: Comparable, example: number): LikenessParts;
}

const { likeness: WEIGHTS, shortSeeds: SHORT } = RECOMMENDING;

/**
 * Prepares examples, so that other papers can be compared with all of them at once. The likeness of a and b is
 *
 *     0.92 * the overlap of their terms (src/term-overlap.ts)
 *   + 0.07 * the cosine of their embeddings in the geometry of the corpus
 *   + 0.02 * the cosine of their categories, weighted by rarity
 *
 * and of a paper and a short text: 2.5 times the first, and 0.2 of what the plain cosine has above 0.25.
 */
export function likenessTo(corpus: Corpus, examples: readonly Comparable[]): LikenessTo {
  const overlaps = termOverlaps(
    corpus,
    examples.map(({ terms }) => terms),
  );
  const shortOnes = examples.flatMap(({ isShort }, at) => (isShort ? at : []));
  const terms: Products = (paper, sums) => {
    overlaps(paper.terms, sums, WEIGHTS.terms);
    for (const at of shortOnes) sums[at] = (sums[at] as number) * SHORT.termTimes;
  };
  const meaning = meaningProducts(corpus, examples);
  const categories = categoryProducts(corpus, examples);
  const sums = new Float64Array(examples.length);
  return {
    of(paper) {
      sums.fill(0);
      terms(paper, sums);
      meaning(paper, sums);
      categories(paper, sums);
      return sums;
    },
    parts(paper, example) {
      const [byTerms, byMeaning, byCategories] = [terms, meaning, categories].map((products) => {
        const only = new Float64Array(examples.length);
        products(paper, only);
        return only[example] ?? 0;
      });
      return { terms: byTerms ?? 0, meaning: byMeaning ?? 0, categories: byCategories ?? 0 };
    },
  };
}

/** Adds a part of the likeness to each example to `sums`. */
type Products = (paper: Comparable, sums: Float64Array) => void;

/** Examples, the mean and the axes of the geometry are one block: a paper is compared with all of them in one go. */
function meaningProducts({ geometry }: Corpus, examples: readonly Comparable[]): Products {
  const { mean, axes, shrink } = geometry;
  const dimensions = examples[0]?.embedding.length ?? 0;
  if (dimensions === 0) return () => {};
  const rows = examples.length + axes.length + 1;
  const block = createVectorBlocks(dimensions, rows)();
  const offsets = examples.map((example, at) => {
    const { query, offset, length } = example.centred ?? centred(geometry, example.embedding);
    const by = length < 1e-6 ? 0 : WEIGHTS.meaning / length;
    // A short one is compared as it is, see below.
    block.row(at).set(example.isShort ? example.embedding : query.map((x) => x * by));
    return offset * by;
  });
  const meanAt = examples.length;
  if (mean.length > 0) block.row(meanAt).set(mean);
  axes.forEach((axis, at) => {
    block.row(meanAt + 1 + at).set(axis);
  });
  const meanSquare = mean.reduce((sum, x) => sum + x * x, 0);
  const onAxes = axes.map((axis) => mean.reduce((sum, x, i) => sum + x * (axis[i] as number), 0));
  return ({ embedding }, sums) => {
    const products = block.scoreFirst(embedding, rows);
    let square = 1 - 2 * (products[meanAt] as number) + meanSquare;
    for (let at = 0; at < axes.length; at++) {
      const coordinate = (products[meanAt + 1 + at] as number) - (onAxes[at] as number);
      square += (shrink[at] as number) * coordinate * coordinate;
    }
    if (square < 1e-12) return;
    const by = 1 / Math.sqrt(square);
    for (let at = 0; at < examples.length; at++) {
      const product = products[at] as number;
      const part = examples[at]?.isShort
        ? SHORT.meaning * Math.max(0, product - SHORT.above)
        : (product - (offsets[at] as number)) * by;
      sums[at] = (sums[at] as number) + part;
    }
  };
}

function categoryProducts(corpus: Corpus, examples: readonly Comparable[]): Products {
  const lengthOfAll = (names: readonly string[]) =>
    Math.hypot(...names.map((name) => corpus.categoryRarity(name)));
  const having = new Map<string, { example: number; value: number }[]>();
  examples.forEach(({ categories }, example) => {
    const length = lengthOfAll(categories);
    for (const name of categories) {
      const rarity = corpus.categoryRarity(name);
      if (length === 0 || rarity === 0) continue;
      const list = having.get(name) ?? [];
      list.push({ example, value: (WEIGHTS.categories * rarity) / length });
      having.set(name, list);
    }
  });
  return ({ categories }, sums) => {
    const length = lengthOfAll(categories);
    if (length === 0) return;
    for (const name of categories) {
      const share = corpus.categoryRarity(name) / length;
      for (const { example, value } of having.get(name) ?? []) {
        sums[example] = (sums[example] as number) + value * share;
      }
    }
  };
}
