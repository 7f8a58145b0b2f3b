import type { PassageEmbedding } from './embedder.ts';
import type { Task } from './thread.ts';

/** The tasks of one call, and the promise of their results together. */
export interface Batch {
  readonly tasks: readonly Task[];
  readonly results: Promise<PassageEmbedding[]>;
  /** Rejects the results and calls `onStop`; without effect after the last task. */
  stop(error: unknown): void;
}

/**
 * Splits texts into tasks of at most `perTask`. Results come in the order of the texts. The first task that fails
 * stops the batch, and so does the signal.
 *
 * @param onStop is told which tasks are no longer wanted: what has begun runs on unheard.
 */
export function createBatch(
  texts: readonly string[],
  perTask: number,
  signal: AbortSignal | undefined,
  onStop: (unwanted: ReadonlySet<Task>) => void,
): Batch {
  const { promise, resolve, reject } = withResolvers<PassageEmbedding[]>();
  const results = new Array<PassageEmbedding>(texts.length);
  const open = new Set<Task>();
  const abort = () => stop(signal?.reason);
  const settle = () => signal?.removeEventListener('abort', abort);
  const stop = (error: unknown) => {
    settle();
    onStop(open);
    reject(error);
  };
  for (let begin = 0; begin < texts.length; begin += perTask) {
    const task: Task = {
      kind: 'passages',
      texts: texts.slice(begin, begin + perTask),
      resolve(part) {
        for (const [i, result] of part.entries()) results[begin + i] = result;
        open.delete(task);
        if (open.size > 0) return;
        settle();
        resolve(results);
      },
      reject: stop,
    };
    open.add(task);
  }
  signal?.addEventListener('abort', abort);
  return { tasks: [...open], results: promise, stop };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
export function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
