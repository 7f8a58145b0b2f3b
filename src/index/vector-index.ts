import type { History } from '../history.ts';
import type { PaperFilter, PaperKey } from '../paper.ts';
import type { Embedding } from '../vector.ts';

/** A paper near a query vector; `similarity` is the cosine, in [-1, 1]. */
export interface Neighbour {
  key: PaperKey;
  similarity: number;
}

export interface Neighbours {
  /** Best first; ties by smaller key. */
  neighbours: Neighbour[];
  /** True when every allowed paper was scored, false when the graph was searched. */
  exact: boolean;
}

/** One change to the set of vectors: a new or replaced embedding, or `null` for a paper that no longer has one. */
export interface VectorChange {
  revision: number;
  key: PaperKey;
  embedding: Embedding | null;
}

/**
 * Where an index gets its vectors from: the store, which is the truth. Revisions rise by commit order and are
 * unique per change; a key appears once, at its latest revision.
 */
export interface VectorSource extends History {
  /** The changes after a revision, ascending, at most `limit` of them. */
  vectorChanges(afterRevision: number, limit: number): Promise<VectorChange[]>;
  /**
   * Keys of all papers that pass the filter, ascending. `excludedKeys` is not applied here. A search asks for the
   * same filter again and again: the source may give the same list until something changes.
   */
  matchingKeys(filter: PaperFilter): Promise<readonly PaperKey[]>;
}

export interface IndexStatus {
  /** Papers that can be found by vector now. */
  count: number;
  /** The last store revision that is applied. */
  revision: number;
  /** `exact`: few enough to score all; `graph`: HNSW answers; `building`: HNSW is being built, exact search answers. */
  state: 'exact' | 'graph' | 'building';
  /** Why the last file was not used, when it was not. */
  rebuildReason: string | null;
  /** Papers in the graph that is being built or extended, of those that there will be; null when none is. */
  building: { done: number; total: number } | null;
  /** Rows that are scored beside the graph, those of papers that are gone since included; all papers without one. */
  waiting: number;
  /** How well the graph finds the ten nearest, found when it was made; null without one. */
  audit: IndexAudit | null;
  dimensions: number;
  bytes: IndexBytes;
}

/** Of `sampled` papers' ten nearest, a search that keeps `ef` candidates finds the part `recall`; `target` is wanted. */
export interface IndexAudit {
  target: number;
  recall: number;
  ef: number;
  sampled: number;
}

/** Bytes held in memory. */
export interface IndexBytes {
  /** The high 8 bits of each number of the vectors, which searches read, with each row's facts. */
  codes: number;
  /** The low 8 bits. */
  residuals: number;
  /** The links of the graph. */
  graph: number;
  /** Of codes and residuals, for one vector. */
  perVector: number;
}

/** Nearest neighbours of a vector among the papers of the library. */
export interface VectorIndex {
  /**
   * The `limit` (1 to 10,000) most similar papers that pass the filter. Throws `index_failed` when the query has
   * other dimensions than the index or is not of unit length.
   */
  nearest(query: Embedding, options: { limit: number; filter?: PaperFilter }): Promise<Neighbours>;
  /**
   * The embeddings of the given papers, of unit length, as the index holds them: their cosines may differ from those of
   * the stored ones by up to 1e-4. Papers without one are missing from the map.
   */
  embeddings(keys: readonly PaperKey[]): Promise<Map<PaperKey, Embedding>>;
  /** Their cosines with a query, which is as `nearest` takes it: no vector is copied for them. */
  similarities(query: Embedding, keys: readonly PaperKey[]): Promise<Map<PaperKey, number>>;
  /** Applies what the source committed before this call, so that it is findable; yields to the event loop. */
  refresh(): Promise<void>;
  /** Writes the index file, unless the one on disk is current. */
  save(): Promise<void>;
  status(): Promise<IndexStatus>;
  /** Stops background work. Does not save. */
  close(): Promise<void>;
}
