import type { ErrorCode } from '../errors.ts';
import type { EmbeddingModel } from './embedder.ts';
import type { ModelSource } from './models.ts';

/** What a worker thread is given at its start. */
export interface WorkerSettings {
  readonly model: EmbeddingModel;
  readonly source: ModelSource;
  /** Prepared and downloaded models, and short-lived files. */
  readonly cacheFolder: string;
  /** Replaces the installed package of the default model; for tests. */
  readonly packageFolder?: string | undefined;
  /** Base address of a hub mirror; undefined: the library's own. */
  readonly hubHost?: string | undefined;
}

/** To a worker: embed these texts, prefixes included. Queries overtake passages that have not begun. */
export interface EmbedRequest {
  readonly id: number;
  readonly kind: 'query' | 'passages';
  readonly texts: readonly string[];
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** From a worker. `loaded` or `unusable` comes once and first; then one answer for every request. */
export type WorkerMessage =
  | { readonly type: 'loaded' }
  | { readonly type: 'unusable'; readonly failure: Failure }
  | { readonly type: 'embedded'; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };
