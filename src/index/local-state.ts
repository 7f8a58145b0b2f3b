import { setImmediate as nextTurn } from 'node:timers/promises';
import { epochAfter, type Moment } from '../history.ts';
import { createExactIndex, type ExactIndex } from './exact.ts';
import type { GraphFiles } from './graph-files.ts';
import type { IndexAudit, VectorChange, VectorSource } from './vector-index.ts';
import type { WalkableGraph } from './vector-search.ts';

/** Changes read from the source at a time; requests are answered between two slices. */
const SLICE = 500;

/** A graph that searches walk, and where it came from. */
export interface LocalGraph extends WalkableGraph {
  /** Papers among the arrivals that another graph would not lead to either: they have equals, many of them. */
  strays: number;
  audit: IndexAudit;
  files: GraphFiles;
}

/** What an index in memory consists of. The parts that follow it are changed in place by one event loop only. */
export interface LocalState {
  exact: ExactIndex;
  /** The last store revision that `exact` holds, and the latest epoch then. */
  applied: number;
  epoch: string;
  /** Its rows are not given to other papers. What it lacks is among the arrivals of `exact`. */
  graph: LocalGraph | null;
  /** How far the graph that is being made is; null when none is. */
  building: (() => { done: number; total: number }) | null;
  /** Changes since the saved index. */
  unsaved: number;
  rebuildReason: string | null;
  isClosed: boolean;
}

export function createLocalState(dimensions: number): LocalState {
  return {
    exact: createExactIndex(dimensions),
    applied: 0,
    epoch: '',
    graph: null,
    building: null,
    unsaved: 0,
    rebuildReason: null,
    isClosed: false,
  };
}

/** Applies one change; throws `index_failed`, with nothing changed, for a vector that cannot be used. */
export function applyChange(state: LocalState, { revision, key, embedding }: VectorChange): void {
  if (embedding === null) state.exact.remove(key);
  else state.exact.upsert(key, embedding);
  state.applied = revision;
  state.unsaved++;
}

/**
 * Reads the changes after a revision, in slices with turns of the event loop between, up to everything that was
 * committed at `start`, the latest moment. Returns the moment that is reached. `goesOn` is asked before each slice.
 */
export async function readChanges(
  source: VectorSource,
  after: number,
  start: Moment,
  goesOn: () => boolean,
  take: (change: VectorChange) => void,
): Promise<Moment> {
  const latest = start.revision;
  let reached = after;
  while (reached < latest && goesOn()) {
    const changes = await source.vectorChanges(reached, SLICE);
    for (const change of changes) take(change);
    // Revisions need not be dense: a short slice says that everything up to `latest` was seen.
    const last = changes.at(-1)?.revision ?? latest;
    reached = changes.length < SLICE ? Math.max(last, latest) : last;
    await nextTurn();
  }
  return { revision: reached, epoch: await epochAfter(source, start) };
}
