import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANKING } from '../src/ranking.ts';
import { createSecondPass } from '../src/second-pass.ts';
import { type Embedding, normalized } from '../src/vector.ts';

const secondPass = createSecondPass(8, RANKING.secondPass);

/** A direction near an axis of 8. */
const near = (axis: number, lean = 0): Embedding =>
  normalized(Float32Array.from({ length: 8 }, (_, i) => (i === axis ? 1 : 0.01 * lean * (i + 1))));

describe('the second pass', () => {
  it('raises what is like the best and its neighbours above a lonely paper of an equal score', () => {
    const fused = [
      { key: 1, score: 1 },
      { key: 2, score: 0.9 },
      { key: 3, score: 0.5 },
      { key: 4, score: 0.5 },
    ];
    const embeddings = new Map([
      [1, near(0, 1)],
      [2, near(0, 2)],
      [3, near(5)],
      [4, near(0, 3)],
    ]);
    expect(secondPass(fused, embeddings, 0).map(({ key }) => key)).toEqual([1, 2, 4, 3]);
  });

  it('keeps the order without embeddings', () => {
    const fused = [
      { key: 7, score: 0.8 },
      { key: 3, score: 0.4 },
    ];
    expect(secondPass(fused, new Map(), 0).map(({ key }) => key)).toEqual([7, 3]);
  });

  it('keeps every candidate once, with scores that never rise down the list', () => {
    const size = RANKING.secondPass.candidates + 20;
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: size });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 7 }), (list, axes) => {
        const fused = list.sort((a, b) => b - a).map((score, key) => ({ key, score }));
        const embeddings = new Map(fused.map(({ key }) => [key, near(key % axes, key % 3)]));
        const ranked = secondPass(fused, embeddings, (axes % 3) / 2);
        expect(ranked.map(({ key }) => key).sort((a, b) => a - b)).toEqual(fused.map(({ key }) => key));
        for (const { score } of ranked) expect(score).toBeLessThanOrEqual(1);
        for (let at = 1; at < ranked.length; at++) {
          expect(ranked[at]?.score).toBeLessThanOrEqual((ranked[at - 1]?.score ?? 0) + 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });
});
