/** A step of the schema (src/store/migrations.ts): how the feeds are doing. Never edited, as all steps. */
export const SYNC_MIGRATION = `
  CREATE TABLE feeds (
    feed TEXT PRIMARY KEY,
    last_began TEXT,
    last_success TEXT,
    succeeded_since TEXT,
    error_at TEXT,
    error TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at TEXT,
    last_counts TEXT NOT NULL DEFAULT '{}',
    all_counts TEXT NOT NULL DEFAULT '{}',
    -- Who is at it, a text by chance, and until when it counts as alive.
    runner TEXT,
    running_until TEXT
  ) STRICT, WITHOUT ROWID;
`;
