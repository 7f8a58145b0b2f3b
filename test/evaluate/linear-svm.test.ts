import { describe, expect, it } from 'vitest';
import { sparseDot, trainLinearSvm } from '../../scripts/evaluate/linear-svm.ts';
import { tfIdf } from '../../scripts/evaluate/tf-idf.ts';

const everyWord = { leastTexts: 1, greatestShare: 1, mostWords: 100 };

describe('tf-idf', () => {
  it('weighs words by how few texts have them, in rows of unit length', () => {
    const { starts, columns, values, width } = tfIdf(['Robot robot café', 'the robot', 'the'], everyWord);
    expect(width).toBe(2);
    expect([...starts]).toEqual([0, 2, 3, 3]);
    // By hand: robot is in 2 of 3 texts, cafe in 1.
    const [robot, cafe] = [2 * (Math.log(4 / 3) + 1), Math.log(4 / 2) + 1];
    const length = Math.hypot(robot, cafe);
    expect([...columns]).toEqual([0, 1, 0]);
    expect(values[0]).toBeCloseTo(robot / length, 6);
    expect(values[1]).toBeCloseTo(cafe / length, 6);
    expect(values[2]).toBe(1);
  });

  it('leaves out words in too few and too many texts, and all but the most frequent', () => {
    const texts = ['robot arm', 'robot leg', 'robot arm', 'whale'];
    expect(tfIdf(texts, { leastTexts: 2, greatestShare: 0.5, mostWords: 9 }).width).toBe(1);
    expect(tfIdf(texts, { leastTexts: 1, greatestShare: 1, mostWords: 2 }).width).toBe(2);
  });
});

describe('the linear SVM', () => {
  const rows = {
    starts: Uint32Array.of(0, 1, 2),
    columns: Uint32Array.of(0, 0),
    values: Float32Array.of(1, -1),
    width: 1,
  };

  it('finds the minimum that can be computed by hand', () => {
    // x = 1 and x = -1: by symmetry b = 0; w^2 / 2 + 2 C (1 - w)^2 has its minimum at 4 C / (1 + 4 C).
    for (const c of [0.01, 1]) {
      const { weights, bias } = trainLinearSvm(rows, [true, false], { c, tolerance: 1e-6 });
      expect(weights[0]).toBeCloseTo((4 * c) / (1 + 4 * c), 4);
      expect(bias).toBeCloseTo(0, 4);
    }
  });

  it('separates texts by their words, always in the same way', () => {
    const texts = ['robot arm', 'robot leg', 'whale song', 'whale sea', 'robot sea'];
    const words = tfIdf(texts, everyWord);
    const isLiked = [true, true, false, false, false];
    const { weights } = trainLinearSvm(words, isLiked);
    const scores = texts.map((_, at) => sparseDot(words, at, weights));
    expect(Math.min(...scores.slice(0, 2))).toBeGreaterThan(Math.max(...scores.slice(2)));
    expect(scores[4]).toBeGreaterThan(scores[2] ?? 0);
    expect(trainLinearSvm(words, isLiked).weights).toEqual(weights);
  });
});
