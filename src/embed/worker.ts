import { parentPort, workerData } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import { lowerThreadPriority, restoreThreadPriority } from '../low-priority.ts';
import type { EmbedText } from './embed-text.ts';
import { loadModel } from './load-model.ts';
import {
  type EmbeddedText,
  type EmbedRequest,
  type Failure,
  STOP,
  type TextKind,
  type WorkerData,
  type WorkerMessage,
} from './messages.ts';

/**
 * A worker thread: loads the model, then embeds one text after the other. Between two texts it takes in new
 * requests, so that a query waits for one passage at most, while passages queue here and keep the thread busy.
 */
async function main(port: NonNullable<typeof parentPort>, { settings, gate }: WorkerData): Promise<void> {
  // The library prints what it also throws, and whole input tensors besides.
  console.warn = () => undefined;
  console.error = () => undefined;
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  // Messages come between two native calls, so this ends the thread in JavaScript, where that is safe.
  port.on('message', (message: EmbedRequest | typeof STOP) => {
    if (message === STOP) process.exit();
  });
  let embed: EmbedText;
  try {
    embed = await loadModel(settings, gate);
  } catch (error) {
    send({ type: 'unusable', failure: failureOf(error) });
    return;
  }

  const queries: Job[] = [];
  const passages: Job[] = [];
  let running = false;
  // A bulk ingest keeps every core busy: requests come before it. Somebody waits for a query's embedding, though.
  let isLow = false;
  const setPriorityFor = (kind: TextKind) => {
    const wanted = kind === 'passages';
    if (wanted === isLow) return;
    isLow = wanted;
    if (wanted) lowerThreadPriority();
    else restoreThreadPriority();
  };
  port.on('message', (request: EmbedRequest | typeof STOP) => {
    if (request === STOP) return;
    (request.kind === 'query' ? queries : passages).push({ request, results: [] });
    if (!running) void run();
  });

  const run = async () => {
    running = true;
    for (;;) {
      const lane = queries.length > 0 ? queries : passages;
      const job = lane[0];
      if (!job) break;
      setPriorityFor(job.request.kind);
      const answer = await step(job, embed);
      if (answer) {
        lane.shift();
        const results = answer.type === 'embedded' ? answer.results : [];
        send(
          answer,
          results.flatMap(({ embedding, tokens }) =>
            [embedding, tokens].map((buffer) => buffer.buffer as ArrayBuffer),
          ),
        );
      }
      // Inference blocks the thread: let messages in before choosing what is next.
      await new Promise((resolve) => setImmediate(resolve));
    }
    running = false;
  };
  send({ type: 'loaded' });
}

interface Job {
  request: EmbedRequest;
  results: EmbeddedText[];
}

/** Embeds the job's next text. Returns the job's answer after its last text or a failure. */
async function step({ request, results }: Job, embed: EmbedText): Promise<WorkerMessage | undefined> {
  const { id, kind, texts } = request;
  try {
    const text = texts[results.length];
    if (text !== undefined) {
      const { words, ...result } = await embed(text, kind);
      results.push(kind === 'query' ? { ...result, words } : result);
    }
  } catch (error) {
    return { type: 'failed', id, failure: failureOf(error) };
  }
  return results.length === texts.length ? { type: 'embedded', id, results } : undefined;
}

/** Errors lose their class on the way between threads. */
function failureOf(error: unknown): Failure {
  return { code: error instanceof AppError ? error.code : 'model_failed', message: messageOf(error) };
}

if (parentPort) void main(parentPort, workerData);
