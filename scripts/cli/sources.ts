import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { AppError } from '../../src/errors.ts';
import { type SourceStatus, textOf } from '../../src/sync/following.ts';
import { configOf, jsonOption, withLibrary } from './common.ts';
import { printJson } from './print.ts';

const EXAMPLE = fileURLToPath(new URL('../../samples/sources.json', import.meta.url));

/** Rejected records that are shown of a source; all are counted. */
const SHOWN_REJECTS = 20;

export function addSourceCommands(program: Command): void {
  program
    .command('sync')
    .description('take in what the sources have brought since they were last read (see "paperwise sources")')
    .argument('[names...]', 'the sources to read; all of the settings when none is named')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Each source goes on where it was, also after a failure or a kill. A server reads its sources itself, by their
schedules. Exit code 1: a source could not be read; it is named, with when it is tried again.`,
    )
    .action(async (names: string[], { json }: { json?: boolean }, command: Command) => {
      await withLibrary(
        command,
        async ({ following }) => {
          const stop = new AbortController();
          process.once('SIGINT', () => stop.abort());
          process.once('SIGTERM', () => stop.abort());
          let rejected = 0;
          const reports = await following.sync(names, {
            signal: stop.signal,
            onBegin: (name) => {
              rejected = 0;
              if (!json) console.error(`${name}: reading.`);
            },
            onResult: (name, result) => {
              if (result.outcome !== 'rejected' || ++rejected > SHOWN_REJECTS) return;
              console.error(`${name}, ${result.at}: ${result.id ? `${result.id}: ` : ''}${result.reason}`);
              if (rejected === SHOWN_REJECTS) console.error('Further rejected records are only counted.');
            },
            onReport: (report) => {
              if (!json) console.log(textOf(report));
            },
          });
          if (json) printJson({ sources: reports });
          if (reports.some(({ outcome, error }) => outcome === 'failed' || error !== undefined))
            process.exitCode = 1;
          if (stop.signal.aborted) process.exitCode = 130;
        },
        { create: true },
      );
    });

  const sources = program
    .command('sources')
    .description('the sources that the library follows, and how they are doing')
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withLibrary(
        command,
        async ({ following }) => {
          const all = await following.sources();
          if (json) return printJson({ sources: all });
          if (all.length === 0) {
            console.log(`No sources are followed: ${configOf(command).sourcesFile} names none.`);
          }
          for (const source of all) for (const line of linesOf(source)) console.log(line);
        },
        { create: true },
      );
    });

  sources
    .command('init')
    .description('write a first file of sources, to be edited')
    .action(async (_: unknown, command: Command) => {
      const { sourcesFile } = configOf(command);
      await mkdir(dirname(sourcesFile), { recursive: true });
      try {
        await copyFile(EXAMPLE, sourcesFile, constants.COPYFILE_EXCL);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        throw new AppError('conflict', `${sourcesFile} is there already: edit it, or remove it first.`);
      }
      console.log(`Wrote ${sourcesFile}. docs/sources.md says what can stand in it.`);
    });
}

/** How a source is doing, in some lines. */
export function linesOf({ name, kind, host, schedule, state, cursor, nextRun }: SourceStatus): string[] {
  const when = schedule ? `${schedule.cron} (${schedule.timeZone})` : 'only by "paperwise sync"';
  const counted = (counts: NonNullable<typeof state>['lastCounts']) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', ') || 'nothing';
  return [
    `${name} (${kind}, ${host})`,
    `  Schedule      ${when}`,
    `  Last success  ${state?.lastSuccess ?? 'never'}${state?.lastSuccess ? `: ${counted(state.lastCounts)}` : ''}`,
    ...(state ? [`  In all        ${counted(state.allCounts)}`] : []),
    ...(cursor === null ? [] : [`  Goes on at    ${JSON.stringify(cursor)}`]),
    ...(state?.lastError
      ? [`  Last error    ${state.lastError.at}: ${state.lastError.message} (${state.failures} in a row)`]
      : []),
    ...(state?.runningUntil ? ['  Now           being read'] : []),
    `  Next run      ${nextRun ?? 'none by itself'}`,
  ];
}
