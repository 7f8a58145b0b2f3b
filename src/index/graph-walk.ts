import type { Embedding } from '../vector.ts';
import type { GraphLinks } from './graph-links.ts';
import type { RowReader } from './row-reader.ts';
import { createScoreHeap } from './score-heap.ts';

const EPOCHS = 0xff_ff;
/** The second layer is searched for so many nodes to begin the lowest at: from one alone some walks end far away. */
const ENTRIES = { ef: 16, passes: () => true, mostSteps: Number.POSITIVE_INFINITY };

export interface WalkOptions {
  /** Candidates kept. */
  ef: number;
  /** Rows that count as candidates; the walk leads through all others too. Asked only for those near enough. */
  passes: (row: number) => boolean;
  /** Nodes whose links are followed at most. */
  mostSteps: number;
}

export interface Walked {
  /** The candidates, nearest first by the estimate of their codes. */
  rows: Uint32Array;
  /** All those estimates are the same: what lies beyond equal vectors was not seen. */
  isFlat: boolean;
  /** There was nowhere left to go before there were `ef` candidates: the graph's rest, if any, cannot be reached. */
  isExhausted: boolean;
  /** Nodes that were scored, and those whose links were followed. */
  seen: number;
  steps: number;
}

/** Searches of one graph in one thread. */
export interface GraphWalk {
  /** The candidates near a query, or null when it took more than `mostSteps`. */
  walk(query: Embedding, options: WalkOptions): Walked | null;
}

/**
 * The search of Malkov and Yashunin (2018), algorithms 2 and 5: greedily down the layers to a node near the query,
 * then on the lowest layer from the nearest node on whose links were not followed yet, until none is nearer than the
 * farthest of `ef` candidates. Unlike there, the lowest layer is entered at several nodes. Nodes are scored by their codes, all new neighbours of a node in one call.
 */
export function createGraphWalk(links: GraphLinks, reader: RowReader): GraphWalk {
  const { words, M, baseAt, upperPlaceAt, upperAt } = links;
  const { listed, low } = reader;
  const stride = 2 * M + 1;
  const visited = new Uint16Array(links.rows);
  let epoch = 0;
  /** The nearest first: scores are turned round. */
  const open = createScoreHeap();
  const candidates = createScoreHeap();

  const nextEpoch = () => {
    if (epoch === EPOCHS) {
      visited.fill(0);
      epoch = 0;
    }
    epoch++;
  };
  const placeOf = (row: number, layer: number) =>
    layer === 0
      ? baseAt + row * stride
      : upperAt + (words[upperPlaceAt + row] as number) + (layer - 1) * (M + 1);
  /** The node of the second layer that no neighbour is nearer than, as the first of the open ones. */
  const descend = () => {
    let row = links.entry;
    listed[0] = row;
    reader.scoreListed(1);
    let score = low[0] as number;
    for (let layer = links.topLayer; layer > 1; layer--) {
      for (let isMoving = true; isMoving; ) {
        isMoving = false;
        const at = placeOf(row, layer);
        const count = words[at] as number;
        for (let link = 0; link < count; link++) listed[link] = words[at + 1 + link] as number;
        reader.scoreListed(count);
        for (let link = 0; link < count; link++) {
          if ((low[link] as number) <= score) continue;
          score = low[link] as number;
          row = listed[link] as number;
          isMoving = true;
        }
      }
    }
    open.push(-score, row);
  };
  /** From the open nodes on through a layer; null when it took too many steps. */
  const explore = (layer: number, { ef, passes, mostSteps }: WalkOptions) => {
    nextEpoch();
    candidates.clear();
    let best = Number.NEGATIVE_INFINITY;
    let seen = 0;
    let steps = 0;
    let isExhausted = true;
    open.each((score, row) => {
      visited[row] = epoch;
      seen++;
      if (!passes(row)) return;
      best = Math.max(best, -score);
      if (candidates.size < ef) candidates.push(-score, row);
      else if (-score > candidates.least()) candidates.replace(-score, row);
    });
    while (open.size > 0) {
      if (candidates.size === ef && -open.least() < candidates.least()) {
        isExhausted = false;
        break;
      }
      if (++steps > mostSteps) return null;
      const at = placeOf(open.pop(), layer);
      const end = at + (words[at] as number);
      let fresh = 0;
      for (let link = at + 1; link <= end; link++) {
        const row = words[link] as number;
        if (visited[row] === epoch) continue;
        visited[row] = epoch;
        listed[fresh++] = row;
      }
      reader.scoreListed(fresh);
      seen += fresh;
      for (let i = 0; i < fresh; i++) {
        const score = low[i] as number;
        const isFull = candidates.size === ef;
        if (isFull && score <= candidates.least()) continue;
        const row = listed[i] as number;
        open.push(-score, row);
        if (!passes(row)) continue;
        if (score > best) best = score;
        if (isFull) candidates.replace(score, row);
        else candidates.push(score, row);
      }
    }
    const isFull = candidates.size === ef;
    return {
      isFlat: isFull && ef > 1 && candidates.least() >= best,
      isExhausted: isExhausted && !isFull,
      seen,
      steps,
    };
  };
  const sorted = (): Uint32Array => {
    const rows = new Uint32Array(candidates.size);
    for (let at = rows.length - 1; at >= 0; at--) rows[at] = candidates.pop();
    return rows;
  };

  return {
    walk(query, options) {
      open.clear();
      if (links.nodes === 0) {
        return { rows: new Uint32Array(), isFlat: false, isExhausted: true, seen: 0, steps: 0 };
      }
      reader.beginEstimates(query);
      descend();
      if (links.topLayer > 0) {
        explore(1, ENTRIES);
        open.clear();
        candidates.each((score, row) => open.push(-score, row));
      }
      const found = explore(0, options);
      return found && { rows: sorted(), ...found };
    },
  };
}
