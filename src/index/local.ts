import { AppError } from '../errors.ts';
import { lostTime, type Moment } from '../history.ts';
import type { PaperKey } from '../paper.ts';
import { createOnce, createSharedRuns } from '../shared-runs.ts';
import type { Embedding } from '../vector.ts';
import { createExactIndex } from './exact.ts';
import { GRAPH_PARAMS, type GraphParams } from './hnsw.ts';
import { checkNearest, graphAnswers, nearest } from './local-nearest.ts';
import { applyChange, createLocalState, readChanges } from './local-state.ts';
import type { Log } from './saved-graphs.ts';
import { PROPOSAL_COST } from './search-cost.ts';
import { createUpkeep } from './upkeep.ts';
import type { VectorChange, VectorIndex, VectorSource } from './vector-index.ts';

export interface LocalIndexOptions {
  /** Where graphs are saved; several processes may share it. It is made when it is first needed. */
  folder: string;
  dimensions: number;
  /** Fingerprint of the model that makes the vectors. */
  fingerprint: string;
  source: VectorSource;
  /** Fewer papers than this are always scored one by one. Infinity: no graph is loaded or built. */
  exactBelow?: number;
  graph?: Partial<GraphParams>;
  /** What a proposal of the graph costs, in scored vectors; 0 has the graph answer whenever it can (for tests). */
  proposalCost?: number;
  /** A graph is built anew when more than this part of its nodes, 0 to 1, belongs to removed papers. */
  rebuildAboveRemoved?: number;
  log?: Log;
}

export interface LocalVectorIndex extends VectorIndex {
  /** Reads vectors and graph, unless that was done. Every method but `status`, `save` and `close` begins with it. */
  open(): Promise<void>;
  /** Resolves when no graph is being built and the graph holds every paper, or no attempt is due. */
  whenSettled(): Promise<void>;
}

/**
 * All vectors in memory, and from `exactBelow` papers an HNSW graph in front of them. The graph only proposes: every
 * neighbour is scored from the vectors, so that what the graph lacks or still holds is never answered wrongly.
 * After `close`, methods throw `unavailable`. `embeddings` returns copies.
 */
export function createLocalVectorIndex(options: LocalIndexOptions): LocalVectorIndex {
  const { dimensions, source } = options;
  const {
    proposalCost = PROPOSAL_COST,
    exactBelow = 5_000,
    rebuildAboveRemoved = 0.2,
    log = () => {},
  } = options;
  const params = { ...GRAPH_PARAMS, ...options.graph };
  const state = createLocalState(dimensions);
  const upkeep = createUpkeep(state, { ...options, params, exactBelow, rebuildAboveRemoved, log });

  const goesOn = () => !state.isClosed;
  const assertOpen = () => {
    if (state.isClosed) throw new AppError('unavailable', 'The vector index is closed.');
  };

  const reach = ({ revision, epoch }: Moment) => {
    state.applied = revision;
    state.epoch = epoch;
  };
  const load = async () => {
    const complete = await upkeep.load(await source.libraryId());
    const latest = await source.latestMoment();
    // Afresh: an attempt that failed half-way may have left vectors.
    state.exact = createExactIndex(dimensions);
    const reached = await readChanges(source, 0, latest, goesOn, ({ revision, key, embedding }) => {
      if (embedding === null) return;
      state.exact.upsert(key, embedding);
      const { graph } = state;
      if (graph && complete !== null && (revision > complete || !graph.graph.has(key))) {
        graph.waiting.add(key, revision);
      }
    });
    assertOpen();
    reach(reached);
    if (state.exact.count < exactBelow) state.rebuildReason = null;
    upkeep.tend();
  };
  const opening = createOnce(load);
  const open = (): Promise<void> => {
    assertOpen();
    return opening.run();
  };

  /** The store was replaced by an older one: everything is read anew while the old vectors answer. */
  const reload = async (latest: Moment) => {
    const reason = `stale: ${await lostTime(source, { revision: state.applied, epoch: state.epoch })}`;
    log('warn', `The vectors of the library are read anew, as the index is ${reason}.`);
    const exact = createExactIndex(dimensions);
    const libraryId = await source.libraryId();
    const reached = await readChanges(source, 0, latest, goesOn, ({ key, embedding }) => {
      if (embedding !== null) exact.upsert(key, embedding);
    });
    assertOpen();
    state.exact = exact;
    reach(reached);
    state.rebuildReason = reason;
    await upkeep.reset(libraryId);
  };
  const refreshNow = async () => {
    await open();
    const latest = await source.latestMoment();
    if (await source.hadMoment({ revision: state.applied, epoch: state.epoch })) {
      const take = (change: VectorChange) => applyChange(state, change);
      reach(await readChanges(source, state.applied, latest, goesOn, take));
    } else await reload(latest);
    assertOpen();
    upkeep.tend();
  };
  const refreshes = createSharedRuns(refreshNow);

  return {
    open,
    async nearest(query, wanted) {
      assertOpen();
      checkNearest(query, wanted.limit, dimensions);
      await open();
      return nearest(() => ({ ef: params.ef, proposalCost, ...state }), source, query, wanted);
    },
    async embeddings(keys) {
      await open();
      const found = new Map<PaperKey, Embedding>();
      for (const key of keys) {
        const vector = state.exact.vector(key);
        if (vector) found.set(key, vector);
      }
      return found;
    },
    async refresh() {
      assertOpen();
      await refreshes.run();
    },
    async save() {
      assertOpen();
      await opening.isDone();
      await upkeep.save();
    },
    async status() {
      const { exact, applied, rebuildReason, changedWhileBuilding } = state;
      const isBuilding = changedWhileBuilding !== null;
      return {
        count: exact.count,
        revision: applied,
        state: graphAnswers(state) ? 'graph' : isBuilding ? 'building' : 'exact',
        rebuildReason,
        dimensions,
        vectorBytes: exact.vectorBytes,
      };
    },
    async whenSettled() {
      await open();
      await upkeep.whenSettled();
    },
    async close() {
      state.isClosed = true;
      await opening.isDone();
      await refreshes.settled();
      await upkeep.stop();
    },
  };
}
