import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { createLocalVectorIndex, type LocalVectorIndex } from '../../src/index/local.ts';
import { createSavedIndex } from '../../src/index/saved-index.ts';
import { createTopK } from '../../src/index/top-k.ts';
import type { Neighbour } from '../../src/index/vector-index.ts';
import type { PaperFilter, PaperKey } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { dotAt, type Embedding } from '../../src/vector.ts';
import { commitChange, fillLibrary, GENERATED_FILTERS, vectorsOfClusters } from './generated-library.ts';
import { printMachine, quantile } from './report.ts';
import { printSearchCosts } from './search-costs.ts';

const DIMENSIONS = 384;
const FINGERPRINT = 'generated';
const QUERIES = 40;
/** What a page needs, and what a hybrid search asks for. */
const LIMITS = [10, 300] as const;

export interface FiltersOptions {
  papers: number;
}

/**
 * Nearest neighbours under filters of every selectivity, in a real library of generated papers: what is answered
 * how, how fast, and how much of the truth it finds. Ways that are compared take turns, query by query.
 */
export async function measureFilters({ papers }: FiltersOptions): Promise<void> {
  printMachine();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  const store = createSqlitePaperStore(openSqlite(join(folder, 'library.sqlite')), {
    fingerprint: FINGERPRINT,
    dimensions: DIMENSIONS,
  });
  const shared = { dimensions: DIMENSIONS, fingerprint: FINGERPRINT, source: store };
  const index = createLocalVectorIndex({ ...shared, folder: join(folder, 'index') });
  const exact = createLocalVectorIndex({ ...shared, folder, exactBelow: Number.POSITIVE_INFINITY });
  try {
    const draw = vectorsOfClusters(DIMENSIONS);
    await timed(`${papers} papers of ${DIMENSIONS} dimensions stored`, () =>
      fillLibrary(store, papers, draw),
    );
    await timed('vectors read', () => exact.open());
    await timed('graph built', () => index.whenSettled());
    const bench: Bench = {
      store,
      index,
      exact,
      loop: await loopOver(store),
      queries: Array.from({ length: QUERIES }, () => draw().embedding),
    };
    for (const query of bench.queries) for (const limit of LIMITS) await exact.nearest(query, { limit });
    console.log(HEADER);
    await measure(bench, 100, 'none', undefined);
    for (const { percent, name, filter } of GENERATED_FILTERS) await measure(bench, percent, name, filter);
    await index.save();
    const saved = createSavedIndex({
      ...shared,
      folder: join(folder, 'index'),
      params: GRAPH_PARAMS,
      log: () => {},
    });
    saved.begin(await store.libraryId());
    const loaded = await saved.load();
    if ('reason' in loaded) throw new Error(`No graph was saved: ${papers} papers are too few for one.`);
    printSearchCosts(loaded.exact, loaded.graph, bench.queries);
  } finally {
    await index.close();
    await exact.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bench {
  store: PaperStore;
  index: LocalVectorIndex;
  /** Never uses the graph: the truth, and the price of always scoring. */
  exact: LocalVectorIndex;
  loop: (query: Embedding, limit: number, allowed: readonly PaperKey[] | undefined) => Neighbour[];
  queries: Embedding[];
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await work();
  console.log(`${what} in ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
}

/** Scoring by a loop in JavaScript, as it was before the kernel. */
async function loopOver(store: PaperStore): Promise<Bench['loop']> {
  const keys: PaperKey[] = [];
  const slotOfKey = new Map<PaperKey, number>();
  const vectors = new Float32Array((await store.counts()).embedded * DIMENSIONS);
  let after = 0;
  for (;;) {
    const changes = await store.vectorChanges(after, 1_000);
    for (const { key, revision, embedding } of changes) {
      after = revision;
      if (!embedding) continue;
      slotOfKey.set(key, keys.length);
      vectors.set(embedding, keys.length * DIMENSIONS);
      keys.push(key);
    }
    if (changes.length === 0) break;
  }
  return (query, limit, allowed) => {
    const top = createTopK(limit);
    const offer = (key: PaperKey, slot: number) => {
      const similarity = dotAt(vectors, slot * DIMENSIONS, query);
      if (top.wants(key, similarity)) top.offer(key, similarity);
    };
    if (!allowed) keys.forEach(offer);
    for (const key of allowed ?? []) {
      const slot = slotOfKey.get(key);
      if (slot !== undefined) offer(key, slot);
    }
    return top.sorted();
  };
}

const HEADER = `
Milliseconds: median / 95th percentile of ${QUERIES} queries. "chosen" is what a search gets, "scored" scores all that pass,
"loop" does that in JavaScript. Recall is that of "chosen" against "scored". "keys": resolving the filter after a
change, and again.

  pass  filter          papers      keys  | limit 10: chosen         scored    loop | limit 300: chosen        scored    loop | recall@10  @100   @300`;

async function measure(bench: Bench, percent: number, name: string, filter: PaperFilter | undefined) {
  const { store, queries } = bench;
  const resolving = await resolvingTimes(store, queries[0] as Embedding, filter);
  const allowed = filter ? await store.matchingKeys(filter) : undefined;
  const times = LIMITS.map(() => ({ chosen: [] as number[], scored: [] as number[], loop: [] as number[] }));
  const isExact = LIMITS.map(() => new Set<boolean>());
  const recall = { at10: new Share(), at100: new Share(), at300: new Share() };
  for (const query of queries) {
    for (const [at, limit] of LIMITS.entries()) {
      const wanted = { limit, ...(filter && { filter }) };
      const spent = times[at] as (typeof times)[number];
      const chosen = await clock(spent.chosen, () => bench.index.nearest(query, wanted));
      const scored = await clock(spent.scored, () => bench.exact.nearest(query, wanted));
      await clock(spent.loop, () => bench.loop(query, limit, allowed));
      isExact[at]?.add(chosen.exact);
      const found = (depth: number, share: Share) =>
        share.add(chosen.neighbours.slice(0, depth), scored.neighbours.slice(0, depth));
      if (limit === 10) found(10, recall.at10);
      else
        for (const [depth, share] of [
          [100, recall.at100],
          [300, recall.at300],
        ] as const)
          found(depth, share);
    }
  }
  const cells = LIMITS.map((_, at) => {
    const spent = times[at] as (typeof times)[number];
    const ways = [...(isExact[at] ?? [])].map((exact) => (exact ? 'exact' : 'graph')).join('+');
    return `${ways.padEnd(11)} ${both(spent.chosen)} ${both(spent.scored)} ${shown(quantile(spent.loop, 0.5))}`;
  });
  const papers = String(allowed?.length ?? (await bench.exact.status()).count);
  const shares = [recall.at10, recall.at100, recall.at300].map((share) => share.value.toFixed(4)).join(' ');
  console.log(
    `${String(percent).padStart(5)}%  ${name.padEnd(14)} ${papers.padStart(6)} ${resolving} | ${cells.join(' | ')} | ${shares}`,
  );
}

const shown = (ms: number) => ms.toFixed(2).padStart(6);
const both = (ms: readonly number[]) => `${shown(quantile(ms, 0.5))}/${shown(quantile(ms, 0.95))}`;

async function clock<T>(into: number[], work: () => T | Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  into.push(performance.now() - begin);
  return result;
}

let changes = 0;

/** How long a filter takes when the library has just changed, and when it has not. */
async function resolvingTimes(
  store: PaperStore,
  query: Embedding,
  filter: PaperFilter | undefined,
): Promise<string> {
  if (!filter) return ' '.repeat(11);
  const first: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < 5; run++) {
    await commitChange(store, query, changes++);
    await clock(first, () => store.matchingKeys(filter));
    await clock(again, () => store.matchingKeys(filter));
  }
  return `${quantile(first, 0.5).toFixed(1).padStart(5)} ${quantile(again, 0.5).toFixed(3)}`;
}

/** How much of the truth was found, over all queries. */
class Share {
  #found = 0;
  #wanted = 0;
  add(answer: readonly Neighbour[], truth: readonly Neighbour[]): void {
    const keys = new Set(answer.map(({ key }) => key));
    this.#wanted += truth.length;
    this.#found += truth.filter(({ key }) => keys.has(key)).length;
  }
  get value(): number {
    return this.#wanted === 0 ? 1 : this.#found / this.#wanted;
  }
}
