import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTENDERS, type ContenderName, type Cost, isContender } from './embed-contenders.ts';
import type { QueryTimes } from './embed-queries.ts';
import { type EmbedTexts, readEmbedTexts } from './embed-texts.ts';
import { type Goal, goalLine, median, printMachine, printTimes, raw, shortNumber } from './report.ts';
import { startProgram } from './server-process.ts';

/** Of our rate to theirs: the median of the runs. */
const GOALS: Partial<Record<ContenderName, Goal>> = {
  'fp32, batches of 32': { least: 3, unit: 'times' },
  'same int8, batches of 32': { least: 1.6, unit: 'times' },
  '@lat.md/embed': { least: 12, unit: 'times' },
};
const QUERY_GOAL = { most: 2, unit: 'ms' } as const;
/** The slowest contender gets at most so many: enough for it to use all cores. */
const SLOWEST = { name: '@lat.md/embed', texts: 64 };

export interface EmbedOptions {
  texts: number;
  runs: number;
}

type Outcome = Cost & { vectors: number[][] };

/**
 * Embeds the same abstracts in several ways, each in a fresh process, one after the other and that again: what else the
 * machine does meanwhile hits all of them. Then queries, alone and beside passages.
 */
export async function measureEmbed({ texts, runs }: EmbedOptions): Promise<void> {
  printMachine();
  const work = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  try {
    const all = await readEmbedTexts(texts);
    const files = { all: join(work, 'texts.json'), some: join(work, 'some.json') };
    writeFileSync(files.all, JSON.stringify(all));
    const measured = all.measured.slice(0, SLOWEST.texts);
    writeFileSync(files.some, JSON.stringify({ ...all, measured } satisfies EmbedTexts));
    console.log(
      `${texts} abstracts of ${Math.round(all.meanTokens)} tokens on average, ${measured.length} of them for ` +
        `${SLOWEST.name}. Texts a second, the loaded model, ${runs} runs in turns:`,
    );
    await compare(runs, (name) => runContender(name, name === SLOWEST.name ? files.some : files.all, work));
    await measureQueries(files.all, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function compare(runs: number, run: (name: ContenderName) => Promise<Outcome>): Promise<void> {
  const names = Object.keys(CONTENDERS).filter(isContender);
  const outcomes = new Map(names.map((name) => [name, [] as Outcome[]]));
  for (let at = 0; at < runs; at++) for (const name of names) outcomes.get(name)?.push(await run(name));
  const ours = outcomes.get('ours') ?? [];
  for (const [name, theirs] of outcomes) {
    const rates = theirs.map(({ rate }) => rate);
    const processor = shortNumber(median(theirs.map(({ processorMs }) => processorMs)));
    const shown = `${name.padEnd(26)} median ${shortNumber(median(rates))} (${raw(rates)}), ${processor} ms of processor a text`;
    if (name === 'ours') {
      console.log(shown);
      continue;
    }
    const ratios = theirs.map(({ rate }, at) => (ours[at]?.rate ?? Number.NaN) / rate);
    const alike = theirs.flatMap(({ vectors }) =>
      vectors.map((vector, at) => cosine(vector, ours[0]?.vectors[at])),
    );
    console.log(`${shown}; vectors like ours: cosine >= ${Math.min(...alike).toFixed(4)}`);
    const goal = GOALS[name];
    const ratio = `  ours / ${name} (${raw(ratios)}):`;
    console.log(
      goal ? goalLine(ratio, median(ratios), goal) : `${ratio} ${shortNumber(median(ratios))} times`,
    );
  }
}

async function runContender(name: ContenderName, file: string, work: string): Promise<Outcome> {
  const output = await startProgram(['scripts/bench/embed-contender.ts', name, file], work).ended;
  return JSON.parse(output) as Outcome;
}

async function measureQueries(file: string, work: string): Promise<void> {
  const output = await startProgram(['scripts/bench/embed-queries.ts', file], work).ended;
  const { idle, busy } = JSON.parse(output) as QueryTimes;
  printTimes('a query of a few words, not asked before', idle);
  printTimes('the same while passages are embedded', busy);
  console.log(goalLine('a query of a few words: p50', median(idle), QUERY_GOAL));
}

/** Of vectors of unit length. */
function cosine(a: readonly number[], b: readonly number[] = []): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
