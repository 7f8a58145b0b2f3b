import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readCollection, SPLITS, type Split } from './collection.ts';
import { COLLECTIONS, folderOf } from './collections-command.ts';
import { addCommonOptions, type CommonOptions, openEmbedders, SHARED_DATA } from './command-options.ts';
import { describeRun, type ResultRow, summaryOf, writeResults } from './results.ts';
import { runCollection } from './run-collection.ts';
import { mean } from './statistics.ts';
import { table } from './tables.ts';
import { LEXICAL_TRIALS, TRIALS, type Trial } from './trials.ts';

/** What can be tried: the parts of hybrid search, or the constants of BM25F, alone or in hybrid search. */
const KINDS = {
  hybrid: { mode: 'hybrid', trials: TRIALS },
  lexical: { mode: 'lexical', trials: LEXICAL_TRIALS },
  'lexical-in-hybrid': { mode: 'hybrid', trials: LEXICAL_TRIALS },
} as const;

interface Options extends CommonOptions {
  data: string;
  split: Split;
  kind: keyof typeof KINDS;
}

/** `evaluate trials`: what each part of hybrid search brings, and other weights than the chosen ones. */
export function addTrialsCommand(program: Command): void {
  const command = program
    .command('trials')
    .description('nDCG@10 of hybrid search without each of its parts, and with other weights')
    .addOption(
      new Option('--split <split>', 'the queries, as for collections').choices(SPLITS).default('tune'),
    )
    .addOption(new Option('--kind <kind>', 'what is tried').choices(Object.keys(KINDS)).default('hybrid'))
    .option('--data <folder>', 'collections in the layout of BEIR, a folder each', join(SHARED_DATA, 'ir'))
    .action(run);
  addCommonOptions(command, 'trials.json');
}

async function run(options: Options): Promise<void> {
  const { data, split, kind, out, cachedQueries } = options;
  const embedders = await openEmbedders(options);
  const rows: ResultRow[] = [];
  try {
    for (const name of COLLECTIONS) {
      const collection = readCollection(folderOf(data, name), split);
      const { mode, trials } = KINDS[kind];
      const result = await runCollection(collection, { modes: [mode], trials, ...embedders });
      rows.push(...result.rows);
    }
  } finally {
    await embedders.close();
  }
  const model = embedders.passageEmbedder.fingerprint;
  const notes = [`Split: ${split}. nDCG@10, ${KINDS[kind].mode}.`];
  const results = describeRun({
    command: 'trials',
    settings: { split, kind, cachedQueries },
    model,
    notes,
    rows,
  });
  console.log(summaryOf(results));
  for (const note of notes) console.log(note);
  console.log(`\n${trialsTable(KINDS[kind].trials, rows)}`);
  writeResults(out, results);
}

/** A line a trial, a column a collection, and the mean of the columns. */
function trialsTable(trials: readonly Trial[], rows: readonly ResultRow[]): string {
  const lines = trials.map(({ name }) => {
    const values = COLLECTIONS.map((collection) => {
      const row = rows.find((one) => one.collection === collection && one.mode === name);
      return mean(row?.metrics['nDCG@10'] ?? []);
    });
    return [name, ...[...values, mean(values)].map((value) => value.toFixed(4))];
  });
  return table(['', ...COLLECTIONS, 'mean'], lines);
}
