import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './api/app.ts';
import { assertSafeToServe, type Config } from './config.ts';
import { AppError, messageOf } from './errors.ts';
import { createLog } from './log.ts';
import { openServices, type Services } from './services.ts';

/** How long a stop waits for requests under way. */
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
  const services = await openServices(config, { mode: 'server', log });
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const app = createApp(services, {
    apiKey: config.apiKey,
    rateLimit: config.rateLimit,
    version,
    log: (error) => log('error', 'A request failed.', error),
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  try {
    const address = await listen(server, config);
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
    await shutDown(server, services);
  }
  log('info', 'Stopped.');
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

async function shutDown(server: Server, services: Services): Promise<void> {
  services.beginStop();
  if (server.listening) {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(late);
  }
  await services.close();
}
