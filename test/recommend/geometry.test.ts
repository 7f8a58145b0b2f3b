import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centred, cosineIn, geometryOf } from '../../src/recommend/geometry.ts';
import { dot, type Embedding, normalized } from '../../src/vector.ts';
import { clusteredVectors, seededRandom } from '../fixtures/clustered-vectors.ts';

const DIMENSIONS = 16;

/** Unit vectors of random directions around `common`, with `spread` along the first axis. */
function vectors(count: number, { common = 0, spread = 0, seed = 1 } = {}): Embedding[] {
  const random = seededRandom(seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const vector = Float32Array.from({ length: DIMENSIONS }, gauss);
    vector[0] = (vector[0] as number) * (1 + spread);
    vector[1] = (vector[1] as number) + common;
    return normalized(vector);
  });
}

const cosineOf = (geometry: Awaited<ReturnType<typeof geometryOf>>, a: Embedding, b: Embedding) =>
  cosineIn(centred(geometry, a), centred(geometry, b), b);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of a function of all pairs of neighbours in a list. */
const overPairs = (list: Embedding[], value: (a: Embedding, b: Embedding) => number) =>
  mean(list.slice(1).map((b, at) => value(list[at] as Embedding, b)));

describe('the geometry of embeddings', () => {
  it('takes away what all have in common: papers of no common topic are unlike', async () => {
    const some = vectors(1_000, { common: 4 });
    const geometry = await geometryOf(some);
    expect(overPairs(some, dot)).toBeGreaterThan(0.4);
    expect(Math.abs(overPairs(some, (a, b) => cosineOf(geometry, a, b)))).toBeLessThan(0.05);
  });

  it('flattens the direction that all differ in: two on one side of it are no longer alike for that', async () => {
    const some = vectors(1_000, { spread: 5 });
    const oneSide = some.filter((vector) => (vector[0] as number) > 0);
    const geometry = await geometryOf(some);
    expect(overPairs(oneSide, dot)).toBeGreaterThan(0.4);
    expect(overPairs(oneSide, (a, b) => cosineOf(geometry, a, b))).toBeLessThan(0.15);
  });

  it('keeps papers of a topic alike', async () => {
    const draw = clusteredVectors(64, { clusters: 30, spread: 0.5, seed: 3 });
    const some = Array.from({ length: 900 }, draw);
    const geometry = await geometryOf(some);
    const alike = some.flatMap((a, at) =>
      some
        .slice(at + 1, at + 60)
        .filter((b) => dot(a, b) > 0.7)
        .map((b) => [a, b] as const),
    );
    expect(alike.length).toBeGreaterThan(100);
    expect(mean(alike.map(([a, b]) => cosineOf(geometry, a, b)))).toBeGreaterThan(0.5);
  });

  it('of no vector is none, and of one nearly none: it is not the mean of a library', async () => {
    const [a, b] = vectors(2) as [Embedding, Embedding];
    expect(cosineOf(await geometryOf([]), a, b)).toBeCloseTo(dot(a, b), 5);
    const geometry = await geometryOf([a]);
    expect(Math.abs(cosineOf(geometry, a, b) - dot(a, b))).toBeLessThan(0.1);
    expect(cosineOf(geometry, a, a)).toBeCloseTo(1, 5);
  });

  it('of few vectors flattens no direction: those are the topics', async () => {
    expect((await geometryOf(vectors(100, { spread: 5 }))).axes).toEqual([]);
  });

  it('is the same for the same vectors', async () => {
    const some = vectors(300, { spread: 2, common: 1 });
    expect(await geometryOf(some)).toEqual(await geometryOf(some));
  });

  it('has orthogonal unit axes, and never turns a variance around', async () => {
    const { axes, shrink } = await geometryOf(vectors(1_000, { spread: 3, common: 2 }));
    expect(axes.length).toBeGreaterThan(1);
    axes.forEach((axis, at) => {
      axes.forEach((other, second) => {
        expect(dot(axis, other)).toBeCloseTo(at === second ? 1 : 0, 4);
      });
    });
    for (const change of shrink) expect(change > -1 && change <= 0).toBe(true);
  });

  it('gives finite cosines where vectors fill fewer dimensions than it has axes', async () => {
    const flat = Array.from({ length: 400 }, (_, at) => {
      const vector = new Float32Array(DIMENSIONS);
      vector[0] = Math.cos(at);
      vector[1] = Math.sin(at);
      return vector;
    });
    const geometry = await geometryOf(flat);
    for (const b of flat) {
      const cosine = cosineOf(geometry, flat[0] as Embedding, b);
      expect(Number.isFinite(cosine) && Math.abs(cosine) < 1 + 1e-3).toBe(true);
    }
    // Equal papers are still equal, opposite ones opposite.
    expect(cosineOf(geometry, flat[7] as Embedding, flat[7] as Embedding)).toBeCloseTo(1, 3);
  });

  it('compares as centring and shrinking each coordinate by hand does, whichever comes first', async () => {
    const geometry = await geometryOf(vectors(400, { spread: 3, common: 2 }));
    const byHand = (vector: Embedding) => {
      const z = Array.from(vector, (x, at) => x - (geometry.mean[at] as number));
      return geometry.axes.reduce((rest, axis, at) => {
        const coordinate = z.reduce((sum, x, i) => sum + x * (axis[i] as number), 0);
        const by = Math.sqrt(1 + (geometry.shrink[at] as number)) - 1;
        return rest.map((x, i) => x + by * coordinate * (axis[i] as number));
      }, z);
    };
    const product = (a: number[], b: number[]) => a.reduce((sum, x, at) => sum + x * (b[at] as number), 0);
    const embedding = fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
      .map((values) => Float32Array.from(values))
      .filter((vector) => dot(vector, vector) > 0.01)
      .map(normalized);
    fc.assert(
      fc.property(embedding, embedding, (a, b) => {
        const [x, y] = [byHand(a), byHand(b)];
        const expected = product(x, y) / Math.sqrt(product(x, x) * product(y, y));
        expect(cosineOf(geometry, a, b)).toBeCloseTo(expected, 3);
        expect(cosineOf(geometry, a, b)).toBeCloseTo(cosineOf(geometry, b, a), 3);
      }),
    );
  });
});
