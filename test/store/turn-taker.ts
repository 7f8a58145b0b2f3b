import { once } from 'node:events';
import { createHttpClient } from '../../src/http/polite-client.ts';
import { createSqliteProviderTurns } from '../../src/store/provider-turns.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

// `node --import tsx turn-taker.ts FILE LEASE_MS ORIGIN INTERVAL_MS REQUESTS` reads the address so often, in turn with
// other processes on the library, from when it is told to, and says how long the bodies were. Without an address it holds
// one turn until it is killed.
const [file, leaseMs, origin, intervalMs, requests] = process.argv.slice(2) as [string, ...string[]];
const turns = createSqliteProviderTurns(openSqlite(file), { leaseMs: Number(leaseMs), pollMs: 5 });
if (origin === undefined) {
  await turns.take('arxiv', { intervalMs: 1 });
  process.stdout.write('held\n');
  process.stdin.resume();
} else {
  const client = createHttpClient({
    hosts: [{ url: origin, provider: 'arxiv', intervalMs: Number(intervalMs) }],
    userAgent: `taker-${process.pid}`,
    turns,
    limits: { backOffMs: 1 },
  });
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  process.stdin.destroy();
  const lengths: number[] = [];
  for (let request = 0; request < Number(requests); request++) {
    lengths.push((await client.get({ url: origin, accept: 'text/plain' })).body.length);
  }
  await client.close();
  process.stdout.write(`${JSON.stringify(lengths)}\n`);
}
