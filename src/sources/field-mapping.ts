import { z } from 'zod';
import { AppError } from '../errors.ts';
import { PAPER_FIELDS } from '../paper.ts';
import { reasonOf, shortened } from './source.ts';

const name = z.string().min(1, 'expected a name');
const rule = z.union(
  [
    name,
    z.strictObject({ from: name, split: z.string().min(1).optional() }),
    z.strictObject({ constant: z.union([z.string(), z.number(), z.array(z.string())]) }),
  ],
  'expected a name, {"from": a name, "split": a separator} or {"constant": a value}',
);
const mapping = z.strictObject(
  Object.fromEntries([...PAPER_FIELDS].map((field) => [field, rule.optional()])),
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `no field of papers: ${issue.keys.join(', ')}` : undefined,
  },
);

/**
 * Where the fields of papers are taken from: `{title: 'Name', authors: {from: 'Creators', split: ';'}, source:
 * {constant: 'our-list'}}`. A name is a column, or in JSON a path such as `meta.title`, which goes through lists
 * (`authors.name`). A field without a rule is taken from the column of its own name, where there is one.
 */
export type FieldMapping = z.output<typeof mapping>;

/** Checks a mapping that came from outside. Throws `invalid_input`, naming what is wrong with it. */
export function checkMapping(value: unknown): FieldMapping {
  const parsed = mapping.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = [...PAPER_FIELDS].join(', ');
  throw new AppError(
    'invalid_input',
    `The mapping is wrong: ${reasonOf(parsed.error)}. Papers have the fields ${fields}.`,
  );
}

/** One field of papers, and where it comes from. */
export interface MappedField {
  field: string;
  /** The column or path; null for a constant. */
  from: string | null;
  /** Whether the mapping names it, so that it must be there. */
  isNamed: boolean;
  split: string;
  constant: unknown;
}

/** What separates authors and categories in one text, when the mapping does not say. */
const USUAL_SEPARATOR = ';';

const LISTS: ReadonlySet<string> = new Set(['authors', 'categories']);
const NUMBERS: ReadonlySet<string> = new Set(['upvotes', 'commentCount', 'authorCount']);
export const REQUIRED_FIELDS = ['id', 'title', 'abstract'] as const;

/** Every field of papers with its rule, or the rule that it has by default. */
export function mappedFields(mapping: FieldMapping): MappedField[] {
  return [...PAPER_FIELDS].map((field) => {
    const given = mapping[field];
    const rule = typeof given === 'object' ? given : { from: given ?? field };
    const isNamed = given !== undefined;
    if ('constant' in rule)
      return { field, from: null, isNamed, split: USUAL_SEPARATOR, constant: rule.constant };
    return { field, from: rule.from, isNamed, split: rule.split ?? USUAL_SEPARATOR, constant: undefined };
  });
}

/** The record that one row or object makes; `valueAt` finds what stands in a column or at a path. */
export function mappedRecord(
  fields: readonly MappedField[],
  valueAt: (from: string) => unknown,
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { field, from, split, constant } of fields) {
    const value = fieldValue(field, from === null ? constant : valueAt(from), split);
    if (value !== undefined) record[field] = value;
  }
  return record;
}

/** A value in the form that its field has; what is of another form stays, and is refused with the record. */
function fieldValue(field: string, value: unknown, split: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (LISTS.has(field)) {
    const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(split) : [value];
    return list.map(textOf).filter((item) => item !== '');
  }
  const text =
    Array.isArray(value) && value.every((part) => typeof part === 'string') ? value.join(' ') : value;
  const plain = textOf(text);
  if (plain === '') return undefined;
  return NUMBERS.has(field) && typeof plain === 'string' && /^\d{1,10}$/.test(plain) ? Number(plain) : plain;
}

const textOf = (value: unknown): unknown =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : value;

/** Names of columns for a message. */
export const namesOf = (columns: readonly string[]): string =>
  columns.length === 0 ? 'none' : shortened(columns.map((column) => `"${column}"`).join(', '));
