import { createRoute, z } from '@hono/zod-openapi';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { AppError } from '../errors.ts';
import type { Feedback } from '../store/people-store.ts';
import { feedbackAnswer, feedbackEntry, picksAnswer, recommendAnswer } from './answers.ts';
import { readBody } from './body.ts';
import { exportUser } from './export-user.ts';
import { erased, exportAnswer } from './held-answers.ts';
import { type Api, answers, component, describedBody, problems, streamed } from './routes.ts';
import {
  feedbackBody,
  feedbackParams,
  feedbackQuery,
  filterOf,
  noQuery,
  picksQuery,
  recommendQuery,
  userParam,
} from './schemas.ts';
import type { ApiServices } from './services.ts';
import { streamOf } from './stream.ts';

const tags = ['People'];

const listFeedback = createRoute({
  method: 'get',
  path: '/v1/users/{user}/feedback',
  tags,
  summary: 'What a user liked, disliked, saved and hid',
  request: { params: userParam, query: feedbackQuery },
  responses: { 200: answers('Latest first.', feedbackAnswer), ...problems() },
});

const putFeedback = createRoute({
  method: 'put',
  path: '/v1/users/{user}/feedback/{paper}',
  tags,
  summary: 'Like, dislike, save or hide a paper',
  description: 'One signal a paper: a new one replaces the old. A user exists from the first signal on.',
  request: {
    params: feedbackParams,
    query: noQuery,
    body: describedBody('The signal.', { 'application/json': component('FeedbackInput') }),
  },
  responses: { 200: answers('As recorded.', feedbackEntry), ...problems(404, 413, 415) },
});

const deleteFeedback = createRoute({
  method: 'delete',
  path: '/v1/users/{user}/feedback/{paper}',
  tags,
  summary: 'Take a signal back',
  request: { params: feedbackParams, query: noQuery },
  responses: { 204: { description: 'Taken back.' }, ...problems(404) },
});

const recommendRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/recommendations',
  tags,
  summary: 'Papers for a user, each with the reason',
  description:
    "From all of the user's interests, found in likes, saves and seeds, without papers that the user has judged, or " +
    'copies of them. With fewer than three likes and seeds, recent and popular papers fill the list and are labelled ' +
    'so. `parts` add up to the score.',
  request: { params: userParam, query: recommendQuery },
  responses: { 200: answers('Best first.', recommendAnswer), ...problems() },
});

const picksRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/picks',
  tags,
  summary: "A user's picks of a day",
  description:
    'Chosen and recorded when first asked for; the same ever after. A paper is never picked twice for a user. ' +
    'Fewer, or none, when little is good: `note` says why. One of ten is drawn by lot, labelled, with its probability. ' +
    'Picks of a past date rest on what was known of the user, and of upvotes, at its end.',
  request: { params: userParam, query: picksQuery },
  responses: { 200: answers('The picks.', picksAnswer), ...problems(409) },
});

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/export',
  tags,
  summary: 'Everything held on a user',
  description:
    'Sent while it is read: what is said meanwhile may be there or not, and feedback that is given again, twice.',
  request: { params: userParam, query: noQuery },
  responses: {
    200: streamed('Each list in the order of time.', { 'application/json': component('UserExport') }),
    ...problems(),
  },
});

const eraseRoute = createRoute({
  method: 'delete',
  path: '/v1/users/{user}',
  tags,
  summary: 'Erase everything held on a user',
  request: { params: userParam, query: noQuery },
  responses: { 200: answers('How much was erased.', erased), ...problems() },
});

const feedbackPosition = z.strictObject({ at: z.string(), key: z.int() });

const shown = ({ paperId, signal, at }: Feedback) => ({ paperId, signal, at });

export function addPeopleRoutes(api: Api, { people, recommend, picks }: ApiServices): void {
  api.openAPIRegistry.register('FeedbackInput', feedbackBody);
  api.openAPIRegistry.register('UserExport', exportAnswer);

  api.openapi(listFeedback, async (c) => {
    const { user } = c.req.valid('param');
    const { limit, cursor, signal } = c.req.valid('query');
    const scope = [user, signal];
    const after = cursor === undefined ? null : decodeCursor(cursor, scope, feedbackPosition);
    const page = await people.feedback(user, {
      limit: limit + 1,
      after,
      ...(signal && { signals: [signal] }),
    });
    const entries = page.feedback.slice(0, limit);
    const last = entries.at(-1);
    const next =
      page.feedback.length > limit && last ? encodeCursor({ at: last.at, key: last.key }, scope) : null;
    return c.json({ feedback: entries.map(shown), nextCursor: next, total: page.total }, 200);
  });

  api.openapi(putFeedback, async (c) => {
    const { user, paper } = c.req.valid('param');
    const { signal } = await readBody(c, feedbackBody);
    return c.json(shown(await people.setFeedback(user, paper, signal, new Date().toISOString())), 200);
  });

  api.openapi(deleteFeedback, async (c) => {
    const { user, paper } = c.req.valid('param');
    if (await people.clearFeedback(user, paper)) return c.body(null, 204);
    throw new AppError('not_found', `"${user}" has given no feedback on a paper with the id "${paper}".`);
  });

  api.openapi(recommendRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { limit, cursor, ...filters } = c.req.valid('query');
    return c.json(await recommend({ user, limit, cursor: cursor ?? null, filter: filterOf(filters) }), 200);
  });

  api.openapi(picksRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { date } = c.req.valid('query');
    // A look at the headers must not choose and record a day.
    if (c.req.method === 'HEAD')
      throw new AppError('invalid_input', 'Expected GET: HEAD is not answered for picks.');
    return c.json(await picks({ user, ...(date !== undefined && { date }) }), 200);
  });

  api.openapi(exportRoute, async (c) => {
    const { user } = c.req.valid('param');
    return c.body(await streamOf(exportUser(people, user)), 200, {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${user}.json"`,
    });
  });

  api.openapi(eraseRoute, async (c) => {
    const { user } = c.req.valid('param');
    return c.json({ user, ...(await people.eraseUser(user)) }, 200);
  });
}
