import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const POLL_MS = 5;
/** A library of a million papers may have to be read whole. */
const READY_WITHIN_MS = 60 * 60_000;

/** A process of this program, started as a user starts it. */
export interface Program {
  pid: number;
  /** When it was started, on the clock of `performance.now()`. */
  startedAt: number;
  /** What it wrote to standard output so far. */
  output(): string;
  hasEnded(): boolean;
  /** Resolves to all that it wrote. */
  ended: Promise<string>;
  /** Asks it to stop, and resolves when it has. */
  stop(): Promise<void>;
}

/** Starts a file of this program on a data folder, with more settings as environment variables. */
export function startProgram(
  args: readonly string[],
  data: string,
  settings: Readonly<Record<string, string>> = {},
): Program {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['src/run.mjs', ...args], {
    cwd: ROOT,
    // No limit of requests: one client here is as many users as it can play.
    env: {
      ...process.env,
      PAPERWISE_DATA: data,
      PAPERWISE_PORT: '0',
      PAPERWISE_RATE_LIMIT: '10000000',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => resolve(output));
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    startedAt,
    output: () => output,
    hasEnded,
    ended,
    async stop() {
      if (!hasEnded()) child.kill('SIGTERM');
      await ended;
    },
  };
}

export interface Server extends Program {
  url: string;
  /** Milliseconds from its start until these addresses answered with 200. */
  healthyAfterMs: number;
  readyAfterMs: number;
}

/** Starts a server and waits until it is ready. Throws, with what it wrote, when it ends before. */
export async function startServer(
  data: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const program = startProgram(['src/main.ts'], data, settings);
  try {
    const url = await until(program, () => /serves (http:\/\/[^\s"]+) from/.exec(program.output())?.[1]);
    const answers = async (path: string) =>
      (await fetch(`${url}${path}`)).ok ? performance.now() : undefined;
    const healthyAfterMs = (await until(program, () => answers('/healthz'))) - program.startedAt;
    const readyAfterMs = (await until(program, () => answers('/readyz'))) - program.startedAt;
    return { ...program, url, healthyAfterMs, readyAfterMs };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

async function until<T>(program: Program, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (program.hasEnded()) throw new Error(`The server ended: ${program.output()}`);
    await pause(POLL_MS);
  }
  throw new Error(`The server was not ready in time: ${program.output()}`);
}

/** Resident memory of a process now, and the highest it was, in MiB. Throws where there is no /proc. */
export function residentMemory(pid: number): { now: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  return { now: mib('VmRSS'), highest: mib('VmHWM') };
}
