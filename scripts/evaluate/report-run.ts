import { relative } from 'node:path';
import { type Results, summaryOf, writeResults } from './results.ts';
import { comparisonTable, resultsTable } from './tables.ts';

/** Prints a run, and what changed since an earlier one; writes all its values. */
export function reportRun(
  results: Results,
  { out, earlier }: { out: string; earlier: Results | null },
): void {
  console.log(summaryOf(results));
  for (const note of results.notes) console.log(note);
  console.log(`\n${resultsTable(results.rows, results.command)}`);
  if (earlier) {
    console.log(
      `\nAgainst the run of ${earlier.createdAt} (${earlier.commit?.hash.slice(0, 10) ?? 'no commit'}):\n`,
    );
    console.log(comparisonTable(results, earlier));
  }
  writeResults(out, results);
  console.log(
    `\n[ ]: 95 % interval, by bootstrap; of shares by Wilson. p: paired randomisation test. ms: one at a time.\nAll values: ${relative('.', out)}`,
  );
}
