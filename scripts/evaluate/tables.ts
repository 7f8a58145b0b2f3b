import type { ResultRow, Results } from './results.ts';
import { bootstrapInterval, mean, median, permutationTest, quantile, wilsonInterval } from './statistics.ts';

/** How results are laid out: what their rows are of, and which of them is compared with which others, by what. */
interface Layout {
  asked: string;
  way: string;
  metric: string;
  chosen: string;
  isOther: (other: ResultRow, chosen: ResultRow) => boolean;
  gain: string;
}

const SEARCH: Layout = {
  asked: 'queries',
  way: 'mode',
  metric: 'nDCG@10',
  chosen: 'hybrid',
  isOther: ({ task, mode }, chosen) => task === chosen.task && ['lexical', 'semantic'].includes(mode),
  gain: 'hybrid against best single',
};

const RECOMMENDATIONS: Layout = {
  asked: 'people',
  way: 'method',
  metric: 'nDCG@20',
  chosen: 'paperwise',
  // Plain methods that do not care for other people are run without them only, on the same people.
  isOther: ({ mode, queries }, chosen) =>
    mode !== 'paperwise' && queries.join('\n') === chosen.queries.join('\n'),
  gain: 'paperwise against best other',
};

const layoutOf = (command: string) => (command === 'recommend' ? RECOMMENDATIONS : SEARCH);

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

/** `0.712 [0.671, 0.752]`: mean and 95 % interval, Wilson's where all values are 0 or 1; nothing without values. */
function withInterval(values: readonly number[]): string {
  if (values.length === 0) return '';
  const isShare = values.every((value) => value === 0 || value === 1);
  const { low, high } = (isShare ? wilsonInterval : bootstrapInterval)(values);
  return `${mean(values).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

const signed = (value: number) => `${value <= -0.0005 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
const percent = (share: number) => `${share <= -0.00005 ? '-' : '+'}${Math.abs(100 * share).toFixed(2)} %`;
const withP = (p: number) => (p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(3)}`);
const labelOf = ({ collection, task }: ResultRow) =>
  task === 'search' ? collection : `${collection}: ${task}`;

/** The values of a metric on the queries that it says something on. */
const valuesOf = (row: ResultRow, metric: string) =>
  (row.metrics[metric] ?? []).filter((value) => !Number.isNaN(value));

/** All rows with their metrics, and what the chosen way gains on the best of the others. */
export function resultsTable(rows: readonly ResultRow[], command = 'collections'): string {
  const layout = layoutOf(command);
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  return table(
    ['collection', layout.asked, layout.way, ...metrics, 'ms median', 'p95', layout.gain],
    rows.map((row) => [
      labelOf(row),
      String(row.queries.length),
      row.mode,
      ...metrics.map((name) => withInterval(valuesOf(row, name))),
      median(row.milliseconds).toFixed(1),
      quantile(row.milliseconds, 0.95).toFixed(1),
      row.mode === layout.chosen ? againstBest(row, rows, layout) : '',
    ]),
  );
}

function againstBest(chosen: ResultRow, rows: readonly ResultRow[], layout: Layout): string {
  const metric = layout.metric in chosen.metrics ? layout.metric : (Object.keys(chosen.metrics)[0] ?? '');
  const [best] = rows
    .filter((row) => row.collection === chosen.collection && layout.isOther(row, chosen))
    .sort((a, b) => mean(valuesOf(b, metric)) - mean(valuesOf(a, metric)));
  if (!best) return '';
  const [ours, theirs] = [valuesOf(chosen, metric), valuesOf(best, metric)];
  return `${signed(mean(ours) - mean(theirs))} on ${best.mode}, ${withP(permutationTest(ours, theirs))}`;
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
      const values = pairs
        .map(([at, before]) => [
          row.metrics[name]?.[at] ?? Number.NaN,
          old.metrics[name]?.[before] ?? Number.NaN,
        ])
        .filter((pair) => !pair.some(Number.isNaN));
      if (values.length === 0) return '';
      const [now, then] = [values.map(([value = 0]) => value), values.map(([, value = 0]) => value)];
      const change = mean(now) - mean(then);
      const share = mean(then) > 0 ? `, ${percent(change / mean(then))}` : '';
      return `${mean(then).toFixed(3)} -> ${mean(now).toFixed(3)} (${signed(change)}${share}, ${withP(permutationTest(now, then))})`;
    });
    const time = `${median(old.milliseconds).toFixed(1)} -> ${median(row.milliseconds).toFixed(1)}`;
    return [[labelOf(row), String(pairs.length), row.mode, ...cells, time]];
  });
  if (rows.length === 0) return 'No row of the earlier results has queries in common with this run.';
  const other = earlier.model === current.model ? '' : `\nThe model was another one: ${earlier.model}`;
  const { asked, way } = layoutOf(current.command);
  return table(['collection', asked, way, ...metrics, 'ms median'], rows) + other;
}

/** Positions of the same query in both rows. */
function commonQueries(current: ResultRow, earlier: ResultRow): [number, number][] {
  const positions = new Map(earlier.queries.map((id, at) => [id, at]));
  return current.queries.flatMap((id, at): [number, number][] => {
    const old = positions.get(id);
    return old === undefined ? [] : [[at, old]];
  });
}
