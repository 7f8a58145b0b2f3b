import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, messageOf } from '../errors.ts';
import { type GraphBuild, startGraphBuild } from './graph-build.ts';
import { createLaggingGraph, createWaitingKeys } from './lagging-graph.ts';
import type { LocalState } from './local-state.ts';
import { createSavedGraphs, type SavedGraphsOptions } from './saved-graphs.ts';

/** The event loop belongs to the graph for at most about this long, then to whatever else waits. */
const CATCH_UP_MS = 2;

/** A graph is built anew when more papers wait than this, and than this part of the library. */
const REBUILD_WAITING = 2_000;
const REBUILD_WAITING_SHARE = 0.2;

/** After a failed build, the next is tried no sooner than this. */
const RETRY_MS = 10 * 60 * 1_000;

export interface UpkeepOptions extends SavedGraphsOptions {
  /** Fewer papers than this are always scored one by one. */
  exactBelow: number;
  /** A graph is built anew when more than this part of its nodes belongs to removed papers. */
  rebuildAboveRemoved: number;
}

/** Keeps the graph of an index, and its saved file, following the exact index. */
export interface Upkeep {
  /**
   * Loads the saved graph, before any vector is read. Returns the revision that it is complete to, or null
   * without one; whatever changed later, or is not in it, must be added to its waiting keys.
   */
  load(libraryId: string): Promise<number | null>;
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
  const { folder, params, exactBelow, log } = options;
  const saved = createSavedGraphs(options);
  let background: Promise<void> | null = null;
  let build: GraphBuild | null = null;
  let failure: { error: unknown; at: number } | null = null;
  let saving: Promise<void> = Promise.resolve();

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
        // hnswlib may not add to a graph that it writes.
        if (saved.writing) await saved.writing;
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
    // Listed and tracked in one go: whatever changes from here on is waiting when the graph is there.
    const { applied: revision, epoch } = state;
    const waiting = createWaitingKeys();
    state.changedWhileBuilding = waiting;
    const started = Date.now();
    const isCurrent = () => !state.isClosed && state.changedWhileBuilding === waiting;
    try {
      const { identity } = saved;
      const task = startGraphBuild(state.exact, { folder, identity, params, revision, epoch });
      build = task;
      const base = await task.saved.finally(() => {
        if (build === task) build = null;
      });
      const graph = await saved.adopt(base, revision);
      if (!isCurrent()) return;
      state.graph = createLaggingGraph(graph, waiting);
      failure = null;
      log('info', `A graph of ${graph.size} papers was built in ${Date.now() - started} ms.`);
    } catch (error) {
      if (isCurrent()) fail('The graph could not be built', error);
    } finally {
      if (isCurrent()) state.changedWhileBuilding = null;
    }
  };

  const stopBuild = async () => {
    state.changedWhileBuilding = null;
    await build?.stop();
  };

  const fail = (what: string, error: unknown) => {
    failure = { error, at: Date.now() };
    log('error', `${what}, so that searches may take longer: ${messageOf(error)}`);
  };

  const saveNow = async () => {
    const { graph, exact, applied, epoch } = state;
    if (graph) await saved.save(graph, exact, { revision: applied, epoch });
    else if (failure) throw asIndexFailed(failure.error);
  };

  const settled = async () => {
    while (background) await background;
  };

  return {
    async load(libraryId) {
      saved.begin(libraryId);
      state.graph = null;
      // A library that never gets a graph needs none for the one search of a command.
      if (exactBelow === Number.POSITIVE_INFINITY) return null;
      const loaded = await saved.load();
      if ('reason' in loaded) {
        state.rebuildReason = loaded.reason;
        return null;
      }
      state.graph = createLaggingGraph(loaded.graph, createWaitingKeys());
      return loaded.revision;
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
      saved.begin(libraryId);
      await stopBuild();
    },
    async stop() {
      await stopBuild();
      await settled();
      await saving.catch(() => {});
    },
  };
}

function asIndexFailed(error: unknown): AppError {
  if (error instanceof AppError && error.code === 'index_failed') return error;
  return new AppError('index_failed', messageOf(error), { cause: error });
}
