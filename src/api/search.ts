import { createRoute } from '@hono/zod-openapi';
import { searchAnswer, similarAnswer } from './answers.ts';
import { readBody } from './body.ts';
import { type Api, answers, component, describedBody, problems, sendJson } from './routes.ts';
import { filterOf, noQuery, paperIdParam, searchQuery, similarBody, similarQuery } from './schemas.ts';
import type { ApiServices } from './services.ts';

const tags = ['Search'];

const searchRoute = createRoute({
  method: 'get',
  path: '/v1/search',
  tags,
  summary: 'Search papers by words and by meaning',
  description:
    '`hybrid` (default) joins BM25 and embedding similarity; `semantic` and `lexical` use one of them. Any text is ' +
    'a query. An id, arXiv id, DOI, whole title or author that the query names comes first, then papers that have all ' +
    'its quoted phrases, among the 300 best by words and the 300 nearest, in every mode. Entries of one paper are one ' +
    'hit. At most 300 hits can be paged through. While a library is read for the ' +
    'first time, `hybrid` answers by meaning alone (`totalLexical` is null) and `lexical` with 503.',
  request: { query: searchQuery },
  responses: { 200: answers('Hits, best first.', searchAnswer), ...problems(503) },
});

const similarRoute = createRoute({
  method: 'get',
  path: '/v1/papers/{id}/similar',
  tags,
  summary: 'Papers like this one',
  description: 'By the stored embedding. Other entries of the same paper are left out.',
  request: { params: paperIdParam, query: similarQuery },
  responses: { 200: answers('Hits, most similar first.', similarAnswer), ...problems(404, 503) },
});

const similarToRoute = createRoute({
  method: 'post',
  path: '/v1/similar',
  tags,
  summary: 'Papers like some, unlike others, or like a text',
  description:
    'A paper scores by the positive example that counts most for it, a little by the next one, and loses by the negative ' +
    'one that it is most like: the formula is with `score`, its terms are the `parts`. Each example is compared within ' +
    'its own field, so that unlike examples all get papers. `diversity` above 0 spreads the list (MMR): scores stay as ' +
    'they are, and need not fall down the list. At least one positive example or a text is needed; a paper cannot be a ' +
    'positive and a negative example. Other entries of the examples are left out. At most 300 hits can be paged through.',
  request: {
    query: noQuery,
    body: describedBody('Examples and filters.', { 'application/json': component('SimilarRequest') }),
  },
  responses: { 200: answers('Hits, most similar first.', similarAnswer), ...problems(404, 413, 415, 503) },
});

export function addSearchRoutes(api: Api, { search, similarJson }: ApiServices): void {
  api.openAPIRegistry.register('SimilarRequest', similarBody);
  api.openapi(searchRoute, async (c) => {
    const { q, mode, limit, cursor, ...filters } = c.req.valid('query');
    return c.json(
      await search.search({ query: q, mode, limit, cursor: cursor ?? null, filter: filterOf(filters) }),
      200,
    );
  });
  api.openapi(similarRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor, diversity, ...filters } = c.req.valid('query');
    const request = { id, limit, cursor: cursor ?? null, diversity, filter: filterOf(filters) };
    return sendJson(c, await similarJson(request));
  });
  api.openapi(similarToRoute, async (c) => {
    const { positive, negative, text, limit, cursor, diversity, ...filters } = await readBody(c, similarBody);
    const examples = { positive, negative, ...(text !== undefined && { text }) };
    const request = { examples, limit, cursor: cursor ?? null, diversity, filter: filterOf(filters) };
    return c.json(await search.similarTo(request), 200);
  });
}
