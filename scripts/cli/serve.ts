import { type Command, Option } from 'commander';
import { runServer } from '../../src/server.ts';
import { configOf } from './common.ts';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the HTTP API until SIGTERM or Ctrl-C')
    .addOption(new Option('--host <address>', 'address to listen on (PAPERWISE_HOST, 127.0.0.1)'))
    .addOption(new Option('--port <number>', 'port to listen on (PAPERWISE_PORT, 8080)'))
    .action(async ({ host, port }: { host?: string; port?: string }, command: Command) => {
      await runServer(configOf(command, { PAPERWISE_HOST: host, PAPERWISE_PORT: port }));
    });
}
