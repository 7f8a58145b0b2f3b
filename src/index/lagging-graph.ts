import type { PaperKey } from '../paper.ts';
import type { ExactIndex } from './exact.ts';
import type { HnswGraph } from './hnsw.ts';

/**
 * A graph, and which papers it does not hold as they are. Adding to a graph is slow, so that changes only go to
 * the exact index at once: the graph follows in its own time, and a search scores the waiting papers itself.
 */
export interface LaggingGraph {
  readonly graph: HnswGraph;
  /** Keys whose present vector is not in the graph yet, with the revision of the change, ascending by it. */
  readonly waiting: WaitingKeys;
  /** Puts waiting vectors into the graph for about `budgetMs`, at least one. */
  catchUp(exact: ExactIndex, budgetMs: number): void;
  /** The part of the nodes, 0 to 1, whose papers were removed. */
  removedShare(exact: ExactIndex): number;
  /** The last revision up to which every change is in the graph, given the last one applied. */
  completeTo(applied: number): number;
}

/** Changed keys in the order of their last change. */
export interface WaitingKeys extends Iterable<PaperKey> {
  readonly count: number;
  has(key: PaperKey): boolean;
  /** A key has a new vector. Revisions must not fall from call to call. */
  add(key: PaperKey, revision: number): void;
  /** A key is done with, or its paper was removed. */
  drop(key: PaperKey): void;
  first(): { key: PaperKey; revision: number } | undefined;
}

export function createWaitingKeys(): WaitingKeys {
  const revisionOf = new Map<PaperKey, number>();
  return {
    get count() {
      return revisionOf.size;
    },
    has: (key) => revisionOf.has(key),
    add(key, revision) {
      // A map keeps the place of a key that it holds: only a new entry goes to the end.
      revisionOf.delete(key);
      revisionOf.set(key, revision);
    },
    drop(key) {
      revisionOf.delete(key);
    },
    first() {
      for (const [key, revision] of revisionOf) return { key, revision };
      return undefined;
    },
    [Symbol.iterator]: () => revisionOf.keys(),
  };
}

/** `waiting` must name every held key whose vector is not in the graph. */
export function createLaggingGraph(graph: HnswGraph, waiting: WaitingKeys): LaggingGraph {
  return {
    graph,
    waiting,
    catchUp(exact, budgetMs) {
      const end = performance.now() + budgetMs;
      do {
        const key = waiting.first()?.key;
        if (key === undefined) return;
        const vector = exact.vector(key);
        // A change that left the vector as it was, or that an earlier process had put in, costs no linking.
        if (vector && !graph.holds(key, vector)) graph.upsert(key, vector);
        waiting.drop(key);
      } while (performance.now() < end);
    },
    removedShare(exact) {
      let isNew = 0;
      for (const key of waiting) if (!graph.has(key)) isNew++;
      return graph.size === 0 ? 0 : (graph.size - (exact.count - isNew)) / graph.size;
    },
    completeTo(applied) {
      const first = waiting.first();
      return first === undefined ? applied : first.revision - 1;
    },
  };
}
