import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from '../low-priority.ts';
import type { PaperKey } from '../paper.ts';
import { createHnswGraph, type GraphParams } from './hnsw.ts';
import { saveGraphFile } from './index-file.ts';
import type { GraphIdentity } from './sidecar.ts';

/** What the thread that builds a graph is started with. */
export interface BuildOrder {
  folder: string;
  identity: GraphIdentity;
  params: GraphParams;
  /** Every change up to it is in the vectors that will be sent. */
  revision: number;
  epoch: string;
  /** How many vectors are expected. */
  capacity: number;
}

/** Some of the vectors, one after the other; an empty slice is the last. */
export interface BuildSlice {
  keys: PaperKey[];
  vectors: Float32Array;
}

/** `taken` answers each slice; `saved` names the finished pair. A failure is an `error` event of the thread. */
export type BuildReply = { type: 'taken' } | { type: 'saved'; base: string };

const port = parentPort;
if (!port) throw new Error('This file runs in a worker thread.');
// Building takes minutes, and nobody waits for it: requests come first.
lowerThreadPriority();

const { folder, identity, params, revision, epoch, capacity } = workerData as BuildOrder;
const { dimensions } = identity;
const graph = createHnswGraph(dimensions, params, capacity);
const reply = (message: BuildReply) => port.postMessage(message);

port.on('message', async ({ keys, vectors }: BuildSlice) => {
  if (keys.length > 0) {
    keys.forEach((key, at) => {
      graph.upsert(key, vectors.subarray(at * dimensions, (at + 1) * dimensions));
    });
    reply({ type: 'taken' });
    return;
  }
  const state = { revision, epoch, count: graph.size, nodes: graph.size };
  // A rejection here ends the thread with an `error` event, as a throw above does.
  const base = await saveGraphFile(folder, identity, state, graph.write);
  reply({ type: 'saved', base });
  port.close();
});
