import type { ErrorCode } from '../errors.ts';
import type { EmbeddingModel, PassageEmbedding, QueryEmbedding } from './embedder.ts';
import type { ModelSource } from './models.ts';
import type { NativeGate } from './native-gate.ts';

/** What all worker threads of an embedder have in common. */
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

export interface WorkerData {
  readonly settings: WorkerSettings;
  readonly gate: NativeGate;
}

/** To a worker: end, as soon as no native code runs. */
export const STOP = 'stop';

export type TextKind = 'query' | 'passages';

/** To a worker: embed these texts, prefixes included. Queries overtake passages that have not begun. */
export interface EmbedRequest {
  readonly id: number;
  readonly kind: TextKind;
  readonly texts: readonly string[];
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a worker makes of a text. Nobody asks for the words of passages, so those of queries alone are passed on. */
export type EmbeddedText = PassageEmbedding & Partial<QueryEmbedding>;

/** From a worker. `loaded` or `unusable` comes once and first; then one answer for every request. */
export type WorkerMessage =
  | { readonly type: 'loaded' }
  | { readonly type: 'unusable'; readonly failure: Failure }
  | { readonly type: 'embedded'; readonly id: number; readonly results: readonly EmbeddedText[] }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };
