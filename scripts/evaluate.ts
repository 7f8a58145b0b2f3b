import { Command } from 'commander';
import { messageOf } from '../src/errors.ts';
import { addCollectionsCommand } from './evaluate/collections-command.ts';
import { addKnownItemCommand } from './evaluate/known-item-command.ts';
import { addRecommendCommand } from './evaluate/recommend-command.ts';
import { addTrialsCommand } from './evaluate/trials-command.ts';

/** How well the real search finds, and the real recommendations meet people's taste: figures, never tests. */
const program = new Command('evaluate').description(
  'measure the relevance of search on judged collections and on papers that are known to be there, and of recommendations',
);

addCollectionsCommand(program);
addKnownItemCommand(program);
addTrialsCommand(program);
addRecommendCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`evaluate: ${messageOf(error)}`);
  process.exitCode = 1;
}
