import { AppError } from '../errors.ts';
import { lostTime, type Moment } from '../history.ts';
import type { PaperKey } from '../paper.ts';
import { createOnce, createSharedRuns } from '../shared-runs.ts';
import { assertEmbedding } from '../vector.ts';
import { createExactIndex, type NearestOptions } from './exact.ts';
import { GRAPH_PARAMS, type GraphParams } from './hnsw.ts';
import { applyChange, createLocalState, readChanges } from './local-state.ts';
import { checkNearest, embeddingsOf, nearest } from './nearest.ts';
import { rowLayout } from './row-memory.ts';
import type { Log } from './saved-index.ts';
import { STEP_COST } from './search-cost.ts';
import type { SharedIndexParts } from './shared-search.ts';
import { createUpkeep } from './upkeep.ts';
import type { VectorChange, VectorIndex, VectorSource } from './vector-index.ts';
import { graphAnswers, searchVectors } from './vector-search.ts';

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
  /** What a step of a walk through the graph costs, in scored vectors; 0 has it answer whenever it can (for tests). */
  stepCost?: number;
  /** Fewer changes than this are never worth an extension of the graph, or a new file. */
  leastChanges?: number;
  /** A graph is built anew when more than this part of its nodes, 0 to 1, belongs to papers that are gone. */
  rebuildAboveRemoved?: number;
  /** The recall among the ten nearest that searches of the graph are to have, 0 to 1. */
  targetRecall?: number;
  log?: Log;
}

export interface LocalVectorIndex extends VectorIndex {
  /** Reads vectors and graph, unless that was done. Every method but `status`, `save` and `close` begins with it. */
  open(): Promise<void>;
  /**
   * What other threads need to search with `searchShared`, of what is applied now and later, until a call gives another
   * generation: after a graph was made or dropped, many papers came, or the library was replaced. To be called after
   * `open`.
   */
  shared(): SharedIndexParts;
  /** Resolves when no graph is being made, and few enough papers wait for one or no attempt is due. */
  whenSettled(): Promise<void>;
}

/**
 * All vectors in memory, and from `exactBelow` papers an HNSW graph of them. The graph only proposes: every neighbour
 * is scored from the vectors, and so is every paper that the graph lacks.
 * After `close`, methods throw `unavailable`. `embeddings` returns copies.
 */
export function createLocalVectorIndex(options: LocalIndexOptions): LocalVectorIndex {
  const { dimensions, source } = options;
  const {
    stepCost = STEP_COST,
    leastChanges = 1_000,
    targetRecall = 0.995,
    exactBelow = 5_000,
    rebuildAboveRemoved = 0.2,
    log = () => {},
  } = options;
  const params = { ...GRAPH_PARAMS, ...options.graph };
  const state = createLocalState(dimensions);
  const upkeep = createUpkeep(state, {
    ...options,
    params,
    exactBelow,
    leastChanges,
    rebuildAboveRemoved,
    targetRecall,
    log,
  });

  const goesOn = () => !state.isClosed;
  const assertOpen = () => {
    if (state.isClosed) throw new AppError('unavailable', 'The vector index is closed.');
  };

  const reach = ({ revision, epoch }: Moment) => {
    state.applied = revision;
    state.epoch = epoch;
  };
  const load = async () => {
    const loaded = await upkeep.load(await source.libraryId());
    const latest = await source.latestMoment();
    // Afresh: an attempt that failed half-way may have left vectors.
    state.exact = loaded?.exact ?? createExactIndex(dimensions);
    state.graph = loaded?.graph ?? null;
    state.unsaved = 0;
    const from = loaded?.revision ?? 0;
    const reached = await readChanges(source, from, latest, goesOn, (change) => applyChange(state, change));
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

  let parts: SharedIndexParts | null = null;
  const shared = (): SharedIndexParts => {
    const { exact, graph } = state;
    const links = graph?.links.shared ?? null;
    const { memory, rowCount } = exact;
    const arrivals = exact.arrivals.shared;
    if (parts?.memory === memory && parts.links === links && parts.arrivals === arrivals) return parts;
    const generation = (parts?.generation ?? 0) + 1;
    parts = { generation, memory, rowCount, arrivals, links, ef: graph?.ef ?? params.ef, stepCost };
    return parts;
  };

  return {
    open,
    shared,
    async nearest(query, wanted) {
      assertOpen();
      checkNearest(query, wanted.limit, dimensions);
      await open();
      const search = (options: NearestOptions) => {
        const { exact, graph } = state;
        return searchVectors({ held: exact, arrivals: exact.arrivals, graph, stepCost }, query, options);
      };
      return nearest(search, source, wanted);
    },
    async embeddings(keys) {
      await open();
      return embeddingsOf(keys, state.exact.vector);
    },
    async similarities(query, keys) {
      assertEmbedding(query, dimensions);
      await open();
      const found = new Map<PaperKey, number>();
      for (const key of keys) {
        const similarity = state.exact.similarity(key, query);
        if (similarity !== undefined) found.set(key, similarity);
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
      const { exact, graph, applied, rebuildReason, building } = state;
      const { codes, residuals } = exact.bytes;
      const { rowBytes, stride } = rowLayout(dimensions);
      const answers = graphAnswers({ held: exact, arrivals: exact.arrivals, graph });
      return {
        count: exact.count,
        revision: applied,
        state: answers ? 'graph' : building ? 'building' : 'exact',
        rebuildReason,
        building: building?.() ?? null,
        waiting: graph ? exact.arrivals.count : exact.count,
        audit: graph?.audit ?? null,
        dimensions,
        bytes: {
          codes,
          residuals,
          graph: graph?.links.shared.byteLength ?? 0,
          perVector: rowBytes + stride,
        },
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
