import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { vectorsOfClusters } from './generated-library.ts';
import { CONTENDERS } from './index-contenders.ts';
import type { ContenderResult } from './index-run.ts';
import { goalLine, median, printMachine, quantile, raw, shortNumber } from './report.ts';
import { startProgram } from './server-process.ts';

const DIMENSIONS = 384;
const { M, efConstruction, ef } = GRAPH_PARAMS;
const AT = 10;
/** What a graph is compared with, and what all scored is. */
const TRUTH = 'JavaScript, all scored';

export interface IndexOptions {
  vectors: number;
  queries: number;
  runs: number;
}

/** Builds and searches the index and what else there is for it, each in fresh processes, in turns. */
export async function measureIndex({ vectors, queries, runs }: IndexOptions): Promise<void> {
  printMachine();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  try {
    const file = join(folder, 'vectors');
    writeVectors(file, vectors);
    console.log(
      `${vectors} generated vectors of ${DIMENSIONS} numbers, in clusters; the ten nearest of ${queries} of them; ` +
        `${runs} fresh processes each, in turns. M ${M}, efConstruction ${efConstruction}, ef ${ef}.`,
    );
    const results = new Map<string, ContenderResult[]>();
    for (let run = 0; run < runs; run++) {
      for (const name of Object.keys(CONTENDERS)) {
        const index = join(folder, 'index');
        results.set(name, [...(results.get(name) ?? []), await ask(name, file, queries, index)]);
        rmSync(index, { recursive: true, force: true });
      }
    }
    print(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeVectors(file: string, count: number): void {
  const draw = vectorsOfClusters(DIMENSIONS);
  const all = new Float32Array(count * DIMENSIONS);
  for (let at = 0; at < count; at++) all.set(draw().embedding, at * DIMENSIONS);
  writeFileSync(file, new Uint8Array(all.buffer));
}

async function ask(name: string, file: string, queries: number, folder: string): Promise<ContenderResult> {
  const parameters = [name, file, String(DIMENSIONS), String(queries), folder];
  const output = await startProgram(['scripts/bench/index-run.ts', ...parameters], folder).ended;
  return JSON.parse(output) as ContenderResult;
}

function print(results: ReadonlyMap<string, readonly ContenderResult[]>): void {
  const truth = results.get(TRUTH)?.[0]?.found ?? [];
  const mediansOf = (name: string) => (results.get(name) ?? []).map(({ searchMs }) => median(searchMs));
  for (const [name, all] of results) {
    const recall = median(all.map(({ found }) => recallOf(found, truth)));
    console.log(`\n${name}`);
    console.log(`  ms a search, p50 of each run: ${raw(mediansOf(name))}; p99 ${shortNumber(p99Of(all))}`);
    console.log(`  recall@${AT}: ${recall.toFixed(4)}`);
    console.log(`  seconds to build: ${raw(all.map(({ buildMs }) => buildMs / 1_000))}`);
    console.log(`  MiB more than before: ${raw(all.map(({ memoryMiB }) => memoryMiB))}`);
    if (name === 'Paperwise, graph') {
      console.log(`  ${goalLine(`recall@${AT}`, recall, { least: 0.995, unit: '' })}`);
    }
  }
  console.log('\nTimes as long a search takes, medians:');
  for (const kind of ['graph', 'all scored']) {
    const own = median(mediansOf(`Paperwise, ${kind}`));
    for (const name of results.keys()) {
      if (name.startsWith('Paperwise') || !name.includes(kind)) continue;
      console.log(`  ${name} / Paperwise: ${shortNumber(median(mediansOf(name)) / own)}`);
    }
  }
}

const p99Of = (all: readonly ContenderResult[]) =>
  median(all.map(({ searchMs }) => quantile(searchMs, 0.99)));

/** Of the ten nearest, without the first, which is the vector itself, the part that was found. */
function recallOf(found: readonly (readonly number[])[], truth: readonly (readonly number[])[]): number {
  const shares = found.map((numbers, at) => {
    const wanted = truth[at]?.slice(1, AT + 1) ?? [];
    return wanted.filter((number) => numbers.includes(number)).length / wanted.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
