import { shownOf, unshownHits } from './cursor.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import { type MatchKind, namedPapers, withNamedFirst } from './exact-match.ts';
import { type Highlights, highlightQuery, highlightsOf } from './highlight.ts';
import { type Hit, hitsOf } from './hits.ts';
import type { VectorIndex } from './index/vector-index.ts';
import type { LexicalIndex } from './lexical/lexical-index.ts';
import { type Fold, foldDuplicates } from './near-duplicates.ts';
import { cleanText, type PaperFilter, type PaperKey } from './paper.ts';
import { type Page, SEARCH_LIMITS } from './search-limits.ts';
import { SECOND_PASS, secondPass } from './second-pass.ts';
import { type SimilarAnswer, type SimilarRequest, similarTo } from './similar.ts';
import type { PaperStore } from './store/paper-store.ts';
import { dot, type Embedding } from './vector.ts';

export const SEARCH_MODES = ['hybrid', 'semantic', 'lexical'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/**
 * The share of the dense score in a hybrid score, the rest being lexical: the best on tuning queries, where 0.55 to
 * 0.65 can hardly be told apart (docs/relevance.md).
 */
const DENSE_WEIGHT = 0.6;

/** The parts of a hit's score. Null: the paper was not found, or not looked for, that way. */
export interface ScoreParts {
  /** Cosine similarity of query and paper, and the paper's rank by it, from 1. */
  dense: number | null;
  denseRank: number | null;
  /** BM25F score, and the paper's rank by it, from 1. */
  lexical: number | null;
  lexicalRank: number | null;
}

/** A candidate as it is answered. */
export type SearchHit = { highlights: Highlights } & Hit<
  Candidate & {
    /** By what the query names the paper, which then comes first; null when it was found by meaning and words. */
    match: MatchKind | null;
    alternates: Fold[];
  }
>;

export interface SearchAnswer {
  hits: SearchHit[];
  nextCursor: string | null;
  /** True when every paper that the filter allows was compared, false when the graph was searched. */
  exact: boolean;
  mode: SearchMode;
  /** Papers with any of the query's words; null when words were not looked for. */
  totalLexical: number | null;
  /** The query with words that no paper has replaced by like ones that some have; null when there is nothing to say. */
  didYouMean: string | null;
}

export interface Search {
  /** Papers for a query in words. Throws `invalid_input` for a foreign cursor or a query without visible text. */
  search(request: { query: string; mode: SearchMode; filter?: PaperFilter } & Page): Promise<SearchAnswer>;
  /** Papers like one paper, by its stored embedding. Throws `not_found`. `diversity` in [0, 1] spreads the list. */
  similar(request: { id: string; filter?: PaperFilter; diversity?: number } & Page): Promise<SimilarAnswer>;
  /** Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found`. */
  similarTo(request: SimilarRequest): Promise<SimilarAnswer>;
}

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  index: VectorIndex;
  lexical: LexicalIndex;
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
  const scope = [query, mode, filter];
  const shown = shownOf(request.cursor, scope, SEARCH_LIMITS.depth);
  const [dense, lexical] = await Promise.all([
    mode === 'lexical' ? null : nearestTo(deps, (await deps.embedder.embedQuery(query)).embedding, filter),
    mode === 'semantic' ? null : deps.lexical.search(query, searchOptions(filter)),
  ]);
  const similarities = await missingSimilarities(deps, dense, lexical?.hits);
  const fused = fuse(mode, dense, lexical?.hits ?? [], similarities);
  const candidates = mode === 'hybrid' ? secondPass(fused, await topEmbeddings(deps, fused)) : fused;
  const totalLexical = lexical?.total ?? null;
  const named = await namedPapers(deps.store, query, { filter, totalLexical });
  const ranked = await foldDuplicates(deps, withNamedFirst(candidates, named, unranked));
  const { page, nextCursor } = unshownHits(ranked, shown, limit, { scope, depth: SEARCH_LIMITS.depth });
  const words = highlightQuery(query);
  return {
    hits: (await hitsOf(deps.store, page)).map((hit) => ({
      ...hit,
      highlights: highlightsOf(hit.paper, words),
    })),
    nextCursor,
    exact: dense?.exact ?? true,
    mode,
    totalLexical,
    didYouMean: lexical && named.length === 0 ? await deps.lexical.suggest(query) : null,
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

/** The embeddings that the second pass compares. */
const topEmbeddings = ({ index }: Deps, fused: readonly Candidate[]) =>
  index.embeddings(fused.slice(0, SECOND_PASS.candidates).map(({ key }) => key));

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
    const parts = pool.get(key) ?? noParts();
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

const noParts = (): ScoreParts => ({ dense: null, denseRank: null, lexical: null, lexicalRank: null });

/** The candidate of a named paper that neither search found. */
const unranked = (key: PaperKey): Candidate => ({ key, parts: noParts(), score: 0 });
