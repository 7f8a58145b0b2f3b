import { COMPARED_BY_TERMS } from '../../src/similar-terms.ts';
import type { StoredPaper } from '../../src/store/paper-store.ts';
import { askEach, createHttpClient, type HttpClient } from './http-client.ts';
import { askTogether } from './http-load.ts';
import { type LargeLibrary, type LargeLibraryOptions, openLargeLibrary } from './large-library.ts';
import { realQueries, somePapers } from './real-queries.ts';
import { goalLine, median, printMachine, printTimes, quantile, shortNumber } from './report.ts';
import { type Server, startServer } from './server-process.ts';
import { type CallTimes, timedWork } from './timed-calls.ts';

const SIMILAR_PAPERS = 2_500;
const QUERIES = 400;
const WARM_UP = 50;
const CLIENTS = 32;
const SECONDS = 10;
const LIMIT = 10;
const USER = 'bench-serve';
/** What the user likes: so many papers of each of so many topics. */
const LIKES = { topics: 3, each: 10 } as const;
const ROUNDS = 20;

const GOALS = {
  similarP50: { most: 2, unit: 'ms' },
  similarP99: { most: 8, unit: 'ms' },
  hybridP50: { most: 10, unit: 'ms' },
  hybridP99: { most: 30, unit: 'ms' },
  rate: { least: 1_500, unit: 'requests/s' },
  errors: { most: 0, unit: '' },
} as const;

export const similarPath = (id: string) => `/v1/papers/${encodeURIComponent(id)}/similar`;
export const searchPath = (query: string) => `/v1/search?q=${encodeURIComponent(query)}&mode=hybrid`;

/** A real server on a large library, and this process as its client. */
export async function measureServe(options: LargeLibraryOptions): Promise<void> {
  printMachine();
  const library = await openLargeLibrary(options);
  let floor: number;
  const ids: string[] = [];
  const queries: string[] = [];
  try {
    console.log(`Library: ${library.description}.`);
    ids.push(...(await somePapers(library.store, SIMILAR_PAPERS)).map(({ id }) => id));
    queries.push(...(await realQueries(library.store, QUERIES + WARM_UP)));
    floor = await timeRawParts(library, ids);
  } finally {
    await library.close();
  }
  const server = await startServer(library.folder);
  const client = createHttpClient(server.url);
  try {
    await askEach(client, queries.splice(0, WARM_UP).map(searchPath));
    await askEach(client, ids.slice(-WARM_UP).map(similarPath));
    await measureOneClient(client, ids, queries, floor);
    await measureManyClients(server, ids);
    await measureOthers(client, ids);
  } finally {
    await client.send('DELETE', `/v1/users/${USER}`);
    client.close();
    await server.stop();
  }
}

/** What a `similar` cannot do without, in this process: the nearest, their papers, JSON. Resolves to the median sum. */
async function timeRawParts({ store, index }: LargeLibrary, ids: readonly string[]): Promise<number> {
  const times: CallTimes = new Map();
  const sums: number[] = [];
  const timed = <T>(name: string, work: () => T | Promise<T>) => timedWork(times, name, work);
  for (const [at, id] of ids.entries()) {
    const paper = await store.paperById(id);
    const embedding = paper && (await index.embeddings([paper.key])).get(paper.key);
    if (!embedding) continue;
    const begin = performance.now();
    const { neighbours } = await timed(`nearest ${LIMIT}`, () => index.nearest(embedding, { limit: LIMIT }));
    const papers: StoredPaper[] = await timed(`${LIMIT} papers read`, () =>
      store.papersByKeys(neighbours.map(({ key }) => key)),
    );
    await timed('JSON written', () => JSON.stringify(papers));
    // The first ones compile the code.
    if (at >= WARM_UP) sums.push(performance.now() - begin);
    await timed(`(beside them: nearest ${COMPARED_BY_TERMS}, as many as similar looks at)`, () =>
      index.nearest(embedding, { limit: COMPARED_BY_TERMS }),
    );
  }
  console.log('\nRaw parts of a similar, in this process:');
  for (const [name, values] of times) printTimes(name, values.slice(WARM_UP));
  printTimes('sum of the three', sums);
  return median(sums);
}

async function measureOneClient(
  client: HttpClient,
  ids: readonly string[],
  queries: readonly string[],
  partsMs: number,
): Promise<void> {
  console.log('\nOne client, HTTP:');
  const empty = times(
    await askEach(
      client,
      Array.from({ length: 1_000 }, () => '/healthz'),
    ),
  );
  printTimes('GET /healthz: what HTTP costs', empty);
  const similar = await askEach(client, ids.map(similarPath));
  printTimes(`GET similar of ${ids.length} different papers`, times(similar));
  console.log(`  bytes: median ${median(similar.map(({ bytes }) => bytes))}`);
  console.log(`  ${goalLine('similar, one client: p50', median(times(similar)), GOALS.similarP50)}`);
  console.log(`  ${goalLine('similar, one client: p99', quantile(times(similar), 0.99), GOALS.similarP99)}`);
  const sum = partsMs + median(empty);
  console.log(
    `  ratio of p50 to the raw parts and an empty answer (${shortNumber(partsMs)} + ${shortNumber(median(empty))} ms): ` +
      shortNumber(median(times(similar)) / sum),
  );
  const hybrid = await askEach(client, queries.map(searchPath));
  printTimes(`GET search, hybrid, ${queries.length} new queries`, times(hybrid));
  console.log(`  bytes: median ${median(hybrid.map(({ bytes }) => bytes))}`);
  console.log(`  ${goalLine('hybrid search: p50', median(times(hybrid)), GOALS.hybridP50)}`);
  console.log(`  ${goalLine('hybrid search: p99', quantile(times(hybrid), 0.99), GOALS.hybridP99)}`);
}

async function measureManyClients(server: Server, ids: readonly string[]): Promise<void> {
  console.log(`\n${CLIENTS} clients, each asking for one similar after the other, ${SECONDS} s:`);
  const load = await askTogether(server.url, ids.map(similarPath), { clients: CLIENTS, seconds: SECONDS });
  printTimes('GET similar', load.times);
  console.log(`  of which the clients take ${shortNumber(load.clientMs)} ms of a core for each request`);
  console.log(
    `  ${goalLine(`${CLIENTS} clients:`, load.times.length / load.seconds, GOALS.rate)}, ` +
      goalLine('errors', load.errors, GOALS.errors),
  );
}

async function measureOthers(client: HttpClient, ids: readonly string[]): Promise<void> {
  console.log('\nOther requests, one client:');
  const all = async (name: string, paths: readonly string[]) => {
    const answers = await askEach(client, paths);
    printTimes(name, times(answers));
    console.log(`  bytes: median ${median(answers.map(({ bytes }) => bytes))}`);
  };
  await all(
    'GET one paper',
    ids.slice(0, 1_000).map((id) => `/v1/papers/${encodeURIComponent(id)}`),
  );
  const listing = Array.from({ length: 50 });
  await all(
    'GET the newest papers',
    listing.map(() => '/v1/papers?sort=newest&limit=20'),
  );
  await all(
    'GET the trending papers',
    listing.map(() => '/v1/papers?sort=trending&limit=20'),
  );
  const likes = await likeSome(client, ids);
  console.log(`A user with ${likes} likes of ${LIKES.topics} topics:`);
  await all('GET recommendations, the first', [`/v1/users/${USER}/recommendations`]);
  await all(
    'GET recommendations, with another filter each',
    Array.from({ length: ROUNDS }, (_, at) => `/v1/users/${USER}/recommendations?from=2020-01-${10 + at}`),
  );
  await all(
    'GET recommendations, again',
    Array.from({ length: ROUNDS }, () => `/v1/users/${USER}/recommendations`),
  );
  const today = Date.now();
  const day = (at: number) => new Date(today + at * 86_400_000).toISOString().slice(0, 10);
  await all(
    'GET picks of a new day',
    Array.from({ length: ROUNDS }, (_, at) => `/v1/users/${USER}/picks?date=${day(at)}`),
  );
  await all(
    'GET picks of that day, again',
    Array.from({ length: ROUNDS }, () => `/v1/users/${USER}/picks?date=${day(0)}`),
  );
}

/** A user who likes the papers nearest to a few; how many those are. */
async function likeSome(client: HttpClient, ids: readonly string[]): Promise<number> {
  const seeds = ids.slice(0, LIKES.topics).map((id) => `${similarPath(id)}?limit=${LIKES.each}`);
  const lists = (await askEach(client, seeds)).map(
    ({ text }) => JSON.parse(text) as { hits: { paper: { id: string } }[] },
  );
  const liked = new Set(lists.flatMap(({ hits }) => hits.map(({ paper }) => paper.id)));
  for (const id of liked) {
    const path = `/v1/users/${USER}/feedback/${encodeURIComponent(id)}`;
    const { status, text } = await client.send('PUT', path, { signal: 'like' });
    if (status !== 200) throw new Error(`${status} for ${path}: ${text}`);
  }
  return liked.size;
}

const times = (answers: readonly { ms: number }[]) => answers.map(({ ms }) => ms);
