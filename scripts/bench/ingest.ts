import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import { askEach, createHttpClient } from './http-client.ts';
import { openLargeLibrary } from './large-library.ts';
import { goalLine, median, printMachine, printTimes, raw } from './report.ts';
import { similarPath } from './serve.ts';
import { startProgram, startServer } from './server-process.ts';

const IDLE_REQUESTS = 500;
/** Between the beginnings of two requests, so that the client is no load itself. */
const EVERY_MS = 50;
const GOALS = {
  rate: { least: 0.9, unit: '' },
  similar: { most: 2, unit: '' },
} as const;

export interface IngestOptions {
  runs: number;
  /** The first so many papers of the file; all of them by default. */
  papers?: number;
  /** Take them into a library that has so many papers already. */
  library?: number;
}

/**
 * Takes a file of papers in by the command line: alone, against embedding the same texts and nothing else, and beside a
 * server that is asked for similar papers before and meanwhile. All processes are fresh, and take turns.
 */
export async function measureIngest(file: string, { runs, papers, library }: IngestOptions): Promise<void> {
  printMachine();
  const work = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  try {
    const from = library === undefined ? null : await keptLibrary(library);
    const input = join(work, 'papers.jsonl');
    const count = await writePapers(file, input, { limit: papers, areNew: from !== null });
    console.log(
      `${count} papers of ${file}, into ${from === null ? 'an empty library' : `one of ${library}`}.`,
    );
    const rates = { bare: [] as number[], alone: [] as number[], beside: [] as number[] };
    const ratios: number[] = [];
    for (let run = 1; run <= runs; run++) {
      console.log(`\nRun ${run}:`);
      rates.bare.push(await bareRate(input, work));
      rates.alone.push(await withData(from, work, (data) => ingestRate(input, data)));
      await withData(from, work, async (data) => {
        const { rate, ratio } = await besideServer(input, data);
        rates.beside.push(rate);
        ratios.push(ratio);
      });
    }
    console.log(
      `\nPapers/s: embedding alone ${raw(rates.bare)}; ingest ${raw(rates.alone)}; beside a server ${raw(rates.beside)}`,
    );
    console.log(
      goalLine('ingest / embedding alone, of medians', median(rates.alone) / median(rates.bare), GOALS.rate),
    );
    console.log(goalLine('similar meanwhile / before, p50, median of runs', median(ratios), GOALS.similar));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function keptLibrary(papers: number): Promise<string> {
  const library = await openLargeLibrary({ papers, fresh: false });
  await library.close();
  return library.folder;
}

/** The papers of a file as a file of their own. `areNew`: under ids that no library has. */
async function writePapers(
  file: string,
  to: string,
  { limit = Number.POSITIVE_INFINITY, areNew }: { limit: number | undefined; areNew: boolean },
): Promise<number> {
  const lines: string[] = [];
  for await (const item of jsonLinesSource(file)) {
    if (lines.length >= limit) break;
    if (!('record' in item)) continue;
    const { record } = item;
    lines.push(
      JSON.stringify(areNew ? { ...record, id: `bench:${record.id}`, arxivId: null, doi: null } : record),
    );
  }
  writeFileSync(to, lines.join('\n'));
  return lines.length;
}

/** A data folder for one use: a copy of `from`, or an empty one. */
async function withData<T>(from: string | null, work: string, use: (data: string) => Promise<T>): Promise<T> {
  const data = mkdtempSync(join(work, 'data-'));
  try {
    if (from !== null) cpSync(from, data, { recursive: true });
    return await use(data);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function bareRate(input: string, data: string): Promise<number> {
  const output = await startProgram(['scripts/bench/bare-embedding.ts', input], data).ended;
  const { papers, seconds } = JSON.parse(output) as { papers: number; seconds: number };
  console.log(
    `  embedding alone: ${papers} in ${seconds.toFixed(1)} s (${(papers / seconds).toFixed(1)} papers/s), the loaded model`,
  );
  return papers / seconds;
}

/** Papers a second, the model's loading included, as the command line says. */
async function ingestRate(input: string, data: string): Promise<number> {
  const output = (await startProgram(['scripts/paperwise.ts', 'ingest', input], data).ended).trim();
  const line = (output.split('\n')[0] ?? '').replace(`${input}: `, '');
  const rate = Number(/\(([\d.]+) papers\/s\)/.exec(line)?.[1]);
  if (!Number.isFinite(rate)) throw new Error(`Expected a rate, got: ${output}`);
  console.log(`  ingest: ${line}`);
  return rate;
}

/** Papers a second beside a server, and how many times as long its answers took as before. */
async function besideServer(input: string, data: string): Promise<{ rate: number; ratio: number }> {
  const server = await startServer(data);
  const client = createHttpClient(server.url);
  try {
    const listing = JSON.parse((await client.get('/v1/papers?limit=100')).text) as {
      papers: { id: string }[];
    };
    const paths = listing.papers.map(({ id }) => similarPath(id));
    const ask = async (goesOn: (asked: number) => boolean): Promise<number[]> => {
      const times: number[] = [];
      while (goesOn(times.length)) {
        const begin = performance.now();
        const [answer] = await askEach(client, [paths[times.length % paths.length] ?? '']);
        times.push(answer?.ms ?? 0);
        await pause(Math.max(0, EVERY_MS - (performance.now() - begin)));
      }
      return times;
    };
    const idle = await ask((asked) => asked < IDLE_REQUESTS);
    let isRunning = true;
    const rate = ingestRate(input, data).finally(() => {
      isRunning = false;
    });
    const busy = await ask(() => isRunning);
    printTimes('  GET similar before', idle);
    printTimes('  GET similar meanwhile', busy);
    return { rate: await rate, ratio: median(busy) / median(idle) };
  } finally {
    client.close();
    await server.stop();
  }
}
