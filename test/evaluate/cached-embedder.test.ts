import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { createCachedEmbedder, openEmbeddingCache } from '../../scripts/evaluate/cached-embedder.ts';
import { createHashEmbedder } from '../fixtures/hash-embedder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

function openCache(file = join(temporaryFolder(), 'new', 'embeddings.sqlite')) {
  const cache = openEmbeddingCache(file);
  onTestFinished(() => cache.close());
  return { cache, file };
}

it('asks the model once for each text, in this run and the next', async () => {
  const { cache, file } = openCache();
  const inner = createHashEmbedder();
  const counts: number[] = [];
  const embedder = createCachedEmbedder(inner, cache, (count) => counts.push(count));
  const texts = ['robot arm', 'galaxy', 'robot arm'];
  const first = await embedder.embedPassages(texts);
  expect(first).toEqual(await createHashEmbedder().embedPassages(texts));
  expect(await embedder.embedPassages([...texts, 'protein'])).toHaveLength(4);
  expect(inner.calls.passages).toBe(3);
  expect(counts).toEqual([2, 1]);

  const later = createHashEmbedder();
  expect(await createCachedEmbedder(later, openCache(file).cache).embedPassages(texts)).toEqual(first);
  expect(later.calls.passages).toBe(0);
});

it('keeps queries, passages and models apart', async () => {
  const { cache } = openCache();
  const inner = createHashEmbedder();
  const embedder = createCachedEmbedder(inner, cache);
  await embedder.embedPassages(['robot']);
  await embedder.embedQuery('robot');
  await embedder.embedQuery('robot');
  expect(inner.calls).toEqual({ queries: 1, passages: 1 });
  const other = createHashEmbedder();
  await createCachedEmbedder({ ...other, fingerprint: 'another' }, cache).embedQuery('robot');
  expect(other.calls.queries).toBe(1);
});

it('keeps tokens and words, and knows nothing of what a file without them holds', async () => {
  const file = join(temporaryFolder(), 'embeddings.sqlite');
  const text = 'the robot of galaxies';
  const inner = createHashEmbedder();
  const hash = createHash('sha256')
    .update(JSON.stringify([inner.fingerprint, 'query', text]))
    .digest();
  const old = new Database(file);
  old.exec('CREATE TABLE embeddings (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT');
  old.prepare('INSERT INTO embeddings VALUES (?, ?)').run(hash, Buffer.alloc(1024));
  old.close();
  const { cache } = openCache(file);
  const embedder = createCachedEmbedder(inner, cache);
  const made = await embedder.embedQuery(text);
  expect(made).toEqual(await createHashEmbedder().embedQuery(text));
  expect(made.words).toEqual(['robot', 'galaxies']);
  expect(await embedder.embedQuery(text)).toEqual(made);
  expect(inner.calls.queries).toBe(1);
});

it('gives vectors that a caller may change', async () => {
  const embedder = createCachedEmbedder(createHashEmbedder(), openCache().cache);
  const [a, b] = await embedder.embedPassages(['robot', 'robot']);
  a?.embedding.fill(0);
  a?.tokens.fill(0);
  expect(b?.embedding.some((value) => value !== 0)).toBe(true);
  expect(b?.tokens.some((value) => value !== 0)).toBe(true);
  expect((await embedder.embedPassages(['robot']))[0]).toEqual(b);
});
