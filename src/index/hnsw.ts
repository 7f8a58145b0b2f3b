import type hnswlib from 'hnswlib-node';
import { AppError, messageOf } from '../errors.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import { hnswLibrary } from './hnsw-library.ts';

/** What decides the quality and the cost of a graph. */
export interface GraphParams {
  /** Links a node and layer (twice as many on the lowest). */
  M: number;
  /** Candidates looked at when a node is linked. */
  efConstruction: number;
  /** Candidates that a search keeps at least. */
  ef: number;
}

export const GRAPH_PARAMS: GraphParams = { M: 16, efConstruction: 200, ef: 128 };

/** Below this many nodes, growing would resize too often. */
const SMALLEST_CAPACITY = 1_024;

/**
 * A graph that is being made, in the thread that makes it: searches walk its links as `readGraphFile` gives them. Nodes
 * are rows. It only ever grows: a node of a removed paper stays. hnswlib's own deletion marks are not used: linking a
 * new node where all candidates of a layer are marked makes it read past an empty list, which ends the process.
 */
export interface HnswGraph {
  readonly size: number;
  has(row: number): boolean;
  /** Makes room for so many more nodes. */
  reserve(more: number): void;
  /** Adds a node that is not there yet. Throws `index_failed` for a vector of other dimensions or not of unit length. */
  add(row: number, vector: Embedding): void;
  /** Writes the graph on another thread. `add` must not be called meanwhile: the file would be corrupt. */
  write(path: string): Promise<void>;
}

/** An empty graph with room for `capacity` nodes. */
export function createHnswGraph(dimensions: number, params: GraphParams, capacity = 0): HnswGraph {
  const native = nativeGraph(dimensions);
  native.initIndex(Math.max(capacity, SMALLEST_CAPACITY), params.M, params.efConstruction);
  return wrapped(native, dimensions, new Set());
}

/**
 * The graph of a file that `readGraphFile` has found whole: hnswlib crashes the process over a corrupt one.
 * Throws `index_failed` when it cannot be read.
 */
export async function readHnswGraph(path: string, dimensions: number): Promise<HnswGraph> {
  // Always a fresh object: a failed read leaves a used one with a dangling pointer.
  const native = nativeGraph(dimensions);
  try {
    await native.readIndex(path);
  } catch (error) {
    throw new AppError('index_failed', `The graph could not be read: ${messageOf(error)}`, { cause: error });
  }
  // This call also keeps the object from being collected while its thread reads.
  return wrapped(native, dimensions, new Set(native.getIdsList()));
}

function nativeGraph(dimensions: number): hnswlib.HierarchicalNSW {
  // Of unit vectors the inner product is the cosine; `cosine` would only normalise them a second time.
  const { HierarchicalNSW } = hnswLibrary();
  return new HierarchicalNSW('ip', dimensions);
}

function wrapped(native: hnswlib.HierarchicalNSW, dimensions: number, rows: Set<number>): HnswGraph {
  const reserve = (more: number) => {
    const wanted = native.getCurrentCount() + more;
    if (wanted > native.getMaxElements()) native.resizeIndex(wanted);
  };
  return {
    get size() {
      return rows.size;
    },
    has: (row) => rows.has(row),
    reserve,
    add(row, vector) {
      assertEmbedding(vector, dimensions);
      try {
        const count = native.getCurrentCount();
        if (count === native.getMaxElements()) reserve(Math.max(count, SMALLEST_CAPACITY));
        // The library takes plain arrays only.
        native.addPoint(Array.from(vector), row);
      } catch (error) {
        const reason = `Row ${row} could not be added to the graph: ${messageOf(error)}`;
        throw new AppError('index_failed', reason, { cause: error });
      }
      rows.add(row);
    },
    async write(path) {
      const before = native.getCurrentCount();
      try {
        await native.writeIndex(path);
      } catch (error) {
        const reason = `The graph could not be written: ${messageOf(error)}`;
        throw new AppError('index_failed', reason, { cause: error });
      }
      // Also keeps the object from being collected while its thread writes.
      if (native.getCurrentCount() !== before) {
        throw new AppError('index_failed', 'The graph grew while it was written: the file must not be used.');
      }
    },
  };
}
