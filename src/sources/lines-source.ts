import { createReadStream, statSync } from 'node:fs';
import { AppError, messageOf } from '../errors.ts';
import { gunzipped, linesOf, MAX_LINE_BYTES } from './lines.ts';
import type { PaperSource, SourceItem } from './source.ts';

/** A line of JSON, or why it is none. `at` says where it stood, such as `line 12`. */
export type JsonLine = { at: string; value: unknown } | { at: string; reason: string };

/**
 * The values of a file of JSON Lines, plain or gzip; blank lines are skipped. One chunk and one line are held.
 * `onRead` is told how many bytes were read. Throws `invalid_input` when the file cannot be read, or is broken gzip.
 */
export async function* jsonLinesOf(file: string, onRead: (bytes: number) => void): AsyncGenerator<JsonLine> {
  const input = createReadStream(file);
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
    throw new AppError('invalid_input', `Cannot read ${file}: ${messageOf(error)}.`, { cause: error });
  } finally {
    input.destroy();
  }
}

function parsedLine(text: string, at: string): JsonLine {
  try {
    return { at, value: JSON.parse(text) };
  } catch (error) {
    return { at, reason: `not JSON: ${messageOf(error)}` };
  }
}

/** Papers from a file of JSON Lines of another shape: `itemOf` makes an item of each value. Throws as `jsonLinesOf`. */
export function linesSource(file: string, itemOf: (value: unknown, at: string) => SourceItem): PaperSource {
  let bytesRead = 0;
  return {
    ignoredFields: new Map(),
    progress: () => ({ bytesRead, bytesTotal: sizeOf(file) }),
    async *[Symbol.asyncIterator]() {
      const onRead = (bytes: number) => {
        bytesRead += bytes;
      };
      for await (const line of jsonLinesOf(file, onRead)) {
        yield 'reason' in line ? line : itemOf(line.value, line.at);
      }
    },
  };
}

/** The size of a file in bytes, null when it is not there. */
export const sizeOf = (file: string): number | null =>
  statSync(file, { throwIfNoEntry: false })?.size ?? null;
