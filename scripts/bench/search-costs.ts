import type { ExactIndex } from '../../src/index/exact.ts';
import { GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import type { WalkableGraph } from '../../src/index/vector-search.ts';
import type { Embedding } from '../../src/vector.ts';
import { quantile } from './report.ts';

const CANDIDATES = [64, GRAPH_PARAMS.ef, 256, 600, 900] as const;
const SHARES = [1 / 4, 1 / 3, 1 / 2, 1] as const;

/** Prints what `src/index/search-cost.ts` rests on: the parts that an answer's cost consists of, and what is missed. */
export function printSearchCosts(
  exact: ExactIndex,
  { links, walk }: WalkableGraph,
  queries: readonly Embedding[],
): void {
  const keys = [...exact.liveRows()].map((row) => exact.reader.keyOf(row)).sort((a, b) => a - b);
  // By chance, as a filter's papers lie: at regular distances the processor would foresee the next.
  const tenth = keys.filter((_, at) => Math.imul(at, 0x9e3779b1) >>> 0 < 2 ** 32 / 10);
  const micros = { scanned: [] as number[], listed: [] as number[], rescored: [] as number[] };
  const walking = CANDIDATES.map(() => ({
    micros: [] as number[],
    aStep: [] as number[],
    seen: 0,
    steps: 0,
  }));
  const clock = <T>(work: () => T): { result: T; spent: number } => {
    const begin = performance.now();
    const result = work();
    return { result, spent: 1_000 * (performance.now() - begin) };
  };
  const found = CANDIDATES.map(() => SHARES.map(() => 0));
  for (const query of queries) {
    micros.scanned.push(clock(() => exact.nearest(query, { limit: 10 })).spent / keys.length);
    const listed = clock(() => exact.nearest(query, { limit: 10, allowed: tenth }));
    micros.listed.push(listed.spent / tenth.length);
    for (const [row, ef] of CANDIDATES.entries()) {
      const options = { ef, passes: () => true, mostSteps: Number.POSITIVE_INFINITY };
      const { result, spent } = clock(() => walk.walk(query, options));
      if (!result) continue;
      const spends = walking[row] as (typeof walking)[number];
      spends.micros.push(spent);
      spends.aStep.push(spent / result.steps);
      spends.seen += result.seen / queries.length;
      spends.steps += result.steps / queries.length;
      const rescored = clock(() => {
        for (const candidate of result.rows) exact.reader.similarity(candidate, query);
      });
      micros.rescored.push(rescored.spent / result.rows.length);
      const walked = new Set([...result.rows].map((candidate) => exact.reader.keyOf(candidate)));
      const truth = exact.nearest(query, { limit: ef });
      for (const [column, share] of SHARES.entries()) {
        const near = truth.slice(0, Math.floor(share * ef));
        const hits = near.filter(({ key }) => walked.has(key)).length;
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
    `\nScoring a vector in a scan: ${of(micros.scanned)}. Every tenth vector: ${of(micros.listed)}. A candidate again, by its vector: ${of(micros.rescored)}.`,
  );
  console.log(
    `Walks through ${links.nodes} nodes, and the recall of the nearest quarter, third, half, and all:`,
  );
  for (const [row, ef] of CANDIDATES.entries()) {
    const recall = found[row]?.map((share) => share.toFixed(4)).join(' ');
    const spends = walking[row] as (typeof walking)[number];
    console.log(
      `${String(ef).padStart(6)}  ${recall}  ${of(spends.micros)}, ${spends.steps.toFixed(0)} steps of ${of(spends.aStep)}, ${spends.seen.toFixed(0)} seen`,
    );
  }
}
