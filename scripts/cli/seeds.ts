import type { Command } from 'commander';
import { addTextSeeds, type HeldSeed, heldSeeds, SEED_LIMITS } from '../../src/recommend/seeds.ts';
import { jsonOption, userOption, wholeNumber, withLibrary } from './common.ts';
import { dim, printJson } from './print.ts';

/** Characters of a seed that a line of the list shows. */
const SHOWN = 100;

const seedId = wholeNumber(1, Number.MAX_SAFE_INTEGER);

const shown = ({ id, kind, title, abstract, at }: HeldSeed) => ({ id, kind, title, abstract, at });

export function addSeedCommands(program: Command): void {
  const seed = program
    .command('seed')
    .description('what shapes your interests without being a paper of the library');

  seed
    .command('add')
    .description('say in words what you are interested in')
    .argument(
      '<texts...>',
      `sentences or paragraphs in quotes, up to ${SEED_LIMITS.texts} of at most ${SEED_LIMITS.text} characters`,
    )
    .addOption(userOption())
    .addOption(jsonOption())
    .action(async (texts: string[], options, command: Command) => {
      const { user, json } = options as { user: string; json?: boolean };
      await withLibrary(command, async ({ people, embedder }) => {
        const now = () => new Date().toISOString();
        const seeds = await addTextSeeds({ people, embedder, now }, user, texts);
        if (json) return printJson({ seeds: seeds.map(shown) });
        seeds.forEach(printSeed);
      });
    });

  seed
    .command('list')
    .description(
      'list your seeds: what you wrote, and entries of imported bibliographies without a paper here',
    )
    .addOption(userOption())
    .addOption(jsonOption())
    .action(async (options, command: Command) => {
      const { user, json } = options as { user: string; json?: boolean };
      await withLibrary(command, async ({ people }) => {
        const seeds = await heldSeeds(people, user);
        if (json) return printJson({ seeds: seeds.map(shown), nextCursor: null, total: seeds.length });
        seeds.forEach(printSeed);
        if (seeds.length === 0) console.log(`${user} has no seeds. "paperwise seed add" makes one.`);
      });
    });

  seed
    .command('remove')
    .description('take seeds back')
    .argument('<ids...>', 'their ids, as the list shows them', (text: string, before: number[] = []) => [
      ...before,
      seedId(text),
    ])
    .addOption(userOption())
    .action(async (ids: number[], { user }: { user: string }, command: Command) => {
      await withLibrary(command, async ({ people }) => {
        for (const id of ids) {
          if (await people.removeSeed(user, id)) console.log(`${user}: seed ${id} removed.`);
          else {
            console.error(`paperwise: ${user} has no seed with the id ${id}.`);
            process.exitCode = 1;
          }
        }
      });
    });
}

function printSeed({ id, kind, title }: HeldSeed): void {
  const text = title.length <= SHOWN ? title : `${title.slice(0, SHOWN - 1).toWellFormed()}…`;
  console.log(`${String(id).padStart(6)}  ${dim(kind.padEnd(5))}  ${text}`);
}
