import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalVectorIndex, type LocalVectorIndex } from '../../src/index/local.ts';
import type { Embedding } from '../../src/vector.ts';
import { vectorsOfClusters } from './generated-library.ts';
import { sourceOf } from './index-contenders.ts';
import { goalLine, printMachine, printTimes } from './report.ts';
import { trulyNearest } from './truly-nearest.ts';

const DIMENSIONS = 384;
const VECTORS_OF_CLUSTER = 200;
const RECALL = { queries: 100, at: 10 } as const;
const SEARCHES = 500;
const LIMITS = [10, 40, 100, 300] as const;
const TOLD_EVERY_MS = 60_000;
const MIB = 2 ** 20;

/** The index alone, of very many generated vectors: built, saved, opened again, searched. The floats are held beside it. */
export async function measureVectors({ vectors: count }: { vectors: number }): Promise<void> {
  printMachine();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  const draw = vectorsOfClusters(DIMENSIONS, Math.ceil(count / VECTORS_OF_CLUSTER));
  const all = new Float32Array(count * DIMENSIONS);
  for (let at = 0; at < count; at++) all.set(draw().embedding, at * DIMENSIONS);
  const vectors = Array.from({ length: count }, (_, at) =>
    all.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS),
  );
  console.log(`${count} generated vectors of ${DIMENSIONS} numbers in clusters of ${VECTORS_OF_CLUSTER}.`);
  const open = () =>
    createLocalVectorIndex({
      folder,
      dimensions: DIMENSIONS,
      fingerprint: 'bench',
      source: sourceOf(vectors),
    });
  const before = process.memoryUsage.rss();
  const more = () => `${((process.memoryUsage.rss() - before) / MIB).toFixed(0)} MiB more than before`;
  const seconds = async (what: string, work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    console.log(`${what}: ${((performance.now() - begin) / 1_000).toFixed(1)} s; ${more()}`);
  };
  try {
    const first = open();
    await seconds('Vectors taken in', () => first.refresh());
    const telling = setInterval(() => void tellProgress(first), TOLD_EVERY_MS);
    await seconds('Graph built, audited and saved', () => first.whenSettled()).finally(() => {
      clearInterval(telling);
    });
    await first.close();
    for (const name of readdirSync(folder)) {
      console.log(`  ${name}: ${(statSync(join(folder, name)).size / MIB).toFixed(1)} MiB`);
    }
    const index = open();
    await seconds('Opened again', () => index.refresh());
    console.log(`Index: ${JSON.stringify(await index.status())}`);
    await measureSearches(index, vectors);
    await index.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tellProgress(index: LocalVectorIndex): Promise<void> {
  const { building } = await index.status();
  if (building) console.log(`  ${building.done} of ${building.total} are in the graph`);
}

async function measureSearches(index: LocalVectorIndex, vectors: readonly Float32Array[]): Promise<void> {
  const every = Math.floor(vectors.length / SEARCHES);
  const queries = vectors.filter((_, at) => at % every === 0).slice(0, SEARCHES);
  for (const limit of LIMITS) {
    const times: number[] = [];
    for (const query of queries) {
      const begin = performance.now();
      await index.nearest(query, { limit });
      times.push(performance.now() - begin);
    }
    printTimes(`nearest ${limit}`, times);
  }
  const step = Math.floor(queries.length / RECALL.queries);
  const asked = queries.filter((_, at) => at % step === 0).slice(0, RECALL.queries);
  // The vector itself is not counted: every search finds it.
  const limit = RECALL.at + 1;
  let found = 0;
  for (const [at, truth] of (await trulyNearest(sourceOf(vectors), asked, limit)).entries()) {
    const { neighbours } = await index.nearest(asked[at] as Embedding, { limit });
    found += neighbours.filter(({ key }) => truth.includes(key)).length - 1;
  }
  const recall = found / (RECALL.queries * RECALL.at);
  console.log(
    goalLine(`recall@${RECALL.at} of ${RECALL.queries} vectors`, recall, { least: 0.995, unit: '' }),
  );
}
