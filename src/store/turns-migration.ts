/** A step of the schema (src/store/migrations.ts): turns at providers (src/store/provider-turns.ts). Never edited. */
export const TURNS_MIGRATION = `
  CREATE TABLE provider_turns (
    provider TEXT PRIMARY KEY,
    -- Milliseconds since 1970: before then, no request may begin.
    next_at_ms INTEGER NOT NULL,
    -- Whose turn it is, a text by chance, and until when that counts unless it is renewed.
    holder TEXT,
    lease_until_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
