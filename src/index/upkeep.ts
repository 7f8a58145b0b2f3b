import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, messageOf } from '../errors.ts';
import { type GraphBuild, startGraphBuild } from './graph-build.ts';
import { type GraphParams, readHnswGraph } from './hnsw.ts';
import { findGraphFile, openGraphFile, type Rejection, saveGraphFile, tidyFolder } from './index-file.ts';
import { createLaggingGraph, createWaitingKeys } from './lagging-graph.ts';
import type { LocalState } from './local-state.ts';
import type { GraphIdentity } from './sidecar.ts';
import type { VectorSource } from './vector-index.ts';

/** The event loop belongs to the graph for at most about this long, then to whatever else waits. */
const CATCH_UP_MS = 4;

/** A graph is built anew when more papers wait than this, and than this part of the library. */
const REBUILD_WAITING = 2_000;
const REBUILD_WAITING_SHARE = 0.2;

/** After a failed build, the next is tried no sooner than this. */
const RETRY_MS = 10 * 60 * 1_000;

export type Log = (level: 'info' | 'warn' | 'error', text: string) => void;

export interface UpkeepOptions {
  folder: string;
  dimensions: number;
  fingerprint: string;
  source: VectorSource;
  params: GraphParams;
  /** Fewer papers than this are always scored one by one. */
  exactBelow: number;
  /** A graph is built anew when more than this part of its nodes belongs to removed papers. */
  rebuildAboveRemoved: number;
  log: Log;
}

/** Keeps the graph of an index, and its saved file, following the exact index. */
export interface Upkeep {
  /**
   * Loads the saved graph, before any vector is read. Returns the revision that it is complete to, or null
   * without one; whatever changed later, or is not in it, must be added to its waiting keys.
   */
  load(libraryId: string, latestRevision: number): Promise<number | null>;
  /** Looks at what the graph needs after a change, and begins it in the background. */
  tend(): void;
  whenSettled(): Promise<void>;
  /** Writes the graph, unless the saved one is as new. Throws `index_failed`. */
  save(): Promise<void>;
  /** Drops the graph, and any that is being built: another library, or an older one, took the place of this. */
  reset(libraryId: string): Promise<void>;
  stop(): Promise<void>;
}

export function createUpkeep(state: LocalState, options: UpkeepOptions): Upkeep {
  const { folder, dimensions, fingerprint, source, params, exactBelow, log } = options;
  const damaged: string[] = [];
  let identity: GraphIdentity = { libraryId: '', fingerprint, dimensions, M: params.M };
  let savedRevision = -1;
  let background: Promise<void> | null = null;
  let build: GraphBuild | null = null;
  let failure: { error: unknown; at: number } | null = null;
  let saving: Promise<void> = Promise.resolve();
  let writing: Promise<void> | null = null;

  const read = (path: string) => readHnswGraph(path, dimensions, params);
  const run = (work: () => Promise<void>) => {
    background = work().finally(() => {
      background = null;
      tend();
    });
  };

  const isFarBehind = () => {
    const { exact, graph } = state;
    const most = Math.max(REBUILD_WAITING, exact.count * REBUILD_WAITING_SHARE);
    return graph !== null && graph.waiting.count > most;
  };
  const mayBuild = () =>
    state.exact.count >= exactBelow && (failure === null || Date.now() - failure.at >= RETRY_MS);

  /** Why the graph that there is must be built anew, or null. */
  const rebuildReason = (): string | null => {
    const { exact, graph } = state;
    if (!graph) return null;
    if (isFarBehind()) return `behind: ${graph.waiting.count} of ${exact.count} papers are not in the graph`;
    const removed = graph.removedShare(exact);
    if (removed <= options.rebuildAboveRemoved) return null;
    return `worn: ${Math.round(removed * 100)} % of the graph are papers that were removed`;
  };

  const tend = () => {
    if (state.isClosed || background) return;
    // Half-way down, so that a library around the limit does not build a graph again and again.
    if (state.exact.count < exactBelow / 2) state.graph = null;
    const reason = rebuildReason();
    if ((reason !== null || !state.graph) && mayBuild()) {
      state.rebuildReason = reason ?? state.rebuildReason;
      run(buildAnew);
    } else if (state.graph && state.graph.waiting.count > 0) run(catchUp);
  };

  const catchUp = async () => {
    const { graph } = state;
    try {
      while (graph && graph === state.graph && !state.isClosed && graph.waiting.count > 0) {
        if (writing) await writing;
        else graph.catchUp(state.exact, CATCH_UP_MS);
        await nextTurn();
        // A thread does it better then.
        if (isFarBehind() && mayBuild()) return;
      }
    } catch (error) {
      fail('The graph could not be kept up', error);
      state.graph = null;
    }
  };

  const buildAnew = async () => {
    const revision = state.applied;
    const waiting = createWaitingKeys();
    state.changedWhileBuilding = waiting;
    const started = Date.now();
    const task = startGraphBuild(state.exact, { folder, identity, params, revision });
    build = task;
    try {
      const base = await task.saved;
      const wanted = { ...identity, latestRevision: Number.POSITIVE_INFINITY };
      const opened = await openGraphFile(folder, base, wanted, read);
      if (!('graph' in opened)) throw new AppError('index_failed', describe(opened));
      if (state.isClosed || build !== task) return;
      state.graph = createLaggingGraph(opened.graph, waiting);
      savedRevision = revision;
      failure = null;
      log('info', `A graph of ${opened.graph.size} papers was built in ${Date.now() - started} ms.`);
      await tidy(base, revision);
    } catch (error) {
      if (!state.isClosed && build === task) fail('The graph could not be built', error);
    } finally {
      if (build === task) {
        build = null;
        state.changedWhileBuilding = null;
      }
    }
  };

  const fail = (what: string, error: unknown) => {
    failure = { error, at: Date.now() };
    log('error', `${what}, all papers are scored instead: ${messageOf(error)}`);
  };

  const tidy = async (base: string, revision: number) => {
    const kept = { base, revision, identity };
    await tidyFolder(folder, kept, damaged, () => source.latestRevision()).catch((error: unknown) =>
      log('warn', `Old index files could not be removed: ${messageOf(error)}`),
    );
  };

  const saveNow = async () => {
    const { graph, exact, applied } = state;
    if (!graph) {
      if (failure) throw asIndexFailed(failure.error);
      return;
    }
    const revision = graph.completeTo(applied);
    if (revision <= savedRevision) return;
    const nodes = graph.graph.size;
    const removed = Math.round(graph.removedShare(exact) * nodes);
    const counts = { revision, nodes, count: nodes - removed };
    const saved = saveGraphFile(folder, identity, counts, (path) => graph.graph.write(path));
    // While it is set, catching up pauses: hnswlib may not add to a graph that it writes.
    writing = saved.then(
      () => {},
      () => {},
    );
    const base = await saved.finally(() => {
      writing = null;
    });
    if (state.graph === graph) savedRevision = Math.max(savedRevision, revision);
    await tidy(base, revision);
  };

  const settled = async () => {
    while (background) await background;
  };

  return {
    async load(libraryId, latestRevision) {
      identity = { ...identity, libraryId };
      state.graph = null;
      // One search of a library that never gets a graph needs none.
      if (exactBelow === Number.POSITIVE_INFINITY) return null;
      const started = Date.now();
      const { found, rejections } = await findGraphFile(folder, { ...identity, latestRevision }, read).catch(
        (error: unknown) => ({
          found: null,
          rejections: [{ base: null, reason: 'missing' as const, detail: messageOf(error) }],
        }),
      );
      for (const { base, reason } of rejections) {
        if (base !== null && (reason === 'damaged' || reason === 'unreadable sidecar')) damaged.push(base);
      }
      if (!found) {
        state.rebuildReason = rejections[0] ? describe(rejections[0]) : null;
        return null;
      }
      savedRevision = found.sidecar.revision;
      state.graph = createLaggingGraph(found.graph, createWaitingKeys());
      log('info', `The graph ${found.base} was loaded in ${Date.now() - started} ms.`);
      return found.sidecar.revision;
    },
    tend,
    whenSettled: settled,
    save() {
      saving = saving.catch(() => {}).then(saveNow);
      return saving;
    },
    async reset(libraryId) {
      // All of it before the first pause, so that no search sees the old graph with the new vectors.
      state.graph = null;
      savedRevision = -1;
      identity = { ...identity, libraryId };
      await stopBuild();
    },
    async stop() {
      await stopBuild();
      await settled();
      await saving.catch(() => {});
    },
  };

  async function stopBuild() {
    const task = build;
    build = null;
    state.changedWhileBuilding = null;
    await task?.stop();
  }
}

function describe({ base, reason, detail }: Rejection): string {
  return base === null ? `${reason}: ${detail}` : `${reason}: ${base}: ${detail}`;
}

function asIndexFailed(error: unknown): AppError {
  if (error instanceof AppError && error.code === 'index_failed') return error;
  return new AppError('index_failed', messageOf(error), { cause: error });
}
