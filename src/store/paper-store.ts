import type { AuthorName } from '../identity.ts';
import type { VectorSource } from '../index/vector-index.ts';
import type { TextSource } from '../lexical/lexical-index.ts';
import type { IncomingPaper, IncomingRemoval, Paper, PaperFilter, PaperKey } from '../paper.ts';
import type { TermSet } from '../term-set.ts';
import type { TokenBits } from '../token-bits.ts';
import type { Embedding } from '../vector.ts';

export interface StoredPaper {
  key: PaperKey;
  paper: Paper;
}

/** What sources say: that they have a record, or not any more. */
export type Incoming = IncomingPaper | IncomingRemoval;

/**
 * What committing a record or a removal did to the paper that it is of. `removed`: the paper left the library. `stale`:
 * the text changed since it was embedded, so embed again and retry.
 */
export type CommitOutcome = 'created' | 'updated' | 'unchanged' | 'removed' | 'stale';

/** What was made of a text, which `textHash` names: both parts are stored, or neither. */
export interface EmbeddedPaper {
  textHash: string;
  embedding: Embedding;
  tokens: TokenBits;
}

/** A record with the embedding of the text that its paper will have in the library, when that needs a new one. */
export interface CommitItem {
  incoming: Incoming;
  embedded: EmbeddedPaper | null;
}

/** Where a feed goes on once all that came before is in the library; the feed alone understands the cursor. */
export interface FeedPosition {
  feed: string;
  cursor: string;
}

export interface CommitOptions {
  /** Drop what else was said of a paper that a record names by its id (PUT), instead of completing it. */
  replace?: boolean;
  /** Written with the batch, unless an item of it is `stale`. */
  checkpoint?: FeedPosition | undefined;
  /** A text without its embedding is written, too, and waits for it: none is `stale`. */
  embedLater?: boolean;
}

/** What a record would need before it can be committed. */
export interface CommitPlan {
  outcome: Exclude<CommitOutcome, 'stale'>;
  /** The paper whose text must be embedded first; null when the stored embedding still fits. */
  toEmbed: Paper | null;
}

/** A record of a source, by the source and the paper's id there. */
export interface RecordName {
  source: string;
  id: string;
}

/** One of the records that a paper is made of. */
export interface PaperRecordInfo extends RecordName {
  /** The arXiv version, where the id told one. */
  version: number | null;
  /** ISO 8601 UTC: when it last came in. */
  at: string;
  /** Whether the paper's authors took it back, as this source says. */
  withdrawn: boolean;
  /** The paper's fields that are from this record. */
  fields: (keyof Paper)[];
}

/** What removing a source did: papers that left, and papers that others have too, some of them with another text. */
export interface SourceRemoval {
  removed: number;
  kept: number;
}

/** By what papers may be named. Lists may be empty. */
export interface PaperNames {
  ids: readonly string[];
  /** One of the old style without its subject class, `math/0309136`, names `math.GT/0309136` too. */
  arxivIds: readonly string[];
  /** Lower case, without `doi:` or an address before them. */
  dois: readonly string[];
  /** A title's compact key (`compactTitleKey`). */
  title: string | null;
  authors: readonly AuthorQuery[];
}

/** An author asked for. An empty `given` stands for any; with `initials`, `y` stands for `yann`, and `yann` for `y`. */
export interface AuthorQuery extends AuthorName {
  initials: boolean;
  /** Whether each of `given`, which are initials then, must be there: `j l` is not `jean`. */
  allInitials?: boolean;
  /** Words of the family name before its last one, which is `family`, when `given` is empty: `van der`. */
  before?: string;
}

/** A paper and by what it was named; an arXiv id counts as an id. */
export interface NamedPaper {
  key: PaperKey;
  by: 'id' | 'doi' | 'title' | 'author';
}

/** Names of one kind, to find the papers of many at once. They are written as in `PaperNames`. */
export type NameKind = 'id' | 'doi' | 'arxivId' | 'title';

/** What tells whether two papers are the same one. */
export interface PaperIdentity {
  key: PaperKey;
  doi: string | null;
  arxivId: string | null;
  /** The folded title (`titleKey`). */
  titleKey: string;
}

/** The authors that are known, and how many there are, which may be more. */
export type AuthorList = Pick<Paper, 'authors' | 'authorCount'>;

/** What ranking for a person asks of a paper, without its text. */
export interface RankingFacts {
  key: PaperKey;
  date: string | null;
  /** ISO 8601 UTC: when the paper came into the library, and when its title or abstract last changed there. */
  addedAt: string;
  revisedAt: string | null;
  upvotes: number | null;
  categories: string[];
  terms: TermSet;
}

export type ListingSort = 'newest' | 'trending';

/** Where a listing goes on: the sort value and key of the last paper shown. */
export interface ListingPosition {
  value: string | number;
  key: PaperKey;
}

export interface ListingPage {
  papers: StoredPaper[];
  next: ListingPosition | null;
  total: number;
}

export interface LibraryCounts {
  papers: number;
  /** Papers that have an embedding of the current model, and token bits. */
  embedded: number;
  bySource: Record<string, number>;
  newestDay: string | null;
  oldestDay: string | null;
}

/**
 * Papers and their embeddings. A paper is what its records make it (src/merging.ts), one a source and id; which records
 * are of one paper, src/same-record.ts says. A paper is named by its id, by the ids of its records, and by those of
 * papers that it was found to be. Each method is one atomic piece of work. Embeddings belong to the model whose
 * fingerprint the store was opened with; those of other models are kept beside them. A paper's revision rises with
 * every change of its vectors, title, abstract or authors, and with its removal: both feeds of changes, of vectors and
 * of texts, tell all of these, and those who read one of them may find nothing changed.
 */
export interface PaperStore extends VectorSource, TextSource {
  /** Says per record or removal, in order, what committing it would do and whether a text must be embedded first. */
  planCommit(items: readonly Incoming[], replace?: boolean): Promise<CommitPlan[]>;
  /** Writes items with their embeddings in one transaction: all of them, or none. A `stale` one is left out. */
  commitBatch(items: readonly CommitItem[], options?: CommitOptions): Promise<CommitOutcome[]>;
  /** Where a feed goes on; null when none of its batches was committed. */
  feedCursor(feed: string): Promise<string | null>;
  /** Removes papers by id, with all their records; resolves to how many there were. Feedback and picks on them are kept. */
  removePapers(ids: readonly string[]): Promise<number>;
  /** Removes all records of a source. Papers that others have stay; one whose text changes waits for a new embedding. */
  removeSource(source: string): Promise<SourceRemoval>;
  /** The records of the paper with this id, in the order in which they first came; those of a withdrawn one too. */
  recordsOf(id: string): Promise<PaperRecordInfo[]>;
  /**
   * Takes a record out into a paper of its own, and keeps the two papers apart from then on. What people said stays with
   * the first. Resolves to both, first the one it was of; they wait for an embedding where they have a new text.
   * Throws `not_found` for an unknown record, and `conflict` for the only one of its paper.
   */
  splitRecord(record: RecordName): Promise<{ keys: PaperKey[]; ids: [string, string] }>;
  /** The pairs of papers among these that were split, in both directions. */
  apart(keys: readonly PaperKey[]): Promise<[PaperKey, PaperKey][]>;
  /** The papers of the given keys, in the order of the keys; unknown keys are left out. */
  papersByKeys(keys: readonly PaperKey[]): Promise<StoredPaper[]>;
  /** The paper with this id, or null. The id is made canonical first. */
  paperById(id: string): Promise<StoredPaper | null>;
  /**
   * The papers with any of these names that pass the filter, each once: by id, then by DOI, by title, by author
   * (newest first). At most `limit` of each kind; of a family name that more papers than that have, none.
   */
  papersNamed(names: PaperNames, options: { limit: number; filter?: PaperFilter }): Promise<NamedPaper[]>;
  /** The papers of each name, at most `limit` of one, ascending; names of no paper are missing. For many names at once. */
  keysNamed(kind: NameKind, names: readonly string[], limit: number): Promise<Map<string, PaperKey[]>>;
  /** What identifies each of the papers; unknown keys are missing from the map. */
  identities(keys: readonly PaperKey[]): Promise<Map<PaperKey, PaperIdentity>>;
  /** Who wrote each of the papers; unknown keys are missing from the map. */
  authorLists(keys: readonly PaperKey[]): Promise<Map<PaperKey, AuthorList>>;
  /** The embedding of a paper, or null when it has none of the current model. */
  embedding(key: PaperKey): Promise<Embedding | null>;
  /**
   * The token bits of papers by the current model, for a few hundred keys a call. Those that have none are missing from
   * the map: unknown papers, and those that were embedded before there were token bits.
   */
  tokenBits(keys: readonly PaperKey[]): Promise<Map<PaperKey, TokenBits>>;
  /** One page of papers, newest or trending first. Papers without a date come last. */
  list(options: {
    filter?: PaperFilter;
    sort: ListingSort;
    limit: number;
    after?: ListingPosition | null;
  }): Promise<ListingPage>;
  /** Papers behind a key that lack an embedding of the current model or its token bits, ascending. */
  papersWithoutEmbedding(key: PaperKey, limit: number): Promise<StoredPaper[]>;
  /** Papers behind a key, ascending: to go through all of them. */
  papersAfter(key: PaperKey, limit: number): Promise<StoredPaper[]>;
  /** Stores embeddings of papers whose text still has the given hash; resolves to how many were stored. */
  addEmbeddings(items: readonly ({ key: PaperKey } & EmbeddedPaper)[]): Promise<number>;
  /**
   * The upvotes that papers had at an instant (ISO 8601 UTC), as far as the library knew then. Those that had none, or
   * were not there, are missing from the map.
   */
  upvotesAt(keys: readonly PaperKey[], asOf: string): Promise<Map<PaperKey, number>>;
  /** What ranking asks of the papers; unknown keys are missing from the map. For some thousand keys a call. */
  rankingFacts(keys: readonly PaperKey[]): Promise<Map<PaperKey, RankingFacts>>;
  /** The term sets of papers, alone; unknown keys are missing from the map. For some hundred keys a call. */
  termSets(keys: readonly PaperKey[]): Promise<Map<PaperKey, TermSet>>;
  /**
   * Makes the term sets that are missing, or of another version, among the first `limit` papers behind a key; resolves to
   * the last key looked at, null behind the last paper, and how many were made.
   */
  fillTermSets(after: PaperKey, limit: number): Promise<{ last: PaperKey | null; made: number }>;
  /** Up to `limit` keys of papers that are not above `upTo`, spread over all; the same as long as those papers are there. */
  sampleKeys(options: { upTo: PaperKey; limit: number }): Promise<PaperKey[]>;
  /** Another text after every change of any paper, whoever makes it: what was made of papers may be kept under it. */
  papersState(): Promise<string>;
  /** The highest key of any paper; 0 without papers. */
  newestKey(): Promise<PaperKey>;
  /** The first day of the latest date of any paper, or null. */
  newestDay(): Promise<string | null>;
  counts(): Promise<LibraryCounts>;
  close(): Promise<void>;
}
