import { Cron } from 'croner';
import { messageOf } from '../errors.ts';
import type { FeedState, SyncStore } from '../store/sync-store.ts';
import type { FeedReport, FollowedFeed, Sync } from './sync.ts';

/** How often it is looked whether a feed is due: a machine that slept, or whose clock was set, is noticed so. */
const LOOK_EVERY_MS = 20_000;

/** The longest time that a place may ask us to wait for, and be believed. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

export interface ScheduledFeed extends FollowedFeed {
  /** Sources of one provider run one after the other, others beside them. */
  provider: string;
  /** A cron expression and the time zone that it is of; null: only when asked. */
  schedule: { cron: string; timeZone: string } | null;
}

/**
 * When a feed runs next, by its schedule and by how its last runs went; null: never by itself. A turn that was missed,
 * as nothing ran then, is made up for at once, whatever number of them it was; a feed that never ran is due now.
 */
export function nextRunOf(
  { schedule }: Pick<ScheduledFeed, 'schedule'>,
  state: Pick<FeedState, 'succeededSince' | 'retryAt'> | undefined,
  now: Date,
): Date | null {
  if (schedule === null) return null;
  // What a clock said that ran ahead holds nothing up.
  const until = state?.retryAt ? new Date(state.retryAt) : null;
  if (until && until.getTime() - now.getTime() <= LONGEST_WAIT_MS) return until;
  if (!state?.succeededSince || state.succeededSince > now.toISOString()) return now;
  return cronOf(schedule).nextRun(new Date(state.succeededSince));
}

const cronOf = ({ cron, timeZone }: { cron: string; timeZone: string }) =>
  new Cron(cron, { timezone: timeZone, paused: true });

/** Null for a cron expression and a time zone that make a schedule; else what is wrong. */
export function scheduleFault(schedule: { cron: string; timeZone: string }): string | null {
  try {
    return cronOf(schedule).nextRun() === null ? 'its times are all over' : null;
  } catch (error) {
    return messageOf(error);
  }
}

export interface Scheduler {
  /** Ends the run that is under way after the batches that have begun. Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

interface Deps {
  sync: Sync;
  syncStore: Pick<SyncStore, 'states'>;
  now: () => Date;
  /** Told of every run that ended. */
  onReport: (report: FeedReport) => void;
  /** Told what kept the scheduler itself from working. */
  onFailure: (error: unknown) => void;
  lookEveryMs?: number;
}

/** Runs feeds when they are due, those of a provider one after the other, until it is stopped. */
export function startScheduler(feeds: readonly ScheduledFeed[], deps: Deps): Scheduler {
  const { sync, syncStore, now, onReport, onFailure, lookEveryMs = LOOK_EVERY_MS } = deps;
  const abort = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const looking = new Map<string, Promise<void>>();
  const providers = [...new Set(feeds.map(({ provider }) => provider))];
  /** Feeds of one provider would wait for each other's turns: a long first run holds up no other provider. */
  const look = async (provider: string) => {
    for (const feed of feeds.filter((each) => each.provider === provider)) {
      const state = (await syncStore.states()).get(feed.name);
      const due = nextRunOf(feed, state, now());
      if (abort.signal.aborted || due === null || due > now() || state?.runningUntil) continue;
      const report = await sync.run(feed, { signal: abort.signal });
      if (report.outcome !== 'running elsewhere') onReport(report);
    }
  };
  const next = (provider: string, afterMs: number) => {
    if (abort.signal.aborted) return;
    const timer = setTimeout(() => {
      const looked = look(provider)
        .catch(onFailure)
        .finally(() => next(provider, lookEveryMs));
      looking.set(provider, looked);
    }, afterMs);
    timer.unref();
    timers.set(provider, timer);
  };
  for (const provider of providers) next(provider, 0);
  return {
    async stop() {
      abort.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(looking.values());
    },
  };
}
