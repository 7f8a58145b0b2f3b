import { createRoute, z } from '@hono/zod-openapi';
import { AppError } from '../errors.ts';
import { canonicalId, PAPER_LIMITS } from '../paper.ts';
import { readBody } from './body.ts';
import { type Api, answers, component, describedBody, problems } from './routes.ts';
import { noQuery, paperIdParam } from './schemas.ts';
import type { ApiServices } from './services.ts';

const tags = ['Papers'];

export const recordsAnswer = z
  .strictObject({
    id: z.string().openapi({ description: "The paper's id: all other ids of its records name it too." }),
    records: z.array(
      z.strictObject({
        source: z.string(),
        id: z.string().openapi({ description: 'The id that the paper has in that source.' }),
        version: z.int().nullable().openapi({ description: 'The arXiv version, where the id told one.' }),
        at: z.string().openapi({ description: 'When it last came in.' }),
        withdrawn: z.boolean().openapi({
          description:
            'True when the authors took the paper back, as this source says: it is shown nowhere then.',
        }),
        fields: z
          .array(z.string())
          .openapi({ description: 'The fields of the paper that are from this record.' }),
      }),
    ),
  })
  .openapi('RecordsAnswer');

export const splitAnswer = z
  .strictObject({
    id: z.string().openapi({ description: 'The paper that the record was of; feedback stays with it.' }),
    splitId: z.string().openapi({ description: 'The paper that the record is now.' }),
  })
  .openapi('SplitAnswer');

const splitBody = z
  .strictObject({ source: z.string().min(1).max(100), id: z.string().min(1).max(PAPER_LIMITS.id) })
  .openapi('SplitInput');

const recordsRoute = createRoute({
  method: 'get',
  path: '/v1/papers/{id}/records',
  tags,
  summary: 'What each source says of a paper',
  description: 'The records that the paper is made of, in the order in which they first came.',
  request: { params: paperIdParam, query: noQuery },
  responses: { 200: answers('Its records.', recordsAnswer), ...problems(404) },
});

const splitRoute = createRoute({
  method: 'post',
  path: '/v1/papers/{id}/split',
  tags,
  summary: 'Undo a wrong merge',
  description:
    'Takes one record out of a paper into a paper of its own. The two are not merged, or shown as one, again, for as long as the record stays.',
  request: {
    params: paperIdParam,
    query: noQuery,
    body: describedBody('The record.', { 'application/json': component('SplitInput') }),
  },
  responses: { 200: answers('Both papers.', splitAnswer), ...problems(404, 409, 413, 415, 503) },
});

export function addRecordRoutes(api: Api, { store, ingest }: ApiServices): void {
  api.openAPIRegistry.register('SplitInput', splitBody);
  const recordsOr404 = async (id: string) => {
    const records = await store.recordsOf(id);
    if (records.length > 0) return records;
    throw new AppError('not_found', `There is no paper with the id "${canonicalId(id)}".`);
  };

  api.openapi(recordsRoute, async (c) => {
    const { id } = c.req.valid('param');
    const records = await recordsOr404(id);
    const found = await store.paperById(id);
    return c.json({ id: found?.paper.id ?? canonicalId(id), records }, 200);
  });

  api.openapi(splitRoute, async (c) => {
    const { id } = c.req.valid('param');
    const { source, id: given } = await readBody(c, splitBody);
    const recordId = canonicalId(given);
    const records = await recordsOr404(id);
    if (!records.some((record) => record.source === source && record.id === recordId)) {
      throw new AppError(
        'not_found',
        `The paper "${canonicalId(id)}" has no record "${recordId}" of the source "${source}".`,
      );
    }
    const [first, splitId] = await ingest.split({ source, id: recordId });
    return c.json({ id: first, splitId }, 200);
  });
}
