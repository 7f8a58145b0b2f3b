import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError, messageOf, sentenceOf } from '../errors.ts';
import { sizeOf } from './json-lines.ts';
import { gunzipped } from './lines.ts';
import type { PaperSource, SourceItem } from './source.ts';
import { textOf } from './text-bytes.ts';

/**
 * A source of a format that cannot be read in pieces: the file (or stream), plain or gzip, is read whole, up to
 * `maxBytes` unpacked, and `read` gives its items. Iterating throws `invalid_input` when it cannot be read, is longer,
 * is no text in UTF-8, or is not of the format.
 */
export function wholeFileSource(
  file: string | Readable,
  { maxBytes, read }: { maxBytes: number; read: (text: string) => Iterable<SourceItem> },
): PaperSource {
  let bytesRead = 0;
  const name = typeof file === 'string' ? file : 'standard input';
  const onRead = (bytes: number) => {
    bytesRead += bytes;
  };
  return {
    ignoredFields: new Map(),
    progress: () => ({ bytesRead, bytesTotal: typeof file === 'string' ? sizeOf(file) : null }),
    async *[Symbol.asyncIterator]() {
      const input = typeof file === 'string' ? createReadStream(file) : file;
      try {
        yield* read(textOf(await bytesOf(await gunzipped(input, onRead), maxBytes)));
      } catch (error) {
        if (error instanceof AppError) {
          throw new AppError(error.code, `Cannot read ${name}. ${sentenceOf(error)}`, { cause: error });
        }
        throw new AppError('invalid_input', `Cannot read ${name}: ${messageOf(error)}.`, { cause: error });
      } finally {
        input.destroy();
      }
    },
  };
}

async function bytesOf(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new AppError('invalid_input', `Expected at most ${maxBytes} bytes, unpacked, got more.`);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
