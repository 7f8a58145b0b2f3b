import { nextCursor, offsetOf } from './cursor.ts';
import { diversify } from './diversity.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { cleanText, matchesFilter, type Paper, type PaperFilter, type PaperKey } from './paper.ts';
import type { PaperStore } from './store/paper-store.ts';
import { dot, type Embedding } from './vector.ts';

export const SEARCH_MODES = ['hybrid', 'semantic', 'lexical'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export const SEARCH_LIMITS = {
  /** Characters of a query, and of a pasted text. */
  query: 1_000,
  text: 20_000,
  /** Papers named as positive, and as negative. */
  examples: 100,
  /** Hits a page. */
  page: 100,
  /** How deep an answer can be paged through. */
  depth: 300,
} as const;

/**
 * The share of the dense score in a hybrid score, the rest being lexical. Chosen from figures measured for this
 * model on four test collections (a fixed 0.5, stop words dropped): see docs/decisions.md.
 */
const DENSE_WEIGHT = 0.5;

/** How strongly a negative example pushes away, against how strongly a positive one attracts. */
const NEGATIVE_WEIGHT = 0.6;

/** The parts of a hit's score. Null: the paper was not found, or not looked for, that way. */
export interface ScoreParts {
  /** Cosine similarity of query and paper, and the paper's rank by it, from 1. */
  dense: number | null;
  denseRank: number | null;
  /** BM25 score, and the paper's rank by it, from 1. */
  lexical: number | null;
  lexicalRank: number | null;
}

export interface SearchHit {
  paper: Paper;
  score: number;
  parts: ScoreParts;
}

export interface SearchAnswer {
  hits: SearchHit[];
  nextCursor: string | null;
  /** True when every paper that the filter allows was compared, false when the graph was searched. */
  exact: boolean;
  mode: SearchMode;
  /** Papers with any of the query's words; null when words were not looked for. */
  totalLexical: number | null;
}

export interface SimilarHit {
  paper: Paper;
  score: number;
  /** Best cosine similarity to a positive example (or the text), and to a negative one. */
  parts: { positive: number; negative: number | null };
}

export interface SimilarAnswer {
  hits: SimilarHit[];
  nextCursor: string | null;
  exact: boolean;
}

export interface Page {
  limit: number;
  cursor?: string | null;
}

export interface Examples {
  positive: readonly string[];
  negative: readonly string[];
  text?: string;
}

export interface Search {
  /** Papers for a query in words. Throws `invalid_input` for a foreign cursor or a query without visible text. */
  search(request: { query: string; mode: SearchMode; filter?: PaperFilter } & Page): Promise<SearchAnswer>;
  /** Papers like one paper, by its stored embedding. Throws `not_found`. `diversity` in [0, 1] spreads the list. */
  similar(request: { id: string; filter?: PaperFilter; diversity?: number } & Page): Promise<SimilarAnswer>;
  /** Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found`. */
  similarTo(
    request: { examples: Examples; filter?: PaperFilter; diversity?: number } & Page,
  ): Promise<SimilarAnswer>;
}

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  index: VectorIndex;
}

export function createSearch(deps: Deps): Search {
  return {
    search: (request) => search(deps, request),
    similar: ({ id, ...rest }) => similarTo(deps, { examples: { positive: [id], negative: [] }, ...rest }),
    similarTo: (request) => similarTo(deps, request),
  };
}

interface Candidate {
  key: PaperKey;
  score: number;
  parts: ScoreParts;
}

async function search(deps: Deps, request: Parameters<Search['search']>[0]): Promise<SearchAnswer> {
  const query = cleanText(request.query);
  if (query === '')
    throw new AppError('invalid_input', 'Expected a query with visible text.', {
      errors: [{ path: 'q', message: 'expected visible text, got none' }],
    });
  const { mode, filter, limit } = request;
  const offset = offsetOf(request.cursor, [query, mode, filter], SEARCH_LIMITS.depth);
  const [dense, lexical] = await Promise.all([
    mode === 'lexical' ? null : nearestTo(deps, await deps.embedder.embedQuery(query), filter),
    mode === 'semantic' ? null : deps.store.lexical(query, searchOptions(filter)),
  ]);
  const candidates = fuse(
    mode,
    dense,
    lexical?.hits ?? [],
    await missingSimilarities(deps, dense, lexical?.hits),
  );
  const named = await deps.store.paperById(query);
  const isNamed = named !== null && matchesFilter(named.paper, filter);
  const ranked = isNamed ? withFirst(candidates, named.key) : candidates;
  const page = ranked.slice(offset, offset + limit);
  const papers = await papersOf(deps, page);
  return {
    hits: page.flatMap(({ key, score, parts }) => {
      const paper = papers.get(key);
      return paper ? [{ paper, score, parts }] : [];
    }),
    nextCursor: nextCursor(offset + limit, ranked.length, [query, mode, filter]),
    exact: dense?.exact ?? true,
    mode,
    totalLexical: lexical?.total ?? null,
  };
}

const searchOptions = (filter: PaperFilter | undefined) => ({
  limit: SEARCH_LIMITS.depth,
  ...(filter && { filter }),
});

async function nearestTo({ index }: Deps, query: Embedding, filter: PaperFilter | undefined) {
  return { query, ...(await index.nearest(query, searchOptions(filter))) };
}

type Dense = Awaited<ReturnType<typeof nearestTo>>;

/** Cosine similarities of lexical hits that the dense search did not reach: a missing score is not a zero. */
async function missingSimilarities(
  { index }: Deps,
  dense: Dense | null,
  lexical: readonly { key: PaperKey }[] = [],
): Promise<Map<PaperKey, number>> {
  if (!dense) return new Map();
  const known = new Set(dense.neighbours.map(({ key }) => key));
  const embeddings = await index.embeddings(lexical.map(({ key }) => key).filter((key) => !known.has(key)));
  return new Map([...embeddings].map(([key, embedding]) => [key, dot(dense.query, embedding)]));
}

/**
 * Joins both lists by a convex combination of normalised scores (Bruch et al., arXiv 2210.11934): cosine scaled
 * from the pool's lowest to its highest to [0, 1], BM25 from 0 to its highest. One list alone keeps its own score.
 */
function fuse(
  mode: SearchMode,
  dense: Dense | null,
  lexical: readonly { key: PaperKey; score: number }[],
  extra: ReadonlyMap<PaperKey, number>,
): Candidate[] {
  const pool = new Map<PaperKey, ScoreParts>();
  const partsOf = (key: PaperKey): ScoreParts => {
    const parts = pool.get(key) ?? { dense: null, denseRank: null, lexical: null, lexicalRank: null };
    pool.set(key, parts);
    return parts;
  };
  dense?.neighbours.forEach(({ key, similarity }, at) => {
    Object.assign(partsOf(key), { dense: similarity, denseRank: at + 1 });
  });
  lexical.forEach(({ key, score }, at) => {
    Object.assign(partsOf(key), { lexical: score, lexicalRank: at + 1 });
  });
  for (const [key, similarity] of extra) partsOf(key).dense = similarity;
  const similarities = [...pool.values()].flatMap((parts) => parts.dense ?? []);
  const lowest = Math.min(...similarities);
  const spread = Math.max(...similarities) - lowest || 1;
  const highest = lexical[0]?.score || 1;
  const scoreOf = (parts: ScoreParts): number => {
    if (mode === 'semantic') return parts.dense ?? 0;
    if (mode === 'lexical') return parts.lexical ?? 0;
    const denseScore = parts.dense === null ? 0 : (parts.dense - lowest) / spread;
    return DENSE_WEIGHT * denseScore + (1 - DENSE_WEIGHT) * ((parts.lexical ?? 0) / highest);
  };
  return [...pool]
    .map(([key, parts]) => ({ key, parts, score: scoreOf(parts) }))
    .sort((a, b) => b.score - a.score || a.key - b.key)
    .slice(0, SEARCH_LIMITS.depth);
}

/** The paper that the query names by its id comes first, with a score that says so. */
function withFirst(candidates: readonly Candidate[], key: PaperKey): Candidate[] {
  const found = candidates.find((candidate) => candidate.key === key);
  const top = Math.max(1, candidates[0]?.score ?? 0);
  const parts = found?.parts ?? { dense: null, denseRank: null, lexical: null, lexicalRank: null };
  return [{ key, parts, score: top }, ...candidates.filter((candidate) => candidate.key !== key)];
}

async function similarTo(deps: Deps, request: Parameters<Search['similarTo']>[0]): Promise<SimilarAnswer> {
  const { examples, filter, limit, diversity = 0 } = request;
  const scope = [examples, filter, diversity];
  const offset = offsetOf(request.cursor, scope, SEARCH_LIMITS.depth);
  const [positive, negative] = await Promise.all([
    exampleEmbeddings(deps, examples.positive, 'positive'),
    exampleEmbeddings(deps, examples.negative, 'negative'),
  ]);
  const text = examples.text === undefined ? '' : cleanText(examples.text);
  const targets = [...positive.embeddings];
  if (text !== '') targets.push(await deps.embedder.embedQuery(text));
  if (targets.length === 0) {
    throw new AppError('invalid_input', 'Expected at least one positive example, or a text.', {
      errors: [{ path: 'positive', message: 'expected at least one paper id when there is no text' }],
    });
  }
  const excludedKeys = [...(filter?.excludedKeys ?? []), ...positive.keys, ...negative.keys];
  // One example without diversity: the index's order is the answer, so only what is shown is asked for.
  const isPlain = targets.length === 1 && negative.keys.length === 0 && diversity === 0;
  const depth = isPlain ? Math.min(offset + limit + 1, SEARCH_LIMITS.depth) : SEARCH_LIMITS.depth;
  const found = await Promise.all(
    targets.map((target) =>
      deps.index.nearest(target, { limit: depth, filter: { ...filter, excludedKeys } }),
    ),
  );
  const keys = [...new Set(found.flatMap(({ neighbours }) => neighbours.map(({ key }) => key)))];
  const embeddings = await deps.index.embeddings(keys);
  const ranked = [...embeddings]
    .map(([key, embedding]) => ({
      key,
      embedding,
      ...scoreByExamples(embedding, targets, negative.embeddings),
    }))
    .sort((a, b) => b.score - a.score || a.key - b.key)
    .slice(0, SEARCH_LIMITS.depth);
  const spread = diversity > 0 ? diversify(ranked, { diversity, limit: offset + limit }) : ranked;
  const page = spread.slice(offset, offset + limit);
  const papers = await papersOf(deps, page);
  return {
    hits: page.flatMap(({ key, score, parts }) => {
      const paper = papers.get(key);
      return paper ? [{ paper, score, parts }] : [];
    }),
    nextCursor: nextCursor(offset + limit, ranked.length, scope),
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

async function papersOf({ store }: Deps, page: readonly { key: PaperKey }[]): Promise<Map<PaperKey, Paper>> {
  const papers = await store.papersByKeys(page.map(({ key }) => key));
  return new Map(papers.map(({ key, paper }) => [key, paper]));
}
