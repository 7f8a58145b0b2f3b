import type { Embedding } from '../vector.ts';
import { NO_KEY } from './row-codes.ts';
import { CODE_TURN } from './row-memory.ts';
import type { RowReader } from './row-reader.ts';
import { createScoreHeap } from './score-heap.ts';
import { LISTED_VECTOR } from './search-cost.ts';

/** When more than this part of a stretch of rows is asked for, scoring all of it is the quicker way. */
const SCAN_ROWS = Math.ceil(CODE_TURN / LISTED_VECTOR);

export interface ScanOptions {
  limit: number;
  /** The rows to look at: these, quickest when they mostly ascend, or the first `count`. */
  rows: Uint32Array | { count: number };
  /** Rows that are passed over, beside those of no paper; asked only for those that could be kept. */
  skips?: ((row: number) => boolean) | undefined;
}

/**
 * The rows that may be among the `limit` of the highest products with the query: every one that the codes cannot
 * rule out, ties included. A row is ruled out when its upper bound is below the lower bounds of `limit` others.
 */
export function codedCandidates(codes: RowReader, query: Embedding, options: ScanOptions): Uint32Array {
  const { limit, rows, skips } = options;
  const { slack } = codes.begin(query);
  const lows = createHighest(limit);
  let kept = new Uint32Array(4 * limit + CODE_TURN);
  let bounds = new Float32Array(kept.length);
  let count = 0;
  /** What an upper bound, as the kernel tells it, must reach. */
  const threshold = () => lows.least() - 2 * slack;
  const compact = () => {
    const least = threshold();
    let left = 0;
    for (let at = 0; at < count; at++) {
      if ((bounds[at] as number) < least) continue;
      kept[left] = kept[at] as number;
      bounds[left++] = bounds[at] as number;
    }
    count = left;
  };
  const makeRoom = () => {
    compact();
    if (kept.length - count > CODE_TURN) return;
    const [rowsBefore, boundsBefore] = [kept, bounds];
    kept = new Uint32Array(2 * kept.length);
    bounds = new Float32Array(kept.length);
    kept.set(rowsBefore);
    bounds.set(boundsBefore);
  };
  const keep = (row: number, low: number, high: number) => {
    if (codes.keyOf(row) === NO_KEY || skips?.(row)) return;
    kept[count] = row;
    bounds[count++] = high;
    lows.offer(low, row);
  };
  const scan = (first: number, size: number) => {
    codes.scoreFirst(first, size);
    const { low, high } = codes;
    for (let at = 0; at < size; at++) {
      if ((high[at] as number) >= threshold()) keep(first + at, low[at] as number, high[at] as number);
    }
  };
  const scanSome = (first: number, size: number, some: Uint32Array) => {
    codes.scoreFirst(first, size);
    const { low, high } = codes;
    for (const row of some) {
      const at = row - first;
      if ((high[at] as number) >= threshold()) keep(row, low[at] as number, high[at] as number);
    }
  };
  const list = (some: Uint32Array) => {
    codes.listed.set(some);
    codes.scoreListed(some.length);
    const { low, high } = codes;
    for (let at = 0; at < some.length; at++) {
      if ((high[at] as number) < threshold()) continue;
      keep(some[at] as number, low[at] as number, high[at] as number);
    }
  };

  if (rows instanceof Uint32Array) {
    let from = 0;
    while (from < rows.length) {
      if (kept.length - count < CODE_TURN) makeRoom();
      const first = rows[from] as number;
      let to = from;
      if ((rows[from + SCAN_ROWS] ?? Number.POSITIVE_INFINITY) < first + CODE_TURN) {
        let last = first;
        for (; to < rows.length; to++) {
          const row = rows[to] as number;
          if (row < first || row >= first + CODE_TURN) break;
          last = Math.max(last, row);
        }
        scanSome(first, last - first + 1, rows.subarray(from, to));
      } else {
        to = Math.min(rows.length, from + SCAN_ROWS);
        list(rows.subarray(from, to));
      }
      from = to;
    }
  } else {
    for (let first = 0; first < rows.count; first += CODE_TURN) {
      if (kept.length - count < CODE_TURN) makeRoom();
      scan(first, Math.min(CODE_TURN, rows.count - first));
    }
  }
  compact();
  return kept.subarray(0, count);
}

/** The least of the `limit` highest numbers that were offered; minus infinity before there are so many. */
function createHighest(limit: number) {
  const heap = createScoreHeap();
  let least = limit === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return {
    least: () => least,
    offer(value: number, row: number) {
      if (value <= least) return;
      if (heap.size < limit) heap.push(value, row);
      else heap.replace(value, row);
      if (heap.size === limit) least = heap.least();
    },
  };
}
