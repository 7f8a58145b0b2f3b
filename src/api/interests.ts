import { createRoute, z } from '@hono/zod-openapi';
import { because, paper, recommendationParts } from './answers.ts';
import { readBody } from './body.ts';
import { type Api, answers, component, describedBody, problems } from './routes.ts';
import { feedbackParams, noQuery, userParam } from './schemas.ts';
import type { ApiServices } from './services.ts';

const tags = ['People'];

const named = z.strictObject({ id: z.string(), title: z.string() });
const seed = z.strictObject({ id: z.int(), title: z.string() });

export const interestAnswer = z
  .strictObject({
    id: z.string(),
    name: z.string().describe('What the user calls it, else its most distinctive terms.'),
    isNamed: z.boolean().describe('Whether the user named it.'),
    terms: z.array(z.string()).describe('What sets its papers apart from the library.'),
    isMuted: z.boolean(),
    isPinned: z.boolean(),
    weight: z.number(),
    share: z.number().describe('Its share of what is recommended: 0 to 1, 0 when muted.'),
    likes: z.int().describe('Likes, saves and seeds in it.'),
    papers: z.array(named).describe('The latest liked papers, at most 100.'),
    seeds: z.array(seed),
  })
  .openapi('Interest');

export const interestsAnswer = z
  .strictObject({ user: z.string(), interests: z.array(interestAnswer) })
  .openapi('InterestsAnswer');

export const interestChange = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1, 'expected a name of at least 1 character')
      .max(200)
      .nullable()
      .describe('Null takes the name back.'),
    isMuted: z.boolean().describe('Nothing is recommended for a muted interest.'),
    isPinned: z.boolean().describe('The best paper of a pinned interest is among the first nine.'),
    weight: z.number().min(0.1).max(10).describe('1 changes nothing; 2 counts its likes twice.'),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'expected name, isMuted, isPinned or weight')
  .openapi('InterestChange');

const interestParams = userParam.extend({ interest: z.string().min(1).max(100) });

const place = z.strictObject({ rank: z.int().nullable(), score: z.number().nullable() });

export const explanationAnswer = z
  .strictObject({
    user: z.string(),
    paper,
    isNearEnough: z.boolean().describe('Whether it is near enough to anything liked to be recommended.'),
    rank: z.int().nullable().describe('On the list, or behind it by score alone.'),
    among: z.int().describe('Papers that were ranked.'),
    score: z.number(),
    parts: recommendationParts,
    because,
    likes: z.array(
      z.strictObject({
        paper: named.nullable(),
        seed: seed.nullable(),
        likeness: z.strictObject({ terms: z.number(), meaning: z.number(), categories: z.number() }),
        share: z.number().describe('Its share of the similarity to the interest, 0 to 1.'),
        without: place
          .nullable()
          .describe('Where the paper would be without this like; null where not tried.'),
      }),
    ),
  })
  .openapi('Explanation');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/interests',
  tags,
  summary: 'The interests found in what a user likes',
  description:
    'Largest first. How many there are is told by the likes. An interest keeps its id while others are added to it; ' +
    'what a user says of one stays with most of its papers.',
  request: { params: userParam, query: noQuery },
  responses: { 200: answers('The interests.', interestsAnswer), ...problems() },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/users/{user}/interests/{interest}',
  tags,
  summary: 'Rename, mute, pin or weigh an interest',
  description: 'Fields that are not given stay as they are.',
  request: {
    params: interestParams,
    query: noQuery,
    body: describedBody('What changes.', { 'application/json': component('InterestChange') }),
  },
  responses: { 200: answers('As it is now.', interestAnswer), ...problems(404, 413, 415) },
});

const resetRoute = createRoute({
  method: 'delete',
  path: '/v1/users/{user}/interests/{interest}',
  tags,
  summary: 'Forget what was said of an interest',
  description: 'Its name, and whether it is muted, pinned or weighed. The likes stay.',
  request: { params: interestParams, query: noQuery },
  responses: { 204: { description: 'Forgotten.' }, ...problems(404) },
});

const explainRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/recommendations/{paper}',
  tags,
  summary: 'Why a paper is recommended to a user, or is not',
  description:
    'The parts of its score, the likes behind it, and where it would be without each of the first three of them.',
  request: { params: feedbackParams, query: noQuery },
  responses: { 200: answers('The reasons.', explanationAnswer), ...problems(404, 409) },
});

export function addInterestRoutes(api: Api, services: ApiServices): void {
  api.openAPIRegistry.register('InterestChange', interestChange);

  api.openapi(listRoute, async (c) => {
    const { user } = c.req.valid('param');
    return c.json(await services.interests(user), 200);
  });

  api.openapi(changeRoute, async (c) => {
    const { user, interest: id } = c.req.valid('param');
    const change = await readBody(c, interestChange);
    return c.json(await services.changeInterest({ user, id, change }), 200);
  });

  api.openapi(resetRoute, async (c) => {
    const { user, interest: id } = c.req.valid('param');
    await services.resetInterest({ user, id });
    return c.body(null, 204);
  });

  api.openapi(explainRoute, async (c) => {
    const { user, paper: paperId } = c.req.valid('param');
    return c.json(await services.explain({ user, paperId }), 200);
  });
}
