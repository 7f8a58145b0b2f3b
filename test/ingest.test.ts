import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BATCH_SIZE, createIngest, type IngestResult } from '../src/ingest.ts';
import { embeddedText, incomingPaper, loosePaperRecord } from '../src/paper.ts';
import type { SourceItem } from '../src/sources/source.ts';
import type { PaperStore } from '../src/store/paper-store.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { createHashEmbedder } from './fixtures/hash-embedder.ts';
import { openTestLibrary } from './fixtures/library.ts';
import { writeLibraryBeforeTokenBits } from './fixtures/library-before-token-bits.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const item = (id: string, fields = {}): SourceItem => ({
  at: id,
  record: loosePaperRecord.parse({ id, title: `Title ${id}`, abstract: `Abstract ${id}.`, ...fields }),
});
const items = (count: number, fields = {}) =>
  Array.from({ length: count }, (_, at) => item(`p${at}`, fields));
const options = { defaultSource: 'test' };

describe('ingest', () => {
  it('makes papers durable and findable, and tells each result in order', async () => {
    const { ingest, store, index } = await openTestLibrary();
    const results: IngestResult[] = [];
    const input = [...items(BATCH_SIZE + 5), { at: 'bad', id: 'x', reason: 'broken' }, item('last')];
    const counts = await ingest.ingest(input, { ...options, onResult: (result) => results.push(result) });
    expect(counts).toEqual({ created: BATCH_SIZE + 6, updated: 0, unchanged: 0, removed: 0, rejected: 1 });
    expect(results.map(({ index: at }) => at)).toEqual(input.map((_, at) => at));
    expect(results.at(-2)).toMatchObject({ at: 'bad', id: 'x', outcome: 'rejected', reason: 'broken' });
    expect((await store.counts()).embedded).toBe(BATCH_SIZE + 6);
    expect((await index.status()).count).toBe(BATCH_SIZE + 6);
  });

  it('keeps the token bits of each paper beside its vector', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const papers = [item('a', { title: 'Robot arms', abstract: 'Of grasping.' }), item('b'), item('c')];
    await ingest.ingest(papers, options);
    await ingest.ingest([item('c', { title: 'The', abstract: 'And of.' })], options);
    const keys = await Promise.all(['a', 'c'].map(async (id) => (await store.paperById(id))?.key ?? -1));
    const [robots] = await embedder.embedPassages(['robot arm grasp']);
    expect([...(await store.tokenBits(keys)).values()]).toEqual([robots?.tokens, new Uint8Array()]);
  });

  it('gives token bits to the papers of an older library, which is searched meanwhile', async () => {
    const folder = temporaryFolder();
    const { model, fingerprint, embedPassages } = createHashEmbedder();
    const papers = items(70).flatMap((entry) =>
      'record' in entry ? incomingPaper(entry.record, 'test') : [],
    );
    const passages = await embedPassages(papers.map(({ facts }) => embeddedText(facts)));
    const { dimensions } = model;
    writeLibraryBeforeTokenBits(
      join(folder, 'library.sqlite'),
      { fingerprint, dimensions },
      papers.map((incoming, at) => ({ incoming, embedding: passages[at]?.embedding ?? new Float32Array() })),
    );
    const { ingest, store, search, index, lexical, embedder } = await openTestLibrary({ folder });
    await Promise.all([index.refresh(), lexical.refresh()]);
    const query = { query: 'abstract p7', mode: 'hybrid', limit: 3 } as const;
    const before = await search.search(query);
    expect(before.hits.map(({ parts }) => parts.words)).toEqual([null, null, null]);
    expect(await ingest.ingest(items(70), options)).toMatchObject({ unchanged: 70 });
    expect(embedder.calls.passages).toBe(0);

    expect(await ingest.embedPapers('missing')).toBe(70);
    expect(await ingest.embedPapers('missing')).toBe(0);
    const { papers: count, embedded } = await store.counts();
    expect([count, embedded, (await index.status()).count]).toEqual([70, 70, 70]);
    const bits = await store.tokenBits(Array.from({ length: 70 }, (_, at) => at + 1));
    expect([...bits.values()]).toEqual(passages.map(({ tokens }) => tokens));
    const after = await search.search(query);
    expect(after.hits[0]?.paper.id).toBe(before.hits[0]?.paper.id);
    expect(after.hits.every(({ parts }) => typeof parts.words === 'number')).toBe(true);
  });

  it('does not embed again what has not changed', async () => {
    const { ingest, embedder } = await openTestLibrary();
    await ingest.ingest(items(10), options);
    expect(embedder.calls.passages).toBe(10);
    expect(await ingest.ingest(items(10), options)).toMatchObject({ unchanged: 10 });
    expect(await ingest.ingest(items(10, { upvotes: 3 }), options)).toMatchObject({ updated: 10 });
    expect(embedder.calls.passages).toBe(10);
    await ingest.ingest([item('p3', { abstract: 'Changed.' })], options);
    expect(embedder.calls.passages).toBe(11);
  });

  it('lets the later of two records of one paper win, in one batch and across batches', async () => {
    const { ingest, store } = await openTestLibrary();
    const near = [item('a', { title: 'Old' }), item('a', { title: 'New' })];
    const far = [item('b', { title: 'Old' }), ...items(BATCH_SIZE * 2), item('b', { title: 'New' })];
    await ingest.ingest([...near, ...far], options);
    expect((await store.paperById('a'))?.paper.title).toBe('New');
    expect((await store.paperById('b'))?.paper.title).toBe('New');
  });

  it('embeds again what another writer changed between embedding and commit', async () => {
    const { ingest, store, embedder, index } = await openTestLibrary();
    await ingest.ingest([item('a', { source: 'sample' })], options);
    // The plan sees a sample, which the record replaces; then a record of the same paper arrives first elsewhere.
    const original = embedder.embedPassages;
    let meddled = false;
    embedder.embedPassages = async (texts, signal) => {
      const vectors = await original(texts, signal);
      if (!meddled) {
        meddled = true;
        await store.removePapers(['a']);
      }
      return vectors;
    };
    expect(await ingest.ingest([item('a', { abstract: 'Newer.' })], options)).toMatchObject({ created: 1 });
    const stored = await store.paperById('a');
    expect(stored?.paper.abstract).toBe('Newer.');
    expect((await index.embeddings([stored?.key ?? -1])).size).toBe(1);
  });

  it('keeps what came before a source failed, and passes the failure on', async () => {
    const { ingest, store } = await openTestLibrary();
    async function* failing() {
      yield* items(BATCH_SIZE + 3);
      throw new Error('cut off');
    }
    await expect(ingest.ingest(failing(), options)).rejects.toThrow('cut off');
    expect((await store.counts()).papers).toBe(BATCH_SIZE + 3);
  });

  it('loses nothing that was acknowledged when embedding fails, and says so', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const original = embedder.embedPassages;
    embedder.embedPassages = async (texts, signal) => {
      if (texts.some((text) => text.includes('p40'))) throw new Error('no memory');
      return original(texts, signal);
    };
    const told: IngestResult[] = [];
    const run = ingest.ingest(items(200), { ...options, onResult: (result) => told.push(result) });
    await expect(run).rejects.toThrow('no memory');
    expect((await store.counts()).papers).toBe(told.length);
    expect(told.length).toBe(BATCH_SIZE);
  });

  it('stops when asked to: what is in is a beginning without gaps, and each of it was told', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const stop = new AbortController();
    const original = embedder.embedPassages;
    embedder.embedPassages = async (texts, signal) => {
      // The embedder drops what has not begun, as the real one does; a later batch overtakes.
      if (texts.some((text) => text.includes(`p${BATCH_SIZE * 2}\n`))) {
        stop.abort();
        signal?.throwIfAborted();
      }
      return original(texts);
    };
    const told: IngestResult[] = [];
    const counts = await ingest.ingest(items(BATCH_SIZE * 6), {
      ...options,
      signal: stop.signal,
      onResult: (result) => told.push(result),
    });
    expect(counts.created).toBe(BATCH_SIZE * 2);
    expect(told).toHaveLength(BATCH_SIZE * 2);
    expect((await store.counts()).papers).toBe(BATCH_SIZE * 2);
  });

  it('embeds for a new model what an old one embedded, and all anew when asked to', async () => {
    const folder = temporaryFolder();
    const old = await openTestLibrary({ folder, model: 'old' });
    await old.ingest.ingest(items(100), options);
    const { ingest, index, embedder } = await openTestLibrary({ folder, model: 'new' });
    await index.refresh();
    expect((await index.status()).count).toBe(0);
    expect(await ingest.embedPapers('missing')).toBe(100);
    expect((await index.status()).count).toBe(100);
    expect(await ingest.embedPapers('missing')).toBe(0);
    expect(await ingest.embedPapers('all')).toBe(100);
    expect(embedder.calls.passages).toBe(200);
  });

  it('keeps a batch whole that must go in whole', async () => {
    const { ingest, store, embedder } = await openTestLibrary();
    const original = embedder.embedPassages;
    embedder.embedPassages = async (texts, signal) => {
      if (texts.some((text) => text.includes('p99'))) throw new Error('no memory');
      return original(texts, signal);
    };
    const whole = { ...options, batchSize: Number.POSITIVE_INFINITY };
    await expect(ingest.ingest(items(100), whole)).rejects.toThrow('no memory');
    expect((await store.counts()).papers).toBe(0);
  });

  it('goes through papers without embeddings by key, and gives those up that it cannot store', async () => {
    const folder = temporaryFolder();
    const { ingest } = await openTestLibrary({ folder, model: 'old' });
    await ingest.ingest(items(150), options);
    const later = await openTestLibrary({ folder, model: 'new' });
    const db = openSqlite(join(folder, 'library.sqlite'));
    // As a program that makes hashes in another way leaves it.
    db.exec("UPDATE papers SET text_hash = 'of another program' WHERE key IN (3, 140)");
    db.close();
    const asked: number[] = [];
    const store: PaperStore = {
      ...later.store,
      papersWithoutEmbedding: (key, limit) => {
        asked.push(key);
        return later.store.papersWithoutEmbedding(key, limit);
      },
    };
    const progress: number[] = [];
    const { embedPapers } = createIngest({ store, embedder: later.embedder, index: later.index });
    expect(await embedPapers('missing', { onProgress: (done) => progress.push(done) })).toBe(148);
    expect(progress).toEqual([63, 127, 148, 148]);
    // Once to the end, and once more for the two that were left out.
    expect(asked).toEqual([0, 64, 128, 150, 0, 140]);
    asked.length = 0;
    expect(await embedPapers('missing')).toBe(0);
    expect(asked).toEqual([0, 140]);
  });
});
