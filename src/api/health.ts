import { createRoute, z } from '@hono/zod-openapi';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { SourceStatus } from '../sync/following.ts';
import { health, readiness } from './answers.ts';
import { type Api, answers } from './routes.ts';
import type { ApiServices } from './services.ts';

const tags = ['Operation'];

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags,
  summary: 'The process answers',
  responses: { 200: answers('Alive.', health) },
});

const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  tags,
  summary: 'Every part answers',
  responses: {
    200: answers('Ready.', readiness),
    503: answers('Starting or stopping; `waitingFor` says what is not there yet.', readiness),
  },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  tags,
  summary: 'Metrics for Prometheus',
  description:
    "Needs the key where one is configured. Beside the service's own (`paperwise_…`) the process's: " +
    '`nodejs_eventloop_lag_p99_seconds` and its like tell how long requests had to wait for other work.',
  responses: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } } },
});

/** Counts and times every request that reaches `api` from now on, refused ones included. */
export function measureRequests(api: Api, { requests, seconds }: Metrics): void {
  api.use('*', async (c, next) => {
    const end = seconds.startTimer();
    await next();
    // The route's pattern, not the path: ids and names do not belong in metrics.
    const route = c.req.routePath;
    end({ method: c.req.method, route });
    requests.inc({ method: c.req.method, route, status: c.res.status });
  });
}

/** Adds health, readiness and metrics. */
export function addOperationRoutes(api: Api, services: ApiServices, { registry }: Metrics): void {
  api.openapi(healthRoute, (c) => c.json({ status: 'ok' as const }, 200));
  api.openapi(readyRoute, (c) => {
    const waitingFor = services.waitingFor();
    if (services.isStopping()) return c.json({ status: 'stopping' as const, waitingFor }, 503);
    if (waitingFor.length > 0) return c.json({ status: 'starting' as const, waitingFor }, 503);
    return c.json({ status: 'ready' as const, waitingFor }, 200);
  });
  api.openapi(metricsRoute, async (c) => {
    const headers = { 'content-type': registry.contentType };
    return c.text(await registry.metrics(), 200, headers);
  });
}

export type Metrics = ReturnType<typeof createMetrics>;

/** What is exported to Prometheus. */
export function createMetrics({ store, index, people, following }: ApiServices) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  gauge('paperwise_papers', 'Papers in the library', async () => (await store.counts()).papers);
  gauge('paperwise_papers_embedded', 'Papers with an embedding', async () => (await store.counts()).embedded);
  gauge(
    'paperwise_index_papers',
    'Papers that the vector index holds',
    async () => (await index.status()).count,
  );
  gauge(
    'paperwise_index_waiting',
    'Papers that are scored beside the graph of vectors until it is extended',
    async () => (await index.status()).waiting,
  );
  gauge('paperwise_index_bytes', 'Bytes of memory that vectors and their graph take', async () => {
    const { codes, residuals, graph } = (await index.status()).bytes;
    return codes + residuals + graph;
  });
  gauge(
    'paperwise_index_recall',
    'Part of the ten nearest that the graph finds, by its audit; 1 without one',
    async () => (await index.status()).audit?.recall ?? 1,
  );
  const sources = (name: string, help: string, read: (source: SourceStatus) => number | null) =>
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['source'] as const,
      async collect() {
        for (const source of await following.sources()) {
          const value = read(source);
          if (value !== null) this.set({ source: source.name }, value);
        }
      },
    });
  sources(
    'paperwise_source_last_success_seconds',
    'When a source was last read to its end, in seconds since 1970',
    ({ state }) => (state?.lastSuccess ? Date.parse(state.lastSuccess) / 1_000 : null),
  );
  sources(
    'paperwise_source_failures',
    'Runs of a source in a row that failed',
    ({ state }) => state?.failures ?? 0,
  );
  gauge('paperwise_users', 'Users on whom anything is held', () => people.userCount());
  return {
    registry,
    requests: new Counter({
      name: 'paperwise_http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    seconds: new Histogram({
      name: 'paperwise_http_request_seconds',
      help: 'Seconds from a request to its answer',
      labelNames: ['method', 'route'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}
