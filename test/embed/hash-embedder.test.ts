import { expect, it } from 'vitest';
import { embedderContract } from '../contracts/embedder.ts';
import { createHashEmbedder } from '../fixtures/hash-embedder.ts';

embedderContract('the hash embedder', async () => createHashEmbedder());

it('counts what it is asked for', async () => {
  const embedder = createHashEmbedder();
  await embedder.embedQuery('one');
  await embedder.embedPassages(['two', 'three']);
  expect(embedder.calls).toEqual({ queries: 1, passages: 2 });
});
