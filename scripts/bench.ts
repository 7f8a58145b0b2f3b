import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { measureFilters } from './bench/filters.ts';
import { measureLexical } from './bench/lexical.ts';
import { measureRecommend } from './bench/recommend.ts';
import { printMachine, quantile } from './bench/report.ts';

/**
 * Measurements, never tests: each prints the machine, the versions, what it measured on, every run and the median.
 * Processes are real and fresh: the server and the command line as a user starts them.
 */
const program = new Command('bench').description('measure Paperwise on this machine');

program
  .command('ingest')
  .description(
    'take a file of papers in beside a running server; how fast, and how fast it answers meanwhile',
  )
  .argument('<file>', 'papers, JSON Lines')
  .option('--runs <number>', 'fresh libraries, one after the other', '1')
  .action(async (file: string, { runs }: { runs: string }) => {
    printMachine();
    for (let run = 1; run <= Number(runs); run++) await measureIngest(file, run);
  });

program
  .command('filters')
  .description('nearest papers under filters of 50 % to 0.1 %: which way, how fast, how much is found')
  .option('--papers <number>', 'generated papers', wholeNumber, 40_000)
  .action(measureFilters);

program
  .command('lexical')
  .description('build, save, load and search the index of words, without any embedding')
  .argument('<files...>', 'papers, JSON Lines')
  .action(async (files: string[]) => {
    printMachine();
    await measureLexical(files);
  });

program
  .command('recommend')
  .description('recommendations, picks and interests of a person with many likes over a large library')
  .option(
    '--papers <number>',
    'papers: real ones where they are, generated ones elsewhere',
    wholeNumber,
    40_000,
  )
  .option('--likes <number>', 'what the person likes', someNumber, 500)
  .option('--rounds <number>', 'requests of each kind', someNumber, 15)
  .option('--fresh', 'make the library anew: it is kept between runs', false)
  .action(measureRecommend);

function someNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('Expected a whole number of 1 or more.');
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1_000) return number;
  throw new InvalidArgumentError('Expected a whole number of 1000 or more.');
}

function start(args: string[], data: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    env: { ...process.env, PAPERWISE_DATA: data, PAPERWISE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => resolve(output));
  });
  return { child, ended, output: () => output };
}

async function measureIngest(file: string, run: number): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  const server = start(['src/main.ts'], data);
  try {
    const url = await ready(server);
    const idle = await similarTimes(url, (count) => count < 500);
    const ingest = start(['scripts/paperwise.ts', 'ingest', file], data);
    let isRunning = true;
    ingest.ended.then(() => {
      isRunning = false;
    });
    const busy = await similarTimes(url, () => isRunning);
    console.log(`Run ${run}: ${(await ingest.ended).trim().split('\n')[0]}`);
    console.log(`  GET /similar before:    ${summary(idle)}`);
    console.log(`  GET /similar meanwhile: ${summary(busy)}`);
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
    rmSync(data, { recursive: true, force: true });
  }
}

async function ready(server: ReturnType<typeof start>): Promise<string> {
  for (;;) {
    const url = /serves (http:\/\/\S+) from/.exec(server.output())?.[1];
    if (url && (await fetch(`${url}/readyz`)).ok) return url;
    if (server.child.exitCode !== null) throw new Error(`The server ended: ${server.output()}`);
    await pause(50);
  }
}

/** Milliseconds of one request after the other, twenty a second at most, so that the client is no load itself. */
async function similarTimes(url: string, goOn: (count: number) => boolean): Promise<number[]> {
  const listing = (await (await fetch(`${url}/v1/papers?limit=100`)).json()) as { papers: { id: string }[] };
  const times: number[] = [];
  while (goOn(times.length)) {
    const { id } = listing.papers[times.length % listing.papers.length] ?? { id: '' };
    const begin = performance.now();
    const response = await fetch(`${url}/v1/papers/${encodeURIComponent(id)}/similar`);
    await response.text();
    if (!response.ok) throw new Error(`${response.status} for ${id}`);
    times.push(performance.now() - begin);
    await pause(Math.max(0, 50 - (performance.now() - begin)));
  }
  return times;
}

function summary(times: number[]): string {
  const at = (share: number) => quantile(times, share).toFixed(1);
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, highest ${at(1)} ms (${times.length} requests)`;
}

await program.parseAsync();
