import { AppError } from '../errors.ts';
import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import type { ExactIndex } from './exact.ts';
import type { LaggingGraph } from './lagging-graph.ts';
import { createTopK } from './top-k.ts';
import type { Neighbours, VectorSource } from './vector-index.ts';

const MOST_NEIGHBOURS = 10_000;

/** At most so many allowed papers are always scored one by one, and at most this part of the library. */
const SCORED_KEYS = 2_000;
const SCORED_SHARE = 0.1;

/** Proposals asked of the graph for each neighbour wanted; more where a filter will drop some. */
const PROPOSALS_PER_NEIGHBOUR = 2;
/** How much more is asked for when too few proposals passed. */
const PROPOSAL_GROWTH = 4;
/** Above so many proposals, and this part of the library, scoring everything is as quick as the graph. */
const MOST_PROPOSALS = 256;
const MOST_PROPOSED_SHARE = 1 / 16;

/** The graph answers while at most so many papers, and this part of the library, wait to get into it. */
const MOST_WAITING = 2_000;
const MOST_WAITING_SHARE = 0.25;

export interface Searched {
  /** Candidates that one search of the graph looks at anyway. */
  ef: number;
  exact: ExactIndex;
  graph: LaggingGraph | null;
}

/** Whether the graph is near enough to the library to answer. */
export function graphAnswers({ exact, graph }: Pick<Searched, 'exact' | 'graph'>): boolean {
  if (!graph) return false;
  return graph.waiting.count <= Math.max(MOST_WAITING, exact.count * MOST_WAITING_SHARE);
}

/** Throws `invalid_input` for a limit outside 1 to 10,000, `index_failed` for an unusable query vector. */
export function checkNearest(query: Embedding, limit: number, dimensions: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_NEIGHBOURS) {
    throw new AppError('invalid_input', `Expected a limit from 1 to ${MOST_NEIGHBOURS}, got ${limit}.`);
  }
  assertEmbedding(query, dimensions);
}

/**
 * The nearest papers that pass the filter. `current` is asked after the filter was resolved, so that one state of
 * the index answers the whole call.
 */
export async function nearest(
  current: () => Searched,
  source: Pick<VectorSource, 'matchingKeys'>,
  query: Embedding,
  { limit, filter }: { limit: number; filter?: PaperFilter },
): Promise<Neighbours> {
  const allowed = filter && restricts(filter) ? await source.matchingKeys(filter) : undefined;
  const excluded = filter?.excludedKeys?.length ? new Set(filter.excludedKeys) : undefined;
  const searched = current();
  const { exact } = searched;
  const wanted = { limit: Math.min(limit, allowed?.length ?? exact.count), allowed, excluded };
  const fromGraph = isWorthTheGraph(searched, allowed) ? searchGraph(searched, query, wanted) : null;
  if (fromGraph) return { neighbours: fromGraph, exact: false };
  return { neighbours: exact.nearest(query, wanted), exact: true };
}

function isWorthTheGraph(searched: Searched, allowed: readonly PaperKey[] | undefined): boolean {
  if (!graphAnswers(searched)) return false;
  return !allowed || allowed.length > Math.max(SCORED_KEYS, searched.exact.count * SCORED_SHARE);
}

interface Wanted {
  limit: number;
  allowed: readonly PaperKey[] | undefined;
  excluded: ReadonlySet<PaperKey> | undefined;
}

/** Asks the graph for more and more proposals until enough pass; null when scoring everything is the better way. */
function searchGraph({ exact, graph, ef }: Searched, query: Embedding, wanted: Wanted) {
  if (!graph) return null;
  const { limit, allowed, excluded } = wanted;
  const passes = (key: PaperKey) => !excluded?.has(key) && (!allowed || includesAscending(allowed, key));
  const passingShare = allowed ? Math.min(1, allowed.length / exact.count) : 1;
  const most = Math.max(MOST_PROPOSALS, exact.count * MOST_PROPOSED_SHARE);
  let proposals = Math.max(ef, Math.ceil((limit * PROPOSALS_PER_NEIGHBOUR) / passingShare));
  while (proposals <= most) {
    const proposed = graph.graph.propose(query, proposals);
    // Fewer than asked for: the search ended on an island, as many equal vectors can form one.
    if (proposed.length < Math.min(proposals, graph.graph.size)) return null;
    const top = createTopK(limit);
    let passed = 0;
    for (const key of proposed) {
      // A waiting paper lies elsewhere in the graph than it should: it is scored below. A removed one has no score.
      if (graph.waiting.has(key) || !passes(key)) continue;
      const similarity = exact.similarity(key, query);
      if (similarity === undefined) continue;
      top.offer(key, similarity);
      passed++;
    }
    if (passed >= limit) {
      for (const key of graph.waiting) {
        const similarity = exact.similarity(key, query);
        if (similarity !== undefined && top.wants(key, similarity) && passes(key)) top.offer(key, similarity);
      }
      return top.sorted();
    }
    if (proposals >= graph.graph.size) return null;
    proposals *= PROPOSAL_GROWTH;
  }
  return null;
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
