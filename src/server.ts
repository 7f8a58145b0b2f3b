import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './api/app.ts';
import { PROBLEM_TYPE, problemOf } from './api/problem.ts';
import type { Api } from './api/routes.ts';
import { assertSafeToServe, type Config } from './config.ts';
import { AppError, messageOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { openServices, type Services } from './services.ts';

/** How long a stop lets papers come in, and how long it waits for requests at all. */
const FINISH_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 30_000;

/** A request must be sent whole within this time; answering may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Serves until SIGTERM or SIGINT, then stops gracefully: no new connections, requests under way are answered, the
 * index is saved. Resolves when all is closed. Throws `config_invalid` for unsafe settings, `unavailable` when the
 * port is taken, and what opening the library throws.
 */
export async function runServer(config: Config): Promise<void> {
  assertSafeToServe(config);
  const log = createLog(config.logLevel, process.stdout.isTTY === true);
  const stop = stopSignal();
  // The port comes first: when it is taken, nothing has been loaded or written yet.
  let handle: Api['fetch'] = startingResponse;
  const server = createAdaptorServer({ fetch: (request, env) => handle(request, env) }) as Server;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const address = await listen(server, config);
  let services: Services | null = null;
  try {
    services = await openServices(config, { mode: 'server', log });
    const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
    const app = createApp(services, {
      apiKey: config.apiKey,
      rateLimit: config.rateLimit,
      version,
      log: (error) => log('error', 'A request failed.', error),
    });
    handle = app.fetch;
    log('info', `Paperwise ${version} serves ${address} from ${config.dataFolder}.`);
    services.whenReady.then(
      () => log('info', `Ready: ${address}/docs has the API, ${address}/readyz the state.`),
      (error: unknown) => {
        log('error', messageOf(error));
        stop.fail(error);
      },
    );
    const signal = await stop.asked;
    log('info', `${signal}: stopping; requests under way are finished first.`);
  } finally {
    await shutDown(server, services, log);
  }
  log('info', 'Stopped.');
}

/** What is answered between taking the port and opening the library. */
function startingResponse(request: Request): Response {
  const body = problemOf(
    new AppError('unavailable', 'Paperwise is starting. Try again in a second.'),
    request.url,
  );
  const headers = { 'content-type': PROBLEM_TYPE, 'retry-after': '1' };
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

/** Resolves on the first SIGTERM or SIGINT (a second one ends the process at once), rejects on `fail`. */
function stopSignal() {
  let fail: (error: unknown) => void = () => {};
  const asked = new Promise<NodeJS.Signals>((resolve, reject) => {
    fail = reject;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
    }
  });
  // A failure may come while nobody awaits yet.
  asked.catch(() => {});
  return { asked, fail: (error: unknown) => fail(error) };
}

function listen(server: Server, { host, port }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is taken' : error.message;
      const remedy = 'Set PAPERWISE_PORT (or --port) to another one.';
      reject(
        new AppError('unavailable', `Cannot listen on ${host}:${port}: ${reason}. ${remedy}`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => {
      const { address, port: actual, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
    });
  });
}

async function shutDown(server: Server, services: Services | null, log: Log): Promise<void> {
  services?.beginStop();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cutShort = setTimeout(() => {
    log('warn', 'Still taking papers in: ending that after the batches that have begun.');
    services?.cutShort();
  }, FINISH_TIMEOUT_MS);
  const giveUp = setTimeout(() => {
    log('warn', 'Some requests did not end: closing their connections.');
    server.closeAllConnections();
  }, STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(cutShort);
  clearTimeout(giveUp);
  await services?.close();
}
