import { AppError } from '../errors.ts';
import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import { assertEmbedding, type Embedding } from '../vector.ts';
import type { ExactIndex } from './exact.ts';
import type { LaggingGraph } from './lagging-graph.ts';
import { proposalsToAsk, reliable } from './search-cost.ts';
import { createTopK } from './top-k.ts';
import type { Neighbour, Neighbours, VectorSource } from './vector-index.ts';

const MOST_NEIGHBOURS = 10_000;

/** The graph answers while at most so many papers, and this part of the library, wait to get into it. */
const MOST_WAITING = 2_000;
const MOST_WAITING_SHARE = 0.25;

export interface Searched {
  /** Candidates that one search of the graph looks at anyway. */
  ef: number;
  /** What a proposal of the graph costs, in scored vectors. */
  proposalCost: number;
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
  const fromGraph = graphAnswers(searched) ? searchGraph(searched, query, wanted) : null;
  if (fromGraph) return { neighbours: fromGraph, exact: false };
  return { neighbours: exact.nearest(query, wanted), exact: true };
}

interface Wanted {
  limit: number;
  allowed: readonly PaperKey[] | undefined;
  excluded: ReadonlySet<PaperKey> | undefined;
}

/** Asks the graph for more and more proposals until enough pass; null when scoring is the better way. */
function searchGraph(searched: Searched, query: Embedding, wanted: Wanted): Neighbour[] | null {
  const { exact, graph, ef, proposalCost } = searched;
  if (!graph) return null;
  const { limit, allowed, excluded } = wanted;
  const passes = (key: PaperKey) => !excluded?.has(key) && (!allowed || includesAscending(allowed, key));
  const { count } = exact;
  const passing = Math.min(count, allowed?.length ?? count);
  const task = { limit, count, passing, waiting: graph.waiting.count, ef, proposalCost };
  let proposals = proposalsToAsk(task);
  while (proposals !== null) {
    const proposed = graph.graph.propose(query, proposals);
    const isAll = proposals >= graph.graph.size;
    // Fewer than asked for: the search ended on an island, as many equal vectors can form one.
    if (proposed.length < Math.min(proposals, graph.graph.size)) return null;
    const top = createTopK(limit);
    let passed = 0;
    for (const key of isAll ? proposed : proposed.slice(0, reliable(proposals))) {
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
    if (isAll) return null;
    proposals = proposalsToAsk(task, proposals);
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
