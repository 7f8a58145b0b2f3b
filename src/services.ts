import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApiServices } from './api/services.ts';
import { createBackground } from './background.ts';
import { type Config, dataPaths } from './config.ts';
import { describeModel } from './embed/models.ts';
import { createTransformersEmbedder } from './embed/transformers.ts';
import { messageOf } from './errors.ts';
import type { HostSettings } from './http/allowed-hosts.ts';
import type { HttpClient } from './http/http-client.ts';
import { createHttpClient, type HttpLimits } from './http/polite-client.ts';
import { createLocalVectorIndex } from './index/local.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { createLocalLexicalIndex } from './lexical/local.ts';
import { SAMPLE_SOURCE } from './paper.ts';
import { createReaders } from './readers/readers.ts';
import { createSharedParts } from './readers/shared-parts.ts';
import { importLibrary } from './recommend/import-library.ts';
import type { PickDetails } from './recommend/picks.ts';
import { createRecommender } from './recommend/recommender.ts';
import { embedMissingSeeds } from './recommend/seeds.ts';
import { createSearch } from './search.ts';
import { jsonLinesSource } from './sources/json-lines.ts';
import type { PaperStore } from './store/paper-store.ts';
import { createSqliteProviderTurns } from './store/provider-turns.ts';
import { openSqlite } from './store/sqlite.ts';
import { createSqlitePaperStore } from './store/sqlite-papers.ts';
import { createSqlitePeopleStore } from './store/sqlite-people.ts';
import { createSqliteSyncStore } from './store/sqlite-sync.ts';
import { createFollowing, type Following } from './sync/following.ts';
import { createTermStatistics } from './term-statistics.ts';
import { userAgentOf } from './user-agent.ts';

/** A command that has read more changed papers than this into the index of words saves it. */
const MOST_UNSAVED = 500;

const SAMPLE_FILE = fileURLToPath(new URL('../samples/papers.jsonl', import.meta.url));

export interface Services extends ApiServices {
  following: Following;
  /** A client that may ask these hosts alone; the caller closes it. */
  openHttp(hosts: readonly HostSettings[], limits?: Partial<HttpLimits>): HttpClient;
  /** Resolves when model and indexes are loaded and an empty library has its sample; rejects when one cannot be. */
  whenReady: Promise<void>;
  /** Resolves when the indexes have reached their final form: nothing is being built, nothing waits. */
  whenIndexed(): Promise<void>;
  /** From now on `readyz` says that we are stopping. */
  beginStop(): void;
  /** Ends what is still coming in after the batches that have begun. */
  cutShort(): void;
  /** Ends background work, saves the indexes (server), and closes everything. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /**
   * `server`: model and indexes are loaded at once, other processes' changes are followed, index files are kept.
   * `command`: each part is loaded when first used; a single search scores all vectors, so no graph is loaded.
   */
  mode: 'server' | 'command';
  /** Forget the saved indexes first, so that they are built from the library. */
  freshIndex?: boolean;
  log: (level: 'info' | 'warn' | 'error', text: string) => void;
}

/** Opens a library with everything that works on it: the only place that names implementations. */
export async function openServices(
  config: Config,
  { mode, freshIndex = false, log }: OpenOptions,
): Promise<Services> {
  const paths = dataPaths(config.dataFolder);
  const { model, source } = describeModel(config.model);
  const embedder = await createTransformersEmbedder({
    model,
    source,
    cacheFolder: paths.models,
    workers: config.workers,
    ...(config.model.hubHost !== undefined && { hubHost: config.model.hubHost }),
  });
  const db = openSqlite(paths.database, (text) => log('info', text));
  const embedding = { fingerprint: embedder.fingerprint, dimensions: model.dimensions };
  const store = createSqlitePaperStore(db, embedding);
  const people = createSqlitePeopleStore<PickDetails>(db, embedding);
  if (freshIndex) {
    for (const folder of [paths.index, paths.lexical]) await rm(folder, { recursive: true, force: true });
  }
  const index = createLocalVectorIndex({
    folder: paths.index,
    dimensions: model.dimensions,
    fingerprint: embedder.fingerprint,
    source: store,
    log,
    ...(mode === 'command' && { exactBelow: Number.POSITIVE_INFINITY }),
  });
  const lexical = createLocalLexicalIndex({
    folder: paths.lexical,
    source: store,
    whileReading: mode === 'server' ? 'refuse' : 'wait',
    log,
  });
  const both = { refresh: async () => void (await Promise.all([index.refresh(), lexical.refresh()])) };
  // A command ends after its ingest: holding every paper would only let its memory grow with the library.
  const ingest = createIngest({
    store,
    embedder,
    index: mode === 'server' ? both : { refresh: async () => {} },
  });
  const statistics = createTermStatistics(store);
  const search = createSearch({ store, embedder, index, lexical, statistics });
  const now = () => new Date().toISOString();
  const readers = createReaders({
    threads: mode === 'server' ? config.readers : 0,
    database: paths.database,
    embedding,
    shared: createSharedParts({ index, statistics }),
    log,
  });
  const recommender = createRecommender({ store, people, index, lexical, statistics, now });
  const openHttp: Services['openHttp'] = (hosts, limits = {}) =>
    createHttpClient({
      ...{ hosts, limits, log, proxy: config.proxy, userAgent: userAgentOf(config.contact) },
      turns: createSqliteProviderTurns(db),
    });
  const following = createFollowing({
    ...{ file: config.sourcesFile, ingest, store, log },
    syncStore: createSqliteSyncStore(db),
    openHttp,
    now: () => new Date(),
  });
  const background = createBackground();
  const waitingFor = new Set<string>();

  const step = async (name: string, work: () => Promise<void>) => {
    waitingFor.add(name);
    await work();
    waitingFor.delete(name);
  };
  const start = async () => {
    // Wrong settings are told before the rest is loaded.
    await following.load();
    await Promise.all([
      step('model', () => embedder.ready()),
      step('index', () => index.refresh()),
      step('words', () => lexical.refresh()),
    ]);
    if (config.sample) await step('sample', () => loadSample(store, ingest, log));
    const embedSeeds = (signal: AbortSignal) => embedMissingSeeds({ people, embedder }, { signal });
    background.follow({ index, lexical, store, ingest, embedSeeds, log });
    await following.start();
  };
  const whenReady = mode === 'server' ? start() : Promise.resolve();
  whenReady.catch(() => {});

  let stopping = false;
  const stop = new AbortController();
  return {
    store,
    people,
    index,
    lexical,
    statistics,
    embedder,
    ingest,
    search,
    similarJson: async (request) => ({
      json: (await readers.similar(request)) ?? JSON.stringify(await search.similar(request)),
    }),
    ...recommender,
    following,
    openHttp,
    importLibrary: (request) => importLibrary({ store, people, embedder, now }, request),
    waitingFor: () => [...waitingFor],
    isStopping: () => stopping,
    stopSignal: stop.signal,
    whenReady,
    whenIndexed: async () => void (await Promise.all([index.whenSettled(), lexical.whenSettled()])),
    beginStop: () => {
      stopping = true;
    },
    cutShort: () => stop.abort(),
    close: async () => {
      stopping = true;
      await following.close();
      await background.stop();
      await whenReady.catch(() => {});
      const report = (error: unknown) => log('error', messageOf(error));
      if (mode === 'server') await index.save().catch(report);
      // A command saves what took it long, so that the next one need not do it again.
      const { rebuildReason, unsaved } = await lexical.status();
      const tookLong = rebuildReason !== null || unsaved > MOST_UNSAVED;
      if (mode === 'server' || tookLong) await lexical.save().catch(report);
      await readers.close();
      await index.close();
      await lexical.close();
      await embedder.close();
      await store.close();
    },
  };
}

/**
 * Fills a library that never held a paper, in one transaction: a half-filled one could not be told from one whose
 * sample was removed in part. A library that was emptied stays empty: the sample was removed on purpose.
 */
async function loadSample(store: PaperStore, ingest: Ingest, log: OpenOptions['log']): Promise<void> {
  if ((await store.latestRevision()) > 0) return;
  log('info', 'The library is empty: loading the sample papers.');
  const { created } = await ingest.ingest(jsonLinesSource(SAMPLE_FILE), {
    defaultSource: SAMPLE_SOURCE,
    batchSize: Number.POSITIVE_INFINITY,
  });
  log(
    'info',
    `${created} sample papers are in. "paperwise remove --source ${SAMPLE_SOURCE}" takes them out again.`,
  );
}
