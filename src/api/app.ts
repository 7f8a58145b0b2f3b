import { OpenAPIHono } from '@hono/zod-openapi';
import { secureHeaders } from 'hono/secure-headers';
import { getPath } from 'hono/utils/url';
import { AppError } from '../errors.ts';
import { invalid } from './body.ts';
import { compressAnswers } from './compress.ts';
import { addDocs } from './docs.ts';
import { bodyLimitOf, limitBody, limitRate, requireKey, requireLocalHost } from './guard.ts';
import { addOperationRoutes, createMetrics, measureRequests } from './health.ts';
import { addInteractionRoutes } from './interactions.ts';
import { addInterestRoutes } from './interests.ts';
import { addLibraryRoutes } from './library.ts';
import { addPaperRoutes } from './papers.ts';
import { addPeopleRoutes } from './people.ts';
import { problemResponse } from './problem.ts';
import { addRecordRoutes } from './records.ts';
import type { Api } from './routes.ts';
import { addSearchRoutes } from './search.ts';
import { addSeedRoutes } from './seeds.ts';
import type { ApiServices } from './services.ts';
import { addSourceRoutes } from './sources.ts';

export interface AppOptions {
  /** Required as a bearer token on /v1 and /metrics; null: no key, and only requests to this machine's names. */
  apiKey: string | null;
  /** Requests a minute and client; null for the defaults. */
  rateLimit: number | null;
  version: string;
  /** Told of every failure that is not the client's. */
  log: (error: unknown) => void;
}

/** The whole HTTP interface over some services. It holds no state but rate counters and metrics. */
export function createApp(services: ApiServices, options: AppOptions): Api {
  const app: Api = new OpenAPIHono({
    getPath: pathWithPlainArxivIds,
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error, 'The request is invalid');
    },
  });
  app.onError((error, c) => problemResponse(c, error, options.log));
  app.notFound((c) => {
    const error = new AppError(
      'not_found',
      `Nothing is at ${c.req.method} ${c.req.path}. See /docs for what is.`,
    );
    return problemResponse(c, error, options.log);
  });

  const metrics = createMetrics(services);
  measureRequests(app, metrics);
  app.use('*', compressAnswers());
  app.use('*', secureHeaders());
  if (options.apiKey === null) app.use('*', requireLocalHost());
  app.use('/v1/*', limitRate(options.rateLimit));
  if (options.apiKey !== null) {
    app.use('/v1/*', requireKey(options.apiKey));
    app.use('/metrics', requireKey(options.apiKey));
  }
  app.use('/v1/*', limitBody(bodyLimitOf));

  addOperationRoutes(app, services, metrics);
  addSearchRoutes(app, services);
  addPaperRoutes(app, services, options);
  addRecordRoutes(app, services);
  addPeopleRoutes(app, services);
  addInterestRoutes(app, services);
  addLibraryRoutes(app, services);
  addSeedRoutes(app, services);
  addInteractionRoutes(app, services);
  addSourceRoutes(app, services);
  addDocs(app);
  addOpenApi(app, options);
  return app;
}

function addOpenApi(app: Api, { version, apiKey }: AppOptions): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Paperwise',
      version,
      description:
        'Semantic search, "more like this" and personal daily picks for research papers, on your own machine. ' +
        'Errors are RFC 9457 problems with a stable `code`. Cursors are opaque. Times are ISO 8601 UTC. Answers of a ' +
        'kilobyte or more are compressed for clients that accept br or gzip.',
      license: { name: 'MIT' },
    },
    servers: [{ url: '/' }],
    ...(apiKey !== null && { security: [{ key: [] }] }),
  });
}

/**
 * Old arXiv ids hold a slash (`math/0301234`). Clients should write it as %2F, but people paste ids into addresses:
 * the slash of an id behind /v1/papers/ or /feedback/ is taken as if it had been encoded.
 */
function pathWithPlainArxivIds(request: Request): string {
  return getPath(request).replace(
    /^(\/v1\/papers\/|\/v1\/users\/[^/]+\/feedback\/)([a-z-]+(?:\.[A-Z]{2})?)\/(\d{7}(?:v\d+)?)(?=\/|$)/,
    '$1$2%2F$3',
  );
}
