import { expect, it } from 'vitest';
import { centred, geometryOf } from '../../src/recommend/geometry.ts';
import { termOverlaps, termWeight } from '../../src/term-overlap.ts';
import { clusteredVectors, seededRandom } from '../fixtures/clustered-vectors.ts';

it('a vector is centred as by one axis after the other, for any number of axes', async () => {
  const draw = clusteredVectors(48, { clusters: 30 });
  const geometry = await geometryOf(Array.from({ length: 1_000 }, draw));
  expect(geometry.axes.length).toBeGreaterThan(8);
  for (let axes = 0; axes <= geometry.axes.length; axes++) {
    const some = { ...geometry, axes: geometry.axes.slice(0, axes), shrink: geometry.shrink.slice(0, axes) };
    const embedding = draw();
    const plain = Array.from(embedding, (x, i) => x - (geometry.mean[i] ?? 0));
    const expected = plain.map((x, i) =>
      some.axes.reduce((sum, axis, at) => {
        const coordinate = plain.reduce((dot, y, j) => dot + y * (axis[j] ?? 0), 0);
        return sum + (some.shrink[at] ?? 0) * coordinate * (axis[i] ?? 0);
      }, x),
    );
    const { query, length } = centred(some, embedding);
    query.forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 5);
    });
    expect(length ** 2).toBeCloseTo(
      expected.reduce((sum, x, i) => sum + x * (plain[i] ?? 0), 0),
      5,
    );
  }
});

it('the overlap with many examples is the sum over common terms, whatever the hashes are', () => {
  const random = seededRandom(3);
  // Some rare, some in nearly all; hashes at both ends, beside each other, and far apart.
  const hashes = Array.from({ length: 400 }, (_, at) =>
    at < 100 ? at : at < 200 ? 2 ** 32 - 1 - at : Math.floor(random() * 2 ** 32),
  );
  const statistics = { rarity: (hash: number) => (hash % 11) / 10 };
  const draw = () => Uint32Array.from(hashes.filter(() => random() < 0.4)).sort();
  for (const count of [0, 1, 3, 500]) {
    const examples = Array.from({ length: count }, draw);
    const terms = draw();
    const sums = new Float64Array(count);
    termOverlaps(statistics, examples)(terms, sums, 2);
    examples.forEach((example, at) => {
      const shared = [...example].filter((hash) => terms.includes(hash));
      const weight = shared.reduce((sum, hash) => sum + termWeight(statistics, hash), 0);
      const lengths = Math.sqrt(Math.max(150, terms.length) * Math.max(150, example.length));
      expect(sums[at]).toBeCloseTo((2 * weight) / lengths, 4);
    });
  }
});
