import { createSearch, SEARCH_MODES } from '../../src/search.ts';
import { type LargeLibraryOptions, openLargeLibrary } from './large-library.ts';
import { realQueries, somePapers } from './real-queries.ts';
import { goalLine, median, printMachine, printTimes, quantile } from './report.ts';
import { timeSearchParts } from './search-parts.ts';
import { type CallTimes, timedCalls, timedWork } from './timed-calls.ts';

const WARM_UP = 20;
const LIMIT = 10;
/** Of `similar`, with the HTTP answer. */
const SIMILAR = { most: 2, unit: 'ms' } as const;

export interface SearchOptions extends LargeLibraryOptions {
  queries: number;
}

/** Searches of all modes and `similar` in this process, without HTTP, and what they spend their time on. */
export async function measureSearch({ queries: count, ...options }: SearchOptions): Promise<void> {
  printMachine();
  const library = await openLargeLibrary(options);
  const embedder = await library.openEmbedder(1);
  try {
    await embedder.ready();
    console.log(
      `Library: ${library.description}. ${count} different queries of each kind, none asked before.`,
    );
    // Each part has queries of its own, so that no query's embedding is known already.
    const texts = await realQueries(library.store, (SEARCH_MODES.length + 1) * count + WARM_UP);
    const take = () => texts.splice(0, count);
    const calls: CallTimes = new Map();
    const ports = {
      store: timedCalls('store', library.store, calls),
      index: timedCalls('index', library.index, calls),
      lexical: timedCalls('lexical', library.lexical, calls),
      embedder: timedCalls('embedder', embedder, calls),
    };
    const search = createSearch({ ...library, embedder });
    for (const query of texts.splice(0, WARM_UP))
      await search.search({ query, mode: 'hybrid', limit: LIMIT });

    console.log(`\nWhole searches, limit ${LIMIT}:`);
    const whole: CallTimes = new Map();
    for (const mode of SEARCH_MODES) {
      for (const query of take()) {
        await timedWork(whole, mode, () => search.search({ query, mode, limit: LIMIT }));
      }
      printTimes(`search, ${mode}`, whole.get(mode) ?? []);
    }
    const papers = await somePapers(library.store, Math.max(count, 500));
    for (const { id } of papers) {
      await timedWork(whole, 'similar', () => search.similar({ id, limit: LIMIT }));
    }
    const similar = whole.get('similar') ?? [];
    printTimes('similar', similar);
    console.log(goalLine('similar without HTTP: p50', median(similar), SIMILAR));
    const hybrid = whole.get('hybrid') ?? [];
    console.log(goalLine('hybrid without HTTP: p50', median(hybrid), { most: 10, unit: 'ms' }));
    console.log(goalLine('hybrid without HTTP: p99', quantile(hybrid, 0.99), { most: 30, unit: 'ms' }));

    console.log('\nSteps of a hybrid search, one after the other:');
    const queries = take();
    for (const [name, times] of await timeSearchParts(library, embedder, queries)) printTimes(name, times);

    console.log(
      '\nCalls of other parts within whole hybrid searches (asked again, embeddings known), and within similar:',
    );
    const watched = createSearch({ ...ports, statistics: library.statistics });
    for (const query of queries) await watched.search({ query, mode: 'hybrid', limit: LIMIT });
    for (const [name, times] of calls) printTimes(`hybrid: ${name}`, times);
    calls.clear();
    for (const { id } of papers) await watched.similar({ id, limit: LIMIT });
    for (const [name, times] of calls) printTimes(`similar: ${name}`, times);
  } finally {
    await embedder.close();
    await library.close();
  }
}
