import type { Task } from './thread.ts';

/** The tasks of one call, and the promise of their vectors together. */
export interface Batch {
  readonly tasks: readonly Task[];
  readonly vectors: Promise<Float32Array[]>;
  /** Rejects the vectors and calls `onStop`; without effect after the last task. */
  stop(error: unknown): void;
}

/**
 * Splits texts into tasks of at most `perTask`. Vectors come in the order of the texts. The first task that fails
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
  const { promise, resolve, reject } = withResolvers<Float32Array[]>();
  const vectors = new Array<Float32Array>(texts.length);
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
        for (const [i, vector] of part.entries()) vectors[begin + i] = vector;
        open.delete(task);
        if (open.size > 0) return;
        settle();
        resolve(vectors);
      },
      reject: stop,
    };
    open.add(task);
  }
  signal?.addEventListener('abort', abort);
  return { tasks: [...open], vectors: promise, stop };
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
