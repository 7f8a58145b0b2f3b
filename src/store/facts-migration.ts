/**
 * A step of the schema (src/store/migrations.ts): the facts of papers, by which they are filtered and listed. Each way in
 * which that is done has an index that holds all of them, so that neither a count nor a page reads the papers' rows, with
 * the abstracts. Never edited, as all steps.
 */
export const FACTS_MIGRATION = `
  DROP INDEX papers_day;
  DROP INDEX papers_trend;
  DROP INDEX papers_source;
  CREATE INDEX papers_day ON papers (day, key, trend, source, coalesce(upvotes, 0), code_url IS NULL, added_at);
  CREATE INDEX papers_trend ON papers (trend, key, day, source, coalesce(upvotes, 0), code_url IS NULL, added_at);
  CREATE INDEX papers_source ON papers (source, day, key, trend, coalesce(upvotes, 0), code_url IS NULL, added_at);
  CREATE INDEX papers_source_trend
    ON papers (source, trend, key, day, coalesce(upvotes, 0), code_url IS NULL, added_at);
  CREATE INDEX papers_upvotes ON papers (coalesce(upvotes, 0), key, day, trend, source, code_url IS NULL, added_at);
  CREATE INDEX papers_code ON papers (code_url IS NULL, day, key, trend, source, coalesce(upvotes, 0), added_at);
  CREATE INDEX papers_facts ON papers (key, day, trend, source, coalesce(upvotes, 0), code_url IS NULL, added_at);
  -- Multiplied by the golden ratio's share of 2^32 (Knuth), keys lie in no order that papers came in.
  CREATE INDEX papers_sample ON papers ((key * 2654435769) & 4294967295, key);

  -- The order of the listings, of each category. A process of the version before writes neither.
  ALTER TABLE paper_categories ADD COLUMN day TEXT;
  ALTER TABLE paper_categories ADD COLUMN trend REAL;
  UPDATE paper_categories SET (day, trend) = (SELECT p.day, p.trend FROM papers p WHERE p.key = paper_categories.key);
  CREATE INDEX paper_categories_day ON paper_categories (category, day, key);
  CREATE INDEX paper_categories_trend ON paper_categories (category, trend, key, day);
  CREATE TRIGGER paper_categories_filled AFTER INSERT ON paper_categories WHEN new.day IS NULL BEGIN
    UPDATE paper_categories SET (day, trend) = (SELECT p.day, p.trend FROM papers p WHERE p.key = new.key)
    WHERE category = new.category AND key = new.key;
  END;

  -- Another value after every change of any paper, whoever makes it. By chance: a count would come again in a library
  -- that was restored.
  INSERT INTO meta VALUES ('papers_state', hex(randomblob(8)));
  CREATE TABLE source_counts (source TEXT PRIMARY KEY, papers INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO source_counts SELECT source, count(*) FROM papers GROUP BY source;
  CREATE TRIGGER papers_inserted AFTER INSERT ON papers BEGIN
    UPDATE meta SET value = hex(randomblob(8)) WHERE name = 'papers_state';
    INSERT INTO source_counts VALUES (new.source, 1) ON CONFLICT (source) DO UPDATE SET papers = papers + 1;
  END;
  CREATE TRIGGER papers_deleted AFTER DELETE ON papers BEGIN
    UPDATE meta SET value = hex(randomblob(8)) WHERE name = 'papers_state';
    UPDATE source_counts SET papers = papers - 1 WHERE source = old.source;
    DELETE FROM source_counts WHERE source = old.source AND papers <= 0;
  END;
  CREATE TRIGGER papers_moved AFTER UPDATE OF source ON papers WHEN old.source <> new.source BEGIN
    UPDATE source_counts SET papers = papers - 1 WHERE source = old.source;
    DELETE FROM source_counts WHERE source = old.source AND papers <= 0;
    INSERT INTO source_counts VALUES (new.source, 1) ON CONFLICT (source) DO UPDATE SET papers = papers + 1;
  END;
  CREATE TRIGGER papers_changed AFTER UPDATE ON papers BEGIN
    UPDATE meta SET value = hex(randomblob(8)) WHERE name = 'papers_state';
  END;

  -- A user's history in the order in which it was said, to be exported page by page.
  CREATE INDEX feedback_history_order ON feedback_history (user_key, seq);

  ALTER TABLE models ADD COLUMN embedded INTEGER NOT NULL DEFAULT 0;
  UPDATE models SET embedded = (SELECT count(*) FROM token_bits t WHERE t.model_id = models.model_id);
  CREATE TRIGGER token_bits_inserted AFTER INSERT ON token_bits BEGIN
    UPDATE models SET embedded = embedded + 1 WHERE model_id = new.model_id;
  END;
  CREATE TRIGGER token_bits_deleted AFTER DELETE ON token_bits BEGIN
    UPDATE models SET embedded = embedded - 1 WHERE model_id = old.model_id;
  END;
`;
