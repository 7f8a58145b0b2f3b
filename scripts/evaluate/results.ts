import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** NaN, of a metric that has nothing to say on a query, is null in JSON. */
const value = z
  .number()
  .nullable()
  .transform((number) => number ?? Number.NaN);

/**
 * What one mode did on one task of one collection: every value of every query, in the order of `queries`. Where people
 * are recommended papers, the mode is the method, and the queries are people.
 */
const resultRow = z.object({
  collection: z.string(),
  /** `search`, or what else was asked for. */
  task: z.string(),
  mode: z.string(),
  queries: z.array(z.string()),
  metrics: z.record(z.string(), z.array(value)),
  milliseconds: z.array(z.number()),
});

const resultsFile = z.object({
  createdAt: z.string(),
  command: z.string(),
  settings: z.record(z.string(), z.unknown()),
  model: z.string(),
  machine: z.object({
    processor: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    /** Processes that wanted to run over the last minute: above the cores, the milliseconds are too many. */
    load: z.number(),
  }),
  versions: z.record(z.string(), z.string()),
  /** The commit, and whether files differed from it; null outside a git work tree. */
  commit: z.object({ hash: z.string(), changed: z.boolean() }).nullable(),
  notes: z.array(z.string()),
  rows: z.array(resultRow),
});

export type ResultRow = z.output<typeof resultRow>;
export type Results = z.output<typeof resultsFile>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Packages whose version can change a figure. */
const MEASURED_PACKAGES = ['@xenova/transformers', 'better-sqlite3', 'hnswlib-node'];

/** The results of a run with all that is needed to repeat it. */
export function describeRun(
  run: Pick<Results, 'command' | 'settings' | 'model' | 'notes' | 'rows'>,
): Results {
  const [processor] = cpus();
  return {
    createdAt: new Date().toISOString(),
    ...run,
    machine: {
      processor: processor?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      load: loadavg()[0] ?? 0,
    },
    versions: versions(),
    commit: commit(),
  };
}

function versions(): Record<string, string> {
  const { version, dependencies } = createRequire(import.meta.url)('../../package.json') as {
    version: string;
    dependencies: Record<string, string>;
  };
  const packages = MEASURED_PACKAGES.map((name) => [name, dependencies[name] ?? 'unknown']);
  return { node: process.version, paperwise: version, ...Object.fromEntries(packages) };
}

function commit(): Results['commit'] {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { hash: git('rev-parse', 'HEAD'), changed: git('status', '--porcelain') !== '' };
  } catch {
    return null;
  }
}

/** The machine, model and state of the code in two lines. */
export function summaryOf({ machine, versions: { node }, model, commit, createdAt }: Results): string {
  const { cores, processor, memoryGiB, load } = machine;
  const code = commit
    ? `commit ${commit.hash.slice(0, 10)}${commit.changed ? ' with changes' : ''}`
    : 'no commit';
  return [
    `${createdAt.slice(0, 10)}, ${cores} x ${processor}, ${memoryGiB} GiB, load ${load.toFixed(1)}, Node ${node}, ${code}`,
    `Model: ${model}`,
  ].join('\n');
}

/** Values are written in full: rounded ones would differ from those of the next run, and a test would count that. */
export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results)}\n`);
}

/** Throws when the file is not there, or holds something else. */
export function readResults(file: string): Results {
  const parsed = resultsFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`Expected results of an evaluation in ${file}: ${z.prettifyError(parsed.error)}`);
}
