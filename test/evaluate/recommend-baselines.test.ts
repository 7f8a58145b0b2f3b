import { describe, expect, it } from 'vitest';
import {
  averageScores,
  bestOf,
  centroidScores,
  drawNegatives,
  logisticScores,
  matrixOf,
  nearestLikeScores,
  popularityScores,
  svmScores,
} from '../../scripts/evaluate/recommend-baselines.ts';
import { tfIdf } from '../../scripts/evaluate/tf-idf.ts';

const EAST = [1, 0];
const NORTH = [0, 1];
const BETWEEN = [0.6, 0.8];
const WEST = [-1, 0];
const matrix = matrixOf([EAST, NORTH, BETWEEN, WEST].map((row) => Float32Array.from(row)));
const rounded = (scores: Float32Array) => [...scores].map((score) => Math.round(score * 1e4) / 1e4);

describe('plain methods', () => {
  it('popularity counts the people who like a paper', () => {
    expect([...popularityScores(3, [[0, 2], [2]])]).toEqual([1, 0, 2]);
  });

  it('the centroid lets the newest like weigh most', () => {
    // Weights 1 and 1 / (1 + log10(2)) = 0.7686, so shares 0.5654 and 0.4346.
    expect(rounded(centroidScores(matrix, [0, 1]))).toEqual([0.5654, 0.4346, 0.6869, -0.5654]);
    expect(rounded(centroidScores(matrix, [1]))).toEqual([0, 1, 0.8, 0]);
  });

  it('the nearest like alone decides', () => {
    expect(rounded(nearestLikeScores(matrix, [0, 1]))).toEqual([1, 1, 0.8, 0]);
  });

  it('the average goes away from dislikes', () => {
    // Likes have the mean (0.5, 0.5); twice that less (0.6, 0.8) is (0.4, 0.2).
    expect(rounded(averageScores(matrix, [0, 1], [2]))).toEqual([0.4, 0.2, 0.4, -0.4]);
    expect(rounded(averageScores(matrix, [0, 1], []))).toEqual([0.5, 0.5, 0.7, -0.5]);
  });

  it('logistic regression prefers what is like the likes and unlike the rest', () => {
    const scores = logisticScores(matrix, [0], [0, 1, 3]);
    expect(bestOf(scores, [1, 2, 3], { without: new Set(), limit: 3 })).toEqual([2, 1, 3]);
    expect([...logisticScores(matrix, [], [0, 1])]).toEqual([0, 0, 0, 0]);
  });

  it('the SVM prefers papers with the words of the likes', () => {
    const words = tfIdf(['robot arm', 'robot leg', 'whale song'], {
      leastTexts: 1,
      greatestShare: 1,
      mostWords: 9,
    });
    const scores = svmScores(words, [0]);
    expect(scores[1]).toBeGreaterThan(scores[2] ?? 0);
    expect([...svmScores(words, [])]).toEqual([0, 0, 0]);
  });

  it('lists candidates by score, ties by position, without those that are known', () => {
    const scores = Float32Array.of(0.5, 0.9, 0.5, 0.9, 1);
    expect(bestOf(scores, [0, 1, 2, 3], { without: new Set([1]), limit: 2 })).toEqual([3, 0]);
  });

  it('draws the same papers every time', () => {
    expect(drawNegatives(5_000)).toHaveLength(1_000);
    expect(drawNegatives(5_000)).toEqual(drawNegatives(5_000));
    expect(drawNegatives(3).sort()).toEqual([0, 1, 2]);
  });
});
