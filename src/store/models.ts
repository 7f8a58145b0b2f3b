import type { SqliteDatabase } from './sqlite.ts';

/** The model whose embeddings a store reads and writes. */
export interface StoredModel {
  fingerprint: string;
  dimensions: number;
}

/** The key of a model's vectors, the same for whoever opens the library with its fingerprint. */
export function modelIdOf(db: SqliteDatabase, { fingerprint, dimensions }: StoredModel): number {
  const known = db.prepare<[string], number>('SELECT model_id FROM models WHERE fingerprint = ?').pluck();
  const id = known.get(fingerprint);
  // Who only reads a library cannot write, and need not.
  if (id !== undefined) return id;
  db.prepare(
    'INSERT INTO models (fingerprint, dimensions) VALUES (?, ?) ON CONFLICT (fingerprint) DO NOTHING',
  ).run(fingerprint, dimensions);
  return known.get(fingerprint) as number;
}
