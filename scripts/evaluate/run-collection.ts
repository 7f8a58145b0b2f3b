import type { Embedder } from '../../src/embed/embedder.ts';
import type { PaperKey } from '../../src/paper.ts';
import { cutAtWord } from '../../src/paper.ts';
import { RANKING } from '../../src/ranking.ts';
import type { Search, SearchMode } from '../../src/search.ts';
import { SEARCH_LIMITS } from '../../src/search-limits.ts';
import { checkRecord } from '../../src/sources/source.ts';
import type { Collection, Query } from './collection.ts';
import { fillLibrary } from './library.ts';
import { ndcgAt, recallAt, reciprocalRankAt } from './metrics.ts';
import type { ResultRow } from './results.ts';
import type { Trial } from './trials.ts';

/** The modes of search, those to be compared with hybrid first. */
export const COMPARED_MODES = ['lexical', 'semantic', 'hybrid'] as const satisfies readonly SearchMode[];

/** What can be measured: the modes of search, and `similar` where queries are documents. */
export const EVALUATED_MODES = [...COMPARED_MODES, 'similar'] as const;
export type EvaluatedMode = (typeof EVALUATED_MODES)[number];

/** Hits asked for: what recall@100 needs, in one page. */
const DEPTH = 100;

export interface RunOptions {
  modes: readonly EvaluatedMode[];
  passageEmbedder: Embedder;
  /**
   * An embedder for the queries of one mode, closed after it. A new one each time: embedders remember queries, and
   * the milliseconds of the second mode must not profit from the first.
   */
  openQueryEmbedder: () => Promise<Embedder>;
  /** Ways of ranking to run each mode in, in place of the chosen one; a row then bears the trial's name. */
  trials?: readonly Trial[];
}

/** Fills a library with the collection, and asks its queries of the real search in each mode. */
export async function runCollection(
  collection: Collection,
  { modes, passageEmbedder, openQueryEmbedder, trials = [] }: RunOptions,
): Promise<{ rows: ResultRow[]; notes: string[] }> {
  const items = collection.papers.map(({ id, title, abstract, documentId }) =>
    checkRecord({ id, title, abstract }, documentId, { strict: true }),
  );
  const library = await fillLibrary(items, passageEmbedder);
  try {
    const keys = await keysOf(collection, library.store);
    const documentIds = new Map(collection.papers.map(({ id, documentId }) => [id, documentId]));
    const rows: ResultRow[] = [];
    const runs: (Trial & { mode: EvaluatedMode })[] = modes.flatMap((mode) =>
      trials.length === 0
        ? { mode, name: mode, ranking: RANKING }
        : trials.map((trial) => ({ mode, ...trial })),
    );
    for (const { mode, name, ranking, lexical } of runs) {
      const embedder = await openQueryEmbedder();
      const searched = lexical ? await library.withConstants(lexical) : library;
      try {
        const search = searched.searchWith(embedder, ranking);
        for (const { task, ask } of tasksOf(mode, search, keys, collection)) {
          rows.push(await measure(collection, { task, mode: name, ask, documentIds }));
        }
      } finally {
        await embedder.close();
        if (searched !== library) await searched.close();
      }
    }
    return { rows, notes: [...collection.notes, ...cutNotes(collection)] };
  } finally {
    await library.close();
  }
}

/** The library's key of each document. */
async function keysOf(
  { papers }: Collection,
  store: { paperById(id: string): Promise<{ key: PaperKey } | null> },
): Promise<Map<string, PaperKey>> {
  const keys = new Map<string, PaperKey>();
  for (const { id, documentId } of papers) {
    const stored = await store.paperById(id);
    if (!stored) throw new Error(`The document ${documentId} is not in the library.`);
    keys.set(documentId, stored.key);
  }
  return keys;
}

/** Asks one query. */
type Ask = (query: Query) => Promise<{ hits: { paper: { id: string }; alternates: { id: string }[] }[] }>;

function tasksOf(
  mode: EvaluatedMode,
  search: Search,
  keys: ReadonlyMap<string, PaperKey>,
  collection: Collection,
): { task: string; ask: Ask }[] {
  if (mode !== 'similar') return [{ task: 'search', ask: askInWords(mode, search, keys) }];
  if (collection.queries.some(({ own }) => own === null)) return [];
  const paperIds = new Map(collection.papers.map(({ id, documentId }) => [documentId, id]));
  const like = (query: Query, excludedKeys: PaperKey[]) =>
    search.similar({
      id: paperIds.get(query.own ?? '') ?? '',
      limit: DEPTH,
      ...(excludedKeys.length > 0 && { filter: { excludedKeys } }),
    });
  return [
    // `similar` leaves the paper itself out.
    { task: 'similar, whole corpus', ask: (query) => like(query, []) },
    {
      // The real code ranks the pool, and only it, when all other papers are excluded: none is lost below rank 300.
      task: 'similar, judged pool',
      ask: (query) =>
        like(
          query,
          [...keys].flatMap(([id, key]) => (query.grades.has(id) ? [] : key)),
        ),
    },
  ];
}

/** A query that was taken from a document must not find it: it is filtered out, so it shapes no score either. */
function askInWords(mode: SearchMode, search: Search, keys: ReadonlyMap<string, PaperKey>): Ask {
  return ({ text, own }) => {
    const key = own === null ? undefined : keys.get(own);
    return search.search({
      query: cutAtWord(text, SEARCH_LIMITS.query),
      mode,
      limit: DEPTH,
      ...(key !== undefined && { filter: { excludedKeys: [key] } }),
    });
  };
}

async function measure(
  { name, queries }: Collection,
  {
    task,
    mode,
    ask,
    documentIds,
  }: {
    task: string;
    mode: string;
    ask: Ask;
    documentIds: ReadonlyMap<string, string>;
  },
): Promise<ResultRow> {
  const milliseconds: number[] = [];
  const rankings: string[][] = [];
  // Models, statements and compiled code are loaded by a query that is not counted, of other words.
  const [first] = queries;
  if (first) await ask({ ...first, text: 'warming up before the first query' });
  for (const query of queries) {
    const begin = performance.now();
    const { hits } = await ask(query);
    milliseconds.push(performance.now() - begin);
    // Copies that were folded into a hit were judged, too: they stand behind it.
    const ids = hits.flatMap(({ paper, alternates }) => [paper, ...alternates].map(({ id }) => id));
    rankings.push(ids.map((id) => documentIds.get(id) ?? ''));
  }
  const each = (metric: typeof ndcgAt, depth: number) =>
    queries.map(({ grades }, at) => metric(rankings[at] ?? [], grades, depth));
  return {
    collection: name,
    task,
    mode,
    queries: queries.map(({ id }) => id),
    metrics: {
      'nDCG@10': each(ndcgAt, 10),
      'MRR@10': each(reciprocalRankAt, 10),
      'recall@100': each(recallAt, DEPTH),
    },
    milliseconds,
  };
}

function cutNotes({ queries }: Collection): string[] {
  const cut = queries.filter(({ text }) => text.length > SEARCH_LIMITS.query).length;
  return cut > 0 ? [`queries of more than ${SEARCH_LIMITS.query} characters, cut at a word: ${cut}`] : [];
}
