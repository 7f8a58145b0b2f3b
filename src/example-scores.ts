import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PaperKey } from './paper.ts';
import { dot, type Embedding } from './vector.ts';
import { createVectorBlocks } from './vector-kernel.ts';

/** What the second-best positive example counts against the best, and how strongly the best negative one pushes away. */
export const EXAMPLE_WEIGHTS = { second: 0.1, negative: 0.6 } as const;

/** Papers that are scored before others get their turn: with 200 examples, a few milliseconds' work. */
const PAPERS_A_TURN = 128;

/** What makes a paper's score against examples. */
export interface ExampleParts {
  /** Cosine similarity to the positive example (or text) that counts most for the paper. */
  positive: number;
  /** What that one counts less for having nearer neighbours than other positive examples have; 0 or less. */
  balance: number;
  /** Highest cosine similarity to the other positive examples; null where there is none. */
  second: number | null;
  /** Cosine similarity to the negative example that the paper is most like; null without negative examples. */
  negative: number | null;
}

/**
 * A paper's score: `(positive + balance + 0.1 second) / 1.1 - 0.6 max(0, negative)`, or `positive - 0.6 max(0, negative)`
 * where there is one positive example. The best similarity leads, compared with what is near in that example's own
 * field, so that of unlike examples each gets its papers. Others that are like the paper, too, decide between near
 * ones.
 */
export function exampleScore({ positive, balance, second, negative }: ExampleParts): number {
  const { second: share, negative: push } = EXAMPLE_WEIGHTS;
  const best = positive + balance;
  const attraction = second === null ? best : (best + share * second) / (1 + share);
  return attraction - push * Math.max(0, negative ?? 0);
}

/** A positive example, and how similar its near neighbours are: in a crowded field more than in an empty one. */
export interface PositiveExample {
  embedding: Embedding;
  level: number;
}

interface Examples {
  positive: readonly PositiveExample[];
  negative: readonly Embedding[];
}

interface Scored {
  key: PaperKey;
  embedding: Embedding;
  score: number;
  parts: ExampleParts;
}

/** Scores papers against at least one positive example, in the order of the map. */
export type ExampleScores = (
  papers: ReadonlyMap<PaperKey, Embedding>,
  examples: Examples,
) => Promise<Scored[]>;

/**
 * Costs papers x examples dot products of `dimensions` numbers, by WebAssembly SIMD, and lets others have a turn now
 * and then. Single precision tells which examples are nearest; the similarities that are told are what `dot` gives.
 */
export function createExampleScores(dimensions: number): ExampleScores {
  const block = createVectorBlocks(dimensions, PAPERS_A_TURN)();
  const top = (papers: number) => ({
    places: new Int32Array(papers).fill(-1),
    values: new Float32Array(papers).fill(-9),
  });
  /** Per paper of the block, the place of the example that counts most, and of the nearest other one; -1 for none. */
  const nearest = (examples: readonly { embedding: Embedding; lowered: number }[], papers: number) => {
    const [counting, first, next] = [top(papers), top(papers), top(papers)];
    const put = (to: typeof first, paper: number, place: number, value: number) => {
      to.places[paper] = place;
      to.values[paper] = value;
    };
    examples.forEach(({ embedding, lowered }, place) => {
      block.scoreFirst(embedding, papers).forEach((similarity, paper) => {
        const value = similarity - lowered;
        if (value > (counting.values[paper] as number)) put(counting, paper, place, value);
        const highest = first.values[paper] as number;
        if (similarity > highest) {
          put(next, paper, first.places[paper] as number, highest);
          put(first, paper, place, similarity);
        } else if (similarity > (next.values[paper] as number)) put(next, paper, place, similarity);
      });
    });
    return (paper: number) => {
      const place = counting.places[paper] ?? -1;
      const other = first.places[paper] === place ? next.places[paper] : first.places[paper];
      return [examples[place], examples[other ?? -1]];
    };
  };

  return async (papers, examples) => {
    const lowest = Math.min(...examples.positive.map(({ level }) => level));
    const positive = examples.positive.map(({ embedding, level }) => ({
      embedding,
      lowered: level - lowest,
    }));
    const negative = examples.negative.map((embedding) => ({ embedding, lowered: 0 }));
    const all = [...papers];
    const scored: Scored[] = [];
    for (let from = 0; from < all.length; from += PAPERS_A_TURN) {
      if (from > 0) await nextTurn();
      const some = all.slice(from, from + PAPERS_A_TURN);
      some.forEach(([, embedding], at) => {
        block.row(at).set(embedding);
      });
      const [like, unlike] = [nearest(positive, some.length), nearest(negative, some.length)];
      some.forEach(([key, embedding], at) => {
        const [best, next] = like(at);
        const [worst] = unlike(at);
        const parts: ExampleParts = {
          positive: best ? dot(best.embedding, embedding) : 0,
          second: next ? dot(next.embedding, embedding) : null,
          balance: best ? 0 - best.lowered : 0,
          negative: worst ? dot(worst.embedding, embedding) : null,
        };
        scored.push({ key, embedding, score: exampleScore(parts), parts });
      });
    }
    return scored;
  };
}
