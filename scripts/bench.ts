import { Command, InvalidArgumentError } from 'commander';
import { SHARED_DATA } from './evaluate/command-options.ts';

/**
 * Measurements, never tests: each prints the machine, the versions, what it measured on, every run and the median.
 * Processes are real and fresh: the server and the command line as a user starts them. Each part is loaded when it is
 * asked for, so that one that cannot be loaded does not keep the others from running.
 */
const program = new Command('bench')
  .description('measure Paperwise on this machine')
  .helpCommand(false)
  .addHelpText('after', '\nLibraries are kept in .cache/bench: --fresh makes them anew.');

const LIBRARY = 100_000;
const START_RUNS = 5;
const QUERIES = 200;

const papersOption = (command: Command, papers = LIBRARY) =>
  command
    .option('--papers <number>', 'papers of the library', atLeast(1_000), papers)
    .option('--fresh', 'make the library anew', false);

papersOption(program.command('search'))
  .description('searches of all modes and similar papers, in this process, and what they spend their time on')
  .option('--queries <number>', 'different queries of each kind', atLeast(10), QUERIES)
  .action(search);

papersOption(program.command('serve'))
  .description('a real server, asked by one client and by 32')
  .action(serve);

papersOption(program.command('start'))
  .description('how soon a server answers after a restart')
  .option('--runs <number>', 'starts', atLeast(1), START_RUNS)
  .action(start);

papersOption(program.command('memory'))
  .description('what a server holds of memory, with one and two embedding threads')
  .action(memory);

program
  .command('ingest')
  .description(
    'take a file of papers in: against embedding alone, and beside a server that is asked meanwhile',
  )
  .argument('[file]', 'papers, JSON Lines', `${SHARED_DATA}/papers/hf-daily-2024-2026.jsonl.gz`)
  .option('--papers <number>', 'the first so many papers of the file', atLeast(1))
  .option('--library <number>', 'into a library that has so many papers already', atLeast(1_000))
  .option('--runs <number>', 'fresh libraries, one after the other', atLeast(1), 1)
  .action(async (file, options) => (await import('./bench/ingest.ts')).measureIngest(file, options));

program
  .command('index')
  .description('build and search the index, and what else there is for it: usearch, hnswlib-node, a loop')
  .option('--vectors <number>', 'generated vectors', atLeast(1_000), 20_000)
  .option('--queries <number>', 'searches of each run', atLeast(10), 300)
  .option('--runs <number>', 'fresh processes of each', atLeast(1), 3)
  .action(async (options) => (await import('./bench/index-speed.ts')).measureIndex(options));

program
  .command('vectors')
  .description('the index alone, of very many generated vectors: built, saved, opened again, searched')
  .option('--vectors <number>', 'vectors', atLeast(1_000), 1_000_000)
  .action(async (options) => (await import('./bench/vectors.ts')).measureVectors(options));

program
  .command('embed')
  .description('abstracts and queries a second: this program against plain use of the same model, and others')
  .option('--texts <number>', 'abstracts', atLeast(32), 192)
  .option('--runs <number>', 'of each contender, in turns', atLeast(1), 3)
  .action(async (options) => (await import('./bench/embed.ts')).measureEmbed(options));

program
  .command('scale')
  .description('fill, index and serve very many generated papers')
  .option('--papers <number>', 'papers', atLeast(1_000), 1_000_000)
  .option('--keep <folder>', 'fill this folder, or use it as it was left, and leave it there')
  .action(async (options) => (await import('./bench/scale.ts')).measureScale(options));

program
  .command('snapshot')
  .description(
    'read a file of the arXiv snapshot format into a new library, without embedding: rate and memory',
  )
  .option('--papers <number>', 'generated records', atLeast(1_000), 1_000_000)
  .action(async (options) => (await import('./bench/snapshot.ts')).measureSnapshot(options));

program
  .command('filters')
  .description('nearest papers under filters of 50 % to 0.1 %: which way, how fast, how much is found')
  .option('--papers <number>', 'generated papers', atLeast(1_000), 40_000)
  .action(async (options) => (await import('./bench/filters.ts')).measureFilters(options));

program
  .command('lexical')
  .description('build, save, load and search the index of words, without any embedding')
  .argument('<files...>', 'papers, JSON Lines')
  .action(async (files) => (await import('./bench/lexical.ts')).measureLexical(files));

papersOption(program.command('recommend'), 40_000)
  .description('recommendations, picks and interests of a person with many likes over a large library')
  .option('--likes <number>', 'what the person likes', atLeast(1), 500)
  .option('--rounds <number>', 'requests of each kind', atLeast(1), 15)
  .action(async (options) => (await import('./bench/recommend.ts')).measureRecommend(options));

papersOption(program.command('all'))
  .description('search, serve, start and memory, one after the other')
  .action(async ({ papers, fresh }: { papers: number; fresh: boolean }) => {
    const library = { papers, fresh: false };
    await inTurn('search', () => search({ ...library, fresh, queries: QUERIES }));
    await inTurn('serve', () => serve(library));
    await inTurn('start', () => start({ ...library, runs: START_RUNS }));
    await inTurn('memory', () => memory(library));
  });

async function search(options: { papers: number; fresh: boolean; queries: number }): Promise<void> {
  await (await import('./bench/search.ts')).measureSearch(options);
}
async function serve(options: { papers: number; fresh: boolean }): Promise<void> {
  await (await import('./bench/serve.ts')).measureServe(options);
}
async function start(options: { papers: number; fresh: boolean; runs: number }): Promise<void> {
  await (await import('./bench/start.ts')).measureStart(options);
}
async function memory(options: { papers: number; fresh: boolean }): Promise<void> {
  await (await import('./bench/memory.ts')).measureMemory(options);
}

/** One part of several: that it fails is said, and does not keep the others from running. */
async function inTurn(name: string, measure: () => Promise<void>): Promise<void> {
  console.log(`\n=== ${name}`);
  try {
    await measure();
  } catch (error) {
    console.error(`bench ${name} failed:`, error);
    process.exitCode = 1;
  }
}

/** A whole number that is not below `least`. */
function atLeast(least: number) {
  return (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Expected a whole number of ${least} or more.`);
  };
}

if (process.argv.length <= 2) program.outputHelp();
else await program.parseAsync();
