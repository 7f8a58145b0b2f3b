import type { PaperKey } from '../paper.ts';
import type { Embedding } from '../vector.ts';
import { ARRIVALS_AT, ARRIVED_AT, HELD_AT } from './arrivals.ts';
import type { HeldRows, NearestOptions } from './exact.ts';
import { viewLinks } from './graph-links.ts';
import { createGraphWalk } from './graph-walk.ts';
import { NO_KEY } from './row-codes.ts';
import { BUILD_READER, type RowMemory } from './row-memory.ts';
import { createRowReader } from './row-reader.ts';
import { createSlotTable } from './slot-table.ts';
import type { Neighbours } from './vector-index.ts';
import { searchVectors } from './vector-search.ts';

/** What another thread needs to search an index, all of it in shared memory: to be sent as it is. */
export interface SharedIndexParts {
  /** Another one when any of the parts was replaced: who holds earlier parts must ask for these. */
  generation: number;
  memory: RowMemory;
  /** Rows that have been written. */
  rowCount: number;
  /** Of `Arrivals`: what is written from now on is told here. */
  arrivals: SharedArrayBuffer;
  links: SharedArrayBuffer | null;
  ef: number;
  stepCost: number;
}

/** Searches of the parts of one generation, in a thread that does not own them. */
export interface SharedSearch {
  readonly generation: number;
  /** Papers held. */
  readonly count: number;
  /**
   * As the index itself answers, of everything that its owner has applied: `allowed` ascends, the query was checked
   * before. A paper that changes at this moment may be missing from one answer.
   */
  nearest(query: Embedding, options: NearestOptions): Neighbours;
  /** A copy of the vector of a paper. */
  vector(key: PaperKey): Embedding | undefined;
}

/** `reader` is a number that no other thread has: from 1 to below `BUILD_READER`. */
export function searchShared(parts: SharedIndexParts, reader: number): SharedSearch {
  if (!(reader >= 1 && reader < BUILD_READER)) {
    throw new RangeError(`Expected a reader from 1 to ${BUILD_READER - 1}, got ${reader}.`);
  }
  const { memory, stepCost, ef } = parts;
  const rows = createRowReader(memory, reader);
  const links = parts.links && viewLinks(parts.links);
  const graph = links && { links, walk: createGraphWalk(links, rows), ef };
  const arrivals = new Uint32Array(parts.arrivals);
  const rowOfKey = createSlotTable();
  let { rowCount } = parts;
  let followed = 0;
  /** The row of a key may have been left since: then another arrival has it, or none. */
  const rowOf = (key: PaperKey) => {
    const row = rowOfKey.get(key);
    return row !== undefined && rows.keyOf(row) === key ? row : undefined;
  };
  const take = (row: number) => {
    const key = rows.keyOf(row);
    if (key !== NO_KEY) rowOfKey.set(key, row);
  };
  rows.follow();
  for (let row = 0; row < rowCount; row++) take(row);
  const follow = () => {
    const present = Atomics.load(arrivals, ARRIVED_AT);
    if (present === followed) return;
    rows.follow();
    for (; followed < present; followed++) {
      const row = arrivals[ARRIVALS_AT + followed] as number;
      rowCount = Math.max(rowCount, row + 1);
      take(row);
    }
  };
  const held: HeldRows = {
    reader: rows,
    get count() {
      return arrivals[HELD_AT] as number;
    },
    get rowCount() {
      return rowCount;
    },
    rowOf,
  };
  const waiting = {
    get count() {
      return followed;
    },
    get rows() {
      return arrivals.subarray(ARRIVALS_AT, ARRIVALS_AT + followed);
    },
  };

  return {
    generation: parts.generation,
    get count() {
      return held.count;
    },
    nearest(query, options) {
      follow();
      return searchVectors({ held, arrivals: waiting, graph, stepCost }, query, options);
    },
    vector(key) {
      follow();
      const row = rowOf(key);
      if (row === undefined) return undefined;
      const vector = new Float32Array(memory.dimensions);
      rows.decode(row, vector);
      return vector;
    },
  };
}
