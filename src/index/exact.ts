import { AppError, messageOf } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import { createCodeRows } from './code-rows.ts';
import { codedCandidates } from './coded-scan.ts';
import { createSlotTable } from './slot-table.ts';
import { createTopK } from './top-k.ts';
import type { Neighbour } from './vector-index.ts';
import { createVectorRows } from './vector-rows.ts';

export interface NearestOptions {
  limit: number;
  /** Only these are scored; ones that are not held are passed over. */
  allowed?: readonly PaperKey[] | undefined;
  excluded?: ReadonlySet<PaperKey> | undefined;
}

/** All vectors of a library in memory, and brute force over them: the truth that the graph is measured by. */
export interface ExactIndex {
  readonly count: number;
  /** Bytes of the vectors and their codes. */
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
  /** The cosine with a query that was checked before, as `dot` gives it. */
  similarity(key: PaperKey, query: Embedding): number | undefined;
  /** The most similar papers, best first, ties by smaller key. The query was checked before. */
  nearest(query: Embedding, options: NearestOptions): Neighbour[];
}

/** When more than this part of the papers is wanted, their codes would rule out too few. */
const CODED_SHARE = 1 / 4;

/** An empty index for vectors of `dimensions` entries. */
export function createExactIndex(dimensions: number): ExactIndex {
  const rows = createVectorRows(dimensions);
  const codes = createCodeRows(dimensions);
  const keyOfSlot: PaperKey[] = [];
  const slotOfKey = createSlotTable();

  const similarity = (key: PaperKey, query: Embedding) => {
    const slot = slotOfKey.get(key);
    return slot === undefined ? undefined : rows.dot(slot, query);
  };
  const slotsOf = (keys: readonly PaperKey[]) => {
    const slots = new Uint32Array(keys.length);
    let count = 0;
    for (const key of keys) {
      const slot = slotOfKey.get(key);
      if (slot !== undefined) slots[count++] = slot;
    }
    return slots.subarray(0, count);
  };

  return {
    get count() {
      return keyOfSlot.length;
    },
    get vectorBytes() {
      return rows.bytes + codes.bytes;
    },
    has: (key) => slotOfKey.get(key) !== undefined,
    upsert(key, vector) {
      assertVectorOf(key, vector, dimensions);
      const slot = slotOfKey.get(key);
      if (slot === undefined) {
        const added = keyOfSlot.push(key) - 1;
        slotOfKey.set(key, added);
        rows.resize(added + 1);
        rows.row(added).set(vector);
        codes.resize(added + 1);
        codes.write(added, vector);
        return 'added';
      }
      const row = rows.row(slot);
      if (row.every((value, at) => value === vector[at])) return 'unchanged';
      row.set(vector);
      codes.write(slot, vector);
      return 'changed';
    },
    remove(key) {
      const slot = slotOfKey.get(key);
      if (slot === undefined) return false;
      // The last vector moves into the gap, so that the rows stay dense and a scan never meets a hole.
      const last = keyOfSlot.length - 1;
      const lastKey = keyOfSlot[last] as PaperKey;
      if (slot !== last) {
        rows.row(slot).set(rows.row(last));
        codes.copy(last, slot);
        keyOfSlot[slot] = lastKey;
        slotOfKey.set(lastKey, slot);
      }
      keyOfSlot.pop();
      slotOfKey.delete(key);
      rows.resize(last);
      codes.resize(last);
      return true;
    },
    keys: () => keyOfSlot.slice(),
    vector(key) {
      const slot = slotOfKey.get(key);
      return slot === undefined ? undefined : rows.row(slot).slice();
    },
    similarity,
    nearest(query, { limit, allowed, excluded }) {
      const some = allowed && slotsOf(allowed);
      const count = some?.length ?? keyOfSlot.length;
      const top = createTopK(Math.min(limit, count));
      const skips = excluded && ((slot: number) => excluded.has(keyOfSlot[slot] as PaperKey));
      const take = (slot: number) => top.offer(keyOfSlot[slot] as PaperKey, rows.dot(slot, query));
      if (limit > count * CODED_SHARE) {
        for (let at = 0; at < count; at++) {
          const slot = some ? (some[at] as number) : at;
          if (!skips?.(slot)) take(slot);
        }
      } else codedCandidates(codes, query, { limit, rows: some ?? { count }, skips }).forEach(take);
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
