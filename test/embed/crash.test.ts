import { expect, it } from 'vitest';
import { testEmbedder } from '../fixtures/embedders.ts';

/** A worker thread that ends when it is given the text `crash`, and answers every other with a unit vector. */
const workerFile = new URL('../fixtures/crashing-worker.mjs', import.meta.url);

const modelFailed = (message: RegExp) =>
  expect.objectContaining({ code: 'model_failed', message: expect.stringMatching(message) });

it('fails what a crashed thread held, and starts another', async () => {
  const embedder = await testEmbedder({}, { workerFile });
  await embedder.embedQuery('fine');
  const crash = embedder.embedPassages(['crash']).catch((error: unknown) => error);
  expect(await crash).toEqual(modelFailed(/thread ended with code 3/));
  expect(await embedder.embedPassages(['fine', 'again'])).toHaveLength(2);
});

it('goes on with what waited', async () => {
  const embedder = await testEmbedder({}, { workerFile });
  const texts = ['crash', 'a', 'b', 'c', 'd', 'e'];
  const results = await Promise.allSettled(texts.map((text) => embedder.embedPassages([text])));
  const statuses = results.map(({ status }) => status);
  // The thread held two tasks.
  expect(statuses).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
});

it('gives up after three crashes in a row', async () => {
  const embedder = await testEmbedder({}, { workerFile });
  const texts = Array.from({ length: 6 }, () => 'crash');
  const results = await Promise.allSettled([
    ...texts.map((text) => embedder.embedPassages([text])),
    embedder.embedPassages(['never reached']),
  ]);
  expect(results.map(({ status }) => status)).toEqual(Array(7).fill('rejected'));
  await expect(embedder.embedQuery('fine')).rejects.toEqual(modelFailed(/ended with code 3/));
  await expect(embedder.ready()).rejects.toEqual(modelFailed(/ended with code 3/));
});
