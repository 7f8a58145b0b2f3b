import type { Embedder } from '../../src/embed/embedder.ts';
import { canonicalId, cutAtWord, type Paper } from '../../src/paper.ts';
import type { SearchMode } from '../../src/search.ts';
import { SEARCH_LIMITS } from '../../src/search-limits.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import { looseFirstSentence, titleWithTypo } from './known-item-queries.ts';
import { fillLibrary } from './library.ts';
import type { ResultRow } from './results.ts';
import { createRandom, shuffled } from './statistics.ts';

/** Papers that are looked for. */
export const KNOWN_ITEMS = 200;

const SEED = 3;

/** Hits of an ordinary answer. */
const PAGE = 10;

export interface KnownItemOptions {
  /** Papers in the library, drawn at random; null for all. */
  sample: number | null;
  /** Papers looked for, at most. */
  items: number;
  modes: readonly SearchMode[];
  passageEmbedder: Embedder;
  /** As in `RunOptions`. */
  openQueryEmbedder: () => Promise<Embedder>;
}

/** The papers of the files that can be read, by id; records of one paper stay together. */
export async function readPapers(files: readonly string[]): Promise<Map<string, SourceItem[]>> {
  const papers = new Map<string, SourceItem[]>();
  for (const file of files) {
    for await (const item of jsonLinesSource(file)) {
      if (!('record' in item)) continue;
      const id = canonicalId(item.record.id);
      papers.set(id, [...(papers.get(id) ?? []), item]);
    }
  }
  return papers;
}

interface KnownItem {
  paper: Paper;
  typo: string;
  sentence: string;
}

/** Fills a library with papers, and looks for some of them by half-remembered texts and by id. */
export async function runKnownItems(
  papers: ReadonlyMap<string, readonly SourceItem[]>,
  options: KnownItemOptions,
): Promise<{ rows: ResultRow[]; papers: number }> {
  const random = createRandom(SEED);
  const ids = shuffled([...papers.keys()], random).slice(0, options.sample ?? papers.size);
  const library = await fillLibrary(
    ids.flatMap((id) => papers.get(id) ?? []),
    options.passageEmbedder,
  );
  try {
    const items: KnownItem[] = [];
    for (const id of shuffled(ids, random)) {
      if (items.length === options.items) break;
      const paper = (await library.store.paperById(id))?.paper;
      const typo = paper && titleWithTypo(paper, random);
      const sentence = paper && looseFirstSentence(paper, random);
      if (paper && typo && sentence) items.push({ paper, typo, sentence });
    }
    const rows: ResultRow[] = [];
    for (const mode of options.modes) {
      const embedder = await options.openQueryEmbedder();
      try {
        const search = library.searchWith(embedder);
        const ask = (query: string) =>
          search.search({ query: cutAtWord(query, SEARCH_LIMITS.query), mode, limit: PAGE });
        for (const [task, queryOf] of TASKS) rows.push(await lookFor(items, { task, queryOf, mode, ask }));
      } finally {
        await embedder.close();
      }
    }
    return { rows, papers: ids.length };
  } finally {
    await library.close();
  }
}

const TASKS: readonly (readonly [string, (item: KnownItem) => string])[] = [
  ['title with a typo', ({ typo }) => typo],
  ['first sentence, loosely', ({ sentence }) => sentence],
  ['id', ({ paper }) => paper.id],
];

async function lookFor(
  items: readonly KnownItem[],
  {
    task,
    queryOf,
    mode,
    ask,
  }: {
    task: string;
    queryOf: (item: KnownItem) => string;
    mode: SearchMode;
    ask: (query: string) => Promise<{ hits: { paper: Paper; alternates: { id: string }[] }[] }>;
  },
): Promise<ResultRow> {
  const milliseconds: number[] = [];
  const ranks: number[] = [];
  await ask('warming up before the first query');
  for (const item of items) {
    const begin = performance.now();
    const { hits } = await ask(queryOf(item));
    milliseconds.push(performance.now() - begin);
    const isItem = ({ id }: { id: string }) => id === item.paper.id;
    ranks.push(hits.findIndex(({ paper, alternates }) => [paper, ...alternates].some(isItem)) + 1);
  }
  return {
    collection: 'known item',
    task,
    mode,
    queries: items.map(({ paper }) => paper.id),
    metrics: {
      first: ranks.map((rank) => (rank === 1 ? 1 : 0)),
      [`among ${PAGE}`]: ranks.map((rank) => (rank > 0 ? 1 : 0)),
    },
    milliseconds,
  };
}
