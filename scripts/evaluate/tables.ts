import type { ResultRow, Results } from './results.ts';
import { bootstrapInterval, mean, median, permutationTest, quantile, wilsonInterval } from './statistics.ts';

/** The metric by which modes are compared. */
const MAIN_METRIC = 'nDCG@10';

/** Lines of equal columns: the first left-aligned, figures as they come. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** `0.712 [0.671, 0.752]`: mean and 95 % interval, Wilson's where all values are 0 or 1. */
function withInterval(values: readonly number[]): string {
  const isShare = values.every((value) => value === 0 || value === 1);
  const { low, high } = (isShare ? wilsonInterval : bootstrapInterval)(values);
  return `${mean(values).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

const signed = (value: number) => `${value <= -0.0005 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
const withP = (p: number) => (p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(3)}`);
const labelOf = ({ collection, task }: ResultRow) =>
  task === 'search' ? collection : `${collection}: ${task}`;

/** All rows with their metrics, and what hybrid gains on the better single mode. */
export function resultsTable(rows: readonly ResultRow[]): string {
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  return table(
    ['collection', 'queries', 'mode', ...metrics, 'ms median', 'p95', 'hybrid against best single'],
    rows.map((row) => [
      labelOf(row),
      String(row.queries.length),
      row.mode,
      ...metrics.map((name) => withInterval(row.metrics[name] ?? [])),
      median(row.milliseconds).toFixed(1),
      quantile(row.milliseconds, 0.95).toFixed(1),
      row.mode === 'hybrid' ? againstBestSingle(row, rows) : '',
    ]),
  );
}

function againstBestSingle(hybrid: ResultRow, rows: readonly ResultRow[]): string {
  const metric = MAIN_METRIC in hybrid.metrics ? MAIN_METRIC : (Object.keys(hybrid.metrics)[0] ?? '');
  const valuesOf = (row: ResultRow) => row.metrics[metric] ?? [];
  const [best] = rows
    .filter(
      ({ collection, task, mode }) =>
        collection === hybrid.collection && task === hybrid.task && ['lexical', 'semantic'].includes(mode),
    )
    .sort((a, b) => mean(valuesOf(b)) - mean(valuesOf(a)));
  if (!best) return '';
  const gain = mean(valuesOf(hybrid)) - mean(valuesOf(best));
  return `${signed(gain)} on ${best.mode}, ${withP(permutationTest(valuesOf(hybrid), valuesOf(best)))}`;
}

/** What changed since an earlier run, per row that both have, on the queries that both have. */
export function comparisonTable(current: Results, earlier: Results): string {
  const keyOf = ({ collection, task, mode }: ResultRow) => JSON.stringify([collection, task, mode]);
  const before = new Map(earlier.rows.map((row) => [keyOf(row), row]));
  const metrics = [...new Set(current.rows.flatMap((row) => Object.keys(row.metrics)))];
  const rows = current.rows.flatMap((row) => {
    const old = before.get(keyOf(row));
    const pairs = old ? commonQueries(row, old) : [];
    if (!old || pairs.length === 0) return [];
    const cells = metrics.map((name) => {
      const now = pairs.map(([at]) => row.metrics[name]?.[at] ?? Number.NaN);
      const then = pairs.map(([, at]) => old.metrics[name]?.[at] ?? Number.NaN);
      const change = mean(now) - mean(then);
      if (Number.isNaN(change)) return '';
      return `${mean(then).toFixed(3)} -> ${mean(now).toFixed(3)} (${signed(change)}, ${withP(permutationTest(now, then))})`;
    });
    const time = `${median(old.milliseconds).toFixed(1)} -> ${median(row.milliseconds).toFixed(1)}`;
    return [[labelOf(row), String(pairs.length), row.mode, ...cells, time]];
  });
  if (rows.length === 0) return 'No row of the earlier results has queries in common with this run.';
  const other = earlier.model === current.model ? '' : `\nThe model was another one: ${earlier.model}`;
  return table(['collection', 'queries', 'mode', ...metrics, 'ms median'], rows) + other;
}

/** Positions of the same query in both rows. */
function commonQueries(current: ResultRow, earlier: ResultRow): [number, number][] {
  const positions = new Map(earlier.queries.map((id, at) => [id, at]));
  return current.queries.flatMap((id, at): [number, number][] => {
    const old = positions.get(id);
    return old === undefined ? [] : [[at, old]];
  });
}
