import { Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import type { SimilarToPaper } from '../similar.ts';
import type { Failure, ReaderOrder, ReaderReply, ReaderSettings, SharedParts } from './messages.ts';

/** A thread that reads, and the requests that it holds. */
export interface ReaderThread {
  /** It takes requests. */
  readonly isReady: boolean;
  /** Requests that were given and are not answered yet. */
  readonly held: number;
  /**
   * The answer as JSON in UTF-8, of what `shared` is now; null when the thread ends before. Throws what
   * `similarToPaper` throws.
   */
  similar(
    request: SimilarToPaper,
    shared: () => Promise<SharedParts>,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Lets go of earlier parts: others took their place. */
  show(parts: SharedParts): void;
  /** Resolves when what the thread holds is answered and it is gone. */
  end(): Promise<void>;
}

interface Waiting {
  resolve: (json: Uint8Array<ArrayBuffer> | null) => void;
  reject: (error: Error) => void;
}

const THREAD_FILE = new URL('./reader-start.mjs', import.meta.url);

/** Starts a thread; `onEnd` is told when it has ended, and why. */
export function startReader(
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

  const show = (parts: SharedParts) => {
    if (parts === sent) return;
    order({ type: 'parts', parts });
    sent = parts;
  };
  return {
    show(parts) {
      if (sent !== null) show(parts);
    },
    get isReady() {
      return isReady;
    },
    get held() {
      return waiting.size;
    },
    similar(request, shared) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        const send = (parts: SharedParts) => {
          show(parts);
          order({ type: 'similar', id, request });
        };
        shared().then(send, (error: Error) => {
          waiting.delete(id);
          reject(error);
        });
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
