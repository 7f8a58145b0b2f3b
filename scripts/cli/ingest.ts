import { closeSync, openSync, writeSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { type Command, Option } from 'commander';
import type { IngestCounts, IngestResult } from '../../src/ingest.ts';
import type { PaperSource } from '../../src/sources/source.ts';
import { wholeNumber, withLibrary } from './common.ts';
import { describeFormats, FORMAT_NAMES, type FormatName, openFile } from './formats.ts';
import { addMappingOptions, MAPPING_HELP, type MappingOptions, mappingOf } from './mapping-options.ts';
import { clock } from './print.ts';

/** Rejected records that are shown; all are counted, and `--rejects` writes all to a file. */
const SHOWN_REJECTS = 50;

/** How often progress is told: on a terminal, and elsewhere. */
const BAR_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;

interface Options extends MappingOptions {
  format: FormatName | 'auto';
  sourceName?: string;
  year?: number;
  rejects?: string;
  categories?: string[];
  abstracts?: string[];
  embed: 'now' | 'later';
}

export function addIngestCommand(program: Command): void {
  const command = program
    .command('ingest')
    .description('take papers in from files, plain or gzip, of any of the formats below')
    .argument('<files...>', 'files; - is standard input (JSON Lines, unless --format says otherwise)')
    .addOption(
      new Option('--format <format>', 'how to read the files; auto looks how they begin')
        .choices(['auto', ...FORMAT_NAMES])
        .default('auto'),
    )
    .option('--source-name <name>', 'the source of records that do not name theirs')
    .addOption(
      new Option('--year <year>', 'of a saved page: the year in which it was saved').argParser(
        wholeNumber(1990, 2999),
      ),
    )
    .option(
      '--categories <names...>',
      'of the snapshot of arXiv: only papers of any of these (cs also takes cs.LG)',
    )
    .option('--abstracts <files...>', 'of Semantic Scholar: files of its dataset of abstracts')
    .addOption(
      new Option(
        '--embed <when>',
        'later: papers are found by words at once, and embedded by the next server or "reindex"',
      )
        .choices(['now', 'later'])
        .default('now'),
    )
    .option('--rejects <file>', "write every rejected record's place and reason to this file, as JSON Lines");
  addMappingOptions(command)
    .addHelpText(
      'after',
      `
Formats:
${describeFormats()}

${MAPPING_HELP}

Unchanged papers are not embedded again, so an interrupted ingest continues where it was: run it again.
Rejected records are named by place and reason, counted, and do not stop the rest.`,
    )
    .action(async (files: string[], options: Options, command: Command) => {
      const mapping = mappingOf(options);
      await withLibrary(
        command,
        async ({ ingest }) => {
          const stop = new AbortController();
          process.once('SIGINT', () => stop.abort());
          process.once('SIGTERM', () => stop.abort());
          const rejects = options.rejects === undefined ? null : openSync(options.rejects, 'w');
          try {
            for (const file of files) {
              if (stop.signal.aborted) break;
              const { source, sourceName } = openFile(file, options.format, { ...options, mapping });
              const report = createReport(file, source, rejects);
              const counts = await ingest
                .ingest(source, {
                  defaultSource: options.sourceName ?? sourceName,
                  onResult: report.add,
                  embed: options.embed,
                  signal: stop.signal,
                })
                .finally(report.close);
              report.summary(counts);
            }
          } finally {
            if (rejects !== null) closeSync(rejects);
          }
          if (stop.signal.aborted) {
            console.error('Interrupted. What was taken in stays; run the same command again to continue.');
            process.exitCode = 130;
          }
        },
        { create: true },
      );
    });
}

/** Tells how an ingest goes: a bar on a terminal, a line now and then elsewhere, and what was rejected. */
function createReport(file: string, source: PaperSource, rejects: number | null) {
  const started = performance.now();
  const name = file === '-' ? 'standard input' : file;
  let done = 0;
  let rejected = 0;
  const progress = () => {
    const seconds = (performance.now() - started) / 1_000;
    const { bytesRead, bytesTotal } = source.progress();
    const share = bytesTotal ? bytesRead / bytesTotal : null;
    return {
      seconds,
      share,
      rate: `${(done / seconds).toFixed(1)} papers/s`,
      left:
        share === null || share === 0
          ? 'time left unknown'
          : `${clock((seconds * (1 - share)) / share)} left`,
    };
  };
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: '{bar} {percent} | {done} papers | {rate} | {left}',
        hideCursor: true,
        noTTYOutput: false,
      })
    : null;
  const tell = () => {
    const { share, rate, left } = progress();
    const percent = share === null ? '' : `${Math.floor(share * 100)} %`;
    if (bar) bar.update(share ?? 0, { percent, done, rate, left });
    else
      console.error(
        [`${name}: ${done} papers`, percent, rate, left].filter((text) => text !== '').join(', '),
      );
  };
  bar?.start(1, 0, { percent: '', done: 0, rate: '', left: '' });
  const timer = setInterval(tell, bar ? BAR_EVERY_MS : LINE_EVERY_MS);

  return {
    add: (result: IngestResult) => {
      if (result.outcome !== 'rejected') {
        done++;
        return;
      }
      rejected++;
      const { at, id, reason } = result;
      if (rejects !== null) writeSync(rejects, `${JSON.stringify({ file: name, at, id, reason })}\n`);
      if (rejected <= SHOWN_REJECTS) console.error(`${name}, ${at}: ${id ? `${id}: ` : ''}${reason}`);
      if (rejected === SHOWN_REJECTS)
        console.error('Further rejected records are only counted (see --rejects).');
    },
    close: () => {
      clearInterval(timer);
      if (bar) tell();
      bar?.stop();
    },
    summary: (counts: IngestCounts) => {
      const { seconds, rate } = progress();
      console.log(
        `${name}: ${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged, ` +
          `${counts.removed} removed, ${counts.rejected} rejected in ${clock(seconds)} (${rate}).`,
      );
      for (const [field, count] of source.ignoredFields)
        console.log(`Ignored the unknown field "${field}" ${count} times.`);
    },
  };
}
