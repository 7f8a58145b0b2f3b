import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Well below what serves requests, and above what only ever runs on an idle machine. */
const NICE = 10;

/**
 * Has the operating system prefer all other threads of the process to the one that calls this. Linux alone has a
 * priority for each thread: elsewhere, and where it is not allowed, nothing happens.
 */
export function lowerThreadPriority(): void {
  setThreadPriority(() => NICE);
}

/** Undoes `lowerThreadPriority`; nothing happens for a user who may not raise priorities. */
export function restoreThreadPriority(): void {
  // That of the main thread, whose number is the process's.
  setThreadPriority(() => getPriority(process.pid));
}

function setThreadPriority(nice: () => number): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (Number.isInteger(thread) && thread > 0) setPriority(thread, nice());
  } catch {
    // Without it the thread does the same work, and others wait for it a little more, or it for them.
  }
}
