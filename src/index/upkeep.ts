import { AppError, messageOf } from '../errors.ts';
import { type GraphBuild, startGraphBuild } from './graph-build.ts';
import { viewLinks } from './graph-links.ts';
import { createGraphWalk } from './graph-walk.ts';
import type { LocalState } from './local-state.ts';
import { NO_KEY } from './row-codes.ts';
import { createSavedIndex, type LoadedIndex, type SavedIndexOptions } from './saved-index.ts';

/** So many changes, as a part of the papers, are worth an extension of the graph, or a new file. */
const WORTHWHILE_SHARE = 0.01;

/** After a failed build, the next is tried no sooner than this. */
const RETRY_MS = 10 * 60 * 1_000;

export interface UpkeepOptions extends SavedIndexOptions {
  /** Fewer papers than this are always scored one by one. */
  exactBelow: number;
  /** Fewer changes than this are never worth an extension of the graph, or a new file. */
  leastChanges: number;
  /** A graph is built anew when more than this part of its nodes belongs to papers that are gone. */
  rebuildAboveRemoved: number;
  /** The recall among ten that a graph is searched with. */
  targetRecall: number;
}

/** Keeps the graph of an index, and its saved files, following the vectors. */
export interface Upkeep {
  /** Loads the saved index, if any; what changed after its revision is still to be applied. */
  load(libraryId: string): Promise<LoadedIndex | null>;
  /** Looks at what the graph needs after a change, and begins it in the background. */
  tend(): void;
  whenSettled(): Promise<void>;
  /** Writes the index, unless so little changed since that reading it again is as quick. Throws `index_failed`. */
  save(): Promise<void>;
  /** Drops the graph, and any that is being made: another library, or an older one, took the place of this. */
  reset(libraryId: string): Promise<void>;
  stop(): Promise<void>;
}

export function createUpkeep(state: LocalState, options: UpkeepOptions): Upkeep {
  const { folder, params, exactBelow, leastChanges, targetRecall: target, log } = options;
  const saved = createSavedIndex(options);
  let background: Promise<void> | null = null;
  let build: GraphBuild | null = null;
  let failure: { error: unknown; at: number } | null = null;
  let saving: Promise<void> = Promise.resolve();

  const run = (work: () => Promise<void>) => {
    // What fails before the thread runs (`new Worker` throws where no thread can be started) must count as a failure,
    // or `tend` would begin again at once, for ever.
    background = work()
      .catch((error: unknown) => {
        fail('The graph could not be built', error);
        state.exact.freeRows(state.graph?.links.has);
      })
      .finally(() => {
        background = null;
        tend();
      });
  };
  const isWorthwhile = (changes: number) =>
    changes > Math.max(leastChanges, state.exact.count * WORTHWHILE_SHARE);
  const mayBuild = () =>
    (state.graph !== null || state.exact.count >= exactBelow) &&
    (failure === null || Date.now() - failure.at >= RETRY_MS);

  /** Why the graph that there is must be built anew, or null. */
  const rebuildReason = (): string | null => {
    const { exact, graph } = state;
    if (!graph || graph.links.nodes === 0) return null;
    let present = exact.count;
    for (const row of exact.arrivals.rows) if (isHeld(row)) present--;
    const removed = (graph.links.nodes - present) / graph.links.nodes;
    if (removed <= options.rebuildAboveRemoved) return null;
    return `worn: ${Math.round(removed * 100)} % of the graph are papers that were removed`;
  };
  const isHeld = (row: number) => state.exact.reader.keyOf(row) !== NO_KEY;

  const tend = () => {
    if (state.isClosed || background) return;
    // Half-way down, so that a library around the limit does not build a graph again and again.
    if (state.exact.count < exactBelow / 2 && state.graph) {
      state.graph = null;
      state.exact.freeRows();
    }
    if (!mayBuild()) return;
    const reason = rebuildReason();
    if (reason !== null || !state.graph) {
      state.rebuildReason = reason ?? state.rebuildReason;
      run(() => make('built', false));
    } else if (isWorthwhile(state.exact.arrivals.count - state.graph.strays))
      run(() => make('extended', true));
  };

  const make = async (what: string, extendsGraph: boolean) => {
    const { exact } = state;
    exact.keepRows();
    const { identity } = saved;
    const base = extendsGraph ? (state.graph?.files.graph ?? null) : null;
    const task = startGraphBuild(exact, { folder, identity, params, base, target });
    const started = Date.now();
    build = task;
    state.building = task.progress;
    const isCurrent = () => !state.isClosed && state.exact === exact && state.building === task.progress;
    try {
      const { files, links: shared, strays, audit, baseFailure } = await task.finished;
      const links = viewLinks(shared);
      const adopt = () => {
        if (!isCurrent()) return;
        state.graph = {
          links,
          walk: createGraphWalk(links, exact.reader),
          ef: audit.ef,
          strays,
          audit,
          files,
        };
        exact.freeRows(links.has);
        failure = null;
      };
      // Not while a file is written that names the graph of before: rows of its nodes may be freed here.
      saving = saving.catch(() => {}).then(adopt);
      await saving;
      if (!isCurrent()) return;
      if (baseFailure !== null) log('warn', `The saved graph could not be extended: ${baseFailure}`);
      log(
        'info',
        `A graph of ${links.nodes} papers was ${what} in ${Date.now() - started} ms: recall ${audit.recall.toFixed(4)} with ef ${audit.ef}.`,
      );
    } catch (error) {
      if (isCurrent()) {
        fail('The graph could not be built', error);
        exact.freeRows(state.graph?.links.has);
      }
    } finally {
      if (build === task) build = null;
      if (state.building === task.progress) state.building = null;
    }
    if (state.graph && state.exact === exact && !state.isClosed) {
      await save().catch((error: unknown) => log('error', messageOf(error)));
    }
  };

  const stopBuild = async () => {
    state.building = null;
    await build?.stop();
  };

  const fail = (what: string, error: unknown) => {
    failure = { error, at: Date.now() };
    log('error', `${what}, so that searches may take longer: ${messageOf(error)}`);
  };

  const saveNow = async () => {
    const { graph } = state;
    if (graph && (!saved.has(graph) || isWorthwhile(state.unsaved))) {
      const unsaved = state.unsaved;
      await saved.save(state, graph);
      state.unsaved -= unsaved;
    } else if (!graph && failure) throw asIndexFailed(failure.error);
  };
  const save = () => {
    saving = saving.catch(() => {}).then(saveNow);
    return saving;
  };

  return {
    async load(libraryId) {
      saved.begin(libraryId);
      // A library that never gets a graph needs none for the one search of a command.
      if (exactBelow === Number.POSITIVE_INFINITY) return null;
      const loaded = await saved.load();
      if (!('reason' in loaded)) return loaded;
      state.rebuildReason = loaded.reason;
      return null;
    },
    tend,
    async whenSettled() {
      while (background) await background;
    },
    save,
    async reset(libraryId) {
      // All of it before the first pause, so that no search sees the old graph with the new vectors.
      state.graph = null;
      saved.begin(libraryId);
      await stopBuild();
    },
    async stop() {
      await stopBuild();
      while (background) await background;
      await saving.catch(() => {});
    },
  };
}

function asIndexFailed(error: unknown): AppError {
  if (error instanceof AppError && error.code === 'index_failed') return error;
  return new AppError('index_failed', messageOf(error), { cause: error });
}
