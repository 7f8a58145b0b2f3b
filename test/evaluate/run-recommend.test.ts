import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readAuthorLikes } from '../../scripts/evaluate/author-likes.ts';
import { readCiteULike } from '../../scripts/evaluate/citeulike.ts';
import type { PeopleCollection } from '../../scripts/evaluate/recommend-collection.ts';
import { METHODS } from '../../scripts/evaluate/recommend-methods.ts';
import { describeRun, readResults, writeResults } from '../../scripts/evaluate/results.ts';
import { runRecommend } from '../../scripts/evaluate/run-recommend.ts';
import { comparisonTable, resultsTable } from '../../scripts/evaluate/tables.ts';
import { createHashEmbedder } from '../fixtures/hash-embedder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { writeAuthorLikes, writeCiteULike } from './tiny-people.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const run = (collection: PeopleCollection) =>
  runRecommend(collection, { methods: METHODS, passageEmbedder: createHashEmbedder() });
const authors = () => readAuthorLikes(join(writeAuthorLikes(), 'author-likes'), { split: 'all' });

describe('running recommendations', () => {
  it('measures the real code and the plain methods, a row for each group', async () => {
    const { rows } = await run(authors());
    expect(rows.map(({ task, mode }) => `${task} ${mode}`)).toEqual(
      ['single', 'multi'].flatMap((group) => METHODS.map((method) => `${group} ${method}`)),
    );
    const valueIn = (task: string, mode: string, metric: string) =>
      rows.find((row) => row.task === task && row.mode === mode)?.metrics[metric]?.[0];
    for (const method of ['paperwise', 'nearest-like', 'centroid', 'logistic-regression']) {
      expect(valueIn('single', method, 'nDCG@20')).toBe(1);
      expect(valueIn('multi', method, 'interests covered')).toBe(1);
    }
    // The nearest like lists all four candidates, of which one is of the disliked kind; nobody else has dislikes.
    expect(valueIn('multi', 'nearest-like', 'of disliked kind')).toBe(1 / 4);
    expect(valueIn('multi', 'paperwise', 'of disliked kind')).toBe(0);
    expect(rows[0]?.metrics).not.toHaveProperty('of disliked kind');
  });

  it('runs once without and once with other people where the collection asks for it', async () => {
    const collection = readCiteULike(join(writeCiteULike(), 'citeulike-a'), { split: 'all' });
    const { rows, notes } = await run(collection);
    const plain = METHODS.filter((method) => method !== 'popularity');
    expect(rows.map(({ task, mode }) => `${task}: ${mode}`)).toEqual([
      ...plain.map((method) => `own likes only: ${method}`),
      'with other people: popularity',
      'with other people: paperwise',
    ]);
    for (const { mode, queries, metrics } of rows) {
      expect(queries).toHaveLength(2);
      expect(metrics).not.toHaveProperty('interests covered');
      if (mode === 'nearest-like') expect(metrics['recall@20']).toEqual([1, 1]);
    }
    expect(notes.at(-1)).toMatch(/^paperwise, with other people: lists of fewer than 50 papers: 2 of 2/);
  });

  it('gives results that a later run is compared with, person by person', async () => {
    const { rows } = await run(authors());
    const results = describeRun({ command: 'recommend', settings: {}, model: 'hash', notes: [], rows });
    const file = join(temporaryFolder(), 'results.json');
    writeResults(file, results);
    // The lists of one paper have no diversity: null in the file.
    const [first] = rows;
    if (first) first.metrics.diversity = [Number.NaN];
    writeResults(file, results);
    expect(readResults(file)).toEqual(results);
    expect(resultsTable(rows, 'recommend')).toMatch(/^collection +people +method +nDCG@20 /);
    expect(resultsTable(rows, 'recommend')).toContain('paperwise against best other');
    expect(comparisonTable(results, readResults(file))).toMatch(
      /paperwise +1\.000 -> 1\.000 \(\+0\.000, \+0\.00 %, p 1\.000\)/,
    );
  });
});

describe('the command', () => {
  const evaluate = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/evaluate.ts', 'recommend', ...args], {
      cwd: ROOT,
    });

  it('prints tables of the real model, and writes all values', async () => {
    const data = writeAuthorLikes();
    writeCiteULike({ data });
    const out = join(data, 'results.json');
    const args = ['--data', data, '--methods', 'paperwise,centroid', '--out', out];
    await evaluate(...args, '--collections', 'author-likes');
    const { stdout } = await evaluate(...args, '--against', out);
    expect(stdout).toMatch(/^author-likes: single +1 +centroid +1\.000 /m);
    expect(stdout).toMatch(/^citeulike-a: with other people +2 +paperwise /m);
    expect(stdout).toContain('author-likes: people without likes or relevant papers, not measured: 1.');
    expect(stdout).toMatch(/^author-likes: multi +1 +paperwise +1\.000 -> 1\.000/m);
    expect(readResults(out)).toMatchObject({ command: 'recommend', settings: { split: 'all' } });
  }, 120_000);

  it('says what is missing when the collections are not there', async () => {
    const failure = await evaluate('--data', join(temporaryFolder(), 'nothing')).catch((error) => error);
    expect(failure).toMatchObject({ code: 1, stdout: '' });
    expect(failure.stderr).toMatch(
      /^evaluate: Expected the collection "author-likes" in .*does not exist.*--data/,
    );
  });
});
