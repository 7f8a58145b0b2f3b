import { type Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../src/errors.ts';
import type { Explanation } from '../../src/recommend/explain.ts';
import type { InterestChange, InterestView } from '../../src/recommend/interest-list.ts';
import type { Recommender } from '../../src/recommend/recommender.ts';
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
import { printJson, printRanked, replayText } from './print.ts';

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
          console.log(
            'Nothing to recommend: no paper that passes the filter and is new to you is near anything you like.',
          );
      });
    });

  program
    .command('why')
    .description('why a paper is recommended to a user: score, likes behind it, and its place without them')
    .argument('<id>', 'paper id')
    .addOption(userOption())
    .addOption(jsonOption())
    .action(async (id: string, options, command: Command) => {
      const { user, json } = options as { user: string; json?: boolean };
      await withLibrary(command, async ({ explain }) => {
        const answer = await explain({ user, paperId: id });
        if (json) return printJson(answer);
        printExplanation(answer);
      });
    });

  program
    .command('interests')
    .description('the interests found in what a user likes; or say something of one')
    .argument('[id]', 'an interest to be changed')
    .addOption(userOption())
    .option('--name <name>', 'call it so')
    .option('--weight <number>', '0.1 to 10: 2 counts its likes twice', weight)
    .addOption(new Option('--mute', 'recommend nothing for it').conflicts('unmute'))
    .option('--unmute')
    .addOption(new Option('--pin', 'its best paper is among the first nine').conflicts('unpin'))
    .option('--unpin')
    .option('--reset', 'forget all that was said of it')
    .addOption(jsonOption())
    .action(async (id: string | undefined, options, command: Command) => {
      await withLibrary(command, async (services) => changeOrList(services, id, options));
    });

  program
    .command('picks')
    .description("a user's picks of a day: chosen once, the same ever after, never a paper twice")
    .addOption(userOption())
    .addOption(new Option('--date <date>', 'YYYY-MM-DD; today (UTC) by default').argParser(day))
    .option('--replay', 'choose a recorded day again from what was known then, and compare')
    .addOption(jsonOption())
    .action(async (options, command: Command) => {
      const { user, date, replay, json } = options as {
        user: string;
        date?: string;
        replay?: boolean;
        json?: boolean;
      };
      if (replay) return replayDay(command, { user, date: date ?? today(), json: json ?? false });
      await withLibrary(command, async ({ picks }) => {
        const answer = await picks({ user, ...(date !== undefined && { date }) });
        if (json) return printJson(answer);
        console.log(`Picks for ${answer.user}, ${answer.date}`);
        answer.picks.forEach((pick, at) => {
          printRanked(at + 1, pick.score, pick.paper, pick.because.text);
        });
        if (answer.note) console.log(answer.note);
        for (const { title } of answer.revised) console.log(`Revised since you liked it: ${title}`);
      });
    });
}

const weight = (text: string): number => {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0.1 && number <= 10) return number;
  throw new InvalidArgumentError('expected a number from 0.1 to 10');
};

interface InterestOptions {
  user: string;
  name?: string;
  weight?: number;
  mute?: boolean;
  unmute?: boolean;
  pin?: boolean;
  unpin?: boolean;
  reset?: boolean;
  json?: boolean;
}

async function changeOrList(
  { interests, changeInterest, resetInterest }: Recommender,
  id: string | undefined,
  { user, json, reset, name, weight: said, mute, unmute, pin, unpin }: InterestOptions,
): Promise<void> {
  const change: InterestChange = {
    ...(name !== undefined && { name }),
    ...(said !== undefined && { weight: said }),
    ...((mute || unmute) && { isMuted: mute === true }),
    ...((pin || unpin) && { isPinned: pin === true }),
  };
  if (id === undefined && (reset || Object.keys(change).length > 0)) {
    throw new AppError(
      'invalid_input',
      'Expected the id of the interest to be changed: list them without options.',
    );
  }
  if (id !== undefined && reset) await resetInterest({ user, id });
  if (id !== undefined && Object.keys(change).length > 0) await changeInterest({ user, id, change });
  const answer = await interests(user);
  if (json) return printJson(answer);
  if (answer.interests.length === 0) console.log(`${user} likes nothing yet.`);
  for (const interest of answer.interests) printInterest(interest);
}

function printInterest({
  id,
  name,
  share,
  likes,
  weight: said,
  isMuted,
  isPinned,
  papers,
  seeds,
}: InterestView): void {
  const marks = [
    ...(isMuted ? ['muted'] : []),
    ...(isPinned ? ['pinned'] : []),
    ...(said === 1 ? [] : [`weight ${said}`]),
  ];
  const state = marks.length > 0 ? `, ${marks.join(', ')}` : '';
  console.log(
    `${name}  [${id}]  ${likes} ${likes === 1 ? 'like' : 'likes'}, ${Math.round(share * 100)} %${state}`,
  );
  for (const { title } of [...papers, ...seeds].slice(0, 3)) console.log(`   ${title}`);
}

function printExplanation({ paper, rank, among, because, parts, likes }: Explanation): void {
  const place = rank === null ? 'not among them' : String(rank);
  console.log(`${paper.title} (${paper.id})`);
  console.log(`Rank ${place} of ${among}. ${because.text}`);
  const said = Object.entries(parts).filter(([, value]) => value !== 0);
  console.log(said.map(([part, value]) => `${part} ${value.toFixed(3)}`).join('  '));
  for (const { paper: liked, seed, share, without } of likes) {
    const then = without === null ? '' : `; without it: rank ${without.rank ?? 'none'}`;
    console.log(`  ${Math.round(share * 100)} %  ${(liked ?? seed)?.title ?? ''}${then}`);
  }
}

const today = () => new Date().toISOString().slice(0, 10);

/** Exit code 1 when the replay is another list. */
async function replayDay(
  command: Command,
  { user, date, json }: { user: string; date: string; json: boolean },
): Promise<void> {
  await withLibrary(command, async ({ replay }) => {
    const answer = await replay({ user, date });
    if (!answer.same) process.exitCode = 1;
    if (json) return printJson(answer);
    console.log(replayText(answer));
  });
}
