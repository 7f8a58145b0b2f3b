import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { AppError } from '../errors.ts';
import { exportLibrary } from '../recommend/export-library.ts';
import { BIBLIOGRAPHY_LIMITS, type BibliographyFormat, type LibraryFormat } from '../sources/bibliography.ts';
import { shortened } from '../sources/source.ts';
import { textOf } from '../sources/text-bytes.ts';
import { LIKING_SIGNALS, MAX_SEEDS } from '../store/people-store.ts';
import { mediaTypeOf } from './body.ts';
import { exportQuery, importAnswer, importQuery } from './library-answers.ts';
import { type Api, answers, describedBody, problems } from './routes.ts';
import { userParam } from './schemas.ts';
import type { ApiServices } from './services.ts';
import { streamOf } from './stream.ts';

/** Imports at the same time: each may hold a file of 8 MiB, and a thousand texts to embed. */
export const MAX_IMPORTS_UNDER_WAY = 4;

/** What a body's type says of its format; null: the text shows it. */
const BODY_TYPES: Record<string, LibraryFormat | null> = {
  'application/x-bibtex': 'bibtex',
  'text/x-bibtex': 'bibtex',
  'application/x-research-info-systems': 'ris',
  'application/vnd.citationstyles.csl+json': 'csl-json',
  'application/json': null,
  'text/plain': null,
};

const FILES: Record<BibliographyFormat, { type: string; extension: string }> = {
  bibtex: { type: 'application/x-bibtex; charset=utf-8', extension: 'bib' },
  ris: { type: 'application/x-research-info-systems; charset=utf-8', extension: 'ris' },
  'csl-json': { type: 'application/vnd.citationstyles.csl+json', extension: 'json' },
};

const tags = ['People'];

const importRoute = createRoute({
  method: 'post',
  path: '/v1/users/{user}/library',
  tags,
  summary: 'Like, or save, what is in a bibliography',
  description:
    'Entries are found to be papers of the library by DOI, arXiv id or title, where the authors agree. The others that ' +
    'have a title become seeds, which shape interests as likes do; import again when the library has grown, and those ' +
    'that have a paper now give way to it. The same file twice changes nothing. What the user has said of a paper before ' +
    `stays. At most ${BIBLIOGRAPHY_LIMITS.entries} entries; a user has up to ${MAX_SEEDS} seeds, and beyond that the newest ` +
    `works come first. At most ${MAX_IMPORTS_UNDER_WAY} imports are done at a time, others are refused (503). Text is UTF-8, ` +
    'UTF-16 with its mark, or in the `charset` of the content type.',
  request: {
    params: userParam,
    query: importQuery,
    body: describedBody(
      `A bibliography in BibTeX, RIS, CSL-JSON or Zotero's JSON, of at most ${BIBLIOGRAPHY_LIMITS.bytes} bytes.`,
      Object.fromEntries(
        Object.keys(BODY_TYPES).map((type) => [
          type,
          type.endsWith('json') ? { type: 'array', items: { type: 'object' } } : { type: 'string' },
        ]),
      ),
    ),
  },
  responses: { 200: answers('What became of each entry.', importAnswer), ...problems(413, 415, 503) },
});

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/users/{user}/library',
  tags,
  summary: 'Liked and saved papers as a bibliography',
  description: 'All of them, the latest first; without those that the library no longer has.',
  request: { params: userParam, query: exportQuery },
  responses: {
    200: {
      description: 'A file.',
      content: Object.fromEntries(
        Object.values(FILES).map(({ type }) => [type.replace(/;.*/, ''), { schema: z.string() }]),
      ),
    },
    ...problems(),
  },
});

export function addLibraryRoutes(api: Api, services: ApiServices): void {
  let underWay = 0;

  api.openapi(importRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { signal, format } = c.req.valid('query');
    if (underWay >= MAX_IMPORTS_UNDER_WAY) {
      c.header('retry-after', '10');
      throw new AppError(
        'unavailable',
        `${underWay} imports are under way: nothing was done. Try again later.`,
      );
    }
    underWay++;
    try {
      const body = await readBody(c, format);
      const abort = AbortSignal.any([services.stopSignal, c.req.raw.signal]);
      return c.json(await services.importLibrary({ user, ...body, signal, abort }), 200);
    } finally {
      underWay--;
    }
  });

  api.openapi(exportRoute, async (c) => {
    const { user } = c.req.valid('param');
    const { format, signal } = c.req.valid('query');
    const pieces = exportLibrary(services, { user, signals: signal ? [signal] : LIKING_SIGNALS, format });
    const { type, extension } = FILES[format];
    return c.body(await streamOf(pieces), 200, {
      'content-type': type,
      'content-disposition': `attachment; filename="${user}.${extension}"`,
    });
  });
}

/** The text of a body, and its format if that is known. Throws `unsupported_media_type` and `invalid_input`. */
async function readBody(
  c: Context,
  asked: LibraryFormat | undefined,
): Promise<{ text: string; format?: LibraryFormat }> {
  const type = mediaTypeOf(c);
  const said = Object.hasOwn(BODY_TYPES, type) ? BODY_TYPES[type] : undefined;
  if (said === undefined) {
    throw new AppError(
      'unsupported_media_type',
      `Expected a body of type ${Object.keys(BODY_TYPES).join(', ')}, got ${type === '' ? 'none' : `"${shortened(type)}"`}.`,
    );
  }
  if (asked !== undefined && said !== null && asked !== said) {
    throw new AppError('invalid_input', `The body is ${said} by its type, but the address says ${asked}.`, {
      errors: [{ path: 'format', message: `expected ${said}, or none` }],
    });
  }
  const charset = /;\s*charset="?([^";\s]{1,40})/i.exec(c.req.header('content-type') ?? '')?.[1];
  const text = textOf(new Uint8Array(await c.req.arrayBuffer()), charset);
  const format = asked ?? said;
  return { text, ...(format !== null && { format }) };
}
