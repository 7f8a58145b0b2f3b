import { AppError } from '../errors.ts';
import { createBatch, withResolvers } from './batch.ts';
import type { PassageEmbedding, QueryEmbedding } from './embedder.ts';
import type { EmbeddedText, WorkerSettings } from './messages.ts';
import { startThread, type Task, type Thread } from './thread.ts';

/** Texts in one passage task: small, so that threads share a batch evenly and an abort drops nearly all of it. */
const PASSAGES_PER_TASK = 2;
/**
 * Tasks of a kind that a thread holds: the next is there when one is done, however busy the main thread is. A query
 * still waits for one text at most, because a thread lets it overtake.
 */
const TASKS_PER_THREAD = 2;
const MAX_CRASHES_IN_A_ROW = 3;
/** After a failed start, calls are refused for this long instead of each trying again. */
const RETRY_AFTER_MS = 10_000;

export interface PoolOptions extends WorkerSettings {
  /** At most this many threads; each is started when the ones before it are busy. */
  workers: number;
  maxWaitingPassages: number;
  maxWaitingQueries: number;
  /** Replaces the worker thread's program; for tests. */
  workerFile?: URL | undefined;
}

/** Worker threads with two lanes. Texts come with their prefixes; embeddings have unit length. */
export interface Pool {
  /** Resolves when a thread has loaded the model. */
  ready(): Promise<void>;
  query(text: string): Promise<QueryEmbedding>;
  passages(texts: readonly string[], signal?: AbortSignal): Promise<PassageEmbedding[]>;
  close(): Promise<void>;
}

/**
 * A pool without threads; they are started as the work asks for them. Its methods throw `unavailable` when it is
 * closed or too much waits, `model_failed` when inference fails or threads keep ending by themselves, and what
 * loading the model throws.
 */
export function createPool(options: PoolOptions): Pool {
  const { workers, maxWaitingPassages, maxWaitingQueries, workerFile, ...settings } = options;
  const threads = new Set<Thread>();
  const waiting = { query: [] as Task[], passages: [] as Task[] };
  let readyWaiters: { resolve: () => void; reject: (error: AppError) => void }[] = [];
  let crashesInARow = 0;
  let failure: { error: AppError; until: number } | undefined;
  let closing: Promise<void> | undefined;

  /** Rejects all that waits. */
  const refuseAll = (error: AppError) => {
    const tasks = [...waiting.query.splice(0), ...waiting.passages.splice(0)];
    for (const { reject } of [...readyWaiters, ...tasks]) reject(error);
    readyWaiters = [];
  };

  const remember = (error: AppError) => {
    failure = { error, until: Date.now() + RETRY_AFTER_MS };
    // Without a thread nothing that waits can be done; with one, there are only fewer threads than allowed.
    if (threads.size === 0) refuseAll(error);
  };

  /** Throws when nothing may be asked for now. */
  const assertUsable = () => {
    if (closing) throw new AppError('unavailable', 'The embedder is closed.');
    if (!failure) return;
    if (Date.now() < failure.until) {
      if (threads.size === 0) throw failure.error;
    } else {
      failure = undefined;
      crashesInARow = 0;
    }
  };

  /** However the process ends, it must not end inside native code. */
  const onExit = () => {
    for (const thread of threads) thread.leaveNativeCode();
  };

  const start = () => {
    if (threads.size === 0 && !process.listeners('exit').includes(onExit)) process.on('exit', onExit);
    const thread = startThread(
      settings,
      {
        loaded() {
          for (const { resolve } of readyWaiters.splice(0)) resolve();
          assign();
        },
        answered() {
          crashesInARow = 0;
          assign();
        },
        unusable(error) {
          threads.delete(thread);
          remember(error);
        },
        crashed(error) {
          threads.delete(thread);
          crashesInARow++;
          if (crashesInARow >= MAX_CRASHES_IN_A_ROW) remember(error);
          else assign();
        },
      },
      workerFile,
    );
    threads.add(thread);
  };

  /** Gives waiting tasks to threads with room, queries first, and starts a thread if some remain. */
  const assign = () => {
    if (closing) return;
    const loaded = [...threads].filter((thread) => thread.isLoaded);
    for (const kind of ['query', 'passages'] as const) {
      while (waiting[kind].length > 0) {
        const thread = leastBusy(loaded, kind);
        if (!thread) break;
        thread.give(waiting[kind].shift() as Task);
      }
    }
    const isWorkLeft = waiting.query.length + waiting.passages.length + readyWaiters.length > 0;
    // One after the other: the first may be downloading or preparing what the next will find done.
    const isStarting = threads.size > loaded.length;
    if (isWorkLeft && !isStarting && !failure && threads.size < workers) start();
  };

  /** Lets tasks of one kind wait, and gives out what can be. Throws `unavailable` beyond the limit. */
  const submit = (tasks: readonly Task[], kind: Task['kind'], limit: number) => {
    assertUsable();
    const count = textsIn(waiting[kind]);
    const added = textsIn(tasks);
    if (count + added > limit) {
      throw new AppError(
        'unavailable',
        `Too many texts wait to be embedded: at most ${limit} may, ${count} do, and ${added} came. ` +
          'Send fewer at once, or try again later.',
      );
    }
    for (const task of tasks) waiting[kind].push(task);
    assign();
  };

  return {
    async ready() {
      assertUsable();
      if ([...threads].some((thread) => thread.isLoaded)) return;
      const { promise, resolve, reject } = withResolvers<void>();
      readyWaiters.push({ resolve, reject });
      assign();
      await promise;
    },

    async query(text) {
      const { promise, resolve, reject } = withResolvers<readonly EmbeddedText[]>();
      submit([{ kind: 'query', texts: [text], resolve, reject }], 'query', maxWaitingQueries);
      const [result] = await promise;
      return { words: [], ...(result as EmbeddedText) };
    },

    async passages(texts, signal) {
      assertUsable();
      signal?.throwIfAborted();
      if (texts.length === 0) return [];
      const { tasks, results, stop } = createBatch(texts, PASSAGES_PER_TASK, signal, (unwanted) => {
        waiting.passages = waiting.passages.filter((task) => !unwanted.has(task));
      });
      try {
        submit(tasks, 'passages', maxWaitingPassages);
      } catch (error) {
        stop(error);
      }
      return results;
    },

    close() {
      closing ??= (async () => {
        refuseAll(new AppError('unavailable', 'The embedder was closed before this text was embedded.'));
        await Promise.all(
          [...threads].map(async (thread) => {
            await thread.idle();
            await thread.end();
          }),
        );
        process.off('exit', onExit);
      })();
      return closing;
    },
  };
}

/** The thread that holds the fewest tasks of a kind, then of any; none when all hold as many as they may. */
function leastBusy(threads: readonly Thread[], kind: Task['kind']): Thread | undefined {
  const load = (thread: Thread) =>
    thread.count(kind) * 2 * TASKS_PER_THREAD + thread.count('query') + thread.count('passages');
  return threads
    .filter((thread) => thread.count(kind) < TASKS_PER_THREAD)
    .sort((a, b) => load(a) - load(b))[0];
}

function textsIn(tasks: readonly Task[]): number {
  return tasks.reduce((sum, { texts }) => sum + texts.length, 0);
}
