/*
 * Whether scoring or the graph answers is decided here, by what either costs. The unit is a vector scored in a scan
 * of all, so that the figures hold for any machine and nearly any dimensions: both ways wait for memory.
 * `npm run bench -- filters` measures them. At 40,000 vectors of 384 dimensions: a scanned vector
 * 0.028 µs (over 8-bit codes); one scored by itself 5 to 6 times that; a proposal of the graph, scored again, 145 to 223 times.
 */

/** A vector scored with gaps between it and others, as under a filter: the processor does not foresee the next. */
export const LISTED_VECTOR = 5;
/** A proposal of the graph: about fifty distances, of vectors that lie anywhere. */
export const PROPOSAL_COST = 150;
/** A paper that is not in the graph yet, and is scored beside it in JavaScript. */
const WAITING_VECTOR = 30;

/** Proposals asked of the graph for each neighbour wanted. */
const PROPOSALS_PER_NEIGHBOUR = 4;
/**
 * The neighbours are taken from this part of the proposals, the nearest: a search of a graph misses few near ones,
 * and many of the farthest that it keeps. By the same command, of 600 proposals the nearest third lacks 0.1 % of the
 * truth, the nearest half 1.2 %, all of them 6.8 %; of 1,200, 0.8 %, 2.0 % and 6.3 %.
 */
const RELIABLE_SHARE = 1 / 3;
/** How much more is asked for when too few proposals passed: the filter lies away from the query. */
const PROPOSAL_GROWTH = 4;

/** What one search has before it. */
export interface SearchTask {
  /** Neighbours wanted; no more than there can be. */
  limit: number;
  /** Papers that are held, and those of them that pass the filter. */
  count: number;
  passing: number;
  /** Papers that are not in the graph yet. */
  waiting: number;
  /** Candidates that a search of the graph looks at anyway. */
  ef: number;
  /** `PROPOSAL_COST`; tests set 0, so that a small library is searched by graph. */
  proposalCost: number;
}

/** How many proposals to ask for, first and when `last` were not enough; null when scoring is the cheaper way. */
export function proposalsToAsk(task: SearchTask, last?: number): number | null {
  const { limit, count, passing, waiting, ef, proposalCost } = task;
  if (passing === 0) return null;
  const first = Math.max(ef, Math.ceil((limit * PROPOSALS_PER_NEIGHBOUR * count) / passing));
  const proposals = last === undefined ? first : last * PROPOSAL_GROWTH;
  const graph = proposals * proposalCost + waiting * WAITING_VECTOR;
  const scoring = Math.min(count, passing * LISTED_VECTOR);
  return proposalCost === 0 || graph < scoring ? proposals : null;
}

/** How many of the nearest proposals neighbours may be taken from. */
export function reliable(proposals: number): number {
  return Math.floor(proposals * RELIABLE_SHARE);
}
