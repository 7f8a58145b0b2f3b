import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Embedder, PassageEmbedding, QueryEmbedding } from '../../src/embed/embedder.ts';
import { fromBytes, toBytes } from '../../src/vector.ts';

type Kind = 'query' | 'passage';

interface Row {
  vector: Buffer;
  tokens: Buffer;
  words: string;
}

/** Embeddings in a SQLite file, by model fingerprint, kind (query, passage) and text. Runs may share it. */
export interface EmbeddingCache {
  /** The words of passages are not kept. Every answer is the caller's own. */
  read(fingerprint: string, kind: Kind, text: string): QueryEmbedding | undefined;
  write(
    fingerprint: string,
    kind: Kind,
    entries: readonly (readonly [string, PassageEmbedding & Partial<QueryEmbedding>])[],
  ): void;
  close(): void;
}

/**
 * Opens or makes a cache file. Its table has another name than the one of older files, which held vectors without
 * tokens: what those hold is made anew. A change of which tokens count as content needs another name again.
 */
export function openEmbeddingCache(file: string): EmbeddingCache {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file, { timeout: 60_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(
    `CREATE TABLE IF NOT EXISTS token_embeddings (
       hash BLOB PRIMARY KEY, vector BLOB NOT NULL, tokens BLOB NOT NULL, words TEXT NOT NULL
     ) STRICT`,
  );
  const select = db.prepare<[Buffer], Row>(
    'SELECT vector, tokens, words FROM token_embeddings WHERE hash = ?',
  );
  const insert = db.prepare(
    'INSERT OR REPLACE INTO token_embeddings (hash, vector, tokens, words) VALUES (?, ?, ?, ?)',
  );
  const hashOf = (fingerprint: string, kind: Kind, text: string) =>
    createHash('sha256')
      .update(JSON.stringify([fingerprint, kind, text]))
      .digest();
  return {
    read(fingerprint, kind, text) {
      const row = select.get(hashOf(fingerprint, kind, text));
      if (!row) return undefined;
      return {
        embedding: fromBytes(row.vector),
        tokens: new Uint8Array(row.tokens),
        words: JSON.parse(row.words) as string[],
      };
    },
    write(fingerprint, kind, entries) {
      db.transaction(() => {
        for (const [text, { embedding, tokens, words = [] }] of entries) {
          insert.run(hashOf(fingerprint, kind, text), toBytes(embedding), tokens, JSON.stringify(words));
        }
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
      const made = await inner.embedQuery(text);
      cache.write(fingerprint, 'query', [[text, made]]);
      return made;
    },
    async embedPassages(texts, signal) {
      const passages = new Map<string, PassageEmbedding>();
      for (const text of texts) {
        const known = cache.read(fingerprint, 'passage', text);
        if (known) passages.set(text, known);
      }
      const unknown = [...new Set(texts)].filter((text) => !passages.has(text));
      if (unknown.length > 0) {
        const made = await inner.embedPassages(unknown, signal);
        const entries = unknown.flatMap((text, at) => {
          const passage = made[at];
          return passage ? [[text, passage] as const] : [];
        });
        cache.write(fingerprint, 'passage', entries);
        for (const [text, passage] of entries) passages.set(text, passage);
        onEmbedded(unknown.length);
      }
      return texts.map((text) => {
        const passage = passages.get(text);
        if (!passage) throw new Error('The embedder gave fewer embeddings than it got texts.');
        // A copy for each text: equal texts must not share one.
        return { embedding: passage.embedding.slice(), tokens: passage.tokens.slice() };
      });
    },
    close: () => inner.close(),
  };
}
