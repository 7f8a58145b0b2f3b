import { unshownHits } from './cursor.ts';
import { type Hit, hitsOf } from './hits.ts';
import type { Neighbour, VectorIndex } from './index/vector-index.ts';
import { type Fold, foldDuplicates } from './near-duplicates.ts';
import type { PaperKey } from './paper.ts';
import { SEARCH_LIMITS } from './search-limits.ts';
import { type SimilarParts, withTerms } from './similar-terms.ts';
import type { PaperStore } from './store/paper-store.ts';
import type { TermStatistics } from './term-statistics.ts';

export type SimilarHit = Hit<{ key: PaperKey; score: number; parts: SimilarParts; alternates: Fold[] }>;

/** What is left to do for papers like one when the vector index has answered. */
export interface SimilarPageRequest {
  /** Of the example, nearest first. */
  readonly neighbours: readonly Neighbour[];
  /** The example: a paper of the library, or a text. */
  readonly example: { readonly keys: readonly PaperKey[]; readonly text: string };
  /** What earlier pages showed. */
  readonly shown: ReadonlySet<PaperKey>;
  readonly limit: number;
  /** What the cursor belongs to. */
  readonly scope: unknown;
}

export interface SimilarPage {
  hits: SimilarHit[];
  nextCursor: string | null;
}

export interface SimilarPageDeps {
  store: Pick<PaperStore, 'termSets' | 'identities' | 'authorLists' | 'apart' | 'papersByKeys'>;
  index: Pick<VectorIndex, 'embeddings'>;
  statistics: { current(): Promise<Pick<TermStatistics, 'rarity'>> };
}

/** The page of papers like one: scored with their terms, copies folded, with all that is shown of them. */
export async function similarPage(deps: SimilarPageDeps, request: SimilarPageRequest): Promise<SimilarPage> {
  const { neighbours, example, shown, limit, scope } = request;
  const scored = neighbours.map(({ key, similarity }) => {
    // What src/example-scores.ts gives for one positive example alone.
    const parts = { positive: similarity, balance: 0, second: null, negative: null };
    return { key, score: similarity, parts };
  });
  const ranked = await withTerms(deps, scored, example);
  const folded = await foldDuplicates(deps, ranked, example.keys);
  const depth = SEARCH_LIMITS.depth;
  const { page, nextCursor } = unshownHits(folded, shown, limit, { scope, depth });
  return { hits: await hitsOf(deps.store, page), nextCursor };
}
