import { createRequire } from 'node:module';
import { Command, Option } from 'commander';
import { AppError, messageOf } from '../src/errors.ts';
import { addBibliographyCommands } from './cli/bibliography.ts';
import { addIngestCommand } from './cli/ingest.ts';
import { addLibraryCommands } from './cli/library.ts';
import { addPeopleCommands } from './cli/people.ts';
import { addPrecisionCommand } from './cli/precision.ts';
import { addRecordCommands } from './cli/records.ts';
import { addSearchCommands } from './cli/search.ts';
import { addSeedCommands } from './cli/seeds.ts';
import { addServeCommand } from './cli/serve.ts';
import { addSourceCommands } from './cli/sources.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const program = new Command('paperwise')
  .description('Semantic search, "more like this" and daily picks for research papers, on your own machine.')
  .version(version)
  .addOption(new Option('--data <folder>', "the library's folder").env('PAPERWISE_DATA').default('./data'))
  .addHelpText(
    'after',
    `
Examples:
  paperwise ingest papers.jsonl.gz
  paperwise search "reducing hallucination in multimodal models"
  paperwise similar 1706.03762
  paperwise like 1706.03762 --user ada
  paperwise library import zotero.bib --user ada
  paperwise picks --user ada

Settings come from the environment (PAPERWISE_*); README.md lists them. Commands work beside a running server on
the same folder. Exit codes: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted.`,
  )
  .showHelpAfterError('(add --help for what is possible)')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

addServeCommand(program);
addIngestCommand(program);
addSourceCommands(program);
addSearchCommands(program);
addPeopleCommands(program);
addPrecisionCommand(program);
addBibliographyCommands(program);
addSeedCommands(program);
addLibraryCommands(program);
addRecordCommands(program);

// A reader that has seen enough (head, less) closes the pipe: no failure of ours, and no reason to stop half-way.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  console.error(`paperwise: ${messageOf(error)}`);
  process.exitCode = error instanceof AppError && error.code === 'invalid_input' ? 2 : 1;
}
