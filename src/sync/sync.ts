import { createHash } from 'node:crypto';
import { AppError, messageOf } from '../errors.ts';
import type { Ingest, IngestCounts, IngestResult } from '../ingest.ts';
import type { Feed, FeedCursor } from '../sources/feed.ts';
import type { Checkpoint, SourceItem } from '../sources/source.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { FeedRun, SyncStore } from '../store/sync-store.ts';
import { retryAfterFailure } from './retry.ts';

/** A run that says nothing for so long is dead: another process may begin its own. */
const ALIVE_MS = 2 * 60_000;

/** So many times in that span a run says that it goes on. */
const SIGNS_OF_LIFE = 4;

/** A run that takes longer is ended, and goes on at its next turn from where it was. */
const MAX_RUN_MS = 12 * 3_600_000;

/** A feed that is followed, by the name that the settings give it. */
export interface FollowedFeed {
  name: string;
  feed: Feed;
  /** Those of its settings that a cursor is of: with others it is none. */
  settings: unknown;
}

export interface FeedReport {
  feed: string;
  outcome: 'succeeded' | 'failed' | 'stopped' | 'running elsewhere';
  counts: IngestCounts;
  /** Why it failed, or was stopped when nobody asked for it; and when it is tried again, ISO 8601 UTC. */
  error?: string;
  retryAt?: string;
}

export interface SyncOptions {
  signal?: AbortSignal;
  /** Called once per record, when it is durable or rejected. */
  onResult?: (result: IngestResult) => void;
}

export interface Sync {
  /**
   * Takes in what a feed has brought since its cursor. Each page's cursor becomes durable in one transaction with the
   * last of its papers, so that a run which is killed, or fails, is gone on with where it was. Never throws for a feed
   * that cannot be read: the report says why. Throws what the store throws.
   */
  run(followed: FollowedFeed, options?: SyncOptions): Promise<FeedReport>;
}

interface Deps {
  ingest: Pick<Ingest, 'ingest'>;
  store: Pick<PaperStore, 'feedCursor'>;
  syncStore: SyncStore;
  now: () => Date;
  aliveMs?: number;
}

export function createSync(deps: Deps): Sync {
  const { aliveMs = ALIVE_MS } = deps;
  return {
    run: async (followed, options = {}) => {
      const counts = noCounts();
      const run = await deps.syncStore.begin(followed.name, { aliveMs });
      if (!run) return { feed: followed.name, outcome: 'running elsewhere', counts };
      return runFeed(deps, followed, { run, counts, aliveMs, ...options });
    },
  };
}

const noCounts = (): IngestCounts => ({ created: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 });

interface RunUnderWay {
  run: FeedRun;
  counts: IngestCounts;
  aliveMs: number;
}

async function runFeed(
  { ingest, store, syncStore, now }: Deps,
  followed: FollowedFeed,
  { run, counts, aliveMs, signal, onResult }: SyncOptions & RunUnderWay,
): Promise<FeedReport> {
  const { name, feed } = followed;
  const life = keepAlive(run, aliveMs / SIGNS_OF_LIFE);
  const ends = [life.lost, AbortSignal.timeout(MAX_RUN_MS), ...(signal ? [signal] : [])];
  const ended = AbortSignal.any(ends);
  const of = settingsHash(followed);
  const stopped = async (): Promise<FeedReport> => {
    await run.stop(counts);
    const isAsked = signal?.aborted === true;
    return { feed: name, outcome: 'stopped', counts, ...(!isAsked && { error: messageOf(ended.reason) }) };
  };
  try {
    const cursor = cursorOf(await store.feedCursor(name), of);
    const pages = feed.pages(cursor, { now: now(), signal: ended });
    await ingest.ingest(itemsOf(pages, name, of), {
      defaultSource: feed.source,
      signal: ended,
      onResult: (result) => {
        counts[result.outcome]++;
        onResult?.(result);
      },
    });
    if (ended.aborted) return await stopped();
    await run.succeed(counts);
    return { feed: name, outcome: 'succeeded', counts };
  } catch (error) {
    // What is wrong with us, and not with the feed, is for the caller, too.
    const isOurs = error instanceof AppError && error.code === 'store_failed';
    if (ended.aborted && !isOurs) return await stopped();
    const failures = (await syncStore.states()).get(name)?.failures ?? 0;
    const retryAt = retryAfterFailure(error, { failures: failures + 1, now: now() }).toISOString();
    const message = messageOf(error);
    await run.fail(counts, { message, retryAt });
    if (isOurs) throw error;
    return { feed: name, outcome: 'failed', counts, error: message, retryAt };
  } finally {
    life.end();
  }
}

/** Says now and then that a run goes on; `lost` is aborted when another process has taken it over. */
function keepAlive(run: FeedRun, everyMs: number): { lost: AbortSignal; end(): void } {
  const lost = new AbortController();
  const timer = setInterval(() => {
    run.goOn().then(
      (isOurs) => {
        if (!isOurs) lost.abort(new Error('Another process has taken this run over.'));
      },
      // The next commit says what is wrong with the store.
      () => {},
    );
  }, everyMs);
  timer.unref();
  return { lost: lost.signal, end: () => clearInterval(timer) };
}

async function* itemsOf(
  pages: AsyncIterable<{ items: readonly SourceItem[]; cursor: FeedCursor }>,
  feed: string,
  of: string,
): AsyncGenerator<SourceItem | Checkpoint> {
  for await (const { items, cursor } of pages) {
    yield* items;
    yield { checkpoint: { feed, cursor: JSON.stringify({ of, cursor }) } };
  }
}

const settingsHash = ({ settings }: FollowedFeed) =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);

/** The cursor that was saved, when it is of these settings. */
function cursorOf(saved: string | null, of: string): FeedCursor | null {
  if (saved === null) return null;
  const { of: savedOf, cursor } = JSON.parse(saved) as { of: string; cursor: FeedCursor };
  return savedOf === of ? cursor : null;
}
