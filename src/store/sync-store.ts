/** What became of the records of a feed. */
export interface FeedCounts {
  created: number;
  updated: number;
  unchanged: number;
  removed: number;
  rejected: number;
}

/** What is known of a feed: how its last runs went. Where it goes on is `PaperStore.feedCursor`. */
export interface FeedState {
  feed: string;
  /** Instants are ISO 8601 UTC; null: never. */
  lastBegan: string | null;
  lastSuccess: string | null;
  /** When the run began that succeeded last: it knows of nothing that appeared later. */
  succeededSince: string | null;
  /** Why the last run failed; null when it did not. */
  lastError: { at: string; message: string } | null;
  /** Runs in a row that failed. */
  failures: number;
  /** Before this instant the feed is not tried again by itself. */
  retryAt: string | null;
  /** What the last run that ended brought, and all runs together. */
  lastCounts: FeedCounts;
  allCounts: FeedCounts;
  /** Until when a process is at it, unless it says so again; null when none is. */
  runningUntil: string | null;
}

/** A run that is under way. Each method is one atomic piece of work. */
export interface FeedRun {
  /** Says that the run goes on. Resolves to false when another process has taken it for dead, and begun its own. */
  goOn(): Promise<boolean>;
  succeed(counts: FeedCounts): Promise<void>;
  /** `retryAt`: not before this instant, ISO 8601 UTC. */
  fail(counts: FeedCounts, failure: { message: string; retryAt: string }): Promise<void>;
  /** The run was stopped by us: neither success nor failure. */
  stop(counts: FeedCounts): Promise<void>;
}

/** How the feeds of a library are doing; shared by all processes that work on it. */
export interface SyncStore {
  /** The states of all feeds that ever ran, by name. */
  states(): Promise<Map<string, FeedState>>;
  /** Begins a run, unless a process is at it already: then null. It counts as dead after `aliveMs` without `goOn`. */
  begin(feed: string, options: { aliveMs: number }): Promise<FeedRun | null>;
}
