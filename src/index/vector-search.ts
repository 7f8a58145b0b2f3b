import type { PaperKey } from '../paper.ts';
import type { Embedding } from '../vector.ts';
import type { Arrivals } from './arrivals.ts';
import { type HeldRows, type NearestOptions, nearestOf } from './exact.ts';
import type { GraphLinks } from './graph-links.ts';
import type { GraphWalk } from './graph-walk.ts';
import { NO_KEY } from './row-codes.ts';
import { CODE_TURN } from './row-memory.ts';
import { planWalk } from './search-cost.ts';
import { createTopK, type TopK } from './top-k.ts';
import type { Neighbour, Neighbours } from './vector-index.ts';

/** The graph answers while at most so many papers, or this part of the library, wait to get into it. */
const MOST_WAITING = 2_000;
const MOST_WAITING_SHARE = 0.25;
/** Candidates scored again by their vectors: the estimates of codes leave the order of near ones open. */
const RESCORED = { least: 32, share: 1.5 } as const;

/** A graph in the thread that walks it. */
export interface WalkableGraph {
  links: GraphLinks;
  walk: GraphWalk;
  /** Candidates that a walk looks at anyway. */
  ef: number;
}

export interface Searched {
  held: HeldRows;
  /** The rows that are not in the graph. */
  arrivals: Pick<Arrivals, 'count' | 'rows'>;
  graph: WalkableGraph | null;
  /** What a step of a walk costs, in scored vectors. */
  stepCost: number;
}

/** Whether the graph is near enough to the library to answer. */
export function graphAnswers({ held, arrivals, graph }: Omit<Searched, 'stepCost'>): boolean {
  return graph !== null && arrivals.count <= Math.max(MOST_WAITING, held.count * MOST_WAITING_SHARE);
}

/**
 * The nearest of the allowed papers, by the graph where that is the cheaper way, else by scoring all. Similarities
 * are those of the stored vectors either way. `allowed` ascends. The query was checked before.
 */
export function searchVectors(searched: Searched, query: Embedding, options: NearestOptions): Neighbours {
  const { held } = searched;
  const wanted = { ...options, limit: Math.min(options.limit, options.allowed?.length ?? held.count) };
  const fromGraph = graphAnswers(searched) ? searchGraph(searched, query, wanted) : null;
  if (fromGraph) return { neighbours: fromGraph, exact: false };
  return { neighbours: nearestOf(held, query, wanted), exact: true };
}

/** Null when scoring is the better way. */
function searchGraph(searched: Searched, query: Embedding, options: NearestOptions): Neighbour[] | null {
  const { held, arrivals, graph, stepCost } = searched;
  const { limit, allowed, excluded } = options;
  if (!graph) return null;
  const { reader, count } = held;
  const passing = Math.min(count, allowed?.length ?? count);
  const plan = planWalk({ limit, count, passing, waiting: arrivals.count, ef: graph.ef, stepCost });
  if (!plan) return null;
  const isAllowed = (key: PaperKey) => !excluded?.has(key) && (!allowed || includesAscending(allowed, key));
  const passes = (row: number) => {
    const key = reader.keyOf(row);
    return key !== NO_KEY && isAllowed(key);
  };
  const walked = graph.walk.walk(query, { ...plan, passes });
  // Many equal vectors can form an island that no link leads from, or hide what is as near.
  if (!walked || walked.isFlat || (walked.isExhausted && walked.seen < graph.links.nodes)) return null;
  const top = createTopK(limit);
  const rescored = limit + Math.max(RESCORED.least, Math.ceil(limit * (RESCORED.share - 1)));
  for (const row of walked.rows.subarray(0, rescored)) {
    const key = reader.keyOf(row);
    // Gone since, or another paper's, if another thread writes.
    if (key !== NO_KEY && isAllowed(key)) top.offer(key, reader.similarity(row, query));
  }
  offerArrivals(top, searched, query, isAllowed);
  return top.sorted();
}

function offerArrivals(
  top: TopK,
  { held: { reader }, arrivals }: Searched,
  query: Embedding,
  isAllowed: (key: PaperKey) => boolean,
): void {
  const { rows } = arrivals;
  if (rows.length === 0) return;
  const { slack } = reader.begin(query);
  for (let from = 0; from < rows.length; from += CODE_TURN) {
    const some = rows.subarray(from, from + CODE_TURN);
    reader.listed.set(some);
    reader.scoreListed(some.length);
    for (let at = 0; at < some.length; at++) {
      const row = some[at] as number;
      const key = reader.keyOf(row);
      if (key === NO_KEY || !top.wants(key, (reader.high[at] as number) + slack) || !isAllowed(key)) continue;
      top.offer(key, reader.similarity(row, query));
    }
  }
}

/** Binary search. */
function includesAscending(keys: readonly PaperKey[], key: PaperKey): boolean {
  let from = 0;
  let to = keys.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const found = keys[middle] as PaperKey;
    if (found === key) return true;
    if (found < key) from = middle + 1;
    else to = middle;
  }
  return false;
}
