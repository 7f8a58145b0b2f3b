import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { lowerThreadPriority } from '../low-priority.ts';
import { auditGraph } from './graph-audit.ts';
import { type GraphFiles, loadGraph, saveGraph } from './graph-files.ts';
import { rowsToAdd } from './graph-rows.ts';
import { createHnswGraph, type GraphParams } from './hnsw.ts';
import { BUILD_READER, type RowMemory } from './row-memory.ts';
import { createRowReader } from './row-reader.ts';
import type { FileFacts, GraphIdentity } from './sidecar.ts';
import type { IndexAudit } from './vector-index.ts';

/** What the thread that makes a graph is started with. Everything large is shared with it, nothing is copied. */
export interface BuildOrder {
  folder: string;
  identity: GraphIdentity;
  params: GraphParams;
  memory: RowMemory;
  /** Rows that have been written. */
  rowCount: number;
  /** Rows that the graph is to have as nodes; no one writes to them while it is made. */
  rows: Uint32Array;
  /** The saved graph to extend; null to build one from nothing. */
  base: FileFacts | null;
  /** The recall that `ef` is chosen for. */
  target: number;
  /** Rows that are nodes already: told as it goes. */
  progress: Int32Array;
}

/** A finished graph. A failure is an `error` event of the thread. */
export interface BuildReply {
  files: GraphFiles;
  /** Of `GraphLinks`. */
  links: SharedArrayBuffer;
  /** Papers that the graph does not lead to, though it could be asked to hold them. */
  strays: number;
  audit: IndexAudit;
  /** Why the saved graph could not be extended, when it could not: then this one was built from nothing. */
  baseFailure: string | null;
}

const port = parentPort;
if (!port) throw new Error('This file runs in a worker thread.');
// Building takes minutes, and nobody waits for it: requests come first.
lowerThreadPriority();

const order = workerData as BuildOrder;
const { folder, identity, params, rowCount, rows, base, target, progress } = order;
const reader = createRowReader(order.memory, BUILD_READER);
reader.follow();

/** A rejection ends the thread with an `error` event. */
async function make(): Promise<BuildReply> {
  let baseFailure: string | null = null;
  const extended =
    base &&
    (await loadGraph(folder, identity, base).catch((error: unknown) => {
      baseFailure = messageOf(error);
      return null;
    }));
  const graph = extended ?? createHnswGraph(identity.dimensions, params, rows.length);
  const missing = rowsToAdd(rows, reader, graph);
  graph.reserve(missing.length);
  let done = 0;
  const vector = new Float32Array(identity.dimensions);
  for (const row of missing) {
    reader.decode(row, vector);
    graph.add(row, vector);
    done++;
    Atomics.store(progress, 0, rows.length - missing.length + done);
  }
  const { files, links } = await saveGraph(folder, identity, graph);
  // Keys are looked up by nobody here. What the graph does not lead to is scored beside it, and no matter here.
  const held = { reader, rowCount, count: rows.length, rowOf: () => undefined };
  const audit = auditGraph(held, links, rows.filter(links.has), { target, least: params.ef });
  return {
    files,
    links: links.shared,
    strays: rows.filter((row) => !links.has(row)).length,
    audit,
    baseFailure,
  };
}

void make().then((reply) => port.postMessage(reply));
