import { describe, expect, it } from 'vitest';
import { type DenseList, wordFit as fitBy, fuse as fuseBy, type LexicalList, single } from '../src/fusion.ts';
import type { LexicalHit } from '../src/lexical/lexical-index.ts';
import { RANKING } from '../src/ranking.ts';

const { fusion } = RANKING;
const fuse = (dense: DenseList, lexical: LexicalList) => fuseBy(dense, lexical, fusion);
const wordFit = (lexical: LexicalList) => fitBy(lexical, fusion.wordFit);

const hit = (key: number, score: number, coverage = 0): LexicalHit => ({
  key,
  score,
  coverage,
  phrases: 0,
});
const lexicalList = (hits: LexicalHit[], others: LexicalHit[] = [], terms = 3): LexicalList => ({
  hits,
  others: new Map(others.map((other) => [other.key, other])),
  ideal: 20,
  terms: Array.from({ length: terms }, (_, at) => ({
    term: `t${at}`,
    form: `t${at}`,
    weight: 1,
    correction: null,
    idf: 1,
    documents: 1,
  })),
});
const denseList = (similarities: [number, number][], others: [number, number][] = []): DenseList => ({
  neighbours: similarities.map(([key, similarity]) => ({ key, similarity })),
  others: new Map(others),
});

describe('fusion', () => {
  it('puts what both lists have above what one has, and tells the parts and ranks', () => {
    const dense = denseList(
      [
        [1, 0.8],
        [2, 0.7],
        [3, 0.2],
      ],
      [[4, 0.1]],
    );
    const fused = fuse(dense, lexicalList([hit(4, 5), hit(2, 4.5)]));
    expect(fused.map(({ key }) => key)).toEqual([2, 1, 4, 3]);
    expect(fused[0]?.parts).toMatchObject({ dense: 0.7, denseRank: 2, lexical: 4.5, lexicalRank: 2 });
    expect(fused.find(({ key }) => key === 4)?.parts).toMatchObject({ dense: 0.1, denseRank: null });
    for (const { score } of fused) expect(score).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fused.map(({ score }) => score))).toBeLessThanOrEqual(1);
  });

  it('gives a lone candidate, and candidates that are all alike, the full score of their list', () => {
    const [lone] = fuse(denseList([[1, 0.3]]), lexicalList([]));
    expect(lone?.score).toBeCloseTo(fusion.dense.loose / (1 + fusion.coverage));
    const alike: [number, number][] = [
      [1, 0.4],
      [2, 0.4],
    ];
    for (const { score } of fuse(denseList(alike), lexicalList([]))) expect(score).toBeGreaterThan(0);
    const [best] = fuse(denseList(alike), lexicalList([hit(2, 9, 1)]));
    expect([best?.key, best?.score]).toEqual([2, 1]);
  });

  it('trusts words more when some paper says nearly the whole query', () => {
    const dense = denseList([[1, 0.8]], [[2, 0.1]]);
    const best = (score: number) => fuse(dense, lexicalList([hit(2, score)]))[0]?.key;
    expect([best(5), best(19)]).toEqual([1, 2]);
  });

  it('knows the words of a paper that only the dense search found', () => {
    const dense = denseList([
      [1, 0.5],
      [2, 0.5],
    ]);
    const fused = fuse(dense, lexicalList([hit(9, 10)], [hit(2, 6), hit(1, 0)]));
    expect(fused.filter(({ key }) => key !== 9).map(({ key }) => key)).toEqual([2, 1]);
    expect(fused.find(({ key }) => key === 2)?.parts).toMatchObject({ lexical: 6, lexicalRank: null });
    expect(fused.find(({ key }) => key === 1)?.parts.lexical).toBeNull();
  });

  it('counts how much of a short query a paper says, and not of a long one', () => {
    const dense = denseList([
      [1, 0.6],
      [2, 0.6],
    ]);
    const hits = [hit(1, 10, 0.2), hit(2, 10, 1)];
    const [best, next] = fuse(dense, lexicalList(hits));
    expect([best?.key, next?.key]).toEqual([2, 1]);
    const [one, other] = fuse(dense, lexicalList(hits, [], fusion.longQueryWords));
    expect(one?.score).toBe(other?.score);
  });

  it('keeps the scores of one list alone, and answers nothing for nothing', () => {
    expect(single(null, lexicalList([hit(1, 7), hit(2, 5)])).map(({ score }) => score)).toEqual([7, 5]);
    expect(single(denseList([[1, 0.4]]), null).map(({ score }) => score)).toEqual([0.4]);
    expect(fuse(denseList([]), lexicalList([]))).toEqual([]);
  });

  it('says how nearly the query is said', () => {
    expect(wordFit(lexicalList([]))).toBe(0);
    expect(wordFit(lexicalList([hit(1, 2)]))).toBe(0);
    expect(wordFit(lexicalList([hit(1, 9)]))).toBeCloseTo(0.5);
    expect(wordFit(lexicalList([hit(1, 19)]))).toBe(1);
  });
});
