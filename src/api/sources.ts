import { createRoute, z } from '@hono/zod-openapi';
import { type Api, answers, problems } from './routes.ts';
import { noQuery } from './schemas.ts';
import type { ApiServices } from './services.ts';

const counts = z
  .strictObject({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    removed: z.int(),
    rejected: z.int(),
  })
  .openapi('SourceCounts', { description: 'What became of the records of a source.' });

const instant = z.string().nullable();

const source = z
  .strictObject({
    name: z.string(),
    kind: z.string(),
    host: z.string().openapi({ description: 'The host that is asked.' }),
    schedule: z
      .strictObject({ cron: z.string(), timeZone: z.string() })
      .nullable()
      .openapi({ description: 'Null: read only by "paperwise sync".' }),
    isRunning: z.boolean(),
    lastBegan: instant,
    lastSuccess: instant,
    lastError: z.strictObject({ at: z.string(), message: z.string() }).nullable().openapi({
      description: 'Why the last run failed; null when it did not.',
    }),
    failures: z.int().openapi({ description: 'Runs in a row that failed.' }),
    nextRun: instant.openapi({ description: 'Null: never by itself, or it is running.' }),
    cursor: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'Where the source goes on, in words of its own.' }),
    lastCounts: counts.nullable().openapi({ description: 'Of the last run that ended.' }),
    allCounts: counts.nullable(),
  })
  .openapi('Source');

export const sourcesAnswer = z.strictObject({ sources: z.array(source) });

const sourcesRoute = createRoute({
  method: 'get',
  path: '/v1/sources',
  tags: ['Operation'],
  summary: 'The sources that the library follows, and how they are doing',
  request: { query: noQuery },
  responses: {
    200: answers('In the order of the settings.', sourcesAnswer),
    ...problems(),
  },
});

/** Adds how the sources are doing. */
export function addSourceRoutes(api: Api, { following }: ApiServices): void {
  api.openapi(sourcesRoute, async (c) => {
    const sources = (await following.sources()).map(({ state, cursor, ...rest }) => ({
      ...rest,
      isRunning: state?.runningUntil != null,
      lastBegan: state?.lastBegan ?? null,
      lastSuccess: state?.lastSuccess ?? null,
      lastError: state?.lastError ?? null,
      failures: state?.failures ?? 0,
      cursor,
      lastCounts: state?.lastCounts ?? null,
      allCounts: state?.allCounts ?? null,
    }));
    return c.json({ sources }, 200);
  });
}
