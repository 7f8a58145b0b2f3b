import { AppError } from './errors.ts';

/** A unit-length vector of the model's dimensions, so that a dot product is the cosine similarity. */
export type Embedding = Float32Array;

/** Vectors further than this from unit length are refused: float32 rounding stays far below it. */
const UNIT_TOLERANCE = 1e-3;

/** Dot product of two vectors of equal length; for embeddings, their cosine similarity in [-1, 1]. */
export function dot(a: Float32Array, b: Float32Array): number {
  return dotAt(a, 0, b);
}

/**
 * Dot product of `b` with the stretch of `a` that begins at `offset`. Four sums run side by side, which V8 turns
 * into independent additions: about twice as fast as one running sum.
 */
export function dotAt(a: Float32Array, offset: number, b: Float32Array): number {
  const n = b.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += (a[offset + i] as number) * (b[i] as number);
    s1 += (a[offset + i + 1] as number) * (b[i + 1] as number);
    s2 += (a[offset + i + 2] as number) * (b[i + 2] as number);
    s3 += (a[offset + i + 3] as number) * (b[i + 3] as number);
  }
  for (; i < n; i++) s0 += (a[offset + i] as number) * (b[i] as number);
  return s0 + s1 + (s2 + s3);
}

/** The vector scaled to unit length. Throws `model_failed` for a vector without a direction (zero, NaN, infinite). */
export function normalized(vector: Float32Array): Embedding {
  const norm = Math.sqrt(dot(vector, vector));
  if (!Number.isFinite(norm) || norm < 1e-12) {
    throw new AppError('model_failed', `Cannot normalise a vector of length ${norm}: it has no direction.`);
  }
  return vector.map((x) => x / norm);
}

/** Throws `index_failed` unless the vector has exactly `dimensions` finite entries and unit length. */
export function assertEmbedding(vector: Float32Array, dimensions: number): asserts vector is Embedding {
  if (vector.length !== dimensions) {
    throw new AppError(
      'index_failed',
      `Expected a vector of ${dimensions} dimensions, got ${vector.length}.`,
    );
  }
  const norm = Math.sqrt(dot(vector, vector));
  // Written so that NaN fails too.
  if (!(Math.abs(norm - 1) <= UNIT_TOLERANCE)) {
    throw new AppError('index_failed', `Expected a vector of length 1, got length ${norm}.`);
  }
}

/** The bytes of a vector as stored: little-endian float32, 4 bytes a dimension. */
export function toBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The vector of stored bytes, copied so that it is aligned and owns its memory. */
export function fromBytes(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}
