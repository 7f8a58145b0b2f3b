import { z } from '@hono/zod-openapi';
import { firstDayOf, isCalendarDate, lastDayOf, type PaperFilter, strictPaperRecord } from '../paper.ts';
import { SEARCH_MODES } from '../search.ts';
import { SEARCH_LIMITS } from '../search-limits.ts';
import { SIGNALS } from '../store/people-store.ts';

/** What requests and answers look like: the source of validation, and of /openapi.json. */

const dayOrMonth = (path: string) =>
  z
    .string()
    .refine(isCalendarDate, 'expected YYYY-MM-DD, YYYY-MM or YYYY')
    .openapi({ param: { name: path, in: 'query' }, example: '2025-09-30' });

/** A whole number, in plain digits: `1e1`, `0x10`, an empty or a repeated parameter are none. */
export const whole = (min: number, max: number) =>
  z
    .string(`expected one whole number from ${min} to ${max}`)
    .regex(/^\d{1,10}$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`)
    .openapi({ type: 'integer', minimum: min, maximum: max });

/** One name or several, in a list or separated by commas. */
const oneOrSeveral = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((text) => text.split(',')))
  .transform((values) => values.map((text) => text.trim()).filter((text) => text !== ''))
  .refine((values) => values.length <= 50 && values.every((text) => text.length <= 500), {
    message: 'expected at most 50 values of at most 500 characters',
  });

/** A parameter that may be repeated, or hold several values separated by commas. */
const several = (name: string, example: string) =>
  oneOrSeveral.openapi({
    type: 'array',
    items: { type: 'string' },
    description: 'Repeat the parameter, or separate values by commas: papers with any of them.',
    example,
    param: { name, in: 'query', style: 'form', explode: true },
  });

/** Filters as query parameters. */
export const filterParams = {
  from: dayOrMonth('from').transform(firstDayOf).optional(),
  to: dayOrMonth('to').transform(lastDayOf).optional(),
  category: several('category', 'cs.LG').optional(),
  source: several('source', 'sample').optional(),
  minUpvotes: whole(0, 1_000_000_000).optional(),
  hasCode: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
};

/** The same filters as fields of a JSON body. */
export const filterFields = {
  from: z
    .string()
    .refine(isCalendarDate, 'expected YYYY-MM-DD, YYYY-MM or YYYY')
    .transform(firstDayOf)
    .optional(),
  to: z
    .string()
    .refine(isCalendarDate, 'expected YYYY-MM-DD, YYYY-MM or YYYY')
    .transform(lastDayOf)
    .optional(),
  category: oneOrSeveral.optional(),
  source: oneOrSeveral.optional(),
  minUpvotes: z.int().min(0).max(1_000_000_000).optional(),
  hasCode: z.boolean().optional(),
};

interface FilterValues {
  from?: string | undefined;
  to?: string | undefined;
  category?: string[] | undefined;
  source?: string[] | undefined;
  minUpvotes?: number | undefined;
  hasCode?: boolean | undefined;
}

/** The filter that a request's parameters or fields describe. */
export function filterOf(values: FilterValues): PaperFilter {
  return {
    ...(values.from !== undefined && { from: values.from }),
    ...(values.to !== undefined && { to: values.to }),
    ...(values.category !== undefined && values.category.length > 0 && { categories: values.category }),
    ...(values.source !== undefined && values.source.length > 0 && { sources: values.source }),
    ...(values.minUpvotes !== undefined && { minUpvotes: values.minUpvotes }),
    ...(values.hasCode !== undefined && { hasCode: values.hasCode }),
  };
}

export const pageParams = {
  limit: whole(1, SEARCH_LIMITS.page)
    .default(10)
    .openapi({ type: 'integer', minimum: 1, maximum: SEARCH_LIMITS.page, default: 10 }),
  cursor: z.string().max(4_000).optional(),
};

export const diversityParam = z
  .string('expected one number from 0 to 1')
  .regex(/^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/, 'expected a number from 0 to 1')
  .transform(Number)
  .default(0)
  .openapi({
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: '0: most similar first; towards 1: papers unlike each other (MMR).',
  });

export const searchQuery = z.strictObject({
  q: z.string().min(1, 'expected a query').max(SEARCH_LIMITS.query).openapi({
    description: 'Words, a question, a title, an id, a DOI or an author.',
    example: 'learning from human feedback',
  }),
  mode: z.enum(SEARCH_MODES).default('hybrid'),
  ...filterParams,
  ...pageParams,
});

export const similarQuery = z.strictObject({ ...filterParams, ...pageParams, diversity: diversityParam });

export const recommendQuery = z.strictObject({ ...filterParams, ...pageParams });

const week = /^(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])$/;
export const listQuery = z.strictObject({
  date: z
    .string()
    .refine((text) => text.length === 10 && isCalendarDate(text), 'expected YYYY-MM-DD')
    .optional()
    .openapi({ example: '2025-09-30' }),
  week: z
    .string()
    .regex(week, 'expected an ISO week such as 2025-W09')
    .refine((text) => weekDays(text) !== null, 'expected a week that the year has')
    .optional()
    .openapi({ example: '2025-W09' }),
  month: z
    .string()
    .refine((text) => text.length === 7 && isCalendarDate(text), 'expected YYYY-MM')
    .optional()
    .openapi({ example: '2025-09' }),
  sort: z.enum(['newest', 'trending']).default('newest'),
  ...filterParams,
  ...pageParams,
});

/** Monday and Sunday of an ISO 8601 week; null for a week 53 that the year does not have. */
export function weekDays(text: string): { from: string; to: string } | null {
  const match = week.exec(text);
  if (!match) return null;
  const year = Number(match[1]);
  const number = Number(match[2]);
  // January 4th is always in week 1.
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getTime() + ((number - 1) * 7 - ((fourth.getUTCDay() + 6) % 7)) * 86_400_000;
  const thursday = new Date(monday + 3 * 86_400_000);
  if (thursday.getUTCFullYear() !== year) return null;
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return { from: day(monday), to: day(monday + 6 * 86_400_000) };
}

/** First and last day of a month, `YYYY-MM`. */
export const monthDays = (text: string) => ({ from: firstDayOf(text), to: lastDayOf(text) });

export const paperIdParam = z.object({
  id: z
    .string()
    .min(1)
    .max(200)
    .openapi({
      param: { name: 'id', in: 'path' },
      description: 'A paper id, percent-encoded. An arXiv id may carry a version, which is ignored.',
      example: '1706.03762',
    }),
});

export const userParam = z.object({
  user: z
    .string()
    .regex(/^[\w.@+-]{1,100}$/, 'expected 1 to 100 letters, digits or . _ @ + -')
    .openapi({ param: { name: 'user', in: 'path' }, example: 'ada' }),
});

export const feedbackParams = userParam.extend({
  paper: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { name: 'paper', in: 'path' }, example: '1706.03762' }),
});

export const feedbackQuery = z.strictObject({
  signal: z.enum(SIGNALS).optional(),
  limit: whole(1, 1_000).default(100),
  cursor: z.string().max(4_000).optional(),
});

export const picksQuery = z.strictObject({
  date: z
    .string()
    .refine((text) => text.length === 10 && isCalendarDate(text), 'expected YYYY-MM-DD')
    .optional()
    .openapi({ description: 'Today (UTC) by default.', example: '2025-09-30' }),
});

/** For routes without parameters: those that are given are refused, not ignored. */
export const noQuery = z.strictObject({});

export const feedbackBody = z.strictObject({ signal: z.enum(SIGNALS) }).openapi('FeedbackInput');

const exampleIds = z.array(z.string().min(1).max(200)).max(SEARCH_LIMITS.examples);
export const similarBody = z
  .strictObject({
    positive: exampleIds.default([]),
    negative: exampleIds.default([]),
    text: z.string().max(SEARCH_LIMITS.text).optional(),
    ...filterFields,
    limit: z.int().min(1).max(SEARCH_LIMITS.page).default(10),
    cursor: z.string().max(4_000).optional(),
    diversity: z.number().min(0).max(1).default(0),
  })
  .openapi('SimilarRequest');

/** Made anew here: schemas of modules that were loaded before zod was extended cannot be registered. */
export const paperInput = z.strictObject(strictPaperRecord.shape);
export const putPaperBody = paperInput.partial({ id: true });
