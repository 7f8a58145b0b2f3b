import { readFileSync } from 'node:fs';
import { CONTENDERS } from './index-contenders.ts';

/**
 * A process of its own for `bench index`: makes one kind of index of the vectors in a file, searches the ten nearest of
 * some of them, and writes one line of JSON.
 */
export interface ContenderResult {
  /** Milliseconds until everything can be found by it. */
  buildMs: number;
  /** Milliseconds of each search. */
  searchMs: number[];
  /** Per search the numbers of the vectors that were found, the nearest first; the one that was asked for included. */
  found: number[][];
  /** Megabytes that the process holds more than before the index was made, without the vectors that were read. */
  memoryMiB: number;
}

const WARM_UP = 50;

async function measure([name = '', file = '', dimensions = '', queries = '', folder = '']: string[]) {
  const contender = CONTENDERS[name];
  if (!contender) throw new Error(`Expected one of ${Object.keys(CONTENDERS).join(', ')}, got "${name}".`);
  const vectors = vectorsIn(file, Number(dimensions));
  const asked = vectors.filter((_, at) => at % Math.floor(vectors.length / Number(queries)) === 0);
  const before = process.memoryUsage.rss();
  const begin = performance.now();
  const search = await contender(vectors, folder);
  const buildMs = performance.now() - begin;
  const memoryMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
  for (const query of asked.slice(0, WARM_UP)) await search(query);
  const result: ContenderResult = { buildMs, memoryMiB, searchMs: [], found: [] };
  for (const query of asked) {
    const started = performance.now();
    const found = await search(query);
    result.searchMs.push(performance.now() - started);
    result.found.push(found);
  }
  console.log(JSON.stringify(result));
  // The index of ours would otherwise keep an eye on its folder.
  process.exit(0);
}

function vectorsIn(file: string, dimensions: number): Float32Array[] {
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Array.from({ length: all.length / dimensions }, (_, at) =>
    all.subarray(at * dimensions, (at + 1) * dimensions),
  );
}

await measure(process.argv.slice(2));
