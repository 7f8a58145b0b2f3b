import { FACTS_MIGRATION } from './facts-migration.ts';
import { RECORDS_MIGRATION } from './records-migration.ts';
import { SYNC_MIGRATION } from './sync-migration.ts';
import { TURNS_MIGRATION } from './turns-migration.ts';

/**
 * The schema, as numbered steps. A released step is never edited: a change is a new step. SQLite's `user_version`
 * holds the number of steps that a file has seen.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('library_id', lower(hex(randomblob(16)))), ('revision', 0);

  -- Every id ever seen keeps its key, so that a removed paper's feedback, picks and HNSW label stay its own.
  CREATE TABLE paper_ids (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    -- Rises with every change to the paper's set of vectors; an index asks for what came after its own.
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX paper_ids_revision ON paper_ids (revision);

  CREATE TABLE papers (
    key INTEGER PRIMARY KEY REFERENCES paper_ids (key),
    title TEXT NOT NULL,
    abstract TEXT NOT NULL,
    authors TEXT NOT NULL,
    date TEXT,
    -- First day that the date can mean; '' when unknown, so that one index sorts all.
    day TEXT NOT NULL,
    categories TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT,
    doi TEXT,
    arxiv_id TEXT,
    venue TEXT,
    upvotes INTEGER,
    comment_count INTEGER,
    organization TEXT,
    author_count INTEGER,
    code_url TEXT,
    comment TEXT,
    version INTEGER,
    text_hash TEXT NOT NULL,
    trend REAL NOT NULL,
    added_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX papers_day ON papers (day, key);
  CREATE INDEX papers_trend ON papers (trend, key);
  CREATE INDEX papers_source ON papers (source);

  -- Holds 'cs' beside 'cs.LG', so that an archive finds all its categories.
  CREATE TABLE paper_categories (
    category TEXT NOT NULL,
    key INTEGER NOT NULL REFERENCES papers (key) ON DELETE CASCADE,
    PRIMARY KEY (category, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX paper_categories_key ON paper_categories (key);

  CREATE TABLE models (
    model_id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE vectors (
    paper_key INTEGER NOT NULL REFERENCES papers (key) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (model_id) ON DELETE CASCADE,
    vector BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX vectors_paper_model ON vectors (paper_key, model_id);

  CREATE VIRTUAL TABLE papers_fts USING fts5 (
    title, abstract, authors,
    content = 'papers', content_rowid = 'key', tokenize = 'porter unicode61 remove_diacritics 2'
  );
  CREATE TRIGGER papers_fts_insert AFTER INSERT ON papers BEGIN
    INSERT INTO papers_fts (rowid, title, abstract, authors) VALUES (new.key, new.title, new.abstract, new.authors);
  END;
  CREATE TRIGGER papers_fts_delete AFTER DELETE ON papers BEGIN
    INSERT INTO papers_fts (papers_fts, rowid, title, abstract, authors)
    VALUES ('delete', old.key, old.title, old.abstract, old.authors);
  END;
  CREATE TRIGGER papers_fts_update AFTER UPDATE ON papers
  WHEN old.title <> new.title OR old.abstract <> new.abstract OR old.authors <> new.authors BEGIN
    INSERT INTO papers_fts (papers_fts, rowid, title, abstract, authors)
    VALUES ('delete', old.key, old.title, old.abstract, old.authors);
    INSERT INTO papers_fts (rowid, title, abstract, authors) VALUES (new.key, new.title, new.abstract, new.authors);
  END;

  CREATE TABLE users (
    user_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE feedback (
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    paper_key INTEGER NOT NULL REFERENCES paper_ids (key),
    signal TEXT NOT NULL CHECK (signal IN ('like', 'dislike', 'save', 'hide')),
    at TEXT NOT NULL,
    PRIMARY KEY (user_key, paper_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX feedback_latest ON feedback (user_key, at, paper_key);

  -- The ledger: a row a day asked for, even when it came out empty, and a row a pick.
  CREATE TABLE pick_days (
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    date TEXT NOT NULL,
    created_at TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (user_key, date)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE picks (
    user_key INTEGER NOT NULL,
    date TEXT NOT NULL,
    rank INTEGER NOT NULL,
    paper_key INTEGER NOT NULL REFERENCES paper_ids (key),
    score REAL NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (user_key, date, rank),
    FOREIGN KEY (user_key, date) REFERENCES pick_days (user_key, date) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX picks_never_twice ON picks (user_key, paper_key);
  `,
  `
  -- All that a filter asks of a paper but its categories, beside the order of the listings: so that a filter reads
  -- this and not the papers' rows, which hold the abstracts.
  DROP INDEX papers_day;
  CREATE INDEX papers_day ON papers (day, key, source, coalesce(upvotes, 0), code_url IS NULL);
  `,
  // Words are searched in memory now (src/lexical).
  `
  DROP TRIGGER papers_fts_insert;
  DROP TRIGGER papers_fts_delete;
  DROP TRIGGER papers_fts_update;
  DROP TABLE papers_fts;
  `,
  // What papers and authors are called (src/identity.ts), to find them by name. Filled for the papers that are there.
  `
  ALTER TABLE papers ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
  UPDATE papers SET title_key = paperwise_title_key(title);
  CREATE INDEX papers_title_key ON papers (replace(title_key, ' ', ''));
  CREATE INDEX papers_doi ON papers (doi) WHERE doi IS NOT NULL;
  CREATE INDEX papers_arxiv_id ON papers (arxiv_id) WHERE arxiv_id IS NOT NULL;

  CREATE TABLE paper_authors (
    family TEXT NOT NULL,
    given TEXT NOT NULL,
    key INTEGER NOT NULL REFERENCES papers (key) ON DELETE CASCADE,
    PRIMARY KEY (family, given, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX paper_authors_key ON paper_authors (key);
  INSERT OR IGNORE INTO paper_authors (family, given, key)
  SELECT json_extract(name.value, '$.family'), json_extract(name.value, '$.given'), p.key
  FROM papers p, json_each(paperwise_author_names(p.authors)) name;
  `,
  // The signs of a paper's tokens (src/token-bits.ts), five times as long as its vector. Papers that are there get theirs
  // when they are embedded again. They go with the vector, whoever deletes it: also a process of the version before.
  `
  CREATE TABLE token_bits (
    paper_key INTEGER NOT NULL,
    model_id INTEGER NOT NULL,
    bits BLOB NOT NULL,
    FOREIGN KEY (paper_key, model_id) REFERENCES vectors (paper_key, model_id) ON DELETE CASCADE
  ) STRICT;
  CREATE UNIQUE INDEX token_bits_paper_model ON token_bits (paper_key, model_id);
  `,
  // Who began to write papers, in this order, and after which revision (src/history.ts).
  `
  CREATE TABLE epochs (
    nonce TEXT PRIMARY KEY,
    first_revision INTEGER NOT NULL
  ) STRICT;
  `,
  // What identifies a paper, to be read without its row, which holds the abstract.
  `
  CREATE INDEX papers_identity ON papers (key, doi, arxiv_id, title_key);
  `,
  // Every signal set and taken back, so that earlier feedback can be told; `feedback` stays what is in force now.
  `
  CREATE TABLE feedback_history (
    -- Never used again: what was made of the entries up to one is kept in step by reading those behind it.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    paper_key INTEGER NOT NULL REFERENCES paper_ids (key),
    -- Null when the signal before was taken back.
    signal TEXT CHECK (signal IN ('like', 'dislike', 'save', 'hide')),
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX feedback_history_user ON feedback_history (user_key, paper_key, at, signal);
  INSERT INTO feedback_history (user_key, paper_key, signal, at)
  SELECT user_key, paper_key, signal, at FROM feedback ORDER BY at, user_key, paper_key;

  -- Of all users, so that a user who was erased and comes back never has a revision again.
  INSERT INTO meta VALUES ('people_revision', 1), ('people_erasures', 0);
  ALTER TABLE users ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  UPDATE users SET revision = 1 WHERE user_key IN (SELECT user_key FROM feedback);

  ALTER TABLE pick_days ADD COLUMN as_of TEXT NOT NULL DEFAULT '';
  UPDATE pick_days SET as_of = created_at;
  ALTER TABLE pick_days ADD COLUMN basis TEXT;
  `,
  // What else shapes a user's interests, and the log of what was shown and clicked.
  `
  CREATE TABLE seeds (
    seed_id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'entry')),
    title TEXT NOT NULL,
    abstract TEXT NOT NULL,
    hash TEXT NOT NULL,
    added_at TEXT NOT NULL,
    removed_at TEXT
  ) STRICT;
  CREATE INDEX seeds_user ON seeds (user_key);
  CREATE UNIQUE INDEX seeds_never_twice ON seeds (user_key, hash) WHERE removed_at IS NULL;
  CREATE TABLE seed_vectors (
    seed_id INTEGER NOT NULL REFERENCES seeds (seed_id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (model_id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    PRIMARY KEY (seed_id, model_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE interest_settings (
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT,
    is_muted INTEGER NOT NULL CHECK (is_muted IN (0, 1)),
    is_pinned INTEGER NOT NULL CHECK (is_pinned IN (0, 1)),
    weight REAL NOT NULL,
    papers TEXT NOT NULL,
    seeds TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (user_key, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE interactions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    user_key INTEGER NOT NULL REFERENCES users (user_key) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('shown', 'clicked')),
    paper_key INTEGER NOT NULL REFERENCES paper_ids (key),
    channel TEXT NOT NULL,
    rank INTEGER,
    probability REAL,
    score REAL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX interactions_user ON interactions (user_key);
  `,
  // How popular papers were, and which were there: what a look back needs.
  `
  CREATE TABLE upvotes (
    key INTEGER NOT NULL REFERENCES papers (key) ON DELETE CASCADE,
    at TEXT NOT NULL,
    -- Null from when on they are not known.
    upvotes INTEGER,
    PRIMARY KEY (key, at)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO upvotes (key, at, upvotes) SELECT key, updated_at, upvotes FROM papers WHERE upvotes IS NOT NULL;

  DROP INDEX papers_day;
  CREATE INDEX papers_day ON papers (day, key, source, coalesce(upvotes, 0), code_url IS NULL, added_at);
  `,
  // What papers are compared by when they are recommended (src/term-set.ts), filled when they are next asked for; and
  // when the text of a paper was last changed, to tell those who like it.
  `
  CREATE TABLE term_sets (
    paper_key INTEGER PRIMARY KEY REFERENCES papers (key) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    terms BLOB NOT NULL
  ) STRICT;
  ALTER TABLE papers ADD COLUMN revised_at TEXT;
  `,
  FACTS_MIGRATION,
  RECORDS_MIGRATION,
  TURNS_MIGRATION,
  SYNC_MIGRATION,
];
