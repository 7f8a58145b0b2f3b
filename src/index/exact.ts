import { AppError, messageOf } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import { type Arrivals, createArrivals } from './arrivals.ts';
import { codedCandidates } from './coded-scan.ts';
import { createRowWriter, NO_KEY } from './row-codes.ts';
import { createRowMemory, growRows, type RowMemory, rowLayout } from './row-memory.ts';
import { createRowReader, type RowReader } from './row-reader.ts';
import { createSlotTable } from './slot-table.ts';
import { createTopK } from './top-k.ts';
import type { Neighbour } from './vector-index.ts';

export interface NearestOptions {
  limit: number;
  /** Only these are scored; ones that are not held are passed over. */
  allowed?: readonly PaperKey[] | undefined;
  excluded?: ReadonlySet<PaperKey> | undefined;
}

/** Rows with keys: what brute force needs, in any thread. */
export interface HeldRows {
  readonly reader: RowReader;
  /** Papers held. */
  readonly count: number;
  /** Rows from 0 on that have been written, those of no paper included. */
  readonly rowCount: number;
  /** The row of a paper that is held. */
  rowOf(key: PaperKey): number | undefined;
}

/**
 * All vectors of a library in memory, and brute force over them: the truth that the graph is measured by. A vector
 * is never written over: a changed one gets another row, so that a graph of rows stays one of the same vectors.
 */
export interface ExactIndex extends HeldRows {
  readonly memory: RowMemory;
  /** Rows written since the latest `freeRows`, or ever. */
  readonly arrivals: Arrivals;
  /** Bytes of the rows. */
  readonly bytes: { codes: number; residuals: number };
  has(key: PaperKey): boolean;
  /**
   * Stores a copy of a vector, and tells what that changed. Throws `index_failed`, naming the paper, for a vector
   * of other dimensions or not of unit length.
   */
  upsert(key: PaperKey, vector: Float32Array): 'added' | 'changed' | 'unchanged';
  /** False when the key was not held. */
  remove(key: PaperKey): boolean;
  /** The rows that hold papers now, ascending. */
  liveRows(): Uint32Array<SharedArrayBuffer>;
  /** A copy of the stored vector, in 16 bits a number. */
  vector(key: PaperKey): Embedding | undefined;
  /** The cosine with a query that was checked before, as `dot` gives it for the stored vector. */
  similarity(key: PaperKey, query: Embedding): number | undefined;
  /** The most similar papers, best first, ties by smaller key. The query was checked before. */
  nearest(query: Embedding, options: NearestOptions): Neighbour[];
  /** From now on the rows of papers that go stay as they are: a graph refers to them, or one that is being built. */
  keepRows(): void;
  /**
   * Gives rows of no paper to new ones: those that `isUsed` does not name; the others, and rows that papers leave
   * from now on, stay as they are. Without `isUsed`, all of them, from now on at once. Arrivals begin anew, with the
   * rows that are held and not used.
   */
  freeRows(isUsed?: (row: number) => boolean): void;
}

/** When more than this part of the papers is wanted, their codes would rule out too few. */
const CODED_SHARE = 1 / 4;

/** An index of vectors of `dimensions` entries: empty, or of memory whose first `rowCount` rows were filled. */
export function createExactIndex(
  dimensions: number,
  filled: { memory: RowMemory; rowCount: number } = { memory: createRowMemory(dimensions), rowCount: 0 },
): ExactIndex {
  const { memory } = filled;
  const { rowBytes, stride } = rowLayout(dimensions);
  const reader = createRowReader(memory, 0);
  const writer = createRowWriter(memory);
  const rowOfKey = createSlotTable();
  const arrivals = createArrivals();
  let { rowCount } = filled;
  let count = 0;
  let keepsRows = false;
  let free: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    const key = reader.keyOf(row);
    if (key === NO_KEY) continue;
    // A paper that moved while a file was written may be in it twice; its change is read again.
    const before = rowOfKey.get(key);
    if (before === undefined) count++;
    else writer.setKey(before, NO_KEY);
    rowOfKey.set(key, row);
  }
  arrivals.hold(count);

  const newRow = () => {
    const freed = free.pop();
    if (freed !== undefined) return freed;
    growRows(memory, rowCount + 1);
    reader.follow();
    writer.follow();
    return rowCount++;
  };
  const leave = (row: number) => {
    writer.setKey(row, NO_KEY);
    if (!keepsRows) free.push(row);
  };
  const held: HeldRows = {
    reader,
    get count() {
      return count;
    },
    get rowCount() {
      return rowCount;
    },
    rowOf: (key) => rowOfKey.get(key),
  };
  const liveRows = () => {
    const rows = new Uint32Array(new SharedArrayBuffer(4 * count));
    let at = 0;
    for (let row = 0; row < rowCount; row++) if (reader.keyOf(row) !== NO_KEY) rows[at++] = row;
    return rows;
  };

  return {
    memory,
    arrivals,
    reader,
    get count() {
      return count;
    },
    get rowCount() {
      return rowCount;
    },
    get bytes() {
      return { codes: rowCount * rowBytes, residuals: rowCount * stride };
    },
    rowOf: held.rowOf,
    has: (key) => rowOfKey.get(key) !== undefined,
    upsert(key, vector) {
      assertVectorOf(key, vector, dimensions);
      const before = rowOfKey.get(key);
      if (before !== undefined && writer.isHeld(before, vector)) return 'unchanged';
      const row = newRow();
      // First, so that another thread may miss a paper for a moment, but never finds it twice.
      if (before !== undefined) leave(before);
      writer.write(row, key, vector);
      rowOfKey.set(key, row);
      arrivals.add(row);
      if (before !== undefined) return 'changed';
      arrivals.hold(++count);
      return 'added';
    },
    remove(key) {
      const row = rowOfKey.get(key);
      if (row === undefined) return false;
      rowOfKey.delete(key);
      leave(row);
      arrivals.hold(--count);
      return true;
    },
    liveRows,
    vector(key) {
      const row = rowOfKey.get(key);
      if (row === undefined) return undefined;
      const vector = new Float32Array(dimensions);
      reader.decode(row, vector);
      return vector;
    },
    similarity(key, query) {
      const row = rowOfKey.get(key);
      return row === undefined ? undefined : reader.similarity(row, query);
    },
    nearest: (query, options) => nearestOf(held, query, options),
    keepRows() {
      keepsRows = true;
    },
    freeRows(isUsed) {
      keepsRows = isUsed !== undefined;
      free = [];
      const unused: number[] = [];
      for (let row = 0; row < rowCount; row++) {
        if (isUsed?.(row)) continue;
        if (reader.keyOf(row) === NO_KEY) free.push(row);
        else if (isUsed) unused.push(row);
      }
      arrivals.restart(unused);
    },
  };
}

/** The most similar of held papers by brute force, best first, ties by smaller key. The query was checked before. */
export function nearestOf(
  { reader, count, rowCount, rowOf }: HeldRows,
  query: Embedding,
  { limit, allowed, excluded }: NearestOptions,
): Neighbour[] {
  const some = allowed && rowsOf(allowed, rowOf);
  const most = some?.length ?? count;
  const top = createTopK(Math.min(limit, most));
  const take = (row: number) => {
    const key = reader.keyOf(row);
    // Gone since, if another thread writes, or another paper's: who reads knows the rows of one moment.
    if (key === NO_KEY || rowOf(key) !== row || excluded?.has(key)) return;
    const similarity = reader.similarity(row, query);
    if (reader.keyOf(row) === key) top.offer(key, similarity);
  };
  const skips = excluded && ((row: number) => excluded.has(reader.keyOf(row)));
  if (limit > most * CODED_SHARE) {
    const rows = some?.length ?? rowCount;
    for (let at = 0; at < rows; at++) {
      const row = some ? (some[at] as number) : at;
      if (!skips?.(row)) take(row);
    }
  } else codedCandidates(reader, query, { limit, rows: some ?? { count: rowCount }, skips }).forEach(take);
  return top.sorted();
}

function rowsOf(keys: readonly PaperKey[], rowOf: HeldRows['rowOf']): Uint32Array {
  const rows = new Uint32Array(keys.length);
  let count = 0;
  for (const key of keys) {
    const row = rowOf(key);
    if (row !== undefined) rows[count++] = row;
  }
  return rows.subarray(0, count);
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
