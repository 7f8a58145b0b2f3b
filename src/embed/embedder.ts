import type { TokenBits } from '../token-bits.ts';
import type { Embedding } from '../vector.ts';

/** Everything that decides which vector a text gets. */
export interface EmbeddingModel {
  /** Hub id or name, such as `sentence-transformers/all-MiniLM-L6-v2`. */
  readonly id: string;
  readonly dimensions: number;
  readonly pooling: 'mean' | 'cls';
  /** Longer texts are cut to this many tokens, special tokens included. */
  readonly maxTokens: number;
  /** Put before a query, and before a passage (a paper's text), as the model was trained. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  readonly quantization: 'int8' | 'fp32';
}

/**
 * What is known of a paper's text: its unit-length embedding, and the signs of its content tokens'. Content tokens
 * are those that are part of a word with a letter or digit that is no stop word; special tokens and the model's prefix
 * have none.
 */
export interface PassageEmbedding {
  readonly embedding: Embedding;
  readonly tokens: TokenBits;
}

/** As of a passage. `words[i]` is the whole word, in lower case, that the token of row i is a piece of. */
export interface QueryEmbedding extends PassageEmbedding {
  readonly words: readonly string[];
}

/**
 * Turns texts into embeddings. All methods may be called at any time and in any number; queries are served before
 * passages that are still waiting, so that a search never waits behind a bulk ingest.
 */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** Two embedders give comparable vectors exactly when their fingerprints are equal. */
  readonly fingerprint: string;
  /** Resolves when the model is loaded. Throws `model_missing` or `model_damaged`, naming the file and the remedy. */
  ready(): Promise<void>;
  /** Embeds a search query. Throws `model_failed` when inference fails. */
  embedQuery(text: string): Promise<QueryEmbedding>;
  /** Embeds passages, in the order given. An aborted signal drops what has not begun. */
  embedPassages(texts: readonly string[], signal?: AbortSignal): Promise<PassageEmbedding[]>;
  /** Waits for what is running, refuses what is waiting (`unavailable`), and frees the threads. */
  close(): Promise<void>;
}
