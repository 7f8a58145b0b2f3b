import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import { BUILD_READER } from '../index/row-memory.ts';
import type { SimilarToPaper } from '../similar.ts';
import type { Failure, ReaderOrder, ReaderReply, ReaderSettings, SharedParts } from './messages.ts';

/** Requests that a thread holds: the next is there when one is done, however busy the main thread is. */
const HELD = 3;
/** Requests that come within one turn of the event loop, when they make one of them worth a thread. */
const TOGETHER = 2;
/** The index has so many places for threads beside the main one and the one that builds its graph. */
const MOST_THREADS = BUILD_READER - 1;
/** A thread that ended by itself is not started again before this. */
const RETRY_AFTER_MS = 60_000;

export interface ReadersOptions extends Omit<ReaderSettings, 'number'> {
  /** At most so many threads; 0: the main thread answers everything. */
  threads: number;
  /** What the threads look into, as it is now. */
  shared: () => Promise<SharedParts>;
  log: (level: 'info' | 'warn' | 'error', text: string) => void;
  /** Replaces the thread's program; for tests. */
  threadFile?: URL | undefined;
}

/** Threads that answer beside the main thread, so that one process uses all cores while many ask. */
export interface Readers {
  /**
   * The answer of a thread as JSON in UTF-8, or null when the main thread answers as soon: no others ask, all threads
   * are busy, or none can be used. Throws what `similarToPaper` throws.
   */
  similar(request: SimilarToPaper): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Threads that run. */
  readonly running: number;
  close(): Promise<void>;
}

/** Threads are started when requests come together for the first time, so that one person's server has none. */
export function createReaders(options: ReadersOptions): Readers {
  const { threads, shared, log, threadFile, ...settings } = options;
  const most = Math.min(threads, MOST_THREADS);
  const running = new Map<number, ReaderThread>();
  let cameTogether = 0;
  let notBefore = 0;
  let isClosed = false;

  const start = () => {
    let number = 1;
    while (running.has(number)) number++;
    const thread = startReader({ ...settings, number }, threadFile, (message) => {
      running.delete(number);
      if (isClosed) return;
      notBefore = Date.now() + RETRY_AFTER_MS;
      log('error', `${message} The main thread answers meanwhile.`);
    });
    running.set(number, thread);
  };
  /** Counts what comes in one turn of the event loop. */
  const noteArrival = () => {
    if (cameTogether++ === 0) {
      setImmediate(() => {
        cameTogether = 0;
      });
    }
  };

  return {
    get running() {
      return running.size;
    },
    async similar(request) {
      if (most === 0 || isClosed) return null;
      noteArrival();
      if (cameTogether >= TOGETHER && running.size < most && Date.now() >= notBefore) start();
      const thread = [...running.values()]
        .filter(({ isReady, held }) => isReady && held < HELD)
        .sort((a, b) => a.held - b.held)[0];
      if (!thread) return null;
      const parts = await shared();
      return thread.isReady ? thread.similar(request, parts) : null;
    },
    async close() {
      isClosed = true;
      await Promise.all([...running.values()].map((thread) => thread.end()));
    },
  };
}

interface ReaderThread {
  readonly isReady: boolean;
  readonly held: number;
  /** Null when the thread ends before it answers. */
  similar(request: SimilarToPaper, parts: SharedParts): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Resolves when what the thread holds is answered and it is gone. */
  end(): Promise<void>;
}

interface Waiting {
  resolve: (json: Uint8Array<ArrayBuffer> | null) => void;
  reject: (error: Error) => void;
}

const THREAD_FILE = new URL('./reader-start.mjs', import.meta.url);

function startReader(
  settings: ReaderSettings,
  file = THREAD_FILE,
  onEnd: (message: string) => void,
): ReaderThread {
  const worker = new Worker(file, { workerData: settings, execArgv: [], name: 'reading' });
  const waiting = new Map<number, Waiting>();
  let isReady = false;
  let lastId = 0;
  let sent: SharedParts | null = null;
  let cause: unknown;
  const order = (message: ReaderOrder) => worker.postMessage(message);

  worker.on('message', (reply: ReaderReply) => {
    if (reply.type === 'ready') {
      isReady = true;
      return;
    }
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.type === 'answer') request?.resolve(reply.json);
    else request?.reject(errorOf(reply.failure));
  });
  worker.on('error', (error) => {
    cause = error;
  });
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      isReady = false;
      const reason = cause === undefined ? `with code ${code}` : `with: ${messageOf(cause)}`;
      for (const request of waiting.values()) request.resolve(null);
      waiting.clear();
      onEnd(`A reading thread ended ${reason}.`);
      resolve();
    });
  });

  return {
    get isReady() {
      return isReady;
    },
    get held() {
      return waiting.size;
    },
    similar(request, parts) {
      if (sent === null || parts.index !== sent.index || parts.statistics !== sent.statistics) {
        order({ type: 'parts', parts });
        sent = parts;
      }
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        order({ type: 'similar', id, request });
      });
    },
    async end() {
      order({ type: 'stop' });
      await ended;
    },
  };
}

function errorOf({ code, message, errors }: Failure): Error {
  return code === null ? new Error(message) : new AppError(code, message, { errors: [...errors] });
}
