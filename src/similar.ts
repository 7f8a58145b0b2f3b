import { shownOf, unshownHits } from './cursor.ts';
import { diversify } from './diversity.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import { type Hit, hitsOf } from './hits.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { type Fold, foldDuplicates } from './near-duplicates.ts';
import { cleanText, type PaperFilter, type PaperKey } from './paper.ts';
import { type Page, SEARCH_LIMITS } from './search-limits.ts';
import type { PaperStore } from './store/paper-store.ts';
import { dot, type Embedding } from './vector.ts';

/** How strongly a negative example pushes away, against how strongly a positive one attracts. */
const NEGATIVE_WEIGHT = 0.6;

interface Candidate {
  key: PaperKey;
  score: number;
  /** Best cosine similarity to a positive example (or the text), and to a negative one. */
  parts: { positive: number; negative: number | null };
  alternates: Fold[];
}

export type SimilarHit = Hit<Candidate>;

export interface SimilarAnswer {
  hits: SimilarHit[];
  nextCursor: string | null;
  exact: boolean;
}

export interface Examples {
  positive: readonly string[];
  negative: readonly string[];
  text?: string;
}

/** Hits more than a page, to know that there are more, and as some may be copies of others. */
const SPARE_HITS = 6;

export type SimilarRequest = { examples: Examples; filter?: PaperFilter; diversity?: number } & Page;

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  index: VectorIndex;
}

/**
 * Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found` for an unknown
 * paper, `unavailable` for one without an embedding, `invalid_input` without a positive example or text.
 */
export async function similarTo(deps: Deps, request: SimilarRequest): Promise<SimilarAnswer> {
  const { examples, filter, limit, diversity = 0 } = request;
  const scope = [examples, filter, diversity];
  const shown = shownOf(request.cursor, scope, SEARCH_LIMITS.depth);
  const [positive, negative] = await Promise.all([
    exampleEmbeddings(deps, examples.positive, 'positive'),
    exampleEmbeddings(deps, examples.negative, 'negative'),
  ]);
  const text = examples.text === undefined ? '' : cleanText(examples.text);
  const targets = [...positive.embeddings];
  if (text !== '') targets.push((await deps.embedder.embedQuery(text)).embedding);
  if (targets.length === 0) {
    throw new AppError('invalid_input', 'Expected at least one positive example, or a text.', {
      errors: [{ path: 'positive', message: 'expected at least one paper id when there is no text' }],
    });
  }
  const wanted = { targets, positive, negative, filter };
  // One example without diversity: the index's order is the answer, so only what is shown is asked for.
  const isPlain = targets.length === 1 && negative.keys.length === 0 && diversity === 0;
  const listed = async (depth: number) => {
    const { ranked, exact, isCut } = await ranking(deps, wanted, isPlain ? depth : SEARCH_LIMITS.depth);
    const list = diversity > 0 ? diversify(ranked, { diversity, limit: depth }) : ranked;
    const paged = unshownHits(list, shown, limit, { scope, depth: SEARCH_LIMITS.depth });
    return { ...paged, exact, isCut: isCut || list.length < ranked.length };
  };
  const first = await listed(Math.min(shown.size + limit + SPARE_HITS, SEARCH_LIMITS.depth));
  const { page, nextCursor, exact } =
    first.isCut && first.nextCursor === null ? await listed(SEARCH_LIMITS.depth) : first;
  const candidates = page.map(({ embedding: _, ...candidate }) => candidate);
  return { hits: await hitsOf(deps.store, candidates), nextCursor, exact };
}

interface Wanted {
  targets: readonly Embedding[];
  positive: { keys: readonly PaperKey[] };
  negative: { keys: readonly PaperKey[]; embeddings: readonly Embedding[] };
  filter: PaperFilter | undefined;
}

/**
 * The papers near the targets, each once, best first, without the examples and their copies; `depth` of them before
 * folding. `isCut` when more may come after them.
 */
async function ranking(deps: Deps, { targets, positive, negative, filter }: Wanted, depth: number) {
  const examples = [...positive.keys, ...negative.keys];
  const excludedKeys = [...(filter?.excludedKeys ?? []), ...examples];
  const found = await Promise.all(
    targets.map((target) =>
      deps.index.nearest(target, { limit: depth, filter: { ...filter, excludedKeys } }),
    ),
  );
  const keys = [...new Set(found.flatMap(({ neighbours }) => neighbours.map(({ key }) => key)))];
  const embeddings = await deps.index.embeddings(keys);
  const scored = [...embeddings]
    .map(([key, embedding]) => ({
      key,
      embedding,
      ...scoreByExamples(embedding, targets, negative.embeddings),
    }))
    .sort((a, b) => b.score - a.score || a.key - b.key)
    .slice(0, SEARCH_LIMITS.depth);
  return {
    ranked: await foldDuplicates(deps, scored, examples),
    isCut: depth < SEARCH_LIMITS.depth && found.some(({ neighbours }) => neighbours.length === depth),
    exact: found.every(({ exact }) => exact),
  };
}

async function exampleEmbeddings({ store, index }: Deps, ids: readonly string[], path: string) {
  const papers = await Promise.all(ids.map((id) => store.paperById(id)));
  const missing = ids.filter((_, at) => papers[at] === null);
  if (missing.length > 0) {
    throw new AppError('not_found', `There is no paper with the id "${missing.join('", "')}".`, {
      errors: missing.map((id) => ({ path, message: `no paper has the id "${id}"` })),
    });
  }
  const keys = [...new Set(papers.flatMap((paper) => (paper ? [paper.key] : [])))];
  const embeddings = await index.embeddings(keys);
  // The index may lag behind another process's commit by a moment: the store has the truth.
  for (const key of keys) {
    const stored = embeddings.has(key) ? null : await store.embedding(key);
    if (stored) embeddings.set(key, stored);
    else if (!embeddings.has(key)) {
      const id = papers.find((paper) => paper?.key === key)?.paper.id;
      throw new AppError(
        'unavailable',
        `The paper "${id}" has no embedding of the current model yet. Try again later.`,
      );
    }
  }
  return { keys, embeddings: [...embeddings.values()] };
}

/**
 * A paper's score against several examples: the mean of its two best similarities to positive ones (one lucky
 * match is not enough, an average over unlike examples is too much), less a share of its best similarity to a
 * negative one, counted only above zero.
 */
function scoreByExamples(
  embedding: Embedding,
  targets: readonly Embedding[],
  negatives: readonly Embedding[],
) {
  const similarities = targets.map((target) => dot(target, embedding)).sort((a, b) => b - a);
  const [best = 0, second = best] = similarities;
  const negative =
    negatives.length === 0 ? null : Math.max(...negatives.map((other) => dot(other, embedding)));
  const score = (best + second) / 2 - NEGATIVE_WEIGHT * Math.max(0, negative ?? 0);
  return { score, parts: { positive: best, negative } };
}
