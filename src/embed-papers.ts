import type { Embedder } from './embed/embedder.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { embeddedText, textHash } from './paper.ts';
import type { PaperStore, StoredPaper } from './store/paper-store.ts';

/** Papers that are embedded together. */
const BATCH_SIZE = 64;

interface Deps {
  store: Pick<PaperStore, 'papersAfter' | 'papersWithoutEmbedding' | 'addEmbeddings'>;
  embedder: Embedder;
  /** Told after every commit. */
  index: Pick<VectorIndex, 'refresh'>;
}

/**
 * Embeds the papers that lack an embedding of the current model or its token bits, or every paper anew. Resolves to how
 * many embeddings were stored.
 */
export async function embedPapers(
  deps: Deps,
  which: 'missing' | 'all',
  { onProgress, signal }: { onProgress?: (done: number) => void; signal?: AbortSignal },
): Promise<number> {
  let done = 0;
  for (;;) {
    const pass = await embedOnce(deps, which, signal, (stored) => onProgress?.(done + stored));
    done += pass.stored;
    // What changed while it was embedded is looked at again, as long as that brings anything.
    const isWorthAnother = which === 'missing' && pass.stored > 0 && pass.stored < pass.looked;
    if (signal?.aborted || !isWorthAnother) return done;
  }
}

/** Goes through the library once, by key. Returns how many papers it looked at, and how many embeddings it stored. */
async function embedOnce(
  { store, embedder, index }: Deps,
  which: 'missing' | 'all',
  signal: AbortSignal | undefined,
  onProgress: (stored: number) => void,
): Promise<{ looked: number; stored: number }> {
  const next = which === 'all' ? store.papersAfter : store.papersWithoutEmbedding;
  let looked = 0;
  let stored = 0;
  let last = 0;
  while (!signal?.aborted) {
    const papers = await next(last, BATCH_SIZE);
    if (papers.length === 0) break;
    looked += papers.length;
    stored += await embedThese({ store, embedder, index }, papers);
    last = papers.at(-1)?.key ?? last;
    onProgress(stored);
  }
  return { looked, stored };
}

/** Embeds papers. Resolves to how many of the embeddings were stored: those of papers whose text did not change meanwhile. */
export async function embedThese(
  { store, embedder, index }: Deps,
  papers: readonly StoredPaper[],
): Promise<number> {
  const passages = await embedder.embedPassages(papers.map(({ paper }) => embeddedText(paper)));
  const items = papers.flatMap(({ key, paper }, at) => {
    const passage = passages[at];
    return passage ? [{ key, textHash: textHash(paper), ...passage }] : [];
  });
  const stored = await store.addEmbeddings(items);
  await index.refresh();
  return stored;
}
