import { connect } from 'node:net';

/** What many clients saw. */
export interface Load {
  /** Milliseconds from each request to the last byte of its answer. */
  times: number[];
  /** Answers of another status than 200. */
  errors: number;
  seconds: number;
  /** What the clients themselves took of the machine, in milliseconds of a core a request. */
  clientMs: number;
}

interface LoadOptions {
  clients: number;
  seconds: number;
}

/**
 * So many clients ask for the paths in turns, each as soon as it has its answer, for some seconds. They share the
 * machine with the server, so that they do as little as they can: a socket each, and of an answer no more is looked at
 * than its status and its length. Rejects when a connection breaks, or an answer has no length.
 */
export async function askTogether(
  url: string,
  paths: readonly string[],
  { clients, seconds }: LoadOptions,
): Promise<Load> {
  const load = { times: [] as number[], errors: 0 };
  const usedBefore = process.cpuUsage();
  const begin = performance.now();
  const end = begin + 1_000 * seconds;
  let next = 0;
  const take = () => (performance.now() < end ? (paths[next++ % paths.length] ?? '/') : null);
  await Promise.all(Array.from({ length: clients }, () => ask(new URL(url), take, load)));
  const { user, system } = process.cpuUsage(usedBefore);
  const answers = load.times.length + load.errors;
  return {
    ...load,
    seconds: (performance.now() - begin) / 1_000,
    clientMs: (user + system) / 1_000 / answers,
  };
}

/** One client: a connection that is used until there is no path left. */
function ask(
  { hostname, port, host }: URL,
  take: () => string | null,
  load: Pick<Load, 'times' | 'errors'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let begin = 0;
    let received = 0;
    /** Of the whole answer, when its head is there. */
    let length = 0;
    let isGood = true;
    const send = () => {
      const path = take();
      if (path === null) {
        socket.end();
        resolve();
        return;
      }
      received = 0;
      length = 0;
      begin = performance.now();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    };
    socket.on('connect', send);
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (length === 0) {
        const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n'));
        const stated = /^content-length: (\d+)/im.exec(head)?.[1];
        if (stated === undefined) {
          socket.destroy(new Error(`Expected an answer with a length, got: ${head.slice(0, 200)}`));
          return;
        }
        isGood = head.startsWith('HTTP/1.1 200 ');
        length = head.length + 4 + Number(stated);
      }
      if (received < length) return;
      if (isGood) load.times.push(performance.now() - begin);
      else load.errors++;
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The server closed a connection.')));
  });
}
