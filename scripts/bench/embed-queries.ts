import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { describeModel } from '../../src/embed/models.ts';
import { createTransformersEmbedder } from '../../src/embed/transformers.ts';
import { MODELS } from './embed-contenders.ts';
import type { EmbedTexts } from './embed-texts.ts';

const WARM_UP = 50;
const WHILE_BUSY = 100;
/** Between two queries of a busy embedder: they are to meet its work at all of its moments. */
const EVERY_MS = 31;

export interface QueryTimes {
  idle: number[];
  busy: number[];
}

/**
 * A process of its own for `bench embed`: milliseconds of embedding queries that were not asked for before, by an
 * embedder that does nothing else, then by one that has passages to embed all the time. Writes one line of JSON.
 */
const [file = ''] = process.argv.slice(2);
const { first, measured, queries } = JSON.parse(readFileSync(file, 'utf8')) as EmbedTexts;
const embedder = await createTransformersEmbedder({
  ...describeModel(),
  cacheFolder: MODELS,
  workers: availableParallelism(),
});
// Every thread has loaded its model then.
await embedder.embedPassages(first);
const ask = async (query: string) => {
  const begin = performance.now();
  await embedder.embedQuery(query);
  return performance.now() - begin;
};
const times: QueryTimes = { idle: [], busy: [] };
for (const query of queries.slice(0, WARM_UP)) await ask(query);
for (const query of queries.slice(WARM_UP, -WHILE_BUSY)) times.idle.push(await ask(query));
const ingest = new AbortController();
const keepBusy = async () => {
  while (!ingest.signal.aborted) {
    // What has not begun is dropped at the end, which is said by throwing.
    await embedder.embedPassages(measured, ingest.signal).catch(() => undefined);
  }
};
// Two parts under way, as an ingest has them.
const busy = [keepBusy(), keepBusy()];
for (const query of queries.slice(-WHILE_BUSY)) {
  await pause(EVERY_MS);
  times.busy.push(await ask(query));
}
ingest.abort();
await Promise.all(busy);
await embedder.close();
console.log(JSON.stringify(times));
