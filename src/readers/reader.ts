import { parentPort, workerData } from 'node:worker_threads';
import { AppError, messageOf } from '../errors.ts';
import { createExampleScores } from '../example-scores.ts';
import { checkNearest, embeddingsOf, nearest } from '../index/nearest.ts';
import { searchShared } from '../index/shared-search.ts';
import { type SimilarDeps, similarToPaper } from '../similar.ts';
import { inOneRead, openSqliteReader } from '../store/sqlite.ts';
import { createSqlitePaperStore } from '../store/sqlite-papers.ts';
import { statisticsOf } from '../term-statistics.ts';
import type { Failure, ReaderOrder, ReaderReply, ReaderSettings, SharedParts } from './messages.ts';

/** A thread that answers requests which only read, one after the other, from a connection of its own and shared parts. */
function main(port: NonNullable<typeof parentPort>, { database, embedding, number }: ReaderSettings): void {
  const db = openSqliteReader(database);
  const store = createSqlitePaperStore(db, embedding);
  const exampleScores = createExampleScores(embedding.dimensions);
  const depsOf = ({ index, statistics }: SharedParts): SimilarDeps => {
    const shared = searchShared(index, number);
    const current = statisticsOf(statistics);
    return {
      store,
      exampleScores,
      statistics: { current: async () => current },
      index: {
        nearest(query, wanted) {
          checkNearest(query, wanted.limit, embedding.dimensions);
          return nearest((options) => shared.nearest(query, options), store, wanted);
        },
        embeddings: async (keys) => embeddingsOf(keys, shared.vector),
      },
    };
  };
  const send = (reply: ReaderReply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);
  const encoder = new TextEncoder();
  let deps: SimilarDeps | null = null;

  const take = async (order: ReaderOrder) => {
    if (order.type === 'parts') {
      deps = depsOf(order.parts);
      return;
    }
    if (order.type === 'stop') {
      port.close();
      db.close();
      return;
    }
    const { id, request } = order;
    try {
      if (!deps) throw new AppError('unavailable', 'This thread has been given nothing to look into.');
      const current = deps;
      const answer = await inOneRead(db, () => similarToPaper(current, request));
      const json = encoder.encode(JSON.stringify(answer));
      send({ type: 'answer', id, json }, [json.buffer]);
    } catch (error) {
      send({ type: 'failure', id, failure: failureOf(error) });
    }
  };
  // One at a time: a transaction is the connection's.
  let last = Promise.resolve();
  port.on('message', (order: ReaderOrder) => {
    last = last.then(() => take(order));
  });
  send({ type: 'ready' });
}

function failureOf(error: unknown): Failure {
  const isOurs = error instanceof AppError;
  return {
    code: isOurs ? error.code : null,
    message: messageOf(error),
    errors: isOurs ? error.errors : [],
  };
}

if (parentPort) main(parentPort, workerData as ReaderSettings);
