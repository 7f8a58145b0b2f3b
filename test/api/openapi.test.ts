import { expect, it } from 'vitest';
import { openTestLibrary } from '../fixtures/library.ts';

it('tells the default page size of every list, and the formula of similarity', async () => {
  const { app } = await openTestLibrary();
  // biome-ignore lint/suspicious/noExplicitAny: the document is deep, and only looked at here and there.
  const document: any = await (await app.request('/openapi.json')).json();
  for (const path of ['/v1/search', '/v1/papers', '/v1/papers/{id}/similar']) {
    const parameters: { name: string }[] = document.paths[path].get.parameters;
    expect(parameters.find(({ name }) => name === 'limit')).toMatchObject({
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    });
  }
  expect(document.paths['/v1/similar'].post.description).toContain('diversity');
  const { score } = document.components.schemas.SimilarAnswer.properties.hits.items.properties;
  expect(score.description).toContain('(positive + balance + 0.1 second) / 1.1 - 0.6 max(0, negative)');
});

it('tells of every route, with what it can refuse', async () => {
  const { app } = await openTestLibrary();
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const document: any = await (await app.request('/openapi.json')).json();
  const routes = app.routes.filter(
    ({ path, method }) => path.startsWith('/v1/') && !path.includes('*') && method !== 'ALL',
  );
  expect(routes.length).toBeGreaterThan(20);
  for (const { path, method } of routes) {
    const told = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    expect(told, `${method} ${path}`).toMatchObject({
      summary: expect.any(String),
      tags: [expect.any(String)],
    });
    expect(Object.keys(told.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '429']));
    // What reads a body says which types it takes, and that it refuses others.
    if (method === 'POST' || method === 'PUT') {
      expect(Object.keys(told.requestBody.content).length).toBeGreaterThan(0);
      expect(Object.keys(told.responses)).toEqual(expect.arrayContaining(['413', '415']));
    }
  }
  const { post, get } = document.paths['/v1/users/{user}/library'];
  expect(Object.keys(post.requestBody.content)).toEqual([
    'application/x-bibtex',
    'text/x-bibtex',
    'application/x-research-info-systems',
    'application/vnd.citationstyles.csl+json',
    'application/json',
    'text/plain',
  ]);
  expect(post.description).toContain('5000 entries');
  expect(Object.keys(get.responses[200].content)).toHaveLength(3);
  const limit = (path: string) =>
    document.paths[path].get.parameters.find(({ name }: { name: string }) => name === 'limit').schema;
  expect(limit('/v1/users/{user}/seeds')).toMatchObject({ minimum: 1, maximum: 100, default: 100 });
  expect(limit('/v1/users/{user}/interactions')).toMatchObject({ minimum: 1, maximum: 1000, default: 100 });
});
