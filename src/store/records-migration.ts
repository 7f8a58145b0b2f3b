/**
 * A step of the schema (src/store/migrations.ts): what each source says of a paper, of which the paper is made. The
 * papers that are there have one record each. Never edited, as all steps.
 */
export const RECORDS_MIGRATION = `
  ALTER TABLE papers ADD COLUMN language TEXT;

  CREATE TABLE source_records (
    -- In the order in which they first came.
    record_key INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    paper_key INTEGER NOT NULL REFERENCES paper_ids (key),
    version INTEGER,
    -- As it came, in JSON; null when a source took a paper back before it said anything else of it.
    record TEXT,
    is_explicit INTEGER NOT NULL CHECK (is_explicit IN (0, 1)),
    is_withdrawn INTEGER NOT NULL CHECK (is_withdrawn IN (0, 1)),
    at TEXT NOT NULL,
    -- What it is known by (src/same-record.ts); of the title a hash, as a text would double the cost of a record.
    arxiv_id TEXT,
    doi TEXT,
    title_hash INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX source_records_id ON source_records (id, source);
  CREATE INDEX source_records_source ON source_records (source);
  CREATE INDEX source_records_paper ON source_records (paper_key);
  CREATE INDEX source_records_arxiv_id ON source_records (arxiv_id, paper_key) WHERE arxiv_id IS NOT NULL;
  CREATE INDEX source_records_doi ON source_records (doi, paper_key) WHERE doi IS NOT NULL;
  CREATE INDEX source_records_title ON source_records (title_hash, paper_key) WHERE title_hash IS NOT NULL;

  INSERT INTO source_records
    (source, id, paper_key, version, record, is_explicit, is_withdrawn, at, arxiv_id, doi, title_hash)
  SELECT p.source, i.id, p.key, p.version,
    -- Merged into an empty object, so that what is null is not there.
    json_patch('{}', json_object(
      'id', i.id, 'title', p.title, 'abstract', p.abstract, 'authors', json(p.authors), 'date', p.date,
      'categories', json(p.categories), 'url', p.url, 'doi', p.doi, 'arxivId', p.arxiv_id, 'venue', p.venue,
      'upvotes', p.upvotes, 'commentCount', p.comment_count, 'organization', p.organization,
      'authorCount', p.author_count, 'codeUrl', p.code_url, 'comment', p.comment
    )),
    0, 0, p.updated_at,
    CASE
      WHEN instr(p.arxiv_id, '.') > 0 AND instr(p.arxiv_id, '.') < instr(p.arxiv_id, '/')
        THEN lower(substr(p.arxiv_id, 1, instr(p.arxiv_id, '.') - 1) || substr(p.arxiv_id, instr(p.arxiv_id, '/')))
      WHEN p.arxiv_id IS NULL AND p.doi LIKE '10.48550/arxiv.%' THEN substr(p.doi, length('10.48550/arxiv.') + 1)
      ELSE lower(p.arxiv_id)
    END,
    coalesce(p.doi, iif(i.id GLOB '10.[0-9][0-9][0-9][0-9]*/*', lower(i.id), NULL)),
    iif(p.title_key GLOB '* * * *', paperwise_title_hash(replace(p.title_key, ' ', '')), NULL)
  FROM papers p JOIN paper_ids i ON i.key = p.key ORDER BY p.key;

  -- Of two papers that were found to be one, the id of the one that went names the other.
  ALTER TABLE paper_ids ADD COLUMN joined_key INTEGER REFERENCES paper_ids (key);
  CREATE INDEX paper_ids_joined ON paper_ids (joined_key) WHERE joined_key IS NOT NULL;

  -- Papers that someone said are two, in both directions.
  CREATE TABLE apart (
    key INTEGER NOT NULL REFERENCES paper_ids (key),
    other INTEGER NOT NULL REFERENCES paper_ids (key),
    at TEXT NOT NULL,
    PRIMARY KEY (key, other)
  ) STRICT, WITHOUT ROWID;

  -- Where each feed goes on.
  CREATE TABLE feed_cursors (
    feed TEXT PRIMARY KEY,
    cursor TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- When papers are joined, what people said of one of them is looked for.
  CREATE INDEX feedback_paper ON feedback (paper_key);
  CREATE INDEX feedback_history_paper ON feedback_history (paper_key);
  CREATE INDEX picks_paper ON picks (paper_key);
  CREATE INDEX interactions_paper ON interactions (paper_key);
`;
