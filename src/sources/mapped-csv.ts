import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { AppError, messageOf, sentenceOf } from '../errors.ts';
import {
  type FieldMapping,
  type MappedField,
  mappedFields,
  mappedRecord,
  namesOf,
  REQUIRED_FIELDS,
} from './field-mapping.ts';
import { ignoredFieldCounter, sizeOf } from './json-lines.ts';
import { gunzipped } from './lines.ts';
import { checkRecord, type PaperSource, type SourceItem } from './source.ts';

/** A longer row is no paper: most likely, a quote that was opened is not closed. */
export const MAX_ROW_BYTES = 1024 * 1024;

/** A header is looked at for its separator as far as this. */
const MAX_HEADER_CHARACTERS = 64 * 1024;

const SEPARATORS = [',', '\t', ';'] as const;

/**
 * Papers from a table: CSV with commas or semicolons, or TSV (what the header has most of, separates), in UTF-8, plain or
 * gzip. The first row names the columns; `mapping` says what they are. Memory stays flat. Rows are numbered as a
 * spreadsheet does, the header being row 1. Iterating throws `invalid_input` when the file cannot be read, a column is
 * not there, or a quote is not closed, since nothing behind that is sure.
 */
export function mappedCsvSource(file: string | Readable, mapping: FieldMapping = {}): PaperSource {
  let bytesRead = 0;
  const name = typeof file === 'string' ? file : 'standard input';
  const ignored = ignoredFieldCounter();
  const onRead = (bytes: number) => {
    bytesRead += bytes;
  };
  return {
    ignoredFields: ignored.fields,
    progress: () => ({ bytesRead, bytesTotal: typeof file === 'string' ? sizeOf(file) : null }),
    async *[Symbol.asyncIterator]() {
      const input = typeof file === 'string' ? createReadStream(file) : file;
      try {
        yield* itemsOf(rowsOf(textsOf(await gunzipped(input, onRead))), mapping, ignored.add);
      } catch (error) {
        const why = error instanceof AppError ? `. ${sentenceOf(error)}` : `: ${messageOf(error)}.`;
        throw new AppError('invalid_input', `Cannot read ${name}${why}`, { cause: error });
      } finally {
        input.destroy();
      }
    },
  };
}

interface Row {
  number: number;
  cells: readonly string[];
}

async function* itemsOf(
  rows: AsyncIterable<Row>,
  mapping: FieldMapping,
  onIgnored: (column: string) => void,
): AsyncGenerator<SourceItem> {
  let header: Header | null = null;
  for await (const { number, cells } of rows) {
    if (cells.length === 1 && cells[0]?.trim() === '') continue;
    if (header === null) {
      header = headerOf(cells, mapping);
      continue;
    }
    const { columns, fields, unused } = header;
    const at = `row ${number}`;
    if (cells.length < columns.length || cells.slice(columns.length).some((cell) => cell !== '')) {
      yield { at, reason: `expected ${columns.length} columns, got ${cells.length}` };
      continue;
    }
    for (const index of unused) if (cells[index] !== '') onIgnored(columns[index] ?? '');
    const record = mappedRecord(fields, (from) => cells[columns.indexOf(from)]);
    yield checkRecord(record, at, { strict: false });
  }
}

interface Header {
  columns: string[];
  fields: MappedField[];
  /** Positions of columns that no field is taken from. */
  unused: number[];
}

/** What the first row says. Throws `invalid_input` when a column is not there, or there twice. */
function headerOf(cells: readonly string[], mapping: FieldMapping): Header {
  const columns = cells.map((cell) => cell.trim());
  const fields = mappedFields(mapping);
  const fail = (what: string): never => {
    throw new AppError('invalid_input', `${what}. The columns are: ${namesOf(columns)}.`);
  };
  for (const { field, from, isNamed } of fields) {
    const count = from === null ? 1 : columns.filter((column) => column === from).length;
    const isRequired = (REQUIRED_FIELDS as readonly string[]).includes(field);
    if (count === 0 && isNamed) fail(`Expected a column "${from}" for the field ${field}, and there is none`);
    if (count === 0 && isRequired) {
      fail(`Expected to be told which column is the ${field} (--map ${field}=COLUMN), as none has that name`);
    }
    if (count > 1) fail(`Expected one column "${from}", got ${count}`);
  }
  const used = new Set(fields.map(({ from }) => from));
  const unused = columns.flatMap((column, index) => (used.has(column) ? [] : [index]));
  return { columns, fields, unused };
}

/** Throws `invalid_input` for bytes that are not UTF-8: guessing would spoil names silently. */
async function* textsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new AppError('invalid_input', 'Expected text in UTF-8, got other bytes: save it as UTF-8.', {
      cause: error,
    });
  }
}

/** The rows of a table, each with its number. Throws `invalid_input` behind the last that is sure. */
async function* rowsOf(texts: AsyncGenerator<string>): AsyncGenerator<Row> {
  let beginning = '';
  for (let next = await texts.next(); !next.done; next = await texts.next()) {
    beginning += next.value;
    if (beginning.includes('\n') || beginning.length > MAX_HEADER_CHARACTERS) break;
  }
  let failure: CsvError | null = null;
  let count = 0;
  async function* all() {
    yield beginning;
    for await (const text of texts) {
      if (failure) return;
      yield text;
    }
  }
  const parser = parse({
    delimiter: separatorOf(beginning),
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true,
    // A quote within a cell that has none around it is a sign as any other.
    relax_quotes: true,
    // A failure must not take the rows before it along, which a failing stream would.
    skip_records_with_error: true,
    on_skip: (error) => {
      failure ??= error ?? null;
      return undefined;
    },
    on_record: (cells: string[]) => (failure ? null : cells),
  });
  const records = pipeline(Readable.from(all()), parser, () => {}) as AsyncIterable<string[]>;
  for await (const cells of records) yield { number: ++count, cells };
  const failed = failure as CsvError | null;
  if (failed === null) return;
  const why =
    failed.code === 'CSV_MAX_RECORD_SIZE'
      ? `it is longer than ${MAX_ROW_BYTES} bytes; perhaps a quote is not closed`
      : failed.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote in it is not closed'
        : failed.message;
  throw new AppError('invalid_input', `Row ${count + 1} and what follows cannot be read: ${why}.`);
}

function separatorOf(beginning: string): string {
  const [line = ''] = beginning.replace(/"[^"]*"/g, '').split(/\r?\n/, 1);
  const counts = SEPARATORS.map((separator) => line.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}
