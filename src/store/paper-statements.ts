import type { Moment } from '../history.ts';
import { type PaperRow, TOLD_COLUMNS, type ToldRow } from './paper-row.ts';
import { KEY_OF_ID } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';

const COLUMNS = [
  'title',
  'title_key',
  'abstract',
  'authors',
  'date',
  'day',
  'categories',
  'source',
  'url',
  'doi',
  'arxiv_id',
  'venue',
  'upvotes',
  'comment_count',
  'organization',
  'author_count',
  'code_url',
  'comment',
  'language',
  'version',
  'text_hash',
  'trend',
  'updated_at',
] as const;

/** A paper's words, or nulls when it is gone. */
type TextChangeRow = { revision: number; key: number } & (
  | { title: string; abstract: string; authors: string }
  | { title: null; abstract: null; authors: null }
);

type IdentityRow = [key: number, doi: string | null, arxivId: string | null, titleKey: string];

export type PaperStatements = ReturnType<typeof paperStatements>;

/** The prepared statements of the paper store; `modelId` is the model whose vectors it reads and writes. */
export function paperStatements(db: SqliteDatabase, modelId: number) {
  const tell = `SELECT ${TOLD_COLUMNS} FROM papers p JOIN paper_ids i ON i.key = p.key`;
  return {
    latestMoment: db.prepare<[], Moment>(
      `SELECT value AS revision, coalesce((SELECT nonce FROM epochs ORDER BY rowid DESC LIMIT 1), '') AS epoch
       FROM meta WHERE name = 'revision'`,
    ),
    hadMoment: db
      .prepare<Moment, 0 | 1>(
        `SELECT @revision <= (SELECT value FROM meta WHERE name = 'revision')
           AND (@epoch = '' OR EXISTS (SELECT 1 FROM epochs WHERE nonce = @epoch))
           AND NOT EXISTS (
             SELECT 1 FROM epochs WHERE first_revision < @revision
             AND rowid > coalesce((SELECT rowid FROM epochs WHERE nonce = @epoch), 0)
           )`,
      )
      .pluck(),
    hasEpoch: db.prepare<[string], 1>('SELECT 1 FROM epochs WHERE nonce = ?').pluck(),
    addEpoch: db.prepare<[string, number]>('INSERT INTO epochs (nonce, first_revision) VALUES (?, ?)'),
    meta: db.prepare<[string], string | number>('SELECT value FROM meta WHERE name = ?').pluck(),
    toldByKey: db.prepare<[number], ToldRow>(`${tell} WHERE p.key = ?`).raw(),
    toldById: db.prepare<{ id: string }, ToldRow>(`${tell} WHERE p.key = ${KEY_OF_ID}`).raw(),
    toldAfter: db.prepare<[number, number], ToldRow>(`${tell} WHERE p.key > ? ORDER BY p.key LIMIT ?`).raw(),
    rowByKey: db.prepare<[number], PaperRow>(
      'SELECT p.*, i.id FROM papers p JOIN paper_ids i ON i.key = p.key WHERE p.key = ?',
    ),
    idOf: db.prepare<[number], string>('SELECT id FROM paper_ids WHERE key = ?').pluck(),
    // As arrays: a search asks for hundreds, and the driver makes objects more slowly.
    identities: db
      .prepare<[string], IdentityRow>(
        `SELECT key, doi, arxiv_id, title_key FROM papers INDEXED BY papers_identity
         WHERE key IN (SELECT value FROM json_each(?))`,
      )
      .raw(),
    authorLists: db.prepare<[string], { key: number; authors: string; authorCount: number | null }>(
      `SELECT key, authors, author_count AS authorCount FROM papers WHERE key IN (SELECT value FROM json_each(?))`,
    ),
    keyOf: db.prepare<[string], number>('SELECT key FROM paper_ids WHERE id = ?').pluck(),
    hashOf: db.prepare<[number], string>('SELECT text_hash FROM papers WHERE key = ?').pluck(),
    newKey: db.prepare<[string]>('INSERT INTO paper_ids (id, revision) VALUES (?, 0)'),
    nextRevision: db
      .prepare<[], number>("UPDATE meta SET value = value + 1 WHERE name = 'revision' RETURNING value")
      .pluck(),
    touch: db.prepare<[number, number]>('UPDATE paper_ids SET revision = ? WHERE key = ?'),
    insert: db.prepare(
      `INSERT INTO papers (key, added_at, ${COLUMNS.join(', ')})
       VALUES (@key, @updated_at, ${COLUMNS.map((name) => `@${name}`).join(', ')})`,
    ),
    update: db.prepare(
      `UPDATE papers SET ${COLUMNS.map((name) => `${name} = @${name}`).join(', ')} WHERE key = @key`,
    ),
    remove: db.prepare<[number]>('DELETE FROM papers WHERE key = ?'),
    clearCategories: db.prepare<[number]>('DELETE FROM paper_categories WHERE key = ?'),
    addCategory: db.prepare<[string, number, string, number]>(
      'INSERT INTO paper_categories (category, key, day, trend) VALUES (?, ?, ?, ?)',
    ),
    clearAuthors: db.prepare<[number]>('DELETE FROM paper_authors WHERE key = ?'),
    addAuthor: db.prepare<[string, string, number]>(
      'INSERT INTO paper_authors (family, given, key) VALUES (?, ?, ?)',
    ),
    vector: db
      .prepare<[number], Buffer>(`SELECT vector FROM vectors WHERE paper_key = ? AND model_id = ${modelId}`)
      .pluck(),
    hasVector: db
      .prepare<[number], number>(`SELECT 1 FROM vectors WHERE paper_key = ? AND model_id = ${modelId}`)
      .pluck(),
    putVector: db.prepare<[number, Buffer]>(
      `INSERT INTO vectors (paper_key, model_id, vector) VALUES (?, ${modelId}, ?)
       ON CONFLICT (paper_key, model_id) DO UPDATE SET vector = excluded.vector`,
    ),
    clearVectors: db.prepare<[number]>('DELETE FROM vectors WHERE paper_key = ?'),
    tokenBits: db.prepare<[string], { key: number; bits: Buffer }>(
      `SELECT paper_key AS key, bits FROM token_bits
       WHERE model_id = ${modelId} AND paper_key IN (SELECT value FROM json_each(?))`,
    ),
    putTokenBits: db.prepare<[number, Uint8Array]>(
      `INSERT INTO token_bits (paper_key, model_id, bits) VALUES (?, ${modelId}, ?)
       ON CONFLICT (paper_key, model_id) DO UPDATE SET bits = excluded.bits`,
    ),
    // Whoever has token bits has a vector.
    withoutEmbedding: db
      .prepare<[number, number], ToldRow>(
        `${tell} WHERE p.key > ? AND NOT EXISTS (
           SELECT 1 FROM token_bits t WHERE t.paper_key = p.key AND t.model_id = ${modelId}
         ) ORDER BY p.key LIMIT ?`,
      )
      .raw(),
    vectorChanges: db.prepare<[number, number], { revision: number; key: number; vector: Buffer | null }>(
      `SELECT i.revision, i.key, v.vector FROM paper_ids i
       LEFT JOIN vectors v ON v.paper_key = i.key AND v.model_id = ${modelId}
       WHERE i.revision > ? ORDER BY i.revision LIMIT ?`,
    ),
    textChanges: db.prepare<[number, number], TextChangeRow>(
      `SELECT i.revision, i.key, p.title, p.abstract, p.authors FROM paper_ids i LEFT JOIN papers p ON p.key = i.key
       WHERE i.revision > ? ORDER BY i.revision LIMIT ?`,
    ),
    noteUpvotes: db.prepare<[number, string, number | null]>(
      `INSERT INTO upvotes (key, at, upvotes) VALUES (?, ?, ?)
       ON CONFLICT (key, at) DO UPDATE SET upvotes = excluded.upvotes`,
    ),
    moveUpvotes: db.prepare<[number, number]>(
      'INSERT OR IGNORE INTO upvotes (key, at, upvotes) SELECT ?, at, upvotes FROM upvotes WHERE key = ?',
    ),
    addedAt: db.prepare<[number], string>('SELECT added_at FROM papers WHERE key = ?').pluck(),
    knownSince: db.prepare<{ key: number; at: string }>(
      'UPDATE papers SET added_at = @at WHERE key = @key AND added_at > @at',
    ),
    setJoined: db.prepare<{ from: number; to: number }>(
      'UPDATE paper_ids SET joined_key = @to WHERE key = @from OR joined_key = @from',
    ),
    clearJoinedTo: db.prepare<[number]>('UPDATE paper_ids SET joined_key = NULL WHERE joined_key = ?'),
    clearJoined: db.prepare<[number]>('UPDATE paper_ids SET joined_key = NULL WHERE key = ?'),
    feedCursor: db.prepare<[string], string>('SELECT cursor FROM feed_cursors WHERE feed = ?').pluck(),
    setFeedCursor: db.prepare<[string, string, string]>(
      `INSERT INTO feed_cursors (feed, cursor, at) VALUES (?, ?, ?)
       ON CONFLICT (feed) DO UPDATE SET cursor = excluded.cursor, at = excluded.at`,
    ),
    setRevised: db.prepare<[string, number]>('UPDATE papers SET revised_at = ? WHERE key = ?'),
    newestKey: db.prepare<[], number | null>('SELECT max(key) FROM papers').pluck(),
    // Beside max() SQLite takes the other columns from the row that has it.
    upvotesAt: db.prepare<[string, string], { key: number; upvotes: number }>(
      `SELECT key, upvotes FROM (
         SELECT key, upvotes, max(at) FROM upvotes
         WHERE at <= ? AND key IN (SELECT value FROM json_each(?)) GROUP BY key
       ) WHERE upvotes IS NOT NULL`,
    ),
    newestDay: db.prepare<[], string>('SELECT day FROM papers ORDER BY day DESC LIMIT 1').pluck(),
    // Triggers keep the counts, so that they cost nothing to ask for (src/store/migrations.ts).
    counts: db.prepare(
      `SELECT (SELECT coalesce(sum(papers), 0) FROM source_counts) AS papers,
              (SELECT embedded FROM models WHERE model_id = ${modelId}) AS embedded,
              (SELECT max(day) FROM papers WHERE day > '') AS newestDay, (SELECT min(day) FROM papers WHERE day > '') AS oldestDay`,
    ),
    countsBySource: db.prepare('SELECT source, papers FROM source_counts ORDER BY source'),
  };
}
