import { createHttpClient } from './http-client.ts';
import { type LargeLibraryOptions, openLargeLibrary } from './large-library.ts';
import { realQueries, somePapers } from './real-queries.ts';
import { goalLine, median, printMachine, raw } from './report.ts';
import { searchPath, similarPath } from './serve.ts';
import { startServer } from './server-process.ts';
import { type CallTimes, noteTime } from './timed-calls.ts';

/** Of the milliseconds from the start of the process until it answers `/readyz` with 200. */
const READY = { most: 1_500, unit: 'ms' } as const;

export interface StartOptions extends LargeLibraryOptions {
  runs: number;
}

/** Starts a server on a large library again and again, as a restart does: all files are in the page cache. */
export async function measureStart({ runs, ...options }: StartOptions): Promise<void> {
  printMachine();
  const library = await openLargeLibrary(options);
  const [paper] = await somePapers(library.store, 1);
  const queries = await realQueries(library.store, runs);
  await library.close();
  console.log(`Library: ${library.description}; files in the page cache.`);
  const times: CallTimes = new Map();
  const note = (name: string, ms: number) => noteTime(times, name, ms);
  for (const [run, query] of queries.entries()) {
    const server = await startServer(library.folder);
    const client = createHttpClient(server.url);
    try {
      note('until /healthz', server.healthyAfterMs);
      note('until /readyz', server.readyAfterMs);
      const similar = await client.get(similarPath(paper?.id ?? ''));
      note('until the first similar', performance.now() - server.startedAt);
      note('  that request alone', similar.ms);
      const search = await client.get(searchPath(query));
      note('  the first hybrid search alone, behind it', search.ms);
      if (similar.status !== 200 || search.status !== 200) {
        throw new Error(`Expected answers, got ${similar.status} and ${search.status}.`);
      }
    } finally {
      client.close();
      await server.stop();
    }
    // What it says of its own parts, once: they are much the same in every run.
    if (run === 0) console.log(`Log of the first run:\n${server.output().trim()}`);
  }
  for (const [name, values] of times) {
    console.log(`${name.padEnd(44)} median ${Math.round(median(values))} ms (${raw(values)})`);
  }
  console.log(goalLine('ready after a restart: median', median(times.get('until /readyz') ?? []), READY));
}
