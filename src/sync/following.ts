import { AppError, messageOf } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { Ingest, IngestResult } from '../ingest.ts';
import type { FeedCursor } from '../sources/feed.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { FeedState, SyncStore } from '../store/sync-store.ts';
import { nextRunOf, type Scheduler, startScheduler } from './scheduler.ts';
import { readSourcesFile, type SourceSetting } from './sources-file.ts';
import { createSync, type FeedReport } from './sync.ts';

/** A source as its settings name it, and how it is doing. */
export interface SourceStatus {
  name: string;
  kind: string;
  /** The host that is asked. */
  host: string;
  schedule: { cron: string; timeZone: string } | null;
  /** Null before its first run. */
  state: FeedState | null;
  /** Where it goes on, as the source wrote it down; null before its first page is in the library. */
  cursor: FeedCursor | null;
  /** ISO 8601 UTC; null: never by itself, or it is running. */
  nextRun: string | null;
}

/** What is told of a run by hand while it goes on. */
export interface SyncListener {
  onBegin?: (name: string) => void;
  onResult?: (name: string, result: IngestResult) => void;
  onReport?: (report: FeedReport) => void;
}

/** The sources that a library follows. */
export interface Following {
  /** The sources of the settings, in their order. Throws `config_invalid` for settings that are wrong. */
  sources(): Promise<SourceStatus[]>;
  /**
   * Runs the named sources, all when none is named, one after the other. Throws `config_invalid`, `not_found` for a
   * name that no source has, and `invalid_input` when there is none to follow.
   */
  sync(names: readonly string[], options: SyncListener & { signal?: AbortSignal }): Promise<FeedReport[]>;
  /** Reads the settings, for as long as this lives. Throws `config_invalid`. */
  load(): Promise<void>;
  /** Runs the sources of the settings when they are due, until `close`. Throws `config_invalid`. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Deps {
  /** Path of the settings. */
  file: string;
  ingest: Pick<Ingest, 'ingest'>;
  store: Pick<PaperStore, 'feedCursor'>;
  syncStore: SyncStore;
  /** Makes a client that may ask these hosts alone. */
  openHttp: (hosts: readonly SourceSetting['host'][]) => HttpClient;
  now: () => Date;
  log: (level: 'info' | 'warn' | 'error', text: string) => void;
}

export function createFollowing(deps: Deps): Following {
  const { file, store, syncStore, openHttp, now, log } = deps;
  const sync = createSync(deps);
  let scheduled: { scheduler: Scheduler; http: HttpClient } | null = null;
  /** What a server follows: it reads its settings once. */
  let followed: readonly SourceSetting[] | null = null;
  let isClosed = false;
  const load = async () => {
    followed ??= await readSourcesFile(file);
    return followed;
  };
  return {
    load: async () => void (await load()),

    async sources() {
      const settings = followed ?? (await readSourcesFile(file));
      const states = await syncStore.states();
      return Promise.all(
        settings.map(async (setting) => {
          const state = states.get(setting.name) ?? null;
          const { name, kind, schedule } = setting;
          const cursor = shownCursor(await store.feedCursor(name));
          const isRunning = state?.runningUntil != null;
          const next = isRunning ? null : nextRunOf(setting, state ?? undefined, now());
          const nextRun = next?.toISOString() ?? null;
          return { name, kind, host: new URL(setting.host.url).host, schedule, state, cursor, nextRun };
        }),
      );
    },

    async sync(names, { signal, onBegin, onResult, onReport }) {
      const chosen = chosenOf(await readSourcesFile(file), names, file);
      const http = openHttp(chosen.map(({ host }) => host));
      const reports: FeedReport[] = [];
      try {
        for (const setting of chosen) {
          if (signal?.aborted) break;
          onBegin?.(setting.name);
          const report = await sync.run(setting.open(http), {
            ...(signal && { signal }),
            onResult: (result) => onResult?.(setting.name, result),
          });
          onReport?.(report);
          reports.push(report);
        }
      } finally {
        await http.close();
      }
      return reports;
    },

    async start() {
      const settings = (await load()).filter(({ schedule }) => schedule !== null);
      // A stop may come while the rest of the server is still starting.
      if (settings.length === 0 || isClosed) return;
      const http = openHttp(settings.map(({ host }) => host));
      const scheduler = startScheduler(
        settings.map((setting) => setting.open(http)),
        {
          sync,
          syncStore,
          now,
          onReport: (report) => log(report.outcome === 'failed' ? 'warn' : 'info', textOf(report)),
          onFailure: (error) => log('error', `Following sources failed: ${messageOf(error)}`),
        },
      );
      scheduled = { scheduler, http };
      log('info', `Following ${settings.map(({ name }) => name).join(', ')}.`);
    },

    async close() {
      isClosed = true;
      await scheduled?.scheduler.stop();
      await scheduled?.http.close();
    },
  };
}

function chosenOf(settings: readonly SourceSetting[], names: readonly string[], file: string) {
  if (settings.length === 0) {
    throw new AppError(
      'invalid_input',
      `There is no source to follow: expected some in ${file}. "paperwise sources init" writes a first one.`,
    );
  }
  const unknown = names.filter((name) => !settings.some((setting) => setting.name === name));
  if (unknown.length > 0) {
    const known = settings.map(({ name }) => name).join(', ');
    throw new AppError('not_found', `There is no source "${unknown.join('", "')}". There are: ${known}.`);
  }
  return names.length === 0 ? settings : settings.filter(({ name }) => names.includes(name));
}

/** The feed's own part of what is saved (src/sync/sync.ts). */
const shownCursor = (saved: string | null) =>
  saved === null ? null : (JSON.parse(saved) as { cursor: FeedCursor }).cursor;

/** A report as a line. */
export function textOf({ feed, outcome, counts, error, retryAt }: FeedReport): string {
  const { created, updated, unchanged, removed, rejected } = counts;
  const brought =
    `${created} created, ${updated} updated, ${unchanged} unchanged, ` +
    `${removed} removed, ${rejected} rejected`;
  if (outcome === 'running elsewhere') return `${feed}: another process is at it.`;
  if (outcome === 'failed')
    return `${feed}: failed: ${error} Next try at ${retryAt}. Until then: ${brought}.`;
  const why = error === undefined ? '' : ` (${error})`;
  return `${feed}: ${outcome === 'stopped' ? `stopped${why}, ` : ''}${brought}.`;
}
