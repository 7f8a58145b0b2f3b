import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeRun, type ResultRow, readResults, writeResults } from '../../scripts/evaluate/results.ts';
import { comparisonTable, resultsTable, table } from '../../scripts/evaluate/tables.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const row = (mode: string, values: number[], queries = values.map((_, at) => `q${at}`)): ResultRow => ({
  collection: 'tiny',
  task: 'search',
  mode,
  queries,
  metrics: { 'nDCG@10': values },
  milliseconds: values.map(() => 2.5),
});

const ramp = (length: number, add = 0) => Array.from({ length }, (_, at) => at / 40 + add);

const run = (rows: ResultRow[], model = 'hash') =>
  describeRun({ command: 'collections', settings: { split: 'all' }, model, notes: [], rows });

describe('tables', () => {
  it('line columns up', () => {
    expect(
      table(
        ['a', 'bb'],
        [
          ['long', '1'],
          ['x', ''],
        ],
      ),
    ).toBe('a     bb\n----  --\nlong  1\nx');
  });

  it('show means, intervals, time, and what hybrid gains on the better single mode', () => {
    const text = resultsTable([
      row('lexical', ramp(20, 0.1)),
      row('semantic', ramp(20)),
      row('hybrid', ramp(20, 0.2)),
    ]);
    const [, , lexical = '', , hybrid = ''] = text.split('\n');
    expect(lexical).toMatch(/^tiny +20 +lexical +0\.338 \[0\.\d{3}, 0\.\d{3}\] +2\.5 +2\.5$/);
    expect(hybrid).toMatch(/\+0\.100 on lexical, p < 0\.001$/);
    expect(resultsTable([row('hybrid', [1])])).not.toContain(' on ');
  });

  it('show what the recommendations gain on the best method for the same people, and leave out what is not known', () => {
    const of = (task: string, mode: string, values: number[]): ResultRow => ({
      ...row(mode, values),
      task,
      metrics: { 'nDCG@20': values, disliked: values.map((value) => (value > 0.3 ? value : Number.NaN)) },
    });
    const rows = [
      of('alone', 'centroid', ramp(20, 0.1)),
      of('with others', 'popularity', ramp(20)),
      of('with others', 'paperwise', ramp(20, 0.2)),
      of('other people', 'centroid', ramp(19, 0.9)),
    ];
    const text = resultsTable(rows, 'recommend');
    expect(text).toMatch(/paperwise .*\+0\.100 on centroid, p < 0\.001$/m);
    // Of 0 to 0.475, those above 0.3 have the mean 0.4.
    expect(text).toMatch(/popularity +0\.237 \[.*\] +0\.400 \[/);
  });

  it('compare on the queries that both runs have', () => {
    const earlier = run([row('lexical', [0.5, 0.5, 0.5])], 'other model');
    const current = run([row('lexical', [0.9, 0.7], ['q2', 'q1']), row('hybrid', [1])]);
    const text = comparisonTable(current, earlier);
    expect(text).toMatch(/tiny +2 +lexical +0\.500 -> 0\.800 \(\+0\.300, \+60\.00 %, p 0\.\d{3}\)/);
    expect(text).not.toContain('hybrid');
    expect(text).toContain('another one: other model');
    expect(comparisonTable(run([row('lexical', [1], ['new'])]), earlier)).toMatch(/^No row/);
  });
});

describe('the results file', () => {
  it('is read back exactly as it was written', () => {
    const file = join(temporaryFolder(), 'new', 'results.json');
    const results = run([row('lexical', [1 / 3])]);
    writeResults(file, results);
    expect(readResults(file)).toEqual(results);
    expect(comparisonTable(results, readResults(file))).toContain('(+0.000, +0.00 %, p 1.000)');
  });

  it('is refused when it is something else', () => {
    const file = join(temporaryFolder(), 'other.json');
    writeFileSync(file, '{"rows": 1}');
    expect(() => readResults(file)).toThrow(/Expected results of an evaluation in .*other\.json/);
  });
});
