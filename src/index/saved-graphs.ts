import { AppError, messageOf } from '../errors.ts';
import type { History, Moment } from '../history.ts';
import type { ExactIndex } from './exact.ts';
import { type GraphParams, type HnswGraph, readHnswGraph } from './hnsw.ts';
import { findGraphFile, openGraphFile, type Rejection, saveGraphFile, tidyFolder } from './index-file.ts';
import type { LaggingGraph } from './lagging-graph.ts';
import type { GraphIdentity, RejectReason } from './sidecar.ts';

export type Log = (level: 'info' | 'warn' | 'error', text: string) => void;

export interface SavedGraphsOptions {
  folder: string;
  dimensions: number;
  fingerprint: string;
  source: History;
  params: GraphParams;
  log: Log;
}

/** The saved graphs of one index: which is loaded, what is written, and what is removed. */
export interface SavedGraphs {
  /** What saved graphs belong to. */
  readonly identity: GraphIdentity;
  /** Resolves when the write that is under way has ended; null when none is. */
  readonly writing: Promise<void> | null;
  /** From now on graphs belong to this library; nothing is known to be saved of it. */
  begin(libraryId: string): void;
  /** The newest usable graph, or why there is none. */
  load(): Promise<{ graph: HnswGraph; revision: number } | { reason: string }>;
  /** The graph that a thread has just saved, verified like any other. Throws `index_failed`. */
  adopt(base: string, revision: number): Promise<HnswGraph>;
  /** Writes a graph, unless the saved one is as new. `exact` and `applied` are the library's. Throws `index_failed`. */
  save(graph: LaggingGraph, exact: ExactIndex, applied: Moment): Promise<void>;
}

/** Why a file will never be of use again. */
const USELESS = new Set<RejectReason>(['damaged', 'unreadable sidecar', 'stale']);

export function createSavedGraphs(options: SavedGraphsOptions): SavedGraphs {
  const { folder, dimensions, fingerprint, source, params, log } = options;
  /** Pairs that tidying removes whatever their revision: damaged ones, and this index's own earlier ones. */
  const obsolete: string[] = [];
  let identity: GraphIdentity = { libraryId: '', fingerprint, dimensions, M: params.M };
  let current: { base: string; revision: number } | null = null;
  let writing: Promise<void> | null = null;

  const read = (path: string) => readHnswGraph(path, dimensions, params);
  /** Takes a finished pair of `of` as the current one, unless another library has begun meanwhile. */
  const take = async (base: string, revision: number, of: GraphIdentity) => {
    if (of !== identity) return;
    if (current) obsolete.push(current.base);
    current = { base, revision };
    await tidyFolder(folder, { ...current, identity }, obsolete, () => source.latestRevision()).catch(
      (error: unknown) => log('warn', `Old index files could not be removed: ${messageOf(error)}`),
    );
  };

  return {
    get identity() {
      return identity;
    },
    get writing() {
      return writing;
    },
    begin(libraryId) {
      identity = { ...identity, libraryId };
      current = null;
    },
    async load() {
      const started = Date.now();
      try {
        const { found, rejections } = await findGraphFile(folder, identity, source, read);
        for (const { base, reason } of rejections) {
          if (base !== null && USELESS.has(reason)) obsolete.push(base);
        }
        if (!found) return { reason: rejections[0] ? describe(rejections[0]) : 'missing' };
        current = { base: found.base, revision: found.sidecar.revision };
        log('info', `The graph ${found.base} was loaded in ${Date.now() - started} ms.`);
        return { graph: found.graph, revision: found.sidecar.revision };
      } catch (error) {
        // Without the folder the library can still be searched.
        return { reason: `missing: ${messageOf(error)}` };
      }
    },
    async adopt(base, revision) {
      const of = identity;
      const opened = await openGraphFile(folder, base, of, null, read);
      if (!('graph' in opened)) throw new AppError('index_failed', describe(opened));
      await take(base, revision, of);
      return opened.graph;
    },
    async save(graph, exact, applied) {
      const revision = graph.completeTo(applied.revision);
      if (current && revision <= current.revision) return;
      const nodes = graph.graph.size;
      const count = nodes - Math.round(graph.removedShare(exact) * nodes);
      const of = identity;
      const state = { revision, epoch: applied.epoch, nodes, count };
      const saved = saveGraphFile(folder, of, state, (path) => graph.graph.write(path));
      writing = saved.then(
        () => {},
        () => {},
      );
      const base = await saved.finally(() => {
        writing = null;
      });
      // A graph that was built anew meanwhile is the better one.
      if (current && current.revision >= revision) obsolete.push(base);
      else await take(base, revision, of);
    },
  };
}

function describe({ base, reason, detail }: Rejection): string {
  return base === null ? `${reason}: ${detail}` : `${reason}: ${base}: ${detail}`;
}
