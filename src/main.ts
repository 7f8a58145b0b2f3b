import { readConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { runServer } from './server.ts';

try {
  await runServer(readConfig(process.env));
} catch (error) {
  console.error(`paperwise: ${messageOf(error)}`);
  process.exitCode = 1;
}
