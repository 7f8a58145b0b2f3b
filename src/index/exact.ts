import { AppError, messageOf } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import { assertEmbedding, dotAt, type Embedding } from '../vector.ts';
import { createTopK } from './top-k.ts';
import type { Neighbour } from './vector-index.ts';

/** Vectors a segment: growing allocates one more segment and never copies what is there. */
const SEGMENT_ROWS = 1_024;

export interface NearestOptions {
  limit: number;
  /** Only these are scored; ones that are not held are passed over. */
  allowed?: readonly PaperKey[] | undefined;
  excluded?: ReadonlySet<PaperKey> | undefined;
}

/** All vectors of a library in memory, and brute force over them: the truth that the graph is measured by. */
export interface ExactIndex {
  readonly count: number;
  /** Bytes allocated for vectors. */
  readonly vectorBytes: number;
  has(key: PaperKey): boolean;
  /**
   * Stores a copy of a vector, and tells what that changed. Throws `index_failed`, naming the paper, for a vector
   * of other dimensions or not of unit length.
   */
  upsert(key: PaperKey, vector: Float32Array): 'added' | 'changed' | 'unchanged';
  /** False when the key was not held. */
  remove(key: PaperKey): boolean;
  /** The keys held now, in no particular order. */
  keys(): PaperKey[];
  /** A copy of the stored vector. */
  vector(key: PaperKey): Embedding | undefined;
  /** The cosine with a query that was checked before. */
  similarity(key: PaperKey, query: Embedding): number | undefined;
  /** The most similar papers, best first, ties by smaller key. The query was checked before. */
  nearest(query: Embedding, options: NearestOptions): Neighbour[];
}

/** An empty index for vectors of `dimensions` entries. */
export function createExactIndex(dimensions: number): ExactIndex {
  const segments: Float32Array[] = [];
  const keyOfSlot: PaperKey[] = [];
  const slotOfKey = new Map<PaperKey, number>();

  const segmentOf = (slot: number) => segments[Math.floor(slot / SEGMENT_ROWS)] as Float32Array;
  const offsetOf = (slot: number) => (slot % SEGMENT_ROWS) * dimensions;
  const rowOf = (slot: number) => segmentOf(slot).subarray(offsetOf(slot), offsetOf(slot) + dimensions);

  const append = (key: PaperKey, vector: Float32Array) => {
    const slot = keyOfSlot.length;
    if (slot === segments.length * SEGMENT_ROWS) segments.push(new Float32Array(SEGMENT_ROWS * dimensions));
    keyOfSlot.push(key);
    slotOfKey.set(key, slot);
    rowOf(slot).set(vector);
  };
  const nearestOfAll = (query: Embedding, limit: number, excluded?: ReadonlySet<PaperKey>) => {
    const top = createTopK(Math.min(limit, keyOfSlot.length));
    for (let slot = 0; slot < keyOfSlot.length; slot++) {
      const key = keyOfSlot[slot] as PaperKey;
      const similarity = dotAt(segmentOf(slot), offsetOf(slot), query);
      if (top.wants(key, similarity) && !excluded?.has(key)) top.offer(key, similarity);
    }
    return top.sorted();
  };
  const similarity = (key: PaperKey, query: Embedding) => {
    const slot = slotOfKey.get(key);
    return slot === undefined ? undefined : dotAt(segmentOf(slot), offsetOf(slot), query);
  };

  return {
    get count() {
      return keyOfSlot.length;
    },
    get vectorBytes() {
      return segments.length * SEGMENT_ROWS * dimensions * Float32Array.BYTES_PER_ELEMENT;
    },
    has: (key) => slotOfKey.has(key),
    upsert(key, vector) {
      assertVectorOf(key, vector, dimensions);
      const slot = slotOfKey.get(key);
      if (slot === undefined) {
        append(key, vector);
        return 'added';
      }
      const row = rowOf(slot);
      if (row.every((value, at) => value === vector[at])) return 'unchanged';
      row.set(vector);
      return 'changed';
    },
    remove(key) {
      const slot = slotOfKey.get(key);
      if (slot === undefined) return false;
      // The last vector moves into the gap, so that the rows stay dense and a scan never meets a hole.
      const last = keyOfSlot.length - 1;
      const lastKey = keyOfSlot[last] as PaperKey;
      if (slot !== last) {
        rowOf(slot).set(rowOf(last));
        keyOfSlot[slot] = lastKey;
        slotOfKey.set(lastKey, slot);
      }
      keyOfSlot.pop();
      slotOfKey.delete(key);
      if (last === (segments.length - 1) * SEGMENT_ROWS) segments.pop();
      return true;
    },
    keys: () => keyOfSlot.slice(),
    vector(key) {
      const slot = slotOfKey.get(key);
      return slot === undefined ? undefined : rowOf(slot).slice();
    },
    similarity,
    nearest(query, { limit, allowed, excluded }) {
      if (!allowed) return nearestOfAll(query, limit, excluded);
      const top = createTopK(Math.min(limit, allowed.length));
      for (const key of allowed) {
        const score = similarity(key, query);
        if (score !== undefined && top.wants(key, score) && !excluded?.has(key)) top.offer(key, score);
      }
      return top.sorted();
    },
  };
}

function assertVectorOf(key: PaperKey, vector: Float32Array, dimensions: number): void {
  try {
    assertEmbedding(vector, dimensions);
  } catch (error) {
    throw new AppError('index_failed', `The vector of paper ${key} cannot be used. ${messageOf(error)}`, {
      cause: error,
    });
  }
}
