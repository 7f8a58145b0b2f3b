import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import { messageOf } from '../../src/errors.ts';
import { reasonOf } from '../../src/sources/source.ts';

/** The lines of a file, gzipped if its name ends in .gz, with their numbers from 1; empty ones are passed over. */
export function readLines(file: string): { number: number; text: string }[] {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .map((text, at) => ({ number: at + 1, text }))
    .filter(({ text }) => text.trim() !== '');
}

/** A record for each line of a file. Throws, naming file and line, where one is no JSON or not as expected. */
export function readJsonLines<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema>[] {
  return readLines(file).map(({ number, text }) => {
    const refused = (reason: string) => new Error(`${basename(file)}, line ${number}: ${reason}`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw refused(messageOf(error));
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw refused(reasonOf(parsed.error));
    return parsed.data;
  });
}
