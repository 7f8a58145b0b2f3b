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
 * Iterating throws `invalid_input` when the file cannot be read or its gzip data is broken.
 */
export function jsonLinesSource(file: string | Readable): PaperSource {
  const ignoredFields = new Map<string, number>();
  let bytesRead = 0;
  const onIgnored = (field: string) => {
    const name = ignoredFields.has(field) || ignoredFields.size < MAX_IGNORED_NAMES ? field : '(others)';
    ignoredFields.set(name, (ignoredFields.get(name) ?? 0) + 1);
  };
  const name = typeof file === 'string' ? file : 'standard input';
  return {
    ignoredFields,
    progress: () => ({ bytesRead, bytesTotal: typeof file === 'string' ? sizeOf(file) : null }),
    async *[Symbol.asyncIterator]() {
      const input = typeof file === 'string' ? createReadStream(file) : file;
      const onRead = (bytes: number) => {
        bytesRead += bytes;
      };
      try {
        yield* linesToItems(linesOf(await gunzipped(input, onRead)), onIgnored);
      } catch (error) {
        throw new AppError('invalid_input', `Cannot read ${name}: ${messageOf(error)}.`, { cause: error });
      } finally {
        input.destroy();
      }
    },
  };
}

/** Papers from the text of a JSON Lines request body; strict, as every API input is. */
export async function* jsonLinesItems(text: string): AsyncGenerator<SourceItem> {
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() !== '') yield parseLine(line, `line ${number}`, { strict: true });
  }
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? null;

async function* linesToItems(
  lines: AsyncIterable<Buffer | null>,
  onIgnored: (field: string) => void,
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
    if (text.trim() !== '') yield parseLine(text, at, { strict: false, onIgnored });
  }
}

function parseLine(text: string, at: string, options: Parameters<typeof checkRecord>[2]): SourceItem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { at, reason: `not JSON: ${messageOf(error)}` };
  }
  return checkRecord(value, at, options);
}
