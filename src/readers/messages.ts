import type { ErrorCode, FieldError } from '../errors.ts';
import type { SharedIndexParts } from '../index/shared-search.ts';
import type { SimilarToPaper } from '../similar.ts';
import type { StoredModel } from '../store/models.ts';
import type { StatisticsParts } from '../term-statistics.ts';

/** What a reading thread is started with. */
export interface ReaderSettings {
  /** The library's file, which the thread only reads. */
  database: string;
  embedding: StoredModel;
  /** Which of the threads it is, from 1: each has a part of the index's memory for itself. */
  number: number;
}

/** What the main thread holds and a reader looks into; its memory is shared, not copied. */
export interface SharedParts {
  index: SharedIndexParts;
  statistics: StatisticsParts;
}

/** To a reader. Messages are taken in order: a request is answered from the parts that were sent last before it. */
export type ReaderOrder =
  | { type: 'parts'; parts: SharedParts }
  | { type: 'similar'; id: number; request: SimilarToPaper }
  /** The last one. */
  | { type: 'stop' };

/** From a reader. */
export type ReaderReply =
  | { type: 'ready' }
  /** The answer as JSON in UTF-8; the bytes are handed over. */
  | { type: 'answer'; id: number; json: Uint8Array<ArrayBuffer> }
  | { type: 'failure'; id: number; failure: Failure };

/** An error on its way between threads, where it would lose its class. */
export interface Failure {
  code: ErrorCode | null;
  message: string;
  errors: readonly FieldError[];
}
