import { LRUCache } from 'lru-cache';
import type { Embedder, EmbeddingModel, QueryEmbedding } from './embedder.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ModelSource } from './models.ts';
import { createPool } from './pool.ts';

export interface TransformersOptions {
  model: EmbeddingModel;
  source: ModelSource;
  /** Where prepared and downloaded models are kept; made if absent. */
  cacheFolder: string;
  /** At most this many threads of one core each; they are started as the work asks for them. */
  workers: number;
  /** Passages that may wait, over all calls; beyond it `embedPassages` throws `unavailable`. Default 10,000. */
  maxWaitingPassages?: number | undefined;
  /** Base address of a hub mirror. Default: the library's. */
  hubHost?: string | undefined;
  /** A copy of the default model's package to use instead of the installed one. */
  packageFolder?: string | undefined;
  /** Replaces the worker thread's program; for tests. */
  workerFile?: URL | undefined;
}

const MAX_WAITING_PASSAGES = 10_000;
const MAX_WAITING_QUERIES = 1_000;
const CACHED_QUERIES = 1_000;

/**
 * What of a text is tokenised at most, in characters per token that the model reads. English has 4 to 5, and the
 * longest words of the usual vocabularies 18: the rest would be cut off anyway, after time spent on tokenising it.
 */
const CHARACTERS_PER_TOKEN = 16;

/**
 * An embedder that runs a model with @xenova/transformers in worker threads. Nothing is loaded before the first
 * call. Loading that failed is tried again at a call 10 seconds later; so are threads that ended by themselves
 * three times in a row.
 *
 * @throws AppError `model_missing` when the model is a folder whose files cannot be read: they are part of the
 * fingerprint. Everything else about the model is reported by `ready()` and by the first call.
 */
export async function createTransformersEmbedder(options: TransformersOptions): Promise<Embedder> {
  const { model, source, maxWaitingPassages = MAX_WAITING_PASSAGES, ...rest } = options;
  const fingerprint = await fingerprintOf({ model, source });
  const pool = createPool({
    ...rest,
    model,
    source,
    maxWaitingPassages,
    maxWaitingQueries: MAX_WAITING_QUERIES,
  });
  const cache = new LRUCache<string, QueryEmbedding>({ max: CACHED_QUERIES });
  const inFlight = new Map<string, Promise<QueryEmbedding>>();
  const limit = model.maxTokens * CHARACTERS_PER_TOKEN;

  const embed = (text: string): Promise<QueryEmbedding> => {
    const known = cache.get(text);
    if (known) return Promise.resolve(known);
    const promise = pool
      .query(text)
      .then((embedded) => {
        cache.set(text, embedded);
        return embedded;
      })
      .finally(() => inFlight.delete(text));
    inFlight.set(text, promise);
    return promise;
  };

  return {
    model,
    fingerprint,
    ready: () => pool.ready(),
    async embedQuery(query) {
      const text = cut(model.queryPrefix + query, limit);
      // A copy, so that no caller can change what the others get.
      const { embedding, tokens, words } = await (inFlight.get(text) ?? embed(text));
      return { embedding: embedding.slice(), tokens: tokens.slice(), words: [...words] };
    },
    embedPassages: (texts, signal) =>
      pool.passages(
        texts.map((text) => cut(model.passagePrefix + text, limit)),
        signal,
      ),
    close() {
      cache.clear();
      return pool.close();
    },
  };
}

/** The first `limit` UTF-16 units of a text, well formed. */
function cut(text: string, limit: number): string {
  return (text.length > limit ? text.slice(0, limit) : text).toWellFormed();
}
