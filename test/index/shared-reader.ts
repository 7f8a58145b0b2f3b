import { parentPort, workerData } from 'node:worker_threads';
import { type SharedIndexParts, searchShared } from '../../src/index/shared-search.ts';
import type { Neighbour } from '../../src/index/vector-index.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';

// Searches an index that another thread changes, again and again; to a message it answers once more, and ends.
const { parts, counted } = workerData as { parts: SharedIndexParts; counted: Int32Array };
const search = searchShared(parts, 1);
const draw = clusteredVectors(parts.memory.dimensions, { seed: 9 });
const excluded = new Set(Array.from({ length: 50 }, (_, at) => 7 * at));
const allowed = Array.from({ length: 400 }, (_, at) => 2 * at);
const broken: string[] = [];

const isSound = (neighbours: readonly Neighbour[]) =>
  neighbours.every(({ key, similarity }) => key > 0 && Math.abs(similarity) <= 1.001) &&
  new Set(neighbours.map(({ key }) => key)).size === neighbours.length;

const turn = () => {
  for (const limit of [10, 150]) {
    const all = search.nearest(draw(), { limit }).neighbours;
    const some = search.nearest(draw(), { limit, excluded }).neighbours;
    const few = search.nearest(draw(), { limit, allowed }).neighbours;
    if (!isSound(all)) broken.push(`of ${limit}: ${JSON.stringify(all)}`);
    if (!isSound(some) || some.some(({ key }) => excluded.has(key))) broken.push(`excluded, of ${limit}`);
    if (!isSound(few) || few.some(({ key }) => key % 2 !== 0)) broken.push(`allowed, of ${limit}`);
  }
  Atomics.add(counted, 0, 1);
  if (!isDone) setImmediate(turn);
};
let isDone = false;
parentPort?.once('message', (asked: { queries: Float32Array[]; parts: SharedIndexParts }) => {
  isDone = true;
  const latest = searchShared(asked.parts, 1);
  const answers = asked.queries.map((query) => latest.nearest(query, { limit: 10 }).neighbours);
  parentPort?.postMessage({ answers, broken, count: latest.count });
});
parentPort?.postMessage('begun');
turn();
