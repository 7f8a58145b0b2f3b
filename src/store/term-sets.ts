import type { Paper, PaperKey } from '../paper.ts';
import { hashOfTerm, type TermSet, termSetOf } from '../term-set.ts';
import { termSetsFingerprint } from '../word-fingerprints.ts';
import type { RankingFacts } from './paper-store.ts';
import type { SqliteDatabase } from './sqlite.ts';

interface FactsRow {
  key: number;
  date: string | null;
  addedAt: string;
  revisedAt: string | null;
  upvotes: number | null;
  categories: string;
  terms: Buffer | null;
  title: string | null;
  abstract: string | null;
}

/** Sorting a paper takes as long as passing so many in an index. */
const SORTING_COST = 5;

/**
 * Term sets of papers (src/term-set.ts), about a kilobyte each, made when a paper is written. A paper may lack its set,
 * or have one of another version of the program: then it is made from the text whenever it is asked for, until `fill`
 * has caught up.
 */
export function sqliteTermSets(db: SqliteDatabase) {
  const version = hashOfTerm(termSetsFingerprint());
  const put = db.prepare<[PaperKey, number, Buffer]>(
    `INSERT INTO term_sets (paper_key, version, terms) VALUES (?, ?, ?)
     ON CONFLICT (paper_key) DO UPDATE SET version = excluded.version, terms = excluded.terms`,
  );
  // Title and abstract only where they are needed: they are most of a paper's row.
  const facts = db.prepare<[number, string], FactsRow>(
    `SELECT p.key, p.date, p.added_at AS addedAt, p.revised_at AS revisedAt, p.upvotes, p.categories, t.terms,
       iif(t.terms IS NULL, p.title, NULL) AS title, iif(t.terms IS NULL, p.abstract, NULL) AS abstract
     FROM papers p LEFT JOIN term_sets t ON t.paper_key = p.key AND t.version = ?
     WHERE p.key IN (SELECT value FROM json_each(?))`,
  );
  const stored = db
    .prepare<[PaperKey, number], Buffer>('SELECT terms FROM term_sets WHERE paper_key = ? AND version = ?')
    .pluck();
  const lastOf = db
    .prepare<[number, number], number | null>(
      'SELECT max(key) FROM (SELECT key FROM papers WHERE key > ? ORDER BY key LIMIT ?)',
    )
    .pluck();
  const missing = db.prepare<[number, number, number], { key: number; title: string; abstract: string }>(
    `SELECT p.key, p.title, p.abstract FROM papers p LEFT JOIN term_sets t ON t.paper_key = p.key
     WHERE p.key > ? AND p.key <= ? AND t.version IS NOT ?`,
  );
  // Multiplied by the golden ratio's share of 2^32 (Knuth), keys lie in no order that papers came in.
  const place = '(key * 2654435769) & 4294967295';
  const sampleFrom = (index: string) =>
    db
      .prepare<[number, number], number>(
        `SELECT key FROM papers INDEXED BY ${index} WHERE key <= ? ORDER BY ${place}, key LIMIT ?`,
      )
      .pluck();
  const sample = { ofAll: sampleFrom('papers_sample'), ofFew: sampleFrom('papers_facts') };
  const newestKey = db.prepare<[], number | null>('SELECT max(key) FROM papers').pluck();
  const putText = (key: PaperKey, paper: Pick<Paper, 'title' | 'abstract'>) => {
    const { buffer, byteOffset, byteLength } = termSetOf(paper);
    put.run(key, version, Buffer.from(buffer, byteOffset, byteLength));
  };
  const factsOf = (keys: readonly PaperKey[]): Map<PaperKey, RankingFacts> =>
    new Map(
      facts.all(version, JSON.stringify(keys)).map(({ terms, title, abstract, categories, ...row }) => [
        row.key,
        {
          ...row,
          categories: JSON.parse(categories) as string[],
          terms: terms ? setOf(terms) : termSetOf({ title: title ?? '', abstract: abstract ?? '' }),
        },
      ]),
    );
  /** One by one, in one transaction: the driver makes no objects of rows then. */
  const setsOf = db.transaction((keys: readonly PaperKey[]): Map<PaperKey, TermSet> => {
    const sets = new Map<PaperKey, TermSet>();
    const others: PaperKey[] = [];
    for (const key of keys) {
      const terms = stored.get(key, version);
      if (terms) sets.set(key, setOf(terms));
      else others.push(key);
    }
    if (others.length > 0) for (const [key, { terms }] of factsOf(others)) sets.set(key, terms);
    return sets;
  });
  return {
    put: putText,
    sets: setsOf,
    // The index holds the order, but it passes the papers above the bound: of an old library few are sorted sooner.
    sampleKeys: (upTo: PaperKey, limit: number) => {
      const passed = ((newestKey.get() ?? 0) * limit) / Math.max(1, upTo);
      return (upTo * SORTING_COST < passed ? sample.ofFew : sample.ofAll).all(upTo, limit);
    },
    facts: factsOf,
    fill: (after: PaperKey, limit: number): { last: PaperKey | null; made: number } =>
      db
        .transaction(() => {
          const last = lastOf.get(after, limit) ?? null;
          const papers = last === null ? [] : missing.all(after, last, version);
          for (const { key, ...paper } of papers) putText(key, paper);
          return { last, made: papers.length };
        })
        .immediate(),
  };
}

/** The numbers of a stored set: the driver gives each blob memory of its own, which is copied where numbers cannot lie. */
function setOf(bytes: Buffer): TermSet {
  const { BYTES_PER_ELEMENT } = Uint32Array;
  if (bytes.byteOffset % BYTES_PER_ELEMENT === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / BYTES_PER_ELEMENT);
  }
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
