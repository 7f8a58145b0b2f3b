import { AppError, messageOf } from '../errors.ts';
import type { History } from '../history.ts';
import { readCheckedFile } from './checked-file.ts';
import { createExactIndex, type ExactIndex } from './exact.ts';
import { withLinks } from './graph-files.ts';
import { viewLinks } from './graph-links.ts';
import { createGraphWalk } from './graph-walk.ts';
import type { GraphParams } from './hnsw.ts';
import { findIndex, type Rejection, saveSidecar, tidyFolder } from './index-file.ts';
import type { LocalGraph, LocalState } from './local-state.ts';
import {
  FILE_FORMAT,
  type FileFacts,
  type GraphIdentity,
  type RejectReason,
  type Sidecar,
} from './sidecar.ts';
import { loadVectors, saveVectors } from './vector-file.ts';

export type Log = (level: 'info' | 'warn' | 'error', text: string) => void;

export interface SavedIndexOptions {
  folder: string;
  dimensions: number;
  fingerprint: string;
  source: History;
  params: GraphParams;
  log: Log;
}

export interface LoadedIndex {
  exact: ExactIndex;
  graph: LocalGraph;
  revision: number;
  epoch: string;
}

/** The saved form of one index: which is loaded, what is written, and what is removed. */
export interface SavedIndex {
  /** What saved files belong to. */
  readonly identity: GraphIdentity;
  /** From now on files belong to this library; nothing is known to be saved of it. */
  begin(libraryId: string): void;
  /** The newest usable index, or why there is none. */
  load(): Promise<LoadedIndex | { reason: string }>;
  /** Whether the saved index has this graph. */
  has(graph: LocalGraph): boolean;
  /** Writes the vectors as they are now, with a graph of them whose files are there. Throws `index_failed`. */
  save(state: LocalState, graph: LocalGraph): Promise<void>;
}

/** Why a saved index will never be of use again. */
const USELESS = new Set<RejectReason>(['damaged', 'unreadable sidecar', 'stale']);

export function createSavedIndex(options: SavedIndexOptions): SavedIndex {
  const { folder, dimensions, fingerprint, source, params, log } = options;
  /** Indexes that tidying removes whatever their revision: damaged ones, and this one's own earlier ones. */
  const obsolete: string[] = [];
  let identity: GraphIdentity = { libraryId: '', fingerprint, dimensions, M: params.M };
  let current: { name: string; revision: number; graph: string } | null = null;

  /** Takes a saved index of `of` as the current one, unless another library has begun meanwhile. */
  const take = async (name: string, { revision, graph }: Sidecar, of: GraphIdentity) => {
    if (of !== identity) return;
    if (current) obsolete.push(current.name);
    current = { name, revision, graph: graph.file };
    await tidyFolder(folder, { name, revision, identity }, obsolete, () => source.latestRevision()).catch(
      (error: unknown) => log('warn', `Old index files could not be removed: ${messageOf(error)}`),
    );
  };
  const load = async (sidecar: Sidecar) => {
    const memory = await loadVectors(folder, sidecar.vectors, dimensions, sidecar.rows);
    const links = viewLinks(await loadShared(folder, sidecar.links));
    if (links.rows > sidecar.rows || links.M !== sidecar.M) {
      throw new AppError('index_failed', `${sidecar.links.file} is not of ${sidecar.vectors.file}.`);
    }
    return { memory, links };
  };

  return {
    get identity() {
      return identity;
    },
    begin(libraryId) {
      identity = { ...identity, libraryId };
      current = null;
    },
    has: (graph) => current?.graph === graph.files.graph.file,
    async load() {
      const started = Date.now();
      try {
        const { found, rejections } = await findIndex(folder, identity, source, load);
        for (const { name, reason } of rejections) {
          if (name !== null && USELESS.has(reason)) obsolete.push(name);
        }
        if (!found) return { reason: rejections[0] ? describe(rejections[0]) : 'missing' };
        const { sidecar, loaded, name } = found;
        const { revision, epoch, graph, links, audit, rows, strays } = sidecar;
        current = { name, revision, graph: graph.file };
        const exact = createExactIndex(dimensions, { memory: loaded.memory, rowCount: rows });
        exact.freeRows(loaded.links.has);
        log('info', `The index ${name} was loaded in ${Date.now() - started} ms.`);
        const walk = createGraphWalk(loaded.links, exact.reader);
        const served = { links: loaded.links, walk, ef: audit.ef, strays, audit, files: { graph, links } };
        return { exact, graph: served, revision, epoch };
      } catch (error) {
        // Without the folder the library can still be searched.
        return { reason: `missing: ${messageOf(error)}` };
      }
    },
    async save({ exact, applied: revision, epoch }, graph) {
      const { links, strays, audit } = graph;
      const of = identity;
      const { rowCount, count } = exact;
      const vectors = await saveVectors(folder, exact.memory, rowCount);
      graph.files = await withLinks(folder, graph.files, links);
      const sidecar: Sidecar = {
        format: FILE_FORMAT,
        ...of,
        revision,
        epoch,
        count,
        rows: rowCount,
        nodes: links.nodes,
        strays,
        vectors,
        ...graph.files,
        audit,
      };
      await take(await saveSidecar(folder, sidecar), sidecar, of);
    },
  };
}

async function loadShared(folder: string, facts: FileFacts): Promise<SharedArrayBuffer> {
  const shared = new SharedArrayBuffer(facts.bytes);
  await readCheckedFile(folder, facts, [new Uint8Array(shared)]);
  return shared;
}

function describe({ name, reason, detail }: Rejection): string {
  return name === null ? `${reason}: ${detail}` : `${reason}: ${name}: ${detail}`;
}
