import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { AppError, messageOf } from '../../src/errors.ts';
import { exportLibrary } from '../../src/recommend/export-library.ts';
import type { LibraryImport } from '../../src/recommend/import-library.ts';
import { MATCHED_BY } from '../../src/recommend/match-library.ts';
import {
  BIBLIOGRAPHY_FORMATS,
  BIBLIOGRAPHY_LIMITS,
  type BibliographyFormat,
  LIBRARY_FORMATS,
  type LibraryFormat,
} from '../../src/sources/bibliography.ts';
import { textOf } from '../../src/sources/text-bytes.ts';
import { type FeedbackOutcome, LIKING_SIGNALS, type LikingSignal } from '../../src/store/people-store.ts';
import { configOf, jsonOption, userOption, withLibrary } from './common.ts';
import { dim, printJson } from './print.ts';
import { addZoteroOptions, isFromZotero, ZOTERO_HELP, type ZoteroOptions, zoteroText } from './zotero.ts';

/** Entries that are named one by one; `--json` names all. */
const NAMED = 20;

export function addBibliographyCommands(program: Command): void {
  const library = program
    .command('library')
    .description("a person's own library: import a bibliography, export what was liked and saved");

  const importing = library
    .command('import')
    .description(
      "like (or save) the papers of Zotero, or of a BibTeX, RIS, CSL-JSON or Zotero's JSON file; what is not here becomes seeds",
    )
    .argument('[file]', 'a file as Zotero, Mendeley and others export it; - is standard input')
    .addOption(userOption())
    .addOption(
      new Option('--format <format>', 'how to read it; by default, what the text shows').choices(
        LIBRARY_FORMATS,
      ),
    )
    .addOption(new Option('--signal <signal>', 'what to say of them').choices(LIKING_SIGNALS).default('like'))
    .addOption(jsonOption());
  addZoteroOptions(importing)
    .addHelpText(
      'after',
      `
${ZOTERO_HELP}

Seeds shape interests as likes do. Import again when the library has grown: entries that have a paper now are liked, and
their seeds removed; the rest stays as it is. What you said of a paper before stays, too.`,
    )
    .action(async (file: string | undefined, options: ImportOptions, command: Command) => {
      const { user, signal, json } = options;
      if (isFromZotero(options) === (file !== undefined)) {
        throw new AppError('invalid_input', 'Expected a file, or --zotero and no file.');
      }
      const bytes = file === undefined ? null : await bytesOf(file);
      await withLibrary(command, async ({ importLibrary, openHttp }) => {
        const zotero = () => zoteroText(options, configOf(command), { openHttp });
        const text = bytes === null ? await zotero() : textOf(bytes);
        const format = bytes === null ? 'zotero-json' : options.format;
        const answer = await importLibrary({
          user,
          text,
          signal,
          ...(format && { format }),
          onProgress: (done, total) => {
            if (process.stderr.isTTY)
              process.stderr.write(`\r${done} of ${total} seeds${done < total ? '' : '\n'}`);
          },
        });
        if (json) return printJson(answer);
        for (const line of summaryOf(answer, signal)) console.log(line);
      });
    });

  library
    .command('export')
    .description('write liked and saved papers as BibTeX, RIS or CSL-JSON')
    .addOption(userOption())
    .addOption(new Option('--format <format>', 'as what').choices(BIBLIOGRAPHY_FORMATS).default('bibtex'))
    .addOption(new Option('--signal <signal>', 'only liked, or only saved papers').choices(LIKING_SIGNALS))
    .option('--out <file>', 'write to this file instead of standard output')
    .action(async (options, command: Command) => {
      const { user, format, signal, out } = options as {
        user: string;
        format: BibliographyFormat;
        signal?: LikingSignal;
        out?: string;
      };
      await withLibrary(command, async (services) => {
        const file = out === undefined ? null : opened(out);
        try {
          const request = { user, format, signals: signal ? [signal] : LIKING_SIGNALS };
          for await (const piece of exportLibrary(services, request)) {
            if (file === null) process.stdout.write(piece);
            else writeSync(file, piece);
          }
        } finally {
          if (file !== null) closeSync(file);
        }
        if (out !== undefined) console.error(`Written to ${out}.`);
      });
    });
}

interface ImportOptions extends ZoteroOptions {
  user: string;
  format?: LibraryFormat;
  signal: LikingSignal;
  json?: boolean;
}

function opened(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new AppError('invalid_input', `Cannot write ${file}: ${messageOf(error)}.`, { cause: error });
  }
}

/** The bytes of a file or of standard input, as far as a bibliography may be long. */
async function bytesOf(file: string): Promise<Uint8Array> {
  const most = BIBLIOGRAPHY_LIMITS.bytes;
  const tooLong = () =>
    new AppError('invalid_input', `${file} is too long: expected at most ${most} bytes. Split it.`);
  if (file !== '-') {
    try {
      if (statSync(file).isFile() && statSync(file).size > most) throw tooLong();
      return await readFile(file);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('invalid_input', `Cannot read ${file}: ${messageOf(error)}.`, { cause: error });
    }
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What became of an import, in lines. */
export function summaryOf(
  { user, matched, unmatched, problems }: LibraryImport,
  signal: LikingSignal,
): string[] {
  const entries = counted(matched.length + unmatched.length, 'entry', 'entries');
  const papers = counted(matched.length, 'is a paper', 'are papers');
  const lines = [`${user}: ${entries} read, ${papers} of the library${howMatched(matched, signal)}.`];
  if (unmatched.length > 0) {
    const seeds = new Set(unmatched.flatMap(({ seed }) => seed ?? [])).size;
    const stand = counted(seeds, 'seed stands', 'seeds stand');
    lines.push(
      `${counted(unmatched.length, 'is', 'are')} not; ${stand} for ${unmatched.length === 1 ? 'it' : 'them'}:`,
      ...named(unmatched, ({ label, title, reason }) =>
        title === ''
          ? `  ${label}: ${reason}; no title, no seed`
          : `  ${label} ${dim(`"${title}"`)}: ${reason}`,
      ),
    );
  }
  if (problems.length > 0) {
    lines.push(
      `${problems.length} could not be read:`,
      ...named(problems, ({ at, reason }) => `  ${at}: ${reason}`),
    );
  }
  return lines;
}

/** ` (1 by DOI, 2 by title): 2 liked now, 1 liked already`, or nothing. */
function howMatched(matched: LibraryImport['matched'], signal: LikingSignal): string {
  if (matched.length === 0) return '';
  const ways = MATCHED_BY.map((by) => [by, matched.filter((match) => match.by === by).length] as const);
  const by = ways.flatMap(([way, count]) => (count === 0 ? [] : [`${count} by ${WAYS[way]}`]));
  const count = (outcome: FeedbackOutcome) => matched.filter((match) => match.outcome === outcome).length;
  const said = signal === 'like' ? 'liked' : 'saved';
  const kept = count('kept');
  const outcomes = [
    `${count('added')} ${said} now`,
    ...(count('unchanged') > 0 ? [`${count('unchanged')} ${said} already`] : []),
    ...(kept > 0 ? [`${kept} kept: you had said something else of ${kept === 1 ? 'it' : 'them'}`] : []),
  ];
  return ` (${by.join(', ')}): ${outcomes.join(', ')}`;
}

const counted = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

const WAYS = { doi: 'DOI', arxiv: 'arXiv id', title: 'title' } as const;

function named<Item>(items: readonly Item[], line: (item: Item) => string): string[] {
  const more = items.length - NAMED;
  const lines = items.slice(0, NAMED).map(line);
  return more > 0 ? [...lines, `  and ${more} more; --json lists all`] : lines;
}
