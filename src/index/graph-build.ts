import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import type { PaperKey } from '../paper.ts';
import type { BuildOrder, BuildReply, BuildSlice } from './build-worker.ts';
import type { ExactIndex } from './exact.ts';

/** Vectors a message: some 100 ms of work for the thread. */
const SLICE = 256;
/** Slices under way, so that the thread never waits for one and memory holds few copies. */
const SLICES_AHEAD = 2;

/** A graph that is being built in a thread of its own, straight into a saved pair. */
export interface GraphBuild {
  /** The base name of the saved pair. Rejects with `index_failed`, or `unavailable` after `stop`. */
  saved: Promise<string>;
  /** Ends the thread; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Builds a graph of all vectors held now. Vectors are read when their turn comes: ones that change meanwhile may
 * be in the graph in either state, and removed ones may be missing, so the caller keeps track of changes.
 */
export function startGraphBuild(exact: ExactIndex, order: Omit<BuildOrder, 'capacity'>): GraphBuild {
  const keys = exact.keys();
  const workerData: BuildOrder = { ...order, capacity: keys.length };
  const file = new URL('./build-worker-start.mjs', import.meta.url);
  const worker = new Worker(file, { workerData, execArgv: [], name: 'index-build' });
  let next = 0;
  let isStopped = false;
  const nextSlice = (): BuildSlice => {
    while (next < keys.length) {
      const slice = sliceOf(exact, keys.slice(next, next + SLICE), order.identity.dimensions);
      next += SLICE;
      // Empty when all its papers were removed meanwhile; sent, it would read as the last.
      if (slice.keys.length > 0) return slice;
    }
    return { keys: [], vectors: new Float32Array() };
  };
  const saved = new Promise<string>((resolve, reject) => {
    let isLastSent = false;
    let base: string | null = null;
    const advance = () => {
      if (isLastSent) return;
      const slice = nextSlice();
      isLastSent = slice.keys.length === 0;
      worker.postMessage(slice, [slice.vectors.buffer as ArrayBuffer]);
    };
    worker.on('message', (reply: BuildReply) => {
      if (reply.type === 'taken') advance();
      else base = reply.base;
    });
    worker.on('error', (error) => {
      reject(new AppError('index_failed', `The graph was not built: ${messageOf(error)}`, { cause: error }));
    });
    worker.on('exit', () => {
      if (base !== null) resolve(base);
      else if (isStopped) reject(new AppError('unavailable', 'The building of the graph was stopped.'));
      else reject(new AppError('index_failed', 'The graph was not built: its thread ended early.'));
    });
    for (let ahead = 0; ahead < SLICES_AHEAD; ahead++) advance();
  });
  // Whoever stops a build need not wait for it.
  saved.catch(() => {});
  return {
    saved,
    async stop() {
      isStopped = true;
      await worker.terminate();
    },
  };
}

function sliceOf(exact: ExactIndex, keys: readonly PaperKey[], dimensions: number): BuildSlice {
  const present = keys.filter((key) => exact.has(key));
  const vectors = new Float32Array(present.length * dimensions);
  present.forEach((key, at) => {
    vectors.set(exact.vector(key) ?? [], at * dimensions);
  });
  return { keys: present, vectors };
}
