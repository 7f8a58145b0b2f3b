import { messageOf } from '../errors.ts';
import { BUILD_READER } from '../index/row-memory.ts';
import type { SimilarToPaper } from '../similar.ts';
import type { ReaderSettings, SharedParts } from './messages.ts';
import { type ReaderThread, startReader } from './reader-thread.ts';

/** Requests that a thread holds: the next is there when one is done, while the main thread answers one itself. */
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
   * The answer of a thread as JSON in UTF-8, or null when the main thread answers as soon: no thread runs yet, all
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
  const waiting: Asked[] = [];
  let isMainNext = false;
  let cameTogether = 0;
  let notBefore = 0;
  let isClosed = false;

  /** Idle threads would hold a replaced graph, or library, until they are asked again. */
  const current = async () => {
    const parts = await shared();
    for (const thread of running.values()) thread.show(parts);
    return parts;
  };
  const start = () => {
    try {
      startOne();
    } catch (error) {
      // `new Worker` throws where no more threads can be started.
      notBefore = Date.now() + RETRY_AFTER_MS;
      log(
        'error',
        `A reading thread could not be started: ${messageOf(error)} The main thread answers meanwhile.`,
      );
    }
  };
  const startOne = () => {
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

  const freeThread = () =>
    [...running.values()]
      .filter(({ isReady, held }) => isReady && held < HELD)
      .sort((a, b) => a.held - b.held)[0];

  /** Gives what waits to threads with room, and one a turn of the event loop to the main thread. */
  const assign = () => {
    for (let thread = freeThread(); thread && waiting.length > 0; thread = freeThread()) {
      const next = waiting.shift();
      if (next) give(thread, next);
    }
    if (waiting.length === 0 || isMainNext) return;
    isMainNext = true;
    setImmediate(() => {
      isMainNext = false;
      waiting.shift()?.resolve(null);
      assign();
    });
  };
  const give = (thread: ReaderThread, { request, resolve, reject }: Asked) => {
    thread.similar(request, current).then(resolve, reject).finally(assign);
  };

  return {
    get running() {
      return running.size;
    },
    async similar(request) {
      if (most === 0 || isClosed) return null;
      noteArrival();
      if (cameTogether >= TOGETHER && running.size < most && Date.now() >= notBefore) start();
      if (![...running.values()].some(({ isReady }) => isReady)) return null;
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        assign();
      });
    },
    async close() {
      isClosed = true;
      for (const { resolve } of waiting.splice(0)) resolve(null);
      await Promise.all([...running.values()].map((thread) => thread.end()));
    },
  };
}

/** A request, and whom to tell; of null, that the main thread is to answer it. */
interface Asked {
  request: SimilarToPaper;
  resolve: (json: Uint8Array<ArrayBuffer> | null) => void;
  reject: (error: Error) => void;
}
