import { type Command, Option } from 'commander';
import {
  type MeanOverUsers,
  type PickCounts,
  PRECISION_LIMITS,
  type PrecisionReport,
  pickPrecision,
} from '../../src/recommend/precision.ts';
import {
  type ListQuality,
  TIME_SPLIT,
  type TimeSplitReport,
  timeSplitReplay,
} from '../../src/recommend/time-split.ts';
import { jsonOption, userOption, wholeNumber, withLibrary } from './common.ts';
import { printJson } from './print.ts';

interface Options {
  user?: string;
  days: number;
  replay?: boolean;
  splits: number;
  json?: boolean;
}

export function addPrecisionCommand(program: Command): void {
  program
    .command('precision')
    .description('how good the picks were, by what was liked, clicked and hidden: per user and overall')
    .addOption(ofEverybody())
    .addOption(
      new Option('--days <number>', 'days up to today')
        .default(30)
        .argParser(wholeNumber(1, PRECISION_LIMITS.days)),
    )
    .option(
      '--replay',
      `instead: recommendations as they would have been at moments of the past, against what was liked afterwards, ` +
        `for users with ${TIME_SPLIT.likes} likes or more`,
    )
    .addOption(
      new Option('--splits <number>', 'moments of each user')
        .default(5)
        .argParser(wholeNumber(1, TIME_SPLIT.splits)),
    )
    .addOption(jsonOption())
    .action(async ({ user, days, replay, splits, json }: Options, command: Command) => {
      await withLibrary(command, async (services) => {
        const now = () => new Date().toISOString();
        if (!replay) {
          const report = await pickPrecision({ people: services.people, now }, { user, days });
          return json ? printJson(report) : console.log(precisionText(report));
        }
        const onProgress = (done: number, all: number) => {
          if (done % 10 === 0 || done === all) console.error(`${done} of ${all} users`);
        };
        const report = await timeSplitReplay({ ...services, now }, { user, splits, onProgress });
        return json ? printJson(report) : console.log(timeSplitText(report));
      });
    });
}

function ofEverybody(): Option {
  const option = userOption().default(undefined);
  option.description = "whose; everybody's by default";
  return option;
}

const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);
const interval = (value: MeanOverUsers | null, shown: (value: number) => string) =>
  value === null ? '-' : `${shown(value.mean)} (${shown(value.low)} to ${shown(value.high)})`;

function countsLine(name: string, counts: PickCounts): string {
  const { shown, liked, clicked, hidden, disliked } = counts;
  const shares = `precision ${percent(counts.precision)}, clicks ${percent(counts.clickShare)}, hidden ${percent(counts.hideShare)}`;
  return `  ${name.padEnd(12)}${shown} shown: ${liked} liked or saved, ${clicked} clicked, ${hidden} hidden, ${disliked} disliked; ${shares}`;
}

export function precisionText({ from, to, days, users, overall, isCut }: PrecisionReport): string {
  const lines = users.flatMap(({ user, pickDays, shownDays, estimate, all, exploration, others }) => [
    `${user}: picks on ${pickDays} of ${days} days, shown on ${shownDays}`,
    countsLine('all', all),
    countsLine('by lot', exploration),
    countsLine('others', others),
    ...(estimate
      ? [
          `  ${'estimate'.padEnd(12)}${percent(estimate.reward)} of the papers that could have been shown would be liked ` +
            `(as sure as ${estimate.effectivePicks.toFixed(1)} picks)`,
        ]
      : []),
  ]);
  if (overall.users === 0) {
    return [`Picks from ${from} to ${to}: none were shown.`, ...lines].join('\n');
  }
  return [
    `Picks from ${from} to ${to}${isCut ? ` (the first ${PRECISION_LIMITS.users} users)` : ''}`,
    ...lines,
    ...(users.length > 1 ? overallLines(overall) : []),
  ].join('\n');
}

function overallLines(overall: PrecisionReport['overall']): string[] {
  return [
    `All ${overall.users} users who were shown picks, means with 95 % intervals:`,
    `  precision   ${interval(overall.precision, percent)}`,
    `  clicks      ${interval(overall.clickShare, percent)}`,
    `  hidden      ${interval(overall.hideShare, percent)}`,
    `  estimate    ${interval(overall.reward, percent)}`,
    countsLine('all', overall.all),
    countsLine('by lot', overall.exploration),
    countsLine('others', overall.others),
  ];
}

export function timeSplitText({ depth, users, overall, byDateOnly, isCut }: TimeSplitReport): string {
  const quality = ({ ndcg, recall, hits }: ListQuality) =>
    `nDCG@${depth} ${ndcg.toFixed(3)}, recall@${depth} ${recall.toFixed(3)}, hits ${percent(hits)}`;
  if (users.length === 0) {
    return `Nobody has ${TIME_SPLIT.likes} likes, and liked papers afterwards that could be recommended.`;
  }
  const number = (value: number) => value.toFixed(3);
  const means = ({ ndcg, recall, hits }: TimeSplitReport['overall']['popular']) =>
    `nDCG@${depth} ${interval(ndcg, number)}, recall@${depth} ${interval(recall, number)}, hits ${interval(hits, percent)}`;
  const splits = users.reduce((sum, one) => sum + one.splits.length, 0);
  return [
    ...users.flatMap(({ user, splits: own, recommended, popular }) => [
      `${user}: ${own.length} ${own.length === 1 ? 'moment' : 'moments'}`,
      `  recommended ${quality(recommended)}`,
      `  popular     ${quality(popular)}`,
    ]),
    `All ${users.length} users, ${splits} moments, means with 95 % intervals${isCut ? ` (of the first ${TIME_SPLIT.users} users)` : ''}:`,
    `  recommended ${means(overall.recommended)}`,
    `  popular     ${means(overall.popular)}`,
    ...(byDateOnly > 0
      ? [`At ${byDateOnly} moments the library knew no paper yet: papers dated up to then were taken.`]
      : []),
    'What others like who like the same has no history, and is left out.',
  ].join('\n');
}
