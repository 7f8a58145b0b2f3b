import type { History } from '../history.ts';
import type { Paper, PaperFilter, PaperKey } from '../paper.ts';

/** How well a paper's words answer a query. */
export interface LexicalHit {
  key: PaperKey;
  /** BM25F, above 0 for a paper with any term of the query; 0 for one without. */
  score: number;
  /**
   * The share of the query's weight (each term's weight times its idf) that the paper has, 0 to 1. Terms that no paper
   * has do not count.
   */
  coverage: number;
  /** How many of the query's quoted phrases the paper has. */
  phrases: number;
}

/** One term that was looked for. */
export interface LexicalTerm {
  /** The stem, and the word as the query says it (folded). */
  term: string;
  form: string;
  /** What its part of the score is multiplied by: how often the query says it, less for compounds and corrections. */
  weight: number;
  /** The word that was looked for in its stead, as no paper has it; null when there was no need, or none was found. */
  correction: string | null;
  /** ln(1 + (N - n + 0.5) / (n + 0.5)), and n, the papers that have it. Of the correction, where there is one. */
  idf: number;
  documents: number;
}

export interface LexicalAnswer {
  /** Best first, ties by smaller key. */
  hits: LexicalHit[];
  /**
   * All papers that match, not only the `limit` returned: those that `phrases` requires, else those with any of `terms`,
   * or with the correction of one.
   */
  total: number;
  /** What a paper would score that has every term any number of times in fields of no length: never reached. */
  ideal: number;
  terms: LexicalTerm[];
  /** Quoted phrases in the query, and whether only papers that have all of them are hits: none does otherwise. */
  phrases: { asked: number; required: boolean };
}

/** In how many papers some words stand next to each other, and in how many of those each is a word of authors' names. */
export interface Mentions {
  papers: number;
  byAuthors: number;
}

export interface LexicalStatus {
  /** Papers that can be found by words now. */
  count: number;
  /** The last store revision that is applied. */
  revision: number;
  /** Different stems and different words, those of removed papers included until the next rebuild. */
  terms: number;
  forms: number;
  /** Changes applied since the file was loaded or saved. */
  unsaved: number;
  /** Bytes allocated for all of it. */
  bytes: number;
  /** Why the saved file was not used, or the index was built anew later; null when neither was so. */
  rebuildReason: string | null;
}

export type LexicalText = Pick<Paper, 'title' | 'abstract' | 'authors'>;

/** One change of a paper's words; `null` for a paper that is gone. */
export interface TextChange {
  revision: number;
  key: PaperKey;
  text: LexicalText | null;
}

/**
 * Where an index gets its texts from: the store, which is the truth. Revisions rise by commit order and are unique
 * per change; a key appears once, at its latest revision. A change may leave the text as it was.
 */
export interface TextSource extends History {
  /** The changes after a revision, ascending, at most `limit` of them. */
  textChanges(afterRevision: number, limit: number): Promise<TextChange[]>;
  /** Keys of all papers that pass the filter, ascending. `excludedKeys` is not applied here. */
  matchingKeys(filter: PaperFilter): Promise<readonly PaperKey[]>;
}

/** Papers by their words. Any text is a query; one without words matches nothing. */
export interface LexicalIndex {
  /**
   * The `limit` papers that BM25F ranks highest. A word that no paper has is looked for in its likeliest spelling.
   * Once papers have all "quoted phrases" of the query, and any term, only those are hits; words of a phrase are
   * compared by stem.
   * Quotes around a small part of a long query are not looked at.
   * Throws `unavailable`, as all methods that search do, while the library is read for the first time, where that is
   * not to be waited for.
   * Throws `invalid_input` for a limit outside 1 to 10,000.
   */
  search(query: string, options: { limit: number; filter?: PaperFilter }): Promise<LexicalAnswer>;
  /** The same scores for given papers, such as ones found by vector only. Papers not held are missing. */
  score(query: string, keys: readonly PaperKey[]): Promise<Map<PaperKey, LexicalHit>>;
  /** Who says these words: whether they are a name is told by that. Compared by stem, and not corrected. */
  mentions(text: string, filter?: PaperFilter): Promise<Mentions>;
  /** The query with each word that no paper has in its likeliest spelling; null when there is nothing to change. */
  suggest(query: string): Promise<string | null>;
  /** Applies what the source committed before this call, so that it is findable; yields to the event loop. */
  refresh(): Promise<void>;
  /** Writes the index file, unless the one on disk is current. Throws `index_failed`. */
  save(): Promise<void>;
  status(): Promise<LexicalStatus>;
  /** Stops background work. Does not save. */
  close(): Promise<void>;
}
