import { setImmediate as nextTurn } from 'node:timers/promises';
import { dot, type Embedding } from '../vector.ts';

/** Directions that are flattened at most, and the vectors that each one must rest on: of few papers they are the topics. */
const AXES = { most: 32, vectorsEach: 60 } as const;
const ITERATIONS = 12;
/** Vectors between two turns of others. */
const VECTORS_A_TURN = 64;
/** The mean of a handful of papers is their topic, not the library's: it counts by n / (n + this). */
const MEAN_TRUSTED_FROM = 20;

/**
 * Embeddings of papers have much in common: a mean, and a few directions in which all of them differ most. These
 * say little about whether two papers are alike. Here the mean is taken away, and the principal axes with most variance
 * are shrunk to the variance of the last of them (after Mu and Viswanath, "All-but-the-Top", ICLR 2018, and whitening).
 */
export interface Geometry {
  mean: Embedding;
  /** Unit vectors, orthogonal to each other. */
  axes: Float32Array[];
  /** By what the square of the coordinate on each axis is multiplied, less 1: above -1, at most 0. */
  shrink: number[];
}

/** A vector ready for comparing: `dot(query, b) - offset` is its product with b in this geometry. */
export interface Centred {
  query: Float32Array;
  offset: number;
  /** Its length in this geometry; 0 for the mean itself. */
  length: number;
}

/** The geometry of some embeddings; of few or none, nearly that of the embeddings themselves. Yields between turns. */
export async function geometryOf(vectors: readonly Embedding[]): Promise<Geometry> {
  const dimensions = vectors[0]?.length ?? 0;
  const mean = meanOf(vectors, dimensions);
  const count = Math.min(AXES.most, Math.floor(vectors.length / AXES.vectorsEach), dimensions);
  if (count < 2) return { mean, axes: [], shrink: [] };
  const covariance = await covarianceOf(vectors, mean);
  const axes = await principalAxes(covariance, dimensions, count);
  const variances = axes.map((axis) => dot(axis, multiplied(covariance, axis)));
  const floor = Math.max(variances.at(-1) ?? 0, 1e-9);
  return {
    mean,
    axes,
    shrink: variances.map((variance) => Math.min(1, floor / Math.max(variance, 1e-9)) - 1),
  };
}

export function centred({ mean, axes, shrink }: Geometry, embedding: Embedding): Centred {
  const plain = new Float32Array(embedding.length);
  for (let i = 0; i < plain.length; i++) plain[i] = (embedding[i] as number) - (mean[i] ?? 0);
  const query = plain.slice();
  const changes = axes.map((axis, at) => (shrink[at] as number) * dot(axis, plain));
  // Four axes at a time: the vector is read and written less often.
  let at = 0;
  for (; at + 3 < axes.length; at += 4) addFour(query, axes, changes, at);
  for (; at < axes.length; at++) {
    const [axis, change] = [axes[at] as Float32Array, changes[at] as number];
    for (let i = 0; i < query.length; i++) query[i] = (query[i] as number) + change * (axis[i] as number);
  }
  return {
    query,
    offset: mean.length === 0 ? 0 : dot(query, mean),
    length: Math.sqrt(Math.max(0, dot(plain, query))),
  };
}

/** Adds four axes from `at` on, times their changes. */
function addFour(
  query: Float32Array,
  axes: readonly Float32Array[],
  changes: readonly number[],
  at: number,
): void {
  const [a, b, c, d] = axes.slice(at, at + 4) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [ca, cb, cc, cd] = changes.slice(at, at + 4) as [number, number, number, number];
  for (let i = 0; i < query.length; i++) {
    query[i] =
      (query[i] as number) +
      (ca * (a[i] as number) + cb * (b[i] as number)) +
      (cc * (c[i] as number) + cd * (d[i] as number));
  }
}

/** The cosine of two vectors in the geometry, in [-1, 1]. */
export function cosineIn(a: Centred, b: Centred, embeddingOfB: Embedding): number {
  const lengths = a.length * b.length;
  return lengths < 1e-9 ? 0 : (dot(a.query, embeddingOfB) - a.offset) / lengths;
}

function meanOf(vectors: readonly Embedding[], dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions);
  for (const vector of vectors)
    for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] as number) + (vector[i] as number);
  const by = 1 / (vectors.length + MEAN_TRUSTED_FROM);
  return Float32Array.from(sum, (total) => total * by);
}

/** Row by row. */
async function covarianceOf(vectors: readonly Embedding[], mean: Float32Array): Promise<Float32Array> {
  const size = mean.length;
  const sums = new Float32Array(size * size);
  const z = new Float32Array(size);
  for (const [at, vector] of vectors.entries()) {
    if (at % VECTORS_A_TURN === VECTORS_A_TURN - 1) await nextTurn();
    for (let i = 0; i < size; i++) z[i] = (vector[i] as number) - (mean[i] as number);
    for (let i = 0; i < size; i++) {
      const zi = z[i] as number;
      const row = i * size;
      for (let j = i; j < size; j++) sums[row + j] = (sums[row + j] as number) + zi * (z[j] as number);
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = (sums[i * size + j] as number) / vectors.length;
      sums[i * size + j] = value;
      sums[j * size + i] = value;
    }
  }
  return sums;
}

function multiplied(matrix: Float32Array, vector: Float32Array): Float32Array {
  const size = vector.length;
  return Float32Array.from(vector, (_, row) => dot(matrix.subarray(row * size, (row + 1) * size), vector));
}

/** The first eigenvectors, roughly, by orthogonal iteration from fixed starting vectors; by falling eigenvalue. */
async function principalAxes(matrix: Float32Array, size: number, count: number): Promise<Float32Array[]> {
  let axes: Float32Array[] = Array.from({ length: count }, (_, at) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin((at + 1) * (i + 1) * 12.9898)),
  );
  for (let turn = 0; turn < ITERATIONS; turn++) {
    axes = orthonormal(axes.map((axis) => multiplied(matrix, axis)));
    await nextTurn();
  }
  return axes
    .map((axis) => ({ axis, variance: dot(axis, multiplied(matrix, axis)) }))
    .sort((a, b) => b.variance - a.variance)
    .map(({ axis }) => axis);
}

/** Gram-Schmidt, twice over each, so that rounding leaves nothing of the others. */
function orthonormal(vectors: readonly Float32Array[]): Float32Array[] {
  const done: Float32Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    for (const other of [...done, ...done]) {
      const share = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - share * (other[i] as number);
    }
    const length = Math.sqrt(dot(rest, rest));
    // Fewer independent directions than asked for: the vectors say no more.
    if (length > 1e-12) done.push(rest.map((x) => x / length));
  }
  return done;
}
