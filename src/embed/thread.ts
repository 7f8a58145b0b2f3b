import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import {
  type EmbeddedText,
  type EmbedRequest,
  STOP,
  type TextKind,
  type WorkerData,
  type WorkerMessage,
  type WorkerSettings,
} from './messages.ts';
import { closeGate, createNativeGate } from './native-gate.ts';

/** Reading the largest model takes a second or two; a text takes less than 100 ms. */
const LEAVE_TIMEOUT_MS = 5_000;
const WORKER_FILE = new URL('./worker-start.mjs', import.meta.url);

export interface Task {
  readonly kind: TextKind;
  /** Prefixes included. */
  readonly texts: readonly string[];
  readonly resolve: (results: readonly EmbeddedText[]) => void;
  readonly reject: (error: AppError) => void;
}

export interface ThreadEvents {
  /** The model is loaded: tasks may be given. */
  loaded(): void;
  /** A task is answered. */
  answered(): void;
  /** The model cannot be loaded; the thread is gone. */
  unusable(error: AppError): void;
  /** The thread ended by itself; the tasks that it held have been rejected with this error. */
  crashed(error: AppError): void;
}

/** One worker thread and the tasks that it holds. */
export interface Thread {
  readonly isLoaded: boolean;
  /** Tasks of a kind that were given and are not answered yet. */
  count(kind: Task['kind']): number;
  give(task: Task): void;
  /** Resolves when every given task is answered. */
  idle(): Promise<void>;
  /** Ends the thread, without calling any event, when it is out of native code. */
  end(): Promise<void>;
  /** To be called when the process ends: waits, blocking, until the thread is out of native code. */
  leaveNativeCode(): void;
}

/** Starts a worker thread. Returns at once; the model is loaded in the thread. */
export function startThread(settings: WorkerSettings, events: ThreadEvents, file = WORKER_FILE): Thread {
  // Without arguments of its own the thread would repeat the main thread's `--import`s, to no effect.
  const gate = createNativeGate();
  const workerData: WorkerData = { settings, gate };
  const worker = new Worker(file, { workerData, execArgv: [], name: 'embedding' });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const tasks = new Map<number, Task>();
  const idleWaiters: (() => void)[] = [];
  let isLoaded = false;
  let isOver = false;
  let lastId = 0;
  let cause: unknown;

  const take = (id: number) => {
    const task = tasks.get(id);
    tasks.delete(id);
    if (tasks.size === 0) for (const resolve of idleWaiters.splice(0)) resolve();
    return task;
  };
  worker.on('message', (message: WorkerMessage) => {
    if (isOver) return;
    if (message.type === 'loaded') {
      isLoaded = true;
      events.loaded();
    } else if (message.type === 'unusable') {
      isOver = true;
      worker.postMessage(STOP);
      events.unusable(new AppError(message.failure.code, message.failure.message));
    } else {
      const task = take(message.id);
      if (message.type === 'embedded') task?.resolve(message.results);
      else task?.reject(new AppError(message.failure.code, message.failure.message));
      events.answered();
    }
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => {
    if (isOver) return;
    isOver = true;
    const reason = cause === undefined ? `with code ${code}` : `with: ${messageOf(cause)}`;
    const error = new AppError('model_failed', `An embedding thread ended ${reason}.`, { cause });
    for (const id of [...tasks.keys()]) take(id)?.reject(error);
    events.crashed(error);
  });

  return {
    get isLoaded() {
      return isLoaded;
    },
    count: (kind) => [...tasks.values()].filter((task) => task.kind === kind).length,
    give(task) {
      lastId++;
      tasks.set(lastId, task);
      const request: EmbedRequest = { id: lastId, kind: task.kind, texts: task.texts };
      worker.postMessage(request);
    },
    idle: () =>
      tasks.size === 0 ? Promise.resolve() : new Promise((resolve) => void idleWaiters.push(resolve)),
    async end() {
      isOver = true;
      // Not `terminate()`, which would stop it inside native code.
      worker.postMessage(STOP);
      await ended;
    },
    leaveNativeCode: () => closeGate(gate, LEAVE_TIMEOUT_MS),
  };
}
