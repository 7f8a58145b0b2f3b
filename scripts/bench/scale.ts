import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { VectorIndex } from '../../src/index/vector-index.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import type { Embedding } from '../../src/vector.ts';
import { fillLibrary, vectorsOfClusters } from './generated-library.ts';
import { askEach, createHttpClient } from './http-client.ts';
import { openParts } from './large-library.ts';
import { realQueries, somePapers } from './real-queries.ts';
import { printMachine, printTimes, shortNumber } from './report.ts';
import { timePerson, timeStorePaths } from './scale-paths.ts';
import { searchPath, similarPath } from './serve.ts';
import { residentMemory, startServer } from './server-process.ts';
import { type CallTimes, timedWork } from './timed-calls.ts';
import { trulyNearest } from './truly-nearest.ts';

const PAPERS_OF_CLUSTER = 200;
/** Words of an abstract: about 500 characters. */
const IN_ABSTRACT = 80;
const TOLD_EVERY = 50_000;
const WAIT_TOLD_MS = 30_000;
const RECALL = { queries: 50, at: 10 } as const;
const SEARCHES = 500;
const MIB = 2 ** 20;

export interface ScaleOptions {
  papers: number;
  keep?: string;
}

/**
 * A library of generated papers as large as asked for: filled through the store, indexed, searched, served. Prints what
 * each step takes; run it with two sizes to see what grows with the library.
 */
export async function measureScale({ papers, keep }: ScaleOptions): Promise<void> {
  printMachine();
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  mkdirSync(folder, { recursive: true });
  try {
    await measureInside(folder, papers);
    await measureServed(folder);
  } finally {
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function measureInside(folder: string, papers: number): Promise<void> {
  const library = await openParts(folder);
  const { store, index, lexical } = library;
  const seconds = async (what: string, work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    console.log(`${what}: ${((performance.now() - begin) / 1_000).toFixed(1)} s. ${residents()}`);
  };
  try {
    const filled = join(folder, `filled-${papers}`);
    if (!existsSync(filled)) {
      await fill(store, library.dimensions, papers);
      writeFileSync(filled, '');
    }
    await seconds('Vectors read', () => index.open());
    await seconds('Graph built, or loaded', () => settled(index.whenSettled()));
    await seconds('Graph saved', () => index.save());
    await seconds('Words read, or loaded', () => lexical.refresh());
    await seconds('Words saved', () => lexical.save());
    console.log(`Index: ${JSON.stringify(await index.status())}`);
    console.log(`Words: ${JSON.stringify(await lexical.status())}`);
    console.log('Files:');
    for (const [name, bytes] of filesIn(folder)) console.log(`  ${name}: ${(bytes / MIB).toFixed(1)} MiB`);
    console.log('\nNearest by vector:');
    await measureNearest(library);
    console.log('\nStore and words, each alone:');
    await timeStorePaths(library);
    console.log('\nA person:');
    await timePerson(library);
    console.log(residents());
  } finally {
    await library.close();
  }
}

async function fill(store: PaperStore, dimensions: number, papers: number): Promise<void> {
  const draw = vectorsOfClusters(dimensions, Math.ceil(papers / PAPERS_OF_CLUSTER));
  const begin = performance.now();
  let last = { count: 0, at: begin };
  const onCommit = (count: number) => {
    if (count < last.count + TOLD_EVERY && count < papers) return;
    const at = performance.now();
    const rate = (from: { count: number; at: number }) =>
      Math.round((1_000 * (count - from.count)) / (at - from.at));
    console.log(`  ${count} papers stored; ${rate({ count: 0, at: begin })} papers/s, ${rate(last)} of late`);
    last = { count, at };
  };
  await fillLibrary(store, papers, draw, {
    withWords: true,
    withAuthors: true,
    inAbstract: IN_ABSTRACT,
    onCommit,
  });
}

/** Waits, and says now and then that it does. */
async function settled(work: Promise<void>): Promise<void> {
  let isDone = false;
  const begin = performance.now();
  const ended = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const stop = new AbortController();
    await Promise.race([ended, pause(WAIT_TOLD_MS, undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
    if (!isDone) console.log(`  ${Math.round((performance.now() - begin) / 1_000)} s so far. ${residents()}`);
  }
}

function residents(): string {
  const { now, highest } = residentMemory(process.pid);
  return `This process: ${now.toFixed(0)} MiB resident, ${highest.toFixed(0)} at most.`;
}

/** Files of a folder and those below it, with their bytes. */
function filesIn(folder: string): [string, number][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name): [string, number] => [name, statSync(join(folder, name)).size])
    .filter(([name, bytes]) => bytes >= MIB && !name.startsWith('models'));
}

async function measureNearest(library: { store: PaperStore; index: VectorIndex }): Promise<void> {
  const { store, index } = library;
  const queries: Embedding[] = [];
  for (const { id } of await somePapers(store, SEARCHES)) {
    const stored = await store.paperById(id);
    const embedding = stored && (await index.embeddings([stored.key])).get(stored.key);
    if (embedding) queries.push(embedding);
  }
  const times: CallTimes = new Map();
  for (const limit of [10, 100, 300]) {
    for (const query of queries)
      await timedWork(times, `nearest ${limit}`, () => index.nearest(query, { limit }));
  }
  for (const [name, values] of times) printTimes(name, values);
  const asked = queries.slice(0, RECALL.queries);
  let found = 0;
  let wanted = 0;
  for (const [at, truth] of (await trulyNearest(store, asked, RECALL.at)).entries()) {
    const query = asked[at];
    if (!query) continue;
    const { neighbours } = await index.nearest(query, { limit: RECALL.at });
    const keys = new Set(neighbours.map(({ key }) => key));
    found += truth.filter((key) => keys.has(key)).length;
    wanted += truth.length;
  }
  console.log(
    `Recall@${RECALL.at} of ${asked.length} papers' own vectors, against every stored vector: ${(found / wanted).toFixed(4)}`,
  );
}

async function measureServed(folder: string): Promise<void> {
  console.log('\nA real server:');
  const library = await openParts(folder);
  const papers = await somePapers(library.store, SEARCHES);
  const queries = await realQueries(library.store, 100);
  await library.close();
  const server = await startServer(folder);
  const client = createHttpClient(server.url);
  try {
    console.log(
      `ready after ${Math.round(server.readyAfterMs)} ms, /healthz after ${Math.round(server.healthyAfterMs)} ms`,
    );
    const [first] = await askEach(client, [similarPath(papers[0]?.id ?? '')]);
    console.log(`the first similar: ${shortNumber(first?.ms ?? 0)} ms`);
    const ask = async (name: string, paths: readonly string[]) =>
      printTimes(
        name,
        (await askEach(client, paths)).map(({ ms }) => ms),
      );
    await ask(
      'GET similar',
      papers.map(({ id }) => similarPath(id)),
    );
    await ask('GET search, hybrid', queries.map(searchPath));
    await ask(
      'GET the newest papers',
      queries.map(() => '/v1/papers?sort=newest'),
    );
    await ask(
      'GET the trending papers',
      queries.map(() => '/v1/papers?sort=trending'),
    );
    const { now, highest } = residentMemory(server.pid);
    console.log(`The server: ${now.toFixed(0)} MiB resident, ${highest.toFixed(0)} at most.`);
  } finally {
    client.close();
    await server.stop();
  }
}
