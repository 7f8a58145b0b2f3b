import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { constants, gunzipSync } from 'node:zlib';
import { AppError, messageOf } from '../../src/errors.ts';
import { aclAnthologySource } from '../../src/sources/acl-anthology.ts';
import { arxivSnapshotSource } from '../../src/sources/arxiv-snapshot.ts';
import { dailyPapersJsonSource } from '../../src/sources/daily-papers-item.ts';
import { dailyPapersPageSource, looksLikeDailyPapersPage } from '../../src/sources/daily-papers-page.ts';
import type { FieldMapping } from '../../src/sources/field-mapping.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import { mappedCsvSource } from '../../src/sources/mapped-csv.ts';
import { mappedJsonLinesSource } from '../../src/sources/mapped-json-lines.ts';
import { openAlexFileSource } from '../../src/sources/openalex-work.ts';
import { openReviewSource } from '../../src/sources/openreview.ts';
import { semanticScholarSource } from '../../src/sources/semantic-scholar.ts';
import type { PaperSource } from '../../src/sources/source.ts';

export interface FormatOptions {
  /** In which a page was saved. */
  year?: number | undefined;
  /** Null without any of the options that make one. */
  mapping: FieldMapping | null;
  /** Of the snapshot of arXiv: only papers of these categories. */
  categories?: string[] | undefined;
  /** Of Semantic Scholar: files of the dataset of abstracts. */
  abstracts?: string[] | undefined;
}

interface FileFormat {
  /** In the command's help. */
  what: string;
  /** The source of records that do not name theirs. */
  sourceName: string;
  /** Whether a text begins as only this format does; without it, the format must be named. */
  isSure?: (beginning: string) => boolean;
  /** Whether it can be read with a mapping. */
  isMapped?: boolean;
  open: (file: string | Readable, options: FormatOptions) => PaperSource;
}

/** Every format of files that papers are taken in from. The first that is sure is taken, JSON Lines if none is. */
const FORMATS = {
  jsonl: {
    what: 'JSON Lines',
    sourceName: 'file',
    isMapped: true,
    open: (file, { mapping }) =>
      mapping === null ? jsonLinesSource(file) : mappedJsonLinesSource(file, mapping),
  },
  csv: {
    what: 'a table with a header: CSV or TSV',
    sourceName: 'file',
    isMapped: true,
    isSure: hasPaperColumns,
    open: (file, { mapping }) => mappedCsvSource(file, mapping ?? {}),
  },
  page: {
    what: 'a saved Daily Papers page',
    sourceName: 'daily-papers',
    isSure: looksLikeDailyPapersPage,
    open: (file, { year }) => dailyPapersPageSource(file, year),
  },
  acl: {
    what: 'XML of the ACL Anthology',
    sourceName: 'acl-anthology',
    isSure: (text) => /^\s*(?:<\?xml[^>]*\?>\s*)?<collection\s+id=/.test(text),
    open: aclAnthologySource,
  },
  openreview: {
    what: 'notes of OpenReview, JSON or JSON Lines',
    sourceName: 'openreview',
    isSure: (text) =>
      /^\s*[[{]/.test(text) && /"content"\s*:\s*\{/.test(text) && /"(?:forum|invitations?)"\s*:/.test(text),
    open: openReviewSource,
  },
  'daily-papers': {
    what: 'answers of the Daily Papers API: JSON',
    sourceName: 'daily-papers',
    isSure: (text) => /^\s*\[\s*\{\s*"paper"\s*:/.test(text),
    open: (file) => dailyPapersJsonSource(pathOf(file)),
  },
  'arxiv-snapshot': {
    what: "the snapshot of arXiv's metadata: JSON Lines (--categories takes a part)",
    sourceName: 'arxiv',
    isSure: (text) => /^\s*\{"id":/.test(text) && /"authors_parsed"\s*:/.test(text),
    open: (file, { categories = [] }) => arxivSnapshotSource(file, { categories }),
  },
  openalex: {
    what: 'works of OpenAlex: JSON Lines',
    sourceName: 'openalex',
    isSure: (text) => /^\s*\{/.test(text) && /"id"\s*:\s*"https:\/\/openalex\.org\/W/.test(text),
    open: openAlexFileSource,
  },
  'semantic-scholar': {
    what: 'papers of Semantic Scholar: JSON Lines (--abstracts has those of the datasets)',
    sourceName: 'semantic-scholar',
    isSure: (text) => /^\s*\{/.test(text) && /"(?:corpusid|corpusId|externalids|externalIds)"\s*:/.test(text),
    open: (file, { abstracts = [] }) => semanticScholarSource({ papers: [pathOf(file)], abstracts }),
  },
} satisfies Record<string, FileFormat>;

/** Standard input, for what is read by its name. */
const pathOf = (file: string | Readable) => (typeof file === 'string' ? file : '/dev/stdin');

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];
const formatNamed = (name: FormatName): FileFormat => FORMATS[name];

/** The formats for the command's help, one a line. */
export const describeFormats = (): string =>
  FORMAT_NAMES.map((name) => `  ${name.padEnd(12)}${formatNamed(name).what}`).join('\n');

/**
 * Opens a file (`-` is standard input) in a format; `auto` is told by how the file begins. Throws `invalid_input` when it
 * cannot be read, or a mapping is given for a format that has fields of its own.
 */
export function openFile(
  file: string,
  format: FormatName | 'auto',
  options: FormatOptions,
): { source: PaperSource; sourceName: string } {
  const name = format === 'auto' ? toldFormat(file, options) : format;
  const found = formatNamed(name);
  if (options.mapping !== null && !found.isMapped) {
    throw new AppError('invalid_input', `A mapping is for csv and jsonl: the fields of ${name} are known.`);
  }
  return { source: found.open(file === '-' ? process.stdin : file, options), sourceName: found.sourceName };
}

function toldFormat(file: string, { mapping }: FormatOptions): FormatName {
  const text = file === '-' ? '' : beginning(file);
  if (mapping !== null) return /^\s*(?:\{|$)/.test(text) ? 'jsonl' : 'csv';
  return FORMAT_NAMES.find((name) => formatNamed(name).isSure?.(text)) ?? 'jsonl';
}

/** The header of a table whose columns are named as the fields of papers are. */
function hasPaperColumns(text: string): boolean {
  const [header = ''] = text.split(/\r?\n/, 1);
  const columns = new Set(header.split(/[,;\t]/).map((column) => column.replace(/"/g, '').trim()));
  return ['id', 'title', 'abstract'].every((name) => columns.has(name));
}

/** So much of a file tells its format: the first record of any. */
const TELLING_BYTES = 64 * 1024;

/** How a file begins, unpacked; nothing of a pipe, whose bytes can be read only once. */
function beginning(path: string): string {
  try {
    if (!statSync(path).isFile()) return '';
    const descriptor = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(TELLING_BYTES);
      const read = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
      const isGzip = read[0] === 0x1f && read[1] === 0x8b;
      return (isGzip ? unpacked(read) : read).toString('utf8').replace(/^\ufeff/, '');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new AppError('invalid_input', `Cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

/** What the beginning of a gzip file holds; a damaged one is told of when it is read. */
function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
