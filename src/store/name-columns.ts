import { titleKey } from '../identity.ts';
import { identityOf } from '../same-record.ts';
import { hashOfTerm } from '../term-set.ts';
import { namesFingerprint } from '../word-fingerprints.ts';
import { authorNames } from './paper-row.ts';
import { identityColumns, incomingOf } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** Some seconds of work for 40,000 papers, which are told before. */
export type NamesLog = (text: string) => void;

/** What migrations and `keepNames` fill columns by. No index, trigger or view may need them: other programs open the file, too. */
export function addNameFunctions(db: SqliteDatabase): void {
  db.function('paperwise_title_key', (title) => titleKey(String(title)));
  db.function('paperwise_author_names', (authors) =>
    JSON.stringify(authorNames(JSON.parse(String(authors)) as string[])),
  );
  db.function('paperwise_title_hash', (title) => hashOfTerm(String(title)));
  db.function('paperwise_record_title', (record, source) => {
    const incoming = incomingOf({ record: String(record), source: String(source) });
    return incoming && identityColumns(identityOf(incoming)).title_hash;
  });
}

/**
 * Makes the columns of names what this program would write: all of them when they were filled by one that reads
 * names in another way, or those of papers that were put in by one that knew no such columns.
 */
export function keepNames(db: SqliteDatabase, log: NamesLog): void {
  const known = db.prepare<[], string>("SELECT value FROM meta WHERE name = 'names_fingerprint'").pluck();
  const wanted = namesFingerprint();
  // Immediate: of two processes that start at once, the second waits and then finds the work done.
  if (known.get() !== wanted) {
    db.transaction(() => {
      if (known.get() === wanted) return;
      const count = db.prepare<[], number>('SELECT count(*) FROM papers').pluck().get() ?? 0;
      const started = Date.now();
      if (count > 0) log(`Names are read in another way now: those of ${count} papers are made anew.`);
      fill(db, 'TRUE');
      db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run('names_fingerprint', wanted);
      if (count > 0) log(`The names were made anew in ${Date.now() - started} ms.`);
    }).immediate();
    return;
  }
  // In the words of the index `papers_title_key`. A title without words has an empty key for good.
  const isUnfilled = "replace(title_key, ' ', '') = '' AND paperwise_title_key(title) <> ''";
  if (db.prepare(`SELECT 1 FROM papers WHERE ${isUnfilled} LIMIT 1`).get() === undefined) return;
  db.transaction(() => fill(db, isUnfilled)).immediate();
}

function fill(db: SqliteDatabase, which: string): void {
  const keys = db.prepare<[], number>(`SELECT key FROM papers WHERE ${which}`).pluck().all();
  const list = JSON.stringify(keys);
  const ofKeys = 'IN (SELECT value FROM json_each(?))';
  db.prepare(
    `UPDATE papers SET title_key = paperwise_title_key(title)
     WHERE key ${ofKeys} AND title_key <> paperwise_title_key(title)`,
  ).run(list);
  db.prepare(`DELETE FROM paper_authors WHERE key ${ofKeys}`).run(list);
  db.prepare(
    `INSERT OR IGNORE INTO paper_authors (family, given, key)
     SELECT json_extract(name.value, '$.family'), json_extract(name.value, '$.given'), p.key
     FROM papers p, json_each(paperwise_author_names(p.authors)) name WHERE p.key ${ofKeys}`,
  ).run(list);
  db.prepare(
    `UPDATE source_records SET title_hash = paperwise_record_title(record, source)
     WHERE record IS NOT NULL AND paper_key ${ofKeys}`,
  ).run(list);
}
