import { setTimeout as pause } from 'node:timers/promises';
import { askEach, createHttpClient } from './http-client.ts';
import { type LargeLibraryOptions, openLargeLibrary } from './large-library.ts';
import { realQueries, somePapers } from './real-queries.ts';
import { goalLine, printMachine } from './report.ts';
import { searchPath, similarPath } from './serve.ts';
import { residentMemory, startServer } from './server-process.ts';

const REQUESTS = 2_000;
const IDLE_MS = 10_000;
const WORKERS = [1, 2];
const GOAL = { most: 600, unit: 'MiB' } as const;
const MIB = 2 ** 20;

/** What a real server on a large library holds of memory, with one and two embedding threads. */
export async function measureMemory(options: LargeLibraryOptions): Promise<void> {
  printMachine();
  const library = await openLargeLibrary(options);
  const paths: string[] = [];
  try {
    console.log(`Library: ${library.description}.`);
    // Whatever they tell of themselves in bytes: what an index does not tell is not known here.
    for (const [name, part] of Object.entries({ index: library.index, words: library.lexical })) {
      for (const [field, value] of Object.entries(await part.status())) {
        if (!/bytes$/i.test(field) || typeof value !== 'number') continue;
        console.log(`  ${name}: ${field} ${(value / MIB).toFixed(1)} MiB`);
      }
    }
    const papers = await somePapers(library.store, REQUESTS / 2);
    const queries = await realQueries(library.store, REQUESTS / 4);
    paths.push(
      ...papers.map(({ id }) => similarPath(id)),
      ...queries.map(searchPath),
      ...papers.slice(0, REQUESTS / 4).map(({ id }) => `/v1/papers/${encodeURIComponent(id)}`),
    );
  } finally {
    await library.close();
  }
  for (const workers of WORKERS) await measureServer(library.folder, workers, mixed(paths));
}

/** Of all kinds in turns. */
const mixed = (paths: readonly string[]) =>
  paths.map((_, at) => paths[(at * 997) % paths.length] ?? '').filter((path) => path !== '');

async function measureServer(folder: string, workers: number, paths: readonly string[]): Promise<void> {
  const server = await startServer(folder, { PAPERWISE_WORKERS: String(workers) });
  const client = createHttpClient(server.url);
  try {
    const say = (when: string) => {
      const { now, highest } = residentMemory(server.pid);
      console.log(
        `  ${when.padEnd(30)} resident ${now.toFixed(0)} MiB, highest so far ${highest.toFixed(0)} MiB`,
      );
      return now;
    };
    console.log(`\nPAPERWISE_WORKERS=${workers}:`);
    say('ready');
    await askEach(client, paths);
    say(`after ${paths.length} requests`);
    await pause(IDLE_MS);
    const now = say(`after ${IDLE_MS / 1_000} s without requests`);
    console.log(`  ${goalLine('resident', now, GOAL)}`);
  } finally {
    client.close();
    await server.stop();
  }
}
