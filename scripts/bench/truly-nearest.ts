import { createTopK } from '../../src/index/top-k.ts';
import type { VectorSource } from '../../src/index/vector-index.ts';
import type { PaperKey } from '../../src/paper.ts';
import { dot, type Embedding } from '../../src/vector.ts';

const SLICE = 1_000;

/** The papers nearest to each of some queries, by scoring every vector of a source, whatever an index makes of them. */
export async function trulyNearest(
  source: Pick<VectorSource, 'vectorChanges'>,
  queries: readonly Embedding[],
  limit: number,
): Promise<PaperKey[][]> {
  const tops = queries.map(() => createTopK(limit));
  for (let after = 0; ; ) {
    const changes = await source.vectorChanges(after, SLICE);
    for (const { key, revision, embedding } of changes) {
      after = revision;
      if (!embedding) continue;
      for (const [at, query] of queries.entries()) {
        const similarity = dot(query, embedding);
        if (tops[at]?.wants(key, similarity)) tops[at].offer(key, similarity);
      }
    }
    if (changes.length < SLICE) return tops.map((top) => top.sorted().map(({ key }) => key));
  }
}
