import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readCollection, SPLITS, type Split } from './collection.ts';
import {
  addCommonOptions,
  type CommonOptions,
  namesAmong,
  openEmbedders,
  SHARED_DATA,
  wholeNumber,
} from './command-options.ts';
import { reportRun } from './report-run.ts';
import { describeRun, type ResultRow, readResults } from './results.ts';
import { EVALUATED_MODES, type EvaluatedMode, runCollection } from './run-collection.ts';

export const COLLECTIONS = ['scifact', 'cranfield', 'cisi', 'csfcube'];

interface Options extends CommonOptions {
  data: string;
  collections: string[];
  modes: EvaluatedMode[];
  split: Split;
  limitQueries?: number;
}

/** `evaluate`: the default command. */
export function addCollectionsCommand(program: Command): void {
  const command = program
    .command('collections', { isDefault: true })
    .description('nDCG@10, MRR@10, recall@100 and milliseconds per query on judged collections (the default)')
    .option(
      '--collections <names>',
      'folders of the data, separated by commas',
      (text) => text.split(','),
      COLLECTIONS,
    )
    .option('--modes <names>', `some of ${EVALUATED_MODES.join(', ')}`, namesAmong(EVALUATED_MODES), [
      ...EVALUATED_MODES,
    ])
    .addOption(
      new Option(
        '--split <split>',
        'tune: training queries, or half; report: test queries, or the other half',
      )
        .choices(SPLITS)
        .default('report'),
    )
    .option(
      '--limit-queries <number>',
      'only the first so many of each collection: a quick look',
      wholeNumber,
    )
    .option('--data <folder>', 'collections in the layout of BEIR, a folder each', join(SHARED_DATA, 'ir'))
    .action(run);
  addCommonOptions(command, 'results.json');
}

async function run(options: Options): Promise<void> {
  const earlier = options.against === undefined ? null : readResults(options.against);
  const { data, split, modes, limitQueries } = options;
  const collections = options.collections.map((name) => readCollection(folderOf(data, name), split));
  const embedders = await openEmbedders(options);
  const rows: ResultRow[] = [];
  const notes = [
    `Split: ${split}.${options.cachedQueries ? ' Milliseconds leave out the embedding of the query.' : ''}`,
  ];
  try {
    for (const collection of collections) {
      collection.queries.splice(limitQueries ?? collection.queries.length);
      const result = await runCollection(collection, { modes, ...embedders });
      rows.push(...result.rows);
      notes.push(...result.notes.map((note) => `${collection.name}: ${note}.`));
    }
  } finally {
    await embedders.close();
  }
  const { out, collections: names, limitQueries: limit = null, cachedQueries } = options;
  const settings = { split, collections: names, modes, limitQueries: limit, cachedQueries };
  const model = embedders.passageEmbedder.fingerprint;
  reportRun(describeRun({ command: 'collections', settings, model, notes, rows }), { out, earlier });
}

export function folderOf(data: string, name: string): string {
  const folder = join(data, name);
  if (existsSync(join(folder, 'corpus.jsonl.gz'))) return folder;
  const there = existsSync(data) ? `it has ${readdirSync(data).join(', ')}` : 'that folder does not exist';
  throw new Error(
    `Expected the collection "${name}" in ${data}, but ${there}. The evaluation reads corpus.jsonl.gz, queries.jsonl ` +
      'and qrels.tsv of each collection; they are not part of the repository. --data names another folder.',
  );
}
