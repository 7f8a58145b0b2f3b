import { createRoute, z } from '@hono/zod-openapi';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { AppError } from '../errors.ts';
import { addTextSeeds, type HeldSeed, heldSeeds, SEED_LIMITS } from '../recommend/seeds.ts';
import { MAX_SEEDS } from '../store/people-store.ts';
import { readBody } from './body.ts';
import { seedBody, seedParams, seedsAdded, seedsAnswer, seedsQuery } from './library-answers.ts';
import { type Api, answers, component, describedBody, problems } from './routes.ts';
import { noQuery, userParam } from './schemas.ts';
import type { ApiServices } from './services.ts';

const tags = ['People'];

const listRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/seeds',
  tags,
  summary: "What shapes a user's interests without being a paper of the library",
  request: { params: userParam, query: seedsQuery },
  responses: { 200: answers('In the order in which they were added.', seedsAnswer), ...problems() },
});

const addRoute = createRoute({
  method: 'post',
  path: '/v1/users/{user}/seeds',
  tags,
  summary: 'Say in words what a user is interested in',
  description:
    `A sentence or a paragraph, or up to ${SEED_LIMITS.texts} of them, of at most ${SEED_LIMITS.text} characters each, which ` +
    'shape interests as likes do. What was said already is answered as it was kept then. A user has up to ' +
    `${MAX_SEEDS} seeds: with more, none is added.`,
  request: {
    params: userParam,
    query: noQuery,
    body: describedBody('Either `text` or `texts`.', { 'application/json': component('SeedInput') }),
  },
  responses: { 201: answers('As kept, in the order given.', seedsAdded), ...problems(413, 415, 503) },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/v1/users/{user}/seeds/{id}',
  tags,
  summary: 'Take a seed back',
  request: { params: seedParams, query: noQuery },
  responses: { 204: { description: 'Taken back.' }, ...problems(404) },
});

const shown = ({ id, kind, title, abstract, at }: HeldSeed) => ({ id, kind, title, abstract, at });

export function addSeedRoutes(api: Api, { people, embedder }: ApiServices): void {
  api.openAPIRegistry.register('SeedInput', seedBody);

  api.openapi(listRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? 0 : decodeCursor(cursor, [user], z.int());
    const held = await heldSeeds(people, user);
    const rest = held.filter(({ id }) => id > after);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    const next = rest.length > limit && last ? encodeCursor(last.id, [user]) : null;
    return c.json({ seeds: page.map(shown), nextCursor: next, total: held.length }, 200);
  });

  api.openapi(addRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { text, texts = [] } = await readBody(c, seedBody);
    const now = () => new Date().toISOString();
    const seeds = await addTextSeeds({ people, embedder, now }, user, text === undefined ? texts : [text]);
    return c.json({ seeds: seeds.map(shown) }, 201);
  });

  api.openapi(removeRoute, async (c) => {
    const { user, id } = c.req.valid('param');
    if (await people.removeSeed(user, id)) return c.body(null, 204);
    throw new AppError('not_found', `"${user}" has no seed with the id ${id}.`);
  });
}
