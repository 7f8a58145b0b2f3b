import type { PaperKey } from '../paper.ts';
import type { Embedding } from '../vector.ts';
import { codedCandidates } from './coded-scan.ts';
import type { HeldRows } from './exact.ts';
import type { GraphLinks } from './graph-links.ts';
import { createGraphWalk } from './graph-walk.ts';
import { NO_KEY } from './row-codes.ts';
import { createTopK } from './top-k.ts';
import type { IndexAudit } from './vector-index.ts';
import { searchVectors } from './vector-search.ts';

/** Neighbours that are looked for, as a page shows. */
const AT = 10;
/** Papers whose neighbours are looked for. */
const SAMPLED = 512;
/** What is tried is so many times as much as before, until it is the most. */
const STEP = 1.25;
const MOST_EF = 1_024;

interface Sample {
  /** Not to be found: the paper whose vector the query is. */
  self: PaperKey;
  query: Embedding;
  /** The similarity of the farthest of the true neighbours, and how many those are. */
  farthest: number;
  wanted: number;
}

/**
 * How many candidates, `least` or more, a walk must keep so that it finds the part `target` of the ten nearest of papers
 * sampled from `rows`, each without itself, against brute force. When `MOST_EF` candidates do not, that many.
 */
export function auditGraph(
  held: HeldRows,
  links: GraphLinks,
  rows: Uint32Array,
  { target, least }: { target: number; least: number },
): IndexAudit {
  const { reader } = held;
  const walk = createGraphWalk(links, reader);
  const every = Math.max(1, Math.floor(rows.length / SAMPLED));
  const sampled = rows.filter((_, at) => at % every === 0).subarray(0, SAMPLED);
  const samples = Array.from(sampled, (row): Sample => {
    const query = new Float32Array(reader.dimensions);
    reader.decode(row, query);
    const self = reader.keyOf(row);
    // Of the graph's rows alone: what came while it was made, and strays, are scored beside it.
    const top = createTopK(AT + 1);
    for (const near of codedCandidates(reader, query, { limit: AT + 1, rows })) {
      const key = reader.keyOf(near);
      if (key !== NO_KEY) top.offer(key, reader.similarity(near, query));
    }
    const truth = top
      .sorted()
      .filter(({ key }) => key !== self)
      .slice(0, AT);
    return { self, query, farthest: truth.at(-1)?.similarity ?? 1, wanted: truth.length };
  });
  const recallWith = (ef: number) => {
    const graph = { links, walk, ef };
    const searched = { held, arrivals: { count: 0, rows: new Uint32Array() }, graph, stepCost: 0 };
    let found = 0;
    let wanted = 0;
    for (const sample of samples) {
      const { neighbours } = searchVectors(searched, sample.query, { limit: AT + 1 });
      // As near as the farthest of the true ones: of equal vectors any will do.
      const hits = neighbours.filter(
        ({ key, similarity }) => key !== sample.self && similarity >= sample.farthest,
      );
      found += Math.min(sample.wanted, hits.length);
      wanted += sample.wanted;
    }
    return wanted === 0 ? 1 : found / wanted;
  };
  let ef = least;
  let recall = recallWith(ef);
  for (let power = 1; recall < target && ef < MOST_EF; power++) {
    ef = Math.min(MOST_EF, Math.ceil(least * STEP ** power));
    recall = recallWith(ef);
  }
  return { target, recall, ef, sampled: samples.length };
}
