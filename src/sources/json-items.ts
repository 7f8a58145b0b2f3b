import { AppError, messageOf } from '../errors.ts';
import { shortened } from './source.ts';

/**
 * The items of a bibliography in JSON: a list of them, one alone, or the `items` or `references` of an object. Throws
 * `invalid_input`, naming the format, for text that is no such JSON.
 */
export function jsonItems(json: string, format: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new AppError(
      'invalid_input',
      `Expected ${format}, got text that is not JSON: ${messageOf(error)}.`,
      { cause: error },
    );
  }
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) {
    throw new AppError(
      'invalid_input',
      `Expected ${format}, a list of items, got ${shortened(json.trim())}.`,
    );
  }
  for (const field of ['items', 'references']) {
    const list: unknown = Reflect.get(value, field);
    if (Array.isArray(list)) return list;
  }
  return [value];
}

/**
 * The values of fields that Zotero has no place for, and writes as lines of a note (`DOI: 10.…`), where the field's name
 * matches.
 */
export const notedIn = (notes: readonly string[], field: RegExp): string[] =>
  notes.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && field.test(line.slice(0, colon).trim()) ? [line.slice(colon + 1).trim()] : [];
  });
