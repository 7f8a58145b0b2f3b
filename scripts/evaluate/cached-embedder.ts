import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Embedder } from '../../src/embed/embedder.ts';
import { fromBytes, toBytes } from '../../src/vector.ts';

type Kind = 'query' | 'passage';

/** Embeddings in a SQLite file, by model fingerprint, kind (query, passage) and text. Runs may share it. */
export interface EmbeddingCache {
  read(fingerprint: string, kind: Kind, text: string): Float32Array | undefined;
  write(fingerprint: string, kind: Kind, entries: readonly (readonly [string, Float32Array])[]): void;
  close(): void;
}

export function openEmbeddingCache(file: string): EmbeddingCache {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file, { timeout: 60_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec('CREATE TABLE IF NOT EXISTS embeddings (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT');
  const select = db.prepare<[Buffer], Buffer>('SELECT vector FROM embeddings WHERE hash = ?').pluck();
  const insert = db.prepare('INSERT OR REPLACE INTO embeddings (hash, vector) VALUES (?, ?)');
  const hashOf = (fingerprint: string, kind: Kind, text: string) =>
    createHash('sha256')
      .update(JSON.stringify([fingerprint, kind, text]))
      .digest();
  return {
    read(fingerprint, kind, text) {
      const bytes = select.get(hashOf(fingerprint, kind, text));
      return bytes && fromBytes(bytes);
    },
    write(fingerprint, kind, entries) {
      db.transaction(() => {
        for (const [text, vector] of entries) insert.run(hashOf(fingerprint, kind, text), toBytes(vector));
      })();
    },
    close() {
      db.close();
    },
  };
}

/**
 * An embedder that asks the cache before it asks `inner`, and keeps what `inner` made; `onEmbedded` is told how many
 * passages `inner` was given. Closing it closes `inner`; the cache stays open.
 */
export function createCachedEmbedder(
  inner: Embedder,
  cache: EmbeddingCache,
  onEmbedded: (count: number) => void = () => {},
): Embedder {
  const { fingerprint } = inner;
  return {
    model: inner.model,
    fingerprint,
    ready: () => inner.ready(),
    async embedQuery(text) {
      const known = cache.read(fingerprint, 'query', text);
      if (known) return known;
      const vector = await inner.embedQuery(text);
      cache.write(fingerprint, 'query', [[text, vector]]);
      return vector;
    },
    async embedPassages(texts, signal) {
      const vectors = new Map<string, Float32Array>();
      for (const text of texts) {
        const known = cache.read(fingerprint, 'passage', text);
        if (known) vectors.set(text, known);
      }
      const unknown = [...new Set(texts)].filter((text) => !vectors.has(text));
      if (unknown.length > 0) {
        const made = await inner.embedPassages(unknown, signal);
        const entries = unknown.flatMap((text, at) => {
          const vector = made[at];
          return vector ? [[text, vector] as const] : [];
        });
        cache.write(fingerprint, 'passage', entries);
        for (const [text, vector] of entries) vectors.set(text, vector);
        onEmbedded(unknown.length);
      }
      return texts.map((text) => {
        const vector = vectors.get(text);
        if (!vector) throw new Error('The embedder gave fewer vectors than it got texts.');
        // A copy for each text: equal texts must not share one.
        return vector.slice();
      });
    },
    close: () => inner.close(),
  };
}
