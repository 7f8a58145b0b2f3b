import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const PROGRAM = `
const { readlinkSync } = require('node:fs');
const { getPriority } = require('node:os');
const { parentPort, workerData } = require('node:worker_threads');
const { lowerThreadPriority, restoreThreadPriority } = require('tsx/cjs/api').require(workerData, workerData);
const own = () => getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
const before = own();
lowerThreadPriority();
const lowered = own();
restoreThreadPriority();
parentPort.postMessage({ before, lowered, after: own() });
`;

describe.skipIf(process.platform !== 'linux')('the priority of a thread (on Linux alone)', () => {
  it('falls and comes back for one thread, and stays for the others', async () => {
    const file = new URL('../src/low-priority.ts', import.meta.url).href;
    const main = getPriority(process.pid);
    const worker = new Worker(PROGRAM, { eval: true, workerData: file });
    const [{ before, lowered, after }] = await once(worker, 'message');
    expect([before, lowered > main]).toEqual([main, true]);
    // Not everybody may raise priorities.
    expect([main, lowered]).toContain(after);
    expect(getPriority(process.pid)).toBe(main);
  });
});
