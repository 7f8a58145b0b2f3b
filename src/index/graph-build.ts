import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import type { BuildOrder, BuildReply } from './build-worker.ts';
import type { ExactIndex } from './exact.ts';

/** A graph that is being made in a thread of its own, straight into its files. */
export interface GraphBuild {
  /** Rejects with `index_failed`, or `unavailable` after `stop`. */
  finished: Promise<BuildReply>;
  /** Papers in the graph so far, and how many there will be. */
  progress(): { done: number; total: number };
  /** Ends the thread; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Makes a graph of all rows that hold papers now. They must stay as they are until it is finished (`keepRows`); papers
 * that change meanwhile are in other rows, and removed ones stay nodes.
 */
export function startGraphBuild(
  exact: ExactIndex,
  order: Omit<BuildOrder, 'memory' | 'rowCount' | 'rows' | 'progress'>,
): GraphBuild {
  const rows = exact.liveRows();
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const workerData: BuildOrder = {
    ...order,
    memory: exact.memory,
    rowCount: exact.rowCount,
    rows,
    progress,
  };
  const file = new URL('./build-worker-start.mjs', import.meta.url);
  const worker = new Worker(file, { workerData, execArgv: [], name: 'index-build' });
  let isStopped = false;
  const finished = new Promise<BuildReply>((resolve, reject) => {
    let reply: BuildReply | null = null;
    worker.on('message', (message: BuildReply) => {
      reply = message;
    });
    worker.on('error', (error) => {
      reject(new AppError('index_failed', `The graph was not built: ${messageOf(error)}`, { cause: error }));
    });
    worker.on('exit', () => {
      if (reply) resolve(reply);
      else if (isStopped) reject(new AppError('unavailable', 'The building of the graph was stopped.'));
      else reject(new AppError('index_failed', 'The graph was not built: its thread ended early.'));
    });
  });
  // Whoever stops a build need not wait for it.
  finished.catch(() => {});
  return {
    finished,
    progress: () => ({ done: Atomics.load(progress, 0), total: rows.length }),
    async stop() {
      isStopped = true;
      await worker.terminate();
    },
  };
}
