import { z } from '@hono/zod-openapi';
import { firstDayOf, isCalendarDate, lastDayOf, PAPER_LIMITS } from '../paper.ts';
import { MATCHED_BY } from '../recommend/match-library.ts';
import { isTelling, SEED_LIMITS } from '../recommend/seeds.ts';
import { BIBLIOGRAPHY_FORMATS, LIBRARY_FORMATS } from '../sources/bibliography.ts';
import {
  EVENT_KINDS,
  FEEDBACK_OUTCOMES,
  LIKING_SIGNALS,
  MAX_EVENTS,
  SEED_KINDS,
} from '../store/people-store.ts';
import { userParam, whole } from './schemas.ts';

/** Requests and answers on what people bring along, and on what was shown to them. */

/** How many a page, told in full: the document does not see a default behind a check. */
const limitParam = (most: number) =>
  whole(1, most).default(100).openapi({ type: 'integer', minimum: 1, maximum: most, default: 100 });
const cursorParam = z.string().max(4_000).optional();
const nextCursor = z
  .string()
  .nullable()
  .openapi({ description: 'Ask again with this cursor for more; null at the end.' });

export const importQuery = z.strictObject({
  signal: z.enum(LIKING_SIGNALS).default('like').openapi({ description: 'What to say of the papers.' }),
  format: z.enum(LIBRARY_FORMATS).optional().openapi({
    description:
      'By default, what the type of the body says; of text/plain and application/json, what the text shows.',
  }),
});

export const importAnswer = z
  .strictObject({
    user: z.string(),
    format: z.enum(LIBRARY_FORMATS),
    matched: z.array(
      z.strictObject({
        label: z.string().openapi({ description: 'The citation key, or the number in the file.' }),
        paperId: z.string(),
        title: z.string().openapi({ description: "The paper's." }),
        by: z.enum(MATCHED_BY),
        outcome: z.enum(FEEDBACK_OUTCOMES).openapi({
          description:
            '`added`: the paper has the signal now. `unchanged`: it had it. `kept`: the user had said something else of it, ' +
            'which stays.',
        }),
      }),
    ),
    unmatched: z.array(
      z.strictObject({
        label: z.string(),
        title: z.string(),
        reason: z.string(),
        seed: z.int().nullable().openapi({
          description: 'The seed that stands for the entry; null without a title, or where there is no room.',
        }),
      }),
    ),
    problems: z
      .array(z.strictObject({ at: z.string(), reason: z.string() }))
      .openapi({ description: 'What could not be read: where it stands, and why. The rest was.' }),
  })
  .openapi('LibraryImport');

export const exportQuery = z.strictObject({
  format: z.enum(BIBLIOGRAPHY_FORMATS).default('bibtex'),
  signal: z.enum(LIKING_SIGNALS).optional().openapi({ description: 'Liked and saved papers by default.' }),
});

export const seed = z
  .strictObject({
    id: z.int(),
    kind: z.enum(SEED_KINDS).openapi({
      description:
        '`text`: what the user wrote of their interests. `entry`: an entry of an imported bibliography.',
    }),
    title: z.string().openapi({
      description: `A text is cut at a word when it is longer than ${PAPER_LIMITS.title} characters.`,
    }),
    abstract: z.string(),
    at: z.string(),
  })
  .openapi('Seed');

const interestText = z
  .string()
  .min(1, 'expected a text')
  .max(SEED_LIMITS.text)
  .refine(isTelling, 'expected a text with a letter or digit')
  .openapi({ example: 'How robots learn to grasp what they have never seen.' });

export const seedBody = z
  .strictObject({
    text: interestText.optional(),
    texts: z.array(interestText).min(1, 'expected a text').max(SEED_LIMITS.texts).optional(),
  })
  .refine(
    ({ text, texts }) => (text === undefined) !== (texts === undefined),
    'expected either text or texts',
  )
  .openapi('SeedInput');

export const seedsAdded = z.strictObject({ seeds: z.array(seed) }).openapi('SeedsAdded');

export const seedsQuery = z.strictObject({ limit: limitParam(100), cursor: cursorParam });

export const seedsAnswer = z
  .strictObject({ seeds: z.array(seed), nextCursor, total: z.int() })
  .openapi('SeedsAnswer');

export const seedParams = userParam.extend({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the id of a seed, a whole number')
    .transform(Number)
    .openapi({ param: { name: 'id', in: 'path' }, type: 'integer', example: 17 }),
});

const channel = z.string().regex(/^[\w.:-]{1,50}$/, 'expected 1 to 50 letters, digits or . : _ -');
const rank = z.int().min(1).max(1_000_000).openapi({ description: 'The place in the list, from 1.' });
const probability = z.number().gt(0).max(1).openapi({
  description: 'With which the paper was shown, above 0: what an honest evaluation needs to know.',
});

export const interactionsBody = z
  .strictObject({
    events: z
      .array(
        z.strictObject({
          kind: z.enum(EVENT_KINDS),
          paper: z.string().min(1).max(PAPER_LIMITS.id).openapi({ example: '1706.03762' }),
          channel: channel.openapi({ description: 'Where it was.', example: 'digest' }),
          rank: rank.nullish(),
          probability: probability.nullish(),
          score: z.number().nullish(),
        }),
      )
      .min(1, 'expected an event')
      .max(MAX_EVENTS),
  })
  .openapi('InteractionsInput');

export const interactionsAdded = z.strictObject({ added: z.int() }).openapi('InteractionsAdded');

/** A day or month, or an instant, as the first or last instant of it. */
const instant = (name: string, ofDay: (date: string) => string) =>
  z
    .string()
    .refine(
      (text) => isCalendarDate(text) || z.iso.datetime({ offset: true }).safeParse(text).success,
      'expected YYYY-MM-DD, YYYY-MM, YYYY, or a time such as 2025-09-30T08:00:00Z',
    )
    .transform((text) => (isCalendarDate(text) ? ofDay(text) : new Date(text).toISOString()))
    .openapi({ param: { name, in: 'query' }, example: '2025-09-30' });

export const interactionsQuery = z.strictObject({
  from: instant('from', (date) => `${firstDayOf(date)}T00:00:00.000Z`).optional(),
  to: instant('to', (date) => `${lastDayOf(date)}T23:59:59.999Z`).optional(),
  limit: limitParam(1_000),
  cursor: cursorParam,
});

export const interaction = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  paperId: z.string(),
  channel: z.string(),
  rank: z.int().nullable(),
  probability: z.number().nullable(),
  score: z.number().nullable(),
  at: z.string(),
});

export const interactionsAnswer = z
  .strictObject({ events: z.array(interaction), nextCursor })
  .openapi('InteractionsAnswer');
