import { shownOf, unshownHits } from './cursor.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import { type MatchKind, namedPapers, withNamedFirst, withPhrasesFirst } from './exact-match.ts';
import { createExampleScores } from './example-scores.ts';
import { type Candidate, fuse, noParts, single, wordFit } from './fusion.ts';
import { type Highlights, highlightQuery, highlightsOf } from './highlight.ts';
import { type Hit, hitsOf } from './hits.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { lateInteraction, mayInteract } from './late-interaction.ts';
import type { LexicalAnswer, LexicalHit, LexicalIndex } from './lexical/lexical-index.ts';
import { likelyTitle } from './likely-title.ts';
import { createMaxSimilarity, type MaxSimilarity } from './max-similarity.ts';
import { type Fold, foldDuplicates } from './near-duplicates.ts';
import type { PaperFilter, PaperKey } from './paper.ts';
import { quotedIn } from './quotes.ts';
import { RANKING, type Ranking } from './ranking.ts';
import { readableText } from './readable-text.ts';
import { type Page, SEARCH_LIMITS } from './search-limits.ts';
import { createSecondPass, type SecondPass } from './second-pass.ts';
import {
  type SimilarAnswer,
  type SimilarRequest,
  type SimilarToPaper,
  similarTo,
  similarToPaper,
} from './similar.ts';
import type { NamedPaper, PaperIdentity, PaperStore } from './store/paper-store.ts';
import type { TermStatisticsReader } from './term-statistics.ts';

export const SEARCH_MODES = ['hybrid', 'semantic', 'lexical'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

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
  /** Papers that match by words (`LexicalAnswer.total`); null when words were not looked for, or are still being read. */
  totalLexical: number | null;
  /**
   * How many quoted phrases the query asks for, and whether papers have all of them, which then come first; null when
   * it asks for none.
   */
  phrases: LexicalAnswer['phrases'] | null;
  /** The query with words that no paper has replaced by like ones that some have; null when there is nothing to say. */
  didYouMean: string | null;
}

export interface Search {
  /** Papers for a query in words. Throws `invalid_input` for a foreign cursor or a query without visible text. */
  search(request: { query: string; mode: SearchMode; filter?: PaperFilter } & Page): Promise<SearchAnswer>;
  /** Papers like one paper, by its stored embedding. Throws `not_found`. `diversity` in [0, 1] spreads the list. */
  similar(request: SimilarToPaper): Promise<SimilarAnswer>;
  /** Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found`. */
  similarTo(request: SimilarRequest): Promise<SimilarAnswer>;
}

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  index: VectorIndex;
  lexical: LexicalIndex;
  statistics: TermStatisticsReader;
}

/** What is made once for all searches. */
type Tools = Deps & { ranking: Ranking; secondPass: SecondPass; maxSimilarity: MaxSimilarity };

/** `ranking` is for trials; everybody else searches with what was found best. */
export function createSearch(deps: Deps, ranking: Ranking = RANKING): Search {
  const { dimensions } = deps.embedder.model;
  const tools: Tools = {
    ...deps,
    ranking,
    secondPass: createSecondPass(dimensions, ranking.secondPass),
    maxSimilarity: createMaxSimilarity(dimensions),
  };
  const examples = { ...deps, exampleScores: createExampleScores(dimensions) };
  return {
    search: (request) => search(tools, request),
    similar: (request) => similarToPaper(examples, request),
    similarTo: (request) => similarTo(examples, request),
  };
}

async function search(deps: Tools, request: Parameters<Search['search']>[0]): Promise<SearchAnswer> {
  const query = readableText(request.query);
  if (query === '')
    throw new AppError('invalid_input', 'Expected a query with visible text.', {
      errors: [{ path: 'q', message: 'expected visible text, got none' }],
    });
  const { mode, filter, limit } = request;
  const scope = [query, mode, filter];
  const shown = shownOf(request.cursor, scope, SEARCH_LIMITS.depth);
  // What needs no embedding is done while a thread makes the query's.
  const [dense, words, named] = await Promise.all([
    mode === 'lexical' ? null : nearestTo(deps, query, filter),
    mode === 'semantic' && quotedIn(query).length === 0
      ? null
      : wordsIn(deps, query, filter).catch(unlessNeeded(mode)),
    namedPapers(deps, query, filter),
  ]);
  // Semantic search ranks by meaning alone, but asks for the words of quotes as the others do.
  const lexical = mode === 'semantic' ? null : words;
  const others = dense && words && (await wordScoresOf(deps, dense, words));
  const phrases = words && havingPhrases(words, others?.values() ?? []);
  const ranked = await rankedCandidates(deps, dense, lexical, { wordScores: others, phrases });
  const candidates =
    mode === 'semantic' && phrases ? await withOthers(deps, ranked, dense, phrases) : within(ranked, phrases);
  const totalLexical = lexical?.total ?? null;
  const identities = await deps.store.identities([...candidates, ...named].map(({ key }) => key));
  const titled = named.length > 0 ? null : likelyTitle(query, known(candidates, identities));
  const first: NamedPaper[] = titled === null ? named : [{ key: titled, by: 'title' }];
  const exactFirst = withNamedFirst(withPhrasesFirst(candidates, phrases), first, unranked);
  const folded = await foldDuplicates(deps, exactFirst, [], identities);
  const { page, nextCursor } = unshownHits(folded, shown, limit, { scope, depth: SEARCH_LIMITS.depth });
  const corrections = lexical?.terms.flatMap(({ correction }) => correction ?? []);
  const marked = highlightQuery(query, corrections);
  const rarity = rarityOf(lexical?.terms ?? []);
  return {
    hits: (await hitsOf(deps.store, page)).map((hit) => ({
      ...hit,
      highlights: highlightsOf(hit.paper, marked, rarity),
    })),
    nextCursor,
    exact: dense?.exact ?? true,
    mode,
    totalLexical,
    phrases: words && words.phrases.asked > 0 ? words.phrases : null,
    didYouMean: lexical && named.length === 0 ? await deps.lexical.suggest(query) : null,
  };
}

const searchOptions = (filter: PaperFilter | undefined) => ({
  limit: SEARCH_LIMITS.depth,
  ...(filter && { filter }),
});

async function nearestTo({ embedder, index }: Deps, text: string, filter: PaperFilter | undefined) {
  const query = await embedder.embedQuery(text);
  return { query, ...(await index.nearest(query.embedding, searchOptions(filter))) };
}

async function wordsIn({ lexical }: Deps, query: string, filter: PaperFilter | undefined) {
  return { query, ...(await lexical.search(query, searchOptions(filter))) };
}

/** Hybrid and semantic search do without words while those of the library are being read. */
const unlessNeeded = (mode: SearchMode) => (error: unknown) => {
  if (mode !== 'lexical' && error instanceof AppError && error.code === 'unavailable') return null;
  throw error;
};

type Dense = Awaited<ReturnType<typeof nearestTo>>;
type Lexical = Awaited<ReturnType<typeof wordsIn>>;
type WordScores = Awaited<ReturnType<typeof wordScoresOf>>;

/**
 * What was found, best first: joined, and looked at again, when it was looked for in both ways. Looking again changes
 * the order at the top alone, so that what is too far down to be shown is left out before.
 */
async function rankedCandidates(
  deps: Tools,
  dense: Dense | null,
  lexical: Lexical | null,
  { wordScores, phrases }: { wordScores: WordScores | null; phrases: ReadonlySet<PaperKey> | null },
): Promise<Candidate[]> {
  if (!dense || !lexical) {
    return single(dense && { ...dense, others: new Map() }, lexical && { ...lexical, others: new Map() });
  }
  const cosines = await cosinesOf(
    deps,
    dense,
    lexical.hits.map(({ key }) => key),
  );
  const { fusion, secondPass } = deps.ranking;
  const wordsOfOthers = { ...lexical, others: wordScores ?? new Map() };
  const fused = within(fuse({ ...dense, others: cosines }, wordsOfOthers, fusion), phrases);
  const looked = await lookedAtByWord(deps, fused, dense, lexical);
  const keys = looked.slice(0, secondPass.candidates).map(({ key }) => key);
  const before = new Map(looked.map(({ key, score }) => [key, score]));
  const ranked = deps.secondPass(looked, await deps.index.embeddings(keys), wordFit(lexical, fusion.wordFit));
  return ranked.map((candidate) => {
    const neighbours = candidate.score - (before.get(candidate.key) ?? 0);
    return { ...candidate, parts: { ...candidate.parts, neighbours } };
  });
}

/** A ranking by meaning, with the papers of the given keys that it does not reach. */
async function withOthers(
  deps: Tools,
  ranked: readonly Candidate[],
  dense: Dense | null,
  keys: ReadonlySet<PaperKey>,
): Promise<Candidate[]> {
  if (!dense) return [...ranked];
  const others = single({ neighbours: [], others: await cosinesOf(deps, dense, keys) }, null);
  return [...ranked, ...others].sort((a, b) => b.score - a.score || a.key - b.key);
}

async function lookedAtByWord(
  { store, maxSimilarity, ranking: { lateInteraction: settings } }: Tools,
  fused: readonly Candidate[],
  { query }: Dense,
  { terms }: Lexical,
): Promise<readonly Candidate[]> {
  if (!mayInteract(query, settings)) return fused;
  const keys = fused.slice(0, settings.candidates).map(({ key }) => key);
  return lateInteraction(fused, query, terms, await store.tokenBits(keys), maxSimilarity, settings);
}

/** Cosine similarities of lexical hits that the dense search did not reach: a missing score is not a zero. */
async function cosinesOf(
  { index }: Deps,
  dense: Dense,
  keys: Iterable<PaperKey>,
): Promise<Map<PaperKey, number>> {
  const known = new Set(dense.neighbours.map(({ key }) => key));
  return index.similarities(
    dense.query.embedding,
    [...keys].filter((key) => !known.has(key)),
  );
}

/** Likewise, BM25F of papers that only the dense search found. */
function wordScoresOf({ lexical }: Deps, { neighbours }: Dense, { query, hits }: Lexical) {
  const known = new Set(hits.map(({ key }) => key));
  return lexical.score(
    query,
    neighbours.map(({ key }) => key).filter((key) => !known.has(key)),
  );
}

/**
 * The papers that have all quoted phrases of the query, once some paper does, else null. The hits are no more than the
 * best of them: among what only the dense search found there may be others.
 */
function havingPhrases({ hits, phrases }: Lexical, others: Iterable<LexicalHit>): Set<PaperKey> | null {
  if (!phrases.required) return null;
  const all = [...hits, ...others].filter((hit) => hit.phrases === phrases.asked);
  return new Set(all.map(({ key }) => key));
}

/** How much a term counts in the choice of a passage: its idf; what is not known counts as the rarest. */
function rarityOf(terms: Lexical['terms']): (term: string) => number {
  const idfs = new Map(terms.map(({ term, idf }) => [term, idf]));
  const highest = Math.max(1, ...idfs.values());
  return (term) => idfs.get(term) ?? highest;
}

/** Papers with a phrase come first wherever they are ranked; without phrases nothing below the depth is shown. */
const within = (ranked: readonly Candidate[], phrases: ReadonlySet<PaperKey> | null) =>
  phrases ? ranked : ranked.slice(0, SEARCH_LIMITS.depth);

const known = (candidates: readonly Candidate[], identities: ReadonlyMap<PaperKey, PaperIdentity>) =>
  candidates.flatMap(({ key }) => identities.get(key) ?? []);

/** The candidate of a named paper that neither search found. */
const unranked = (key: PaperKey): Candidate => ({ key, parts: noParts(), score: 0 });
