import type { Readable } from 'node:stream';
import {
  type FieldMapping,
  type MappedField,
  mappedFields,
  mappedRecord,
  namesOf,
  REQUIRED_FIELDS,
} from './field-mapping.ts';
import { jsonLinesSource } from './json-lines.ts';
import { checkRecord, type PaperSource, type SourceItem } from './source.ts';

/**
 * Papers from JSON Lines of any objects, plain or gzip, whose fields `mapping` names. Memory stays flat. An object that
 * lacks what a paper must have is rejected, naming the fields that it has. Iterating throws as `jsonLinesSource` does.
 */
export function mappedJsonLinesSource(file: string | Readable, mapping: FieldMapping): PaperSource {
  const fields = mappedFields(mapping);
  const used = new Set(fields.flatMap(({ from }) => (from === null ? [] : [from, from.split('.', 1)[0]])));
  return jsonLinesSource(file, (value, at, onIgnored) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return checkRecord(value, at, { strict: false });
    }
    for (const name of Object.keys(value)) if (!used.has(name)) onIgnored(name);
    const record = mappedRecord(fields, (from) => valueAt(value, from));
    return missingOf(fields, record, value, at) ?? checkRecord(record, at, { strict: false });
  });
}

/** What stands at a path, or under a name that has dots of its own. Lists are gone through. */
function valueAt(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => valueAt(item, path));
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, path)) return Reflect.get(value, path);
  const dot = path.indexOf('.');
  if (dot === -1 || !Object.hasOwn(value, path.slice(0, dot))) return undefined;
  return valueAt(Reflect.get(value, path.slice(0, dot)), path.slice(dot + 1));
}

/** That a field which papers must have was not found, or null. */
function missingOf(
  fields: readonly MappedField[],
  record: Readonly<Record<string, unknown>>,
  value: object,
  at: string,
): SourceItem | null {
  const missing = fields.find(
    ({ field }) => (REQUIRED_FIELDS as readonly string[]).includes(field) && record[field] === undefined,
  );
  if (missing === undefined) return null;
  const found = `expected the ${missing.field} in "${missing.from}", which is not there or empty`;
  const id = typeof record.id === 'string' ? { id: record.id.slice(0, 200) } : {};
  return { at, ...id, reason: `${found}; there are: ${namesOf(Object.keys(value))}` };
}
