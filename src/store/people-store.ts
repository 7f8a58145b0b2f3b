import type { PaperKey } from '../paper.ts';
import type { Embedding } from '../vector.ts';

export const SIGNALS = ['like', 'dislike', 'save', 'hide'] as const;
export type Signal = (typeof SIGNALS)[number];

/** The signals of papers that a person wants more of. */
export const LIKING_SIGNALS = ['like', 'save'] as const satisfies readonly Signal[];
export type LikingSignal = (typeof LIKING_SIGNALS)[number];

/** Whether a signal, or none, says that a person wants more of a paper. */
export const isLiking = (signal: Signal | null): signal is LikingSignal =>
  signal === 'like' || signal === 'save';

/** What one user said of one paper; the latest word counts. */
export interface Feedback {
  key: PaperKey;
  paperId: string;
  signal: Signal;
  /** ISO 8601 UTC. */
  at: string;
}

/** What became of a signal that was not to replace an earlier one. */
export const FEEDBACK_OUTCOMES = ['added', 'unchanged', 'kept'] as const;
export type FeedbackOutcome = (typeof FEEDBACK_OUTCOMES)[number];

/** One signal set, or taken back (null). */
export interface FeedbackEntry extends Omit<Feedback, 'signal'> {
  signal: Signal | null;
}

export const SEED_KINDS = ['text', 'entry'] as const;
export type SeedKind = (typeof SEED_KINDS)[number];

/** A user's most seeds. */
export const MAX_SEEDS = 1_000;

/**
 * A text that shapes a user's interests without being a paper of the library: a sentence (`text`), or an entry of an
 * imported bibliography that no paper matches (`entry`).
 */
export interface SeedInput {
  kind: SeedKind;
  title: string;
  /** May be empty. */
  abstract: string;
  embedding: Embedding;
}

export interface Seed extends SeedInput {
  /** Unique in the library, never used again. */
  id: number;
  /** ISO 8601 UTC. */
  at: string;
}

/** A seed as it is exported, also one taken back: that is kept, so that earlier interests can be told. */
export interface SeedRecord extends Omit<Seed, 'embedding'> {
  removedAt: string | null;
}

/** A user's most interest settings. */
export const MAX_INTEREST_SETTINGS = 200;

/** What a user said of an interest. */
export interface InterestSettings {
  id: string;
  name: string | null;
  isMuted: boolean;
  isPinned: boolean;
  /** From 0.1 to 10; 1 changes nothing. */
  weight: number;
  /** The liked papers and the seeds that it had when it was set: by them it is recognised again. */
  papers: PaperKey[];
  seeds: number[];
  /** ISO 8601 UTC. */
  at: string;
}

export const EVENT_KINDS = ['shown', 'clicked'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Most events of one call. */
export const MAX_EVENTS = 1_000;

/** A paper that was shown or clicked: what an honest evaluation needs to know. */
export interface InteractionEvent {
  kind: EventKind;
  key: PaperKey;
  paperId: string;
  /** Where: 1 to 50 letters, digits or `. : _ -`. */
  channel: string;
  /** The place in the list, from 1. */
  rank: number | null;
  /** With which probability the paper was shown, above 0, at most 1. */
  probability: number | null;
  score: number | null;
  /** ISO 8601 UTC. */
  at: string;
}

/** A paper that others like who like the same, and how much that says. */
export interface CoLiked {
  key: PaperKey;
  score: number;
}

/** One paper of a day's picks, as it was recorded. `details` is what the recommender wants to show again. */
export interface RecordedPick<Details> {
  key: PaperKey;
  paperId: string;
  score: number;
  details: Details;
}

export interface PickDay<Details> {
  user: string;
  /** `YYYY-MM-DD`. */
  date: string;
  /** ISO 8601 UTC. */
  createdAt: string;
  /** ISO 8601 UTC: everything that the picks rest on was known by then. */
  asOf: string;
  /** What the recommender wants to remember of how it chose; JSON, null when nothing. */
  basis: unknown;
  note: string | null;
  picks: RecordedPick<Details>[];
}

export interface ErasedCounts {
  feedback: number;
  pickDays: number;
  picks: number;
  history: number;
  seeds: number;
  interests: number;
  events: number;
}

/** Everything held on a user, each list in the order of time. */
export interface UserExport<Details> {
  feedback: Feedback[];
  days: PickDay<Details>[];
  history: FeedbackEntry[];
  seeds: SeedRecord[];
  interests: InterestSettings[];
  events: InteractionEvent[];
}

/** Where a list of what is held on a user goes on; for the store to read. */
export type HeldPosition = readonly (string | number)[];

/** A page of one of the lists that a user's export has; `next` is null when nothing is left. */
export interface HeldPage<Entry> {
  entries: Entry[];
  next: HeldPosition | null;
}

/** Which of a user's feedback. `after` continues behind an earlier page's last entry. */
export interface FeedbackOptions {
  limit: number;
  signals?: readonly Signal[];
  after?: { at: string; key: PaperKey } | null;
  /** ISO 8601 UTC: what was in force then, instead of now. */
  asOf?: string;
}

/** Which of a user's events, from and to an instant, both included. `after` is an earlier page's `next`. */
export interface EventOptions {
  from?: string;
  to?: string;
  limit: number;
  after?: number | null;
}

/**
 * What is known of people, shared by every process and channel: feedback, seeds, what was said of interests, what was
 * shown and clicked, and the ledger of picks. Users need no registration: a user exists as long as something is held
 * on them. Each method is one atomic piece of work. Embeddings belong to the model whose fingerprint the store was
 * opened with; those of other models are kept beside them.
 */
export interface PeopleStore<Details = unknown> {
  /** Records a signal, replacing an earlier one on the same paper. Throws `not_found` for an unknown paper. */
  setFeedback(user: string, paperId: string, signal: Signal, at: string): Promise<Feedback>;
  /**
   * Records a signal on those of the papers that the user has not judged, all at once. Resolves to what became of each,
   * in the order given: `added`; `unchanged`, it had this signal; `kept`, it has another one, which stays; null for an
   * unknown paper.
   */
  addFeedback(
    user: string,
    paperIds: readonly string[],
    signal: Signal,
    at: string,
  ): Promise<(FeedbackOutcome | null)[]>;
  /** Takes a signal back, now unless `at` says when; false when there was none. */
  clearFeedback(user: string, paperId: string, at?: string): Promise<boolean>;
  /**
   * A user's feedback, latest first. As of an instant: per paper the last word of those with a time not after it, which
   * is what was in force as long as clocks run forwards.
   */
  feedback(user: string, options: FeedbackOptions): Promise<{ feedback: Feedback[]; total: number }>;
  /**
   * A number that every change of the user's feedback, seeds or interest settings changes, whoever makes it, and that
   * never returns to an earlier value: what was made of them may be kept under it. 0 as long as there was none.
   */
  feedbackRevision(user: string): Promise<number>;

  /**
   * Adds seeds; resolves to those stored, in the order given. Of equal kind, title and abstract there is one, which
   * keeps its id and time. Throws `invalid_input` when there would be more than `MAX_SEEDS`, and then adds none.
   */
  addSeeds(user: string, seeds: readonly SeedInput[], at: string): Promise<Seed[]>;
  /** A user's seeds that have an embedding, in the order they were added; as of an instant, those of then. */
  seeds(user: string, options?: { asOf?: string }): Promise<Seed[]>;
  /** Takes a seed back, now unless `at` says when; false when the user has none with this id. */
  removeSeed(user: string, id: number, at?: string): Promise<boolean>;
  /** A user's seeds that have embeddings of other models only. */
  seedsWithoutEmbedding(user: string): Promise<Omit<Seed, 'embedding'>[]>;
  /** Sets the embedding of anybody's seed; false when it is gone. */
  setSeedEmbedding(id: number, embedding: Embedding): Promise<boolean>;

  /** What a user said of interests, in the order of time. */
  interestSettings(user: string): Promise<InterestSettings[]>;
  /**
   * Records what a user says of an interest, replacing what was said of the one with that id. Throws `invalid_input`
   * for a weight out of range, and when there would be more than `MAX_INTEREST_SETTINGS`.
   */
  setInterestSettings(user: string, settings: InterestSettings): Promise<InterestSettings>;
  /** Forgets what was said of an interest; false when nothing was. */
  clearInterestSettings(user: string, id: string): Promise<boolean>;

  /**
   * Appends to the log of what was shown and clicked; resolves to how many there are new. Writes none and throws
   * `not_found`, naming them, for unknown papers, and `invalid_input` for more than `MAX_EVENTS` or a bad field.
   */
  addEvents(user: string, events: readonly Omit<InteractionEvent, 'key'>[]): Promise<number>;
  /** A user's events in the order they were added; `next` is null on the last page. */
  events(user: string, options: EventOptions): Promise<{ events: InteractionEvent[]; next: number | null }>;

  /**
   * The papers of the library that other people like (or save) who like some of `keys`, best first, without `keys`.
   * The score is what a walk brings from `keys` to the people who like them and on to what these like; the rarer the
   * paper and the shorter the person's list, the more it says. `people` is how many like anything. `excludingUser` is counted nowhere.
   */
  coLiked(
    keys: readonly PaperKey[],
    options: { limit: number; excludingUser: string },
  ): Promise<{ people: number; liked: CoLiked[] }>;

  /** The recorded picks of a day, or null when that day was not asked for yet. */
  picks(user: string, date: string): Promise<PickDay<Details> | null>;
  /**
   * Records a day's picks and resolves to what is on record: the first writer of a day wins. Null, and nothing is
   * recorded, when one of the papers was picked for another date meanwhile: choose again.
   */
  recordPicks(day: PickDay<Details>): Promise<PickDay<Details> | null>;
  /** Keys of every paper that was ever picked for a user, with its date. */
  pickedKeys(user: string): Promise<Map<PaperKey, string>>;

  /** Names of users after `after`, in the order of their code points. */
  users(options: { after?: string; limit: number }): Promise<string[]>;
  exportUser(user: string): Promise<UserExport<Details>>;
  /** A page of one list of `exportUser`: to tell all that is held without holding it all at once. */
  held<List extends keyof UserExport<Details>>(
    user: string,
    list: List,
    options: { limit: number; after?: HeldPosition | null },
  ): Promise<HeldPage<UserExport<Details>[List][number]>>;
  /** Deletes everything held on a user. */
  eraseUser(user: string): Promise<ErasedCounts>;
  /** How many users there are: what a monitor asks for every few seconds. */
  userCount(): Promise<number>;
  counts(): Promise<{ users: number; feedback: number; picks: number }>;
}
