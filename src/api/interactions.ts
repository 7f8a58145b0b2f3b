import { createRoute, z } from '@hono/zod-openapi';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { AppError } from '../errors.ts';
import { type InteractionEvent, MAX_EVENTS } from '../store/people-store.ts';
import { readBody } from './body.ts';
import {
  interactionsAdded,
  interactionsAnswer,
  interactionsBody,
  interactionsQuery,
} from './library-answers.ts';
import { type Api, answers, component, describedBody, problems } from './routes.ts';
import { noQuery, userParam } from './schemas.ts';
import type { ApiServices } from './services.ts';

const tags = ['People'];

const addRoute = createRoute({
  method: 'post',
  path: '/v1/users/{user}/interactions',
  tags,
  summary: 'Record which papers were shown to a user, and which were clicked',
  description:
    `Up to ${MAX_EVENTS} events, all or none, with the time of the request. They are kept for evaluations, and change no ` +
    'recommendation.',
  request: {
    params: userParam,
    query: noQuery,
    body: describedBody('The events.', { 'application/json': component('InteractionsInput') }),
  },
  responses: { 200: answers('How many were recorded.', interactionsAdded), ...problems(404, 413, 415) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/interactions',
  tags,
  summary: 'What was shown to a user, and clicked',
  description: '`from` and `to` are days, months or years, or instants; both are included.',
  request: { params: userParam, query: interactionsQuery },
  responses: { 200: answers('In the order in which they were recorded.', interactionsAnswer), ...problems() },
});

const shown = ({ key: _, ...event }: InteractionEvent) => event;

export function addInteractionRoutes(api: Api, { people }: ApiServices): void {
  api.openAPIRegistry.register('InteractionsInput', interactionsBody);

  api.openapi(addRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { events } = await readBody(c, interactionsBody);
    const at = new Date().toISOString();
    const recorded = events.map(({ kind, paper, channel, rank, probability, score }) => ({
      kind,
      paperId: paper,
      channel,
      rank: rank ?? null,
      probability: probability ?? null,
      score: score ?? null,
      at,
    }));
    return c.json({ added: await people.addEvents(user, recorded).catch(inOurWords) }, 200);
  });

  api.openapi(listRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { from, to, limit, cursor } = c.req.valid('query');
    const scope = [user, from ?? null, to ?? null];
    const after = cursor === undefined ? null : decodeCursor(cursor, scope, z.int());
    const page = await people.events(user, {
      limit,
      after,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
    const next = page.next === null ? null : encodeCursor(page.next, scope);
    return c.json({ events: page.events.map(shown), nextCursor: next }, 200);
  });
}

/** A refusal of the store names its field `paperId`; the request's is `paper`. */
function inOurWords(error: unknown): never {
  if (!(error instanceof AppError)) throw error;
  const errors = error.errors.map(({ path, message }) => ({
    path: path.replace(/\.paperId$/, '.paper'),
    message,
  }));
  throw new AppError(error.code, error.message, { errors, cause: error });
}
