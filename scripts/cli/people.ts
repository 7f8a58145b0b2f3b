import { type Command, Option } from 'commander';
import { AppError } from '../../src/errors.ts';
import { type Feedback, SIGNALS, type Signal } from '../../src/store/people-store.ts';
import {
  addFilterOptions,
  day,
  filterOf,
  jsonOption,
  limitOption,
  userOption,
  withLibrary,
} from './common.ts';
import { printJson, printRanked } from './print.ts';

const shown = ({ paperId, signal, at }: Feedback) => ({ paperId, signal, at });

export function addPeopleCommands(program: Command): void {
  program
    .command('like')
    .description('like papers; or dislike, save or hide them, or take that back')
    .argument('<ids...>', 'paper ids')
    .addOption(userOption())
    .addOption(new Option('--signal <signal>', 'what to say of them').choices(SIGNALS).default('like'))
    .option('--undo', 'take back what was said of them')
    .addOption(jsonOption())
    .action(async (ids: string[], options, command: Command) => {
      const { user, signal, undo, json } = options as {
        user: string;
        signal: Signal;
        undo?: boolean;
        json?: boolean;
      };
      await withLibrary(command, async ({ people, store }) => {
        const known = await Promise.all(ids.map((id) => store.paperById(id)));
        const unknown = ids.filter((_, at) => known[at] === null);
        if (!undo && unknown.length > 0) {
          throw new AppError(
            'not_found',
            `There is no paper with the id "${unknown.join('", "')}". Nothing was done.`,
          );
        }
        const done = [];
        for (const id of ids) {
          if (undo) done.push({ paperId: id, takenBack: await people.clearFeedback(user, id) });
          else done.push(shown(await people.setFeedback(user, id, signal, new Date().toISOString())));
        }
        if (json) return printJson(done);
        const { total } = await people.feedback(user, { limit: 1 });
        const taken = done
          .filter((entry) => !('takenBack' in entry) || entry.takenBack)
          .map(({ paperId }) => paperId);
        const what =
          taken.length === 0 ? 'nothing to take back' : `${undo ? 'took back' : signal} ${taken.join(', ')}`;
        console.log(`${user}: ${what}. Feedback on ${total} papers in all.`);
      });
    });

  addFilterOptions(program.command('recommend'))
    .description('papers for a user, each with the reason')
    .addOption(userOption())
    .addOption(limitOption())
    .addOption(jsonOption())
    .action(async (options, command: Command) => {
      const { user, limit, json } = options as { user: string; limit: number; json?: boolean };
      await withLibrary(command, async ({ recommend }) => {
        const answer = await recommend({ user, limit, filter: filterOf(options) });
        if (json) return printJson(answer);
        answer.hits.forEach((hit, at) => {
          printRanked(at + 1, hit.score, hit.paper, hit.because.text);
        });
        if (answer.hits.length === 0)
          console.log('Nothing to recommend: the library holds no paper unknown to you.');
      });
    });

  program
    .command('picks')
    .description("a user's picks of a day: chosen once, the same ever after, never a paper twice")
    .addOption(userOption())
    .addOption(new Option('--date <date>', 'YYYY-MM-DD; today (UTC) by default').argParser(day))
    .addOption(jsonOption())
    .action(async (options, command: Command) => {
      const { user, date, json } = options as { user: string; date?: string; json?: boolean };
      await withLibrary(command, async ({ picks }) => {
        const answer = await picks({ user, ...(date !== undefined && { date }) });
        if (json) return printJson(answer);
        console.log(`Picks for ${answer.user}, ${answer.date}`);
        answer.picks.forEach((pick, at) => {
          printRanked(at + 1, pick.score, pick.paper, pick.because.text);
        });
        if (answer.note) console.log(answer.note);
      });
    });
}
