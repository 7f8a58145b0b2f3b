import { z } from '@hono/zod-openapi';
import { SEED_KINDS, SIGNALS } from '../store/people-store.ts';
import { because, feedbackEntry } from './answers.ts';
import { interaction } from './library-answers.ts';

/** All that is held on a user, as it is given to them, and how much of it was erased. */

export const exportAnswer = z
  .strictObject({
    user: z.string(),
    exportedAt: z.string(),
    feedback: z.array(feedbackEntry),
    picks: z.array(
      z.strictObject({
        date: z.string(),
        createdAt: z.string(),
        asOf: z.string(),
        basis: z.unknown(),
        note: z.string().nullable(),
        picks: z.array(z.strictObject({ paperId: z.string(), score: z.number(), because })),
      }),
    ),
    history: z.array(feedbackEntry.extend({ signal: z.enum(SIGNALS).nullable() })),
    seeds: z.array(
      z.strictObject({
        id: z.int(),
        kind: z.enum(SEED_KINDS),
        title: z.string(),
        abstract: z.string(),
        at: z.string(),
        removedAt: z.string().nullable(),
      }),
    ),
    interests: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string().nullable(),
        isMuted: z.boolean(),
        isPinned: z.boolean(),
        weight: z.number(),
        papers: z.array(z.string()),
        seeds: z.array(z.int()),
        at: z.string(),
      }),
    ),
    events: z.array(interaction),
  })
  .openapi('UserExport');

export const erased = z
  .strictObject({
    user: z.string(),
    feedback: z.int(),
    pickDays: z.int(),
    picks: z.int(),
    history: z.int(),
    seeds: z.int(),
    interests: z.int(),
    events: z.int(),
  })
  .openapi('Erased');
