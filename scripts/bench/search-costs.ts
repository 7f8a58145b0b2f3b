import { createExactIndex, type ExactIndex } from '../../src/index/exact.ts';
import { GRAPH_PARAMS, type HnswGraph } from '../../src/index/hnsw.ts';
import type { PaperKey } from '../../src/paper.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import type { Embedding } from '../../src/vector.ts';
import { quantile } from './report.ts';

const PROPOSALS = [GRAPH_PARAMS.ef, 256, 600, 1_200] as const;
const SLICE = 1_000;
const SHARES = [1 / 4, 1 / 3, 1 / 2, 1] as const;

/** All vectors of a store. */
export async function exactIndexOf(store: PaperStore, dimensions: number): Promise<ExactIndex> {
  const exact = createExactIndex(dimensions);
  let after = 0;
  for (;;) {
    const changes = await store.vectorChanges(after, SLICE);
    for (const { key, embedding } of changes) if (embedding) exact.upsert(key, embedding);
    if (changes.length < SLICE) return exact;
    after = changes.at(-1)?.revision ?? after;
  }
}

/** Prints what `src/index/search-cost.ts` rests on: the parts that an answer's cost consists of, and what is missed. */
export function printSearchCosts(exact: ExactIndex, graph: HnswGraph, queries: readonly Embedding[]): void {
  const keys = exact.keys().sort((a, b) => a - b);
  // By chance, as a filter's papers lie: at regular distances the processor would foresee the next.
  const tenth = keys.filter((_, at) => Math.imul(at, 0x9e3779b1) >>> 0 < 2 ** 32 / 10);
  const micros = { scanned: [] as number[], listed: [] as number[] };
  const proposing = PROPOSALS.map(() => [] as number[]);
  const clock = <T>(into: number[], parts: number, work: () => T): T => {
    const begin = performance.now();
    const result = work();
    into.push((1_000 * (performance.now() - begin)) / parts);
    return result;
  };
  const found = PROPOSALS.map(() => SHARES.map(() => 0));
  for (const query of queries) {
    clock(micros.scanned, keys.length, () => exact.nearest(query, { limit: 10 }));
    clock(micros.listed, tenth.length, () => exact.nearest(query, { limit: 10, allowed: tenth }));
    for (const [row, proposals] of PROPOSALS.entries()) {
      const proposed = clock(proposing[row] as number[], proposals, () => {
        const answer = graph.propose(query, proposals);
        for (const key of answer) exact.similarity(key, query);
        return new Set(answer);
      });
      const truth = exact.nearest(query, { limit: proposals });
      for (const [column, share] of SHARES.entries()) {
        const near = truth.slice(0, Math.floor(share * proposals));
        const hits = near.filter(({ key }: { key: PaperKey }) => proposed.has(key)).length;
        (found[row] as number[])[column] = (found[row]?.[column] ?? 0) + hits / near.length / queries.length;
      }
    }
  }
  const scanned = quantile(micros.scanned, 0.5);
  const of = (times: readonly number[]) => {
    const median = quantile(times, 0.5);
    return `${median.toFixed(3)} µs (${(median / scanned).toFixed(1)})`;
  };
  console.log(
    `\nScoring a vector in a scan: ${of(micros.scanned)}. Every tenth vector: ${of(micros.listed)}.`,
  );
  console.log('Proposals of the graph, and the recall of their nearest quarter, third, half, and all:');
  for (const [row, proposals] of PROPOSALS.entries()) {
    const recall = found[row]?.map((share) => share.toFixed(4)).join(' ');
    console.log(`${String(proposals).padStart(6)}  ${recall}  each ${of(proposing[row] ?? [])}`);
  }
}
