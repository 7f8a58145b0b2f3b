/*
 * Whether scoring or the graph answers is decided here, by what either costs. The unit is a vector scored in a scan
 * of all, so that the figures hold for any machine and nearly any dimensions: both ways wait for memory.
 * `npm run bench -- filters` measures them.
 */

/** A vector scored with gaps between it and others, as under a filter: the processor does not foresee the next. */
export const LISTED_VECTOR = 5;
/** A node of the graph whose links are followed: about ten vectors that lie anywhere, and their places in lists. */
export const STEP_COST = 100;
/** Candidates that are looked at for each neighbour wanted: a walk misses few near ones, and most of the farthest. */
const CANDIDATES_PER_NEIGHBOUR = 2.5;

/** What one search has before it. */
export interface SearchTask {
  /** Neighbours wanted; no more than there can be. */
  limit: number;
  /** Papers that are held, and those of them that pass the filter. */
  count: number;
  passing: number;
  /** Papers that are not in the graph yet. */
  waiting: number;
  /** Candidates that a walk looks at anyway. */
  ef: number;
  /** `STEP_COST`; tests set 0, so that a small library is searched by graph. */
  stepCost: number;
}

/** Candidates to look for among those that pass, and after how many steps scoring was the better way. */
export interface WalkPlan {
  ef: number;
  mostSteps: number;
}

/** How to walk the graph; null when scoring is the cheaper way. */
export function planWalk({ limit, count, passing, waiting, ef, stepCost }: SearchTask): WalkPlan | null {
  if (passing === 0) return null;
  const wanted = Math.max(ef, Math.ceil(limit * CANDIDATES_PER_NEIGHBOUR));
  if (stepCost === 0) return { ef: wanted, mostSteps: Number.POSITIVE_INFINITY };
  const mostSteps = (Math.min(count, passing * LISTED_VECTOR) - waiting * LISTED_VECTOR) / stepCost;
  // Of the nodes on the way, as many pass as do of all.
  return (wanted * count) / passing < mostSteps ? { ef: wanted, mostSteps } : null;
}
