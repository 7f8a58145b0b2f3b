import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError, messageOf } from '../errors.ts';
import { gunzipped, linesOf, MAX_LINE_BYTES } from './lines.ts';
import { checkRecord, type PaperSource, type SourceItem } from './source.ts';

/** Different unknown field names that are counted by name; a broken file may have any number. */
const MAX_IGNORED_NAMES = 100;

/**
 * Papers from JSON Lines, one object a line, plain or gzip (told by the first bytes, not by the name). Blank lines
 * are skipped. Memory stays flat: one chunk and one line are held. `file` is a path, or a stream such as stdin.
 * Iterating throws `invalid_input` when the file cannot be read or its gzip data is broken. `itemOf` makes something of
 * objects that are not papers as they stand, or passes them over.
 */
export function jsonLinesSource(file: string | Readable, itemOf: ItemOf = paperOf): PaperSource {
  const ignored = ignoredFieldCounter();
  let bytesRead = 0;
  return {
    ignoredFields: ignored.fields,
    progress: () => ({ bytesRead, bytesTotal: typeof file === 'string' ? sizeOf(file) : null }),
    async *[Symbol.asyncIterator]() {
      const onRead = (bytes: number) => {
        bytesRead += bytes;
      };
      for await (const line of jsonLinesOf(file, onRead)) {
        const item = 'reason' in line ? line : itemOf(line.value, line.at, ignored.add);
        if (item !== null) yield item;
      }
    },
  };
}

/** What one line's value is, null for nothing; it tells the names of fields that it leaves out. */
type ItemOf = (value: unknown, at: string, onIgnored: (field: string) => void) => SourceItem | null;

const paperOf: ItemOf = (value, at, onIgnored) => checkRecord(value, at, { strict: false, onIgnored });

/** A line of JSON, or why it is none. `at` says where it stood, such as `line 12`. */
export type JsonLine = { at: string; value: unknown } | { at: string; reason: string };

/**
 * The values of a file of JSON Lines, as `jsonLinesSource` reads it. `onRead` is told how many bytes were read. Throws
 * `invalid_input` when the file cannot be read, or is broken gzip.
 */
export async function* jsonLinesOf(
  file: string | Readable,
  onRead: (bytes: number) => void,
): AsyncGenerator<JsonLine> {
  const name = typeof file === 'string' ? file : 'standard input';
  const input = typeof file === 'string' ? createReadStream(file) : file;
  let number = 0;
  try {
    for await (const line of linesOf(await gunzipped(input, onRead))) {
      number++;
      const at = `line ${number}`;
      if (line === null) yield { at, reason: `longer than ${MAX_LINE_BYTES} bytes` };
      else {
        const text = line.toString('utf8').replace(/^\ufeff/, '');
        if (text.trim() !== '') yield parsedLine(text, at);
      }
    }
  } catch (error) {
    throw new AppError('invalid_input', `Cannot read ${name}: ${messageOf(error)}.`, { cause: error });
  } finally {
    input.destroy();
  }
}

/** Counts fields by name, as far as there are not too many of them. */
export function ignoredFieldCounter() {
  const fields = new Map<string, number>();
  const add = (field: string) => {
    const name = fields.has(field) || fields.size < MAX_IGNORED_NAMES ? field : '(others)';
    fields.set(name, (fields.get(name) ?? 0) + 1);
  };
  return { fields, add };
}

/** Papers from the text of a JSON Lines request body; strict, as every API input is. */
export async function* jsonLinesItems(text: string): AsyncGenerator<SourceItem> {
  let number = 0;
  for (const written of text.split('\n')) {
    number++;
    if (written.trim() === '') continue;
    const line = parsedLine(written, `line ${number}`);
    yield 'reason' in line ? line : checkRecord(line.value, line.at, { strict: true });
  }
}

/** The size of a file in bytes; null when there is none, or it is no file. */
export const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? null;

function parsedLine(text: string, at: string): JsonLine {
  try {
    return { at, value: JSON.parse(text) };
  } catch (error) {
    return { at, reason: `not JSON: ${messageOf(error)}` };
  }
}
