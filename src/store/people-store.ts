import type { PaperKey } from '../paper.ts';

export const SIGNALS = ['like', 'dislike', 'save', 'hide'] as const;
export type Signal = (typeof SIGNALS)[number];

/** What one user said of one paper; the latest word counts. */
export interface Feedback {
  key: PaperKey;
  paperId: string;
  signal: Signal;
  /** ISO 8601 UTC. */
  at: string;
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
  note: string | null;
  picks: RecordedPick<Details>[];
}

export interface ErasedCounts {
  feedback: number;
  pickDays: number;
  picks: number;
}

/**
 * What is known of people: feedback and the ledger of picks, shared by every process and channel. Users need no
 * registration: a user exists as long as something is held on them. Each method is one atomic piece of work.
 */
export interface PeopleStore<Details = unknown> {
  /** Records a signal, replacing an earlier one on the same paper. Throws `not_found` for an unknown paper. */
  setFeedback(user: string, paperId: string, signal: Signal, at: string): Promise<Feedback>;
  /** Takes a signal back; false when there was none. */
  clearFeedback(user: string, paperId: string): Promise<boolean>;
  /** A user's feedback, latest first; `after` continues behind an earlier page's last entry. */
  feedback(
    user: string,
    options: { limit: number; signals?: readonly Signal[]; after?: { at: string; key: PaperKey } | null },
  ): Promise<{ feedback: Feedback[]; total: number }>;
  /** The recorded picks of a day, or null when that day was not asked for yet. */
  picks(user: string, date: string): Promise<PickDay<Details> | null>;
  /**
   * Records a day's picks and resolves to what is on record: the first writer of a day wins. Null, and nothing is
   * recorded, when one of the papers was picked for another date meanwhile: choose again.
   */
  recordPicks(day: PickDay<Details>): Promise<PickDay<Details> | null>;
  /** Keys of every paper that was ever picked for a user, with its date. */
  pickedKeys(user: string): Promise<Map<PaperKey, string>>;
  /** Everything held on a user, feedback and days in the order of time. */
  exportUser(user: string): Promise<{ feedback: Feedback[]; days: PickDay<Details>[] }>;
  /** Deletes everything held on a user. */
  eraseUser(user: string): Promise<ErasedCounts>;
  counts(): Promise<{ users: number; feedback: number; picks: number }>;
}
