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
