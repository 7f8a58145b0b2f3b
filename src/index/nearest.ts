import { AppError } from '../errors.ts';
import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import type { NearestOptions } from './exact.ts';
import type { Neighbours, VectorSource } from './vector-index.ts';

const MOST_NEIGHBOURS = 10_000;

/** Throws `invalid_input` for a limit outside 1 to 10,000, `index_failed` for an unusable query vector. */
export function checkNearest(query: Embedding, limit: number, dimensions: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_NEIGHBOURS) {
    throw new AppError('invalid_input', `Expected a limit from 1 to ${MOST_NEIGHBOURS}, got ${limit}.`);
  }
  assertEmbedding(query, dimensions);
}

/** The vectors of some papers, `VectorIndex.embeddings`, by a look at each. */
export function embeddingsOf(
  keys: readonly PaperKey[],
  vectorOf: (key: PaperKey) => Embedding | undefined,
): Map<PaperKey, Embedding> {
  const found = new Map<PaperKey, Embedding>();
  for (const key of keys) {
    const vector = vectorOf(key);
    if (vector) found.set(key, vector);
  }
  return found;
}

/**
 * The nearest papers that pass the filter. `search` is called after the filter was resolved, so that one state of the
 * index answers the whole call.
 */
export async function nearest(
  search: (options: NearestOptions) => Neighbours,
  source: Pick<VectorSource, 'matchingKeys'>,
  { limit, filter }: { limit: number; filter?: PaperFilter },
): Promise<Neighbours> {
  const allowed = filter && restricts(filter) ? await source.matchingKeys(filter) : undefined;
  const excluded = filter?.excludedKeys?.length ? new Set(filter.excludedKeys) : undefined;
  return search({ limit, allowed, excluded });
}
