import { parentPort, workerData } from 'node:worker_threads';
import { type SharedIndexParts, searchShared } from '../../src/index/shared-search.ts';
import type { Neighbour } from '../../src/index/vector-index.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';

// Searches an index that another thread changes, again and again; to a message it answers once more, and ends.
const parts = workerData as SharedIndexParts;
const search = searchShared(parts, 1);
const draw = clusteredVectors(parts.memory.dimensions, { seed: 9 });
let searches = 0;
const broken: string[] = [];
const isSound = (neighbours: readonly Neighbour[]) =>
  neighbours.every(({ key, similarity }) => key > 0 && Math.abs(similarity) <= 1.001);

const turn = () => {
  const { neighbours } = search.nearest(draw(), { limit: 10 });
  searches++;
  if (!isSound(neighbours) || new Set(neighbours.map(({ key }) => key)).size < neighbours.length) {
    broken.push(JSON.stringify(neighbours));
  }
  if (!isDone) setImmediate(turn);
};
let isDone = false;
parentPort?.once('message', (queries: Float32Array[]) => {
  isDone = true;
  const answers = queries.map((query) => search.nearest(query, { limit: 10 }).neighbours);
  parentPort?.postMessage({ answers, searches, broken, count: search.count });
});
turn();
parentPort?.postMessage('begun');
