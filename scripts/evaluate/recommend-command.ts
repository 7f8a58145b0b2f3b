import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readAuthorLikes } from './author-likes.ts';
import { readCiteULike } from './citeulike.ts';
import { SPLITS, type Split } from './collection.ts';
import {
  addRunOptions,
  namesAmong,
  openEmbedders,
  type RunOptions,
  SHARED_DATA,
  wholeNumber,
} from './command-options.ts';
import type { PeopleCollection, Selection } from './recommend-collection.ts';
import { METHODS, type Method } from './recommend-methods.ts';
import { reportRun } from './report-run.ts';
import { describeRun, type ResultRow, readResults } from './results.ts';
import { runRecommend } from './run-recommend.ts';

const READERS = { 'author-likes': readAuthorLikes, 'citeulike-a': readCiteULike } as const;
type Name = keyof typeof READERS;
const NAMES = Object.keys(READERS) as Name[];

interface Options extends RunOptions {
  data: string;
  collections: Name[];
  methods: Method[];
  split: Split;
  limitPeople?: number;
}

/** `evaluate recommend`. */
export function addRecommendCommand(program: Command): void {
  const command = program
    .command('recommend')
    .description(
      'how many papers that people turned out to like are recommended to them, beside plain methods',
    )
    .option('--collections <names>', `some of ${NAMES.join(', ')}`, namesAmong(NAMES), NAMES)
    .option('--methods <names>', `some of ${METHODS.join(', ')}`, namesAmong(METHODS), [...METHODS])
    .addOption(
      new Option('--split <split>', 'people: tune, one half, for choosing settings; report, the other half')
        .choices(SPLITS)
        .default('all'),
    )
    .option('--limit-people <number>', 'only the first so many of each group: a quick look', wholeNumber)
    .option('--data <folder>', 'the collections, a folder each', join(SHARED_DATA, 'rec'))
    .action(run);
  addRunOptions(command, 'recommend.json');
}

async function run(options: Options): Promise<void> {
  const earlier = options.against === undefined ? null : readResults(options.against);
  const { data, split, methods, limitPeople, collections: names, model, out } = options;
  const selection: Selection = { split, ...(limitPeople !== undefined && { limit: limitPeople }) };
  const collections = names.map((name) => readPeople(data, name, selection));
  const embedders = await openEmbedders({ model, cachedQueries: false });
  const rows: ResultRow[] = [];
  const notes = [`Split: ${split}.`];
  try {
    const { passageEmbedder } = embedders;
    for (const collection of collections) {
      const onProgress = (text: string) => console.error(text);
      const result = await runRecommend(collection, { methods, passageEmbedder, onProgress });
      rows.push(...result.rows);
      notes.push(...result.notes.map((note) => `${collection.name}: ${note}.`));
    }
  } finally {
    await embedders.close();
  }
  const settings = { split, collections: names, methods, limitPeople: limitPeople ?? null };
  const fingerprint = embedders.passageEmbedder.fingerprint;
  reportRun(describeRun({ command: 'recommend', settings, model: fingerprint, notes, rows }), {
    out,
    earlier,
  });
}

function readPeople(data: string, name: Name, selection: Selection): PeopleCollection {
  const folder = join(data, name);
  if (existsSync(folder)) return READERS[name](folder, selection);
  const there = existsSync(data) ? `it has ${readdirSync(data).join(', ')}` : 'that folder does not exist';
  throw new Error(
    `Expected the collection "${name}" in ${data}, but ${there}. Collections are not part of the repository. ` +
      '--data names another folder.',
  );
}
