import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { AppError } from '../errors.ts';
import type { IngestResult } from '../ingest.ts';
import { canonicalId } from '../paper.ts';
import { jsonLinesItems } from '../sources/json-lines.ts';
import { checkRecord, type SourceItem } from '../sources/source.ts';
import { ingestAnswer, listing, paper } from './answers.ts';
import { invalid, JSON_LINES_TYPE, mediaTypeOf, readBody, readJson } from './body.ts';
import { hasAlready, NOT_MODIFIED, nameOfContent, tag } from './conditional.ts';
import { type Api, answers, component, describedBody, problems } from './routes.ts';
import {
  filterOf,
  listQuery,
  monthDays,
  noQuery,
  paperIdParam,
  paperInput,
  putPaperBody,
  weekDays,
} from './schemas.ts';
import type { ApiServices } from './services.ts';

/** Papers in one request; more go in several requests, or by `paperwise ingest`. */
export const MAX_PAPERS_PER_REQUEST = 1_000;

/** Papers that requests may bring at the same time: beyond it a request is refused whole, before anything is done. */
export const MAX_PAPERS_UNDER_WAY = 5_000;

/** The source of papers that come by the API and do not name theirs. */
const API_SOURCE = 'api';

const tags = ['Papers'];

const listRoute = createRoute({
  method: 'get',
  path: '/v1/papers',
  tags,
  summary: 'List papers of a day, an ISO week, a month, or all',
  description:
    '`trending` ranks by log2(1 + upvotes) + age: twice the upvotes are worth three days. At most one of `date`, ' +
    '`week` and `month`. The `ETag` changes with every change of any paper.',
  request: { query: listQuery },
  responses: { 200: answers('A page of papers.', listing), ...NOT_MODIFIED, ...problems() },
});

const postRoute = createRoute({
  method: 'post',
  path: '/v1/papers',
  tags,
  summary: 'Add or update papers',
  description:
    `An array of up to ${MAX_PAPERS_PER_REQUEST} papers, or one JSON object a line. Answered when all accepted papers ` +
    'are durable and findable. Facts that a record does not state stay as they are. A record of a paper that is there ' +
    'under another id, by arXiv id, DOI or title, completes that. Invalid records are reported ' +
    'by position and do not stop the rest.',
  request: {
    query: noQuery,
    body: describedBody('Papers.', {
      'application/json': { type: 'array', items: component('PaperInput'), maxItems: MAX_PAPERS_PER_REQUEST },
      'application/x-ndjson': { type: 'string', description: 'One PaperInput a line.' },
    }),
  },
  responses: { 200: answers('What became of each.', ingestAnswer), ...problems(409, 413, 415, 503) },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/papers/{id}',
  tags,
  summary: 'One paper',
  description: 'The `ETag` changes with what is answered.',
  request: { params: paperIdParam, query: noQuery },
  responses: { 200: answers('The paper.', paper), ...NOT_MODIFIED, ...problems(404) },
});

const putRoute = createRoute({
  method: 'put',
  path: '/v1/papers/{id}',
  tags,
  summary: 'Create or replace one paper',
  description: 'Facts that the body does not state are dropped, and so are those of other sources.',
  request: {
    params: paperIdParam,
    query: noQuery,
    body: describedBody('The paper; its id may be left out.', { 'application/json': component('PaperPut') }),
  },
  responses: {
    200: answers('Replaced, or as it was.', paper),
    201: answers('Created.', paper),
    ...problems(409, 413, 415, 503),
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/papers/{id}',
  tags,
  summary: 'Remove one paper',
  description: 'Feedback and picks on it are kept, and count again when it comes back.',
  request: { params: paperIdParam, query: noQuery },
  responses: { 204: { description: 'Removed.' }, ...problems(404) },
});

/** `version` is the program's: the same papers may be told otherwise by another one. */
export function addPaperRoutes(api: Api, services: ApiServices, { version }: { version: string }): void {
  const { store, ingest, index, lexical } = services;
  api.openAPIRegistry.register('PaperInput', paperInput);
  api.openAPIRegistry.register('PaperPut', putPaperBody);

  api.openapi(listRoute, async (c) => {
    // First what may be wrong with it: a wrong request is none that nothing has changed for.
    const wanted = listingOf(c.req.valid('query'));
    // Before the papers: when they change between the two, the tag is of the state before, and asked for again.
    const name = `${version}-${await store.papersState()}`;
    if (hasAlready(c, name)) return c.body(null, 304);
    const page = await listPapers(services, wanted);
    tag(c, name);
    return c.json(page, 200);
  });

  const admitted = createAdmission(MAX_PAPERS_UNDER_WAY);

  api.openapi(postRoute, async (c) => {
    const items = await itemsOf(c);
    const results: IngestResult[] = [];
    const { created, updated, unchanged } = await admitted(c, items.length, () =>
      ingest.ingest(items, {
        defaultSource: API_SOURCE,
        onResult: (result) => results.push(result),
        signal: AbortSignal.any([services.stopSignal, c.req.raw.signal]),
      }),
    );
    if (results.length < items.length) {
      throw new AppError(
        'unavailable',
        `Stopped: the first ${results.length} of ${items.length} records are done. Send all again; what is in is skipped.`,
      );
    }
    const rejected = results.flatMap((result) =>
      result.outcome === 'rejected'
        ? [{ index: result.index, ...(result.id !== undefined && { id: result.id }), reason: result.reason }]
        : [],
    );
    const all = results.map(({ index: position, id, outcome }) => ({
      index: position,
      ...(id !== undefined && { id }),
      // Requests bring records, which remove nothing.
      outcome: outcome === 'removed' ? ('updated' as const) : outcome,
    }));
    return c.json({ created, updated, unchanged, rejected, results: all }, 200);
  });

  api.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param');
    const found = await paperOr404(services, id);
    const name = nameOfContent(found);
    if (hasAlready(c, name)) return c.body(null, 304);
    tag(c, name);
    return c.json(found, 200);
  });

  api.openapi(putRoute, async (c) => {
    const { id } = c.req.valid('param');
    const body = await readBody(c, putPaperBody);
    if (body.id !== undefined && canonicalId(body.id) !== canonicalId(id)) {
      throw new AppError('invalid_input', `The body is of the paper "${body.id}", the address of "${id}".`, {
        errors: [{ path: 'id', message: `expected "${id}" or no id` }],
      });
    }
    const record = paperInput.safeParse({ ...body, id });
    if (!record.success) throw invalid(record.error, 'The paper is invalid');
    const { created } = await admitted(c, 1, () =>
      ingest.ingest([{ at: 'body', record: record.data }], { defaultSource: API_SOURCE, replace: true }),
    );
    const found = await store.paperById(id);
    if (found) return c.json(found.paper, created > 0 ? 201 : 200);
    throw new AppError('conflict', `The paper "${canonicalId(id)}" was removed while it was being written.`);
  });

  api.openapi(deleteRoute, async (c) => {
    const { id } = c.req.valid('param');
    if ((await store.removePapers([id])) === 0) throw noPaper(id);
    await Promise.all([index.refresh(), lexical.refresh()]);
    return c.body(null, 204);
  });
}

/** Lets work in while its papers and those already under way stay within a limit; refuses it whole otherwise. */
function createAdmission(limit: number) {
  let underWay = 0;
  return async <T>(c: Context, papers: number, work: () => Promise<T>): Promise<T> => {
    if (underWay > 0 && underWay + papers > limit) {
      c.header('retry-after', '10');
      throw new AppError(
        'unavailable',
        `${underWay} papers are coming in already: nothing was done. Try again later.`,
      );
    }
    underWay += papers;
    try {
      return await work();
    } finally {
      underWay -= papers;
    }
  };
}

const dayPosition = z.strictObject({ value: z.string(), key: z.int() });
const trendPosition = z.strictObject({ value: z.number(), key: z.int() });

const noPaper = (id: string) =>
  new AppError('not_found', `There is no paper with the id "${canonicalId(id)}".`);

async function paperOr404({ store }: ApiServices, id: string) {
  const found = await store.paperById(id);
  if (!found) throw noPaper(id);
  return found.paper;
}

/** Which papers a request asks for, in which order. Throws `invalid_input`. */
function listingOf(query: z.output<typeof listQuery>) {
  const { date, week, month, sort, limit, cursor, ...filters } = query;
  const periods = [
    date === undefined ? null : { from: date, to: date },
    week === undefined ? null : weekDays(week),
    month === undefined ? null : monthDays(month),
  ].filter((period) => period !== null);
  if (
    periods.length > 1 ||
    (periods.length === 1 && (filters.from !== undefined || filters.to !== undefined))
  ) {
    throw new AppError(
      'invalid_input',
      'Expected at most one of date, week, month, or a range of from and to.',
      {
        errors: [{ path: 'date', message: 'expected one kind of period only' }],
      },
    );
  }
  const filter = { ...filterOf(filters), ...periods[0] };
  const scope = [filter, sort];
  const after =
    cursor === undefined
      ? null
      : decodeCursor(cursor, scope, sort === 'newest' ? dayPosition : trendPosition);
  return { wanted: { filter, sort, limit, after }, scope };
}

async function listPapers({ store }: ApiServices, { wanted, scope }: ReturnType<typeof listingOf>) {
  const page = await store.list(wanted);
  return {
    papers: page.papers.map((entry) => entry.paper),
    nextCursor: page.next ? encodeCursor(page.next, scope) : null,
    total: page.total,
  };
}

/** The items of a POST body: checked one by one, after the body as a whole has the right form. */
async function itemsOf(c: Context): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  const isFull = () => {
    if (items.length <= MAX_PAPERS_PER_REQUEST) return;
    throw new AppError(
      'payload_too_large',
      `Expected at most ${MAX_PAPERS_PER_REQUEST} papers a request, got more.`,
    );
  };
  if (JSON_LINES_TYPE.test(mediaTypeOf(c))) {
    for await (const item of jsonLinesItems(await c.req.text())) {
      items.push(item);
      isFull();
    }
    return items;
  }
  const parsed = z.array(z.unknown()).safeParse(await readJson(c));
  if (!parsed.success) {
    throw new AppError(
      'invalid_input',
      'Expected a JSON array of papers (or JSON Lines, as application/x-ndjson).',
      {
        errors: [{ path: '', message: 'expected an array' }],
      },
    );
  }
  for (const value of parsed.data) {
    items.push(checkRecord(value, `item ${items.length}`, { strict: true }));
    isFull();
  }
  return items;
}
