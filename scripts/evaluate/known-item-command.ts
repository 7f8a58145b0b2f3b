import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { SearchMode } from '../../src/search.ts';
import {
  addCommonOptions,
  type CommonOptions,
  namesAmong,
  openEmbedders,
  SHARED_DATA,
  wholeNumber,
} from './command-options.ts';
import { KNOWN_ITEMS, readPapers, runKnownItems } from './known-item.ts';
import { reportRun } from './report-run.ts';
import { describeRun, readResults } from './results.ts';
import { COMPARED_MODES } from './run-collection.ts';

interface Options extends CommonOptions {
  papers?: string[];
  sample?: number;
  items: number;
  modes: SearchMode[];
}

/** `evaluate known-item`. */
export function addKnownItemCommand(program: Command): void {
  const command = program
    .command('known-item')
    .description(
      'how often a paper comes first for its title with a typo, its first sentence half-remembered, its id',
    )
    .option('--papers <files...>', 'papers, JSON Lines (default: all of ../shared/data/papers)')
    .option('--sample <number>', 'only so many papers, drawn at random (default: all)', wholeNumber)
    .option('--items <number>', 'papers looked for', wholeNumber, KNOWN_ITEMS)
    .option('--modes <names>', `some of ${COMPARED_MODES.join(', ')}`, namesAmong(COMPARED_MODES), ['hybrid'])
    .action(run);
  addCommonOptions(command, 'known-item.json');
}

function defaultFiles(): string[] {
  const folder = join(SHARED_DATA, 'papers');
  if (!existsSync(folder)) {
    throw new Error(
      `Expected papers in ${folder}, which does not exist: they are not part of the repository. --papers names other files.`,
    );
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .sort()
    .map((name) => join(folder, name));
}

async function run(options: Options): Promise<void> {
  const earlier = options.against === undefined ? null : readResults(options.against);
  const { sample = null, modes, items } = options;
  const papers = await readPapers(options.papers ?? defaultFiles());
  const embedders = await openEmbedders(options);
  try {
    const result = await runKnownItems(papers, { sample, items, modes, ...embedders });
    const { out, cachedQueries } = options;
    const settings = { papers: result.papers, items, modes, cachedQueries };
    const model = embedders.passageEmbedder.fingerprint;
    const notes = [
      `Known-item search among ${result.papers.toLocaleString('en')} papers.` +
        `${options.cachedQueries ? ' Milliseconds leave out the embedding of the query.' : ''}`,
    ];
    reportRun(describeRun({ command: 'known-item', settings, model, notes, rows: result.rows }), {
      out,
      earlier,
    });
  } finally {
    await embedders.close();
  }
}
