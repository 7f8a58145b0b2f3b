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
  const name = typeof file === 'string' ? file : 'standard input';
  return {
    ignoredFields: ignored.fields,
    progress: () => ({ bytesRead, bytesTotal: typeof file === 'string' ? sizeOf(file) : null }),
    async *[Symbol.asyncIterator]() {
      const input = typeof file === 'string' ? createReadStream(file) : file;
      const onRead = (bytes: number) => {
        bytesRead += bytes;
      };
      try {
        yield* linesToItems(linesOf(await gunzipped(input, onRead)), (value, at) =>
          itemOf(value, at, ignored.add),
        );
      } catch (error) {
        throw new AppError('invalid_input', `Cannot read ${name}: ${messageOf(error)}.`, { cause: error });
      } finally {
        input.destroy();
      }
    },
  };
}

/** What one line's value is, null for nothing; it tells the names of fields that it leaves out. */
type ItemOf = (value: unknown, at: string, onIgnored: (field: string) => void) => SourceItem | null;

const paperOf: ItemOf = (value, at, onIgnored) => checkRecord(value, at, { strict: false, onIgnored });

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
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() === '') continue;
    yield parseLine(line, `line ${number}`, (value, at) => checkRecord(value, at, { strict: true }));
  }
}

/** The size of a file in bytes; null when there is none, or it is no file. */
export const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? null;

async function* linesToItems(
  lines: AsyncIterable<Buffer | null>,
  itemOf: (value: unknown, at: string) => SourceItem | null,
): AsyncGenerator<SourceItem> {
  let number = 0;
  for await (const line of lines) {
    number++;
    const at = `line ${number}`;
    if (line === null) {
      yield { at, reason: `longer than ${MAX_LINE_BYTES} bytes` };
      continue;
    }
    const text = line.toString('utf8').replace(/^\ufeff/, '');
    const item = text.trim() === '' ? null : parseLine(text, at, itemOf);
    if (item !== null) yield item;
  }
}

function parseLine<Item extends SourceItem | null>(
  text: string,
  at: string,
  itemOf: (value: unknown, at: string) => Item,
): SourceItem | Item {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { at, reason: `not JSON: ${messageOf(error)}` };
  }
  return itemOf(value, at);
}
