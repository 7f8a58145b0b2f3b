import hnswlib from 'hnswlib-node';
import { AppError, messageOf } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';

/** What decides the quality and the cost of a graph. */
export interface GraphParams {
  /** Links a node and layer (twice as many on the lowest). */
  M: number;
  /** Candidates looked at when a node is linked. */
  efConstruction: number;
  /** Candidates kept by a search; never fewer than it asks for. */
  ef: number;
}

export const GRAPH_PARAMS: GraphParams = { M: 16, efConstruction: 200, ef: 64 };

/** Labels are 32-bit in the library, and wrap around silently. */
const LABELS = 2 ** 32;

/** Below this many nodes, growing by doubling would resize too often. */
const SMALLEST_CAPACITY = 1_024;

/**
 * A graph of vectors that proposes the keys near a query. It only ever grows: a node of a removed paper stays, and
 * whoever reads the proposals drops it. hnswlib's own deletion marks are not used: linking a new node where all
 * candidates of a layer are marked makes it read past an empty list, which ends the process.
 */
export interface HnswGraph {
  /** Nodes, those of removed papers included. */
  readonly size: number;
  has(key: PaperKey): boolean;
  /** Whether the node of `key` lies at exactly this vector. */
  holds(key: PaperKey, vector: Embedding): boolean;
  /**
   * Adds a node, or moves and links anew the one there is (about seven times the work). Throws `index_failed` for
   * a key of 2^32 or more, and for a vector of other dimensions or not of unit length.
   */
  upsert(key: PaperKey, vector: Embedding): void;
  /** Up to `limit` keys near the query, nearest first. Throws `index_failed` as `upsert` does. */
  propose(query: Embedding, limit: number): PaperKey[];
  /** Writes the graph on another thread. `upsert` must not be called meanwhile: the file would be corrupt. */
  write(path: string): Promise<void>;
}

/** An empty graph. `capacity` is the number of nodes that is expected; it grows beyond by doubling. */
export function createHnswGraph(dimensions: number, params: GraphParams, capacity = 0): HnswGraph {
  const native = nativeGraph(dimensions);
  native.initIndex(Math.max(capacity, SMALLEST_CAPACITY), params.M, params.efConstruction);
  native.setEf(params.ef);
  return wrapped(native, dimensions, new Set());
}

/**
 * The graph of a file that `inspectGraphFile` has found whole: hnswlib crashes the process over a corrupt one.
 * Throws `index_failed` when it cannot be read.
 */
export async function readHnswGraph(
  path: string,
  dimensions: number,
  params: GraphParams,
): Promise<HnswGraph> {
  // Always a fresh object: a failed read leaves a used one with a dangling pointer.
  const native = nativeGraph(dimensions);
  try {
    await native.readIndex(path);
  } catch (error) {
    throw new AppError('index_failed', `The graph could not be read: ${messageOf(error)}`, { cause: error });
  }
  // `ef` is not in the file. These calls also keep the object from being collected while its thread reads.
  native.setEf(params.ef);
  return wrapped(native, dimensions, new Set(native.getIdsList()));
}

function nativeGraph(dimensions: number): hnswlib.HierarchicalNSW {
  // Of unit vectors the inner product is the cosine; `cosine` would only normalise them a second time.
  return new hnswlib.HierarchicalNSW('ip', dimensions);
}

function wrapped(native: hnswlib.HierarchicalNSW, dimensions: number, keys: Set<PaperKey>): HnswGraph {
  // The library takes plain arrays only.
  const plain = (vector: Embedding) => {
    assertEmbedding(vector, dimensions);
    return Array.from(vector);
  };
  const makeRoom = () => {
    const capacity = native.getMaxElements();
    if (native.getCurrentCount() < capacity) return;
    native.resizeIndex(Math.max(capacity * 2, SMALLEST_CAPACITY));
  };
  return {
    get size() {
      return keys.size;
    },
    has: (key) => keys.has(key),
    holds(key, vector) {
      if (!keys.has(key)) return false;
      const point = native.getPoint(key);
      return point.length === vector.length && point.every((value, at) => value === vector[at]);
    },
    upsert(key, vector) {
      if (!Number.isInteger(key) || key < 0 || key >= LABELS) {
        throw new AppError('index_failed', `Expected a paper key from 0 to ${LABELS - 1}, got ${key}.`);
      }
      const point = plain(vector);
      try {
        if (!keys.has(key)) makeRoom();
        native.addPoint(point, key);
      } catch (error) {
        const reason = `Paper ${key} could not be added to the graph: ${messageOf(error)}`;
        throw new AppError('index_failed', reason, { cause: error });
      }
      keys.add(key);
    },
    propose(query, limit) {
      const point = plain(query);
      const k = Math.min(limit, keys.size);
      // The library throws for more than there are, and has no entry point when there are none.
      return k < 1 ? [] : native.searchKnn(point, k).neighbors;
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
