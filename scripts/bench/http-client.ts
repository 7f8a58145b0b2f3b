import { Agent, request } from 'node:http';

const TIMEOUT_MS = 60_000;

export interface Answer {
  status: number;
  bytes: number;
  text: string;
  /** From the request to the last byte of the answer. */
  ms: number;
}

export interface HttpClient {
  get(path: string): Promise<Answer>;
  send(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  close(): void;
}

/** A client that keeps up to `connections` connections open. Answers of any status resolve; a broken one rejects. */
export function createHttpClient(url: string, connections = 1): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const { hostname, port } = new URL(url);
  const ask = (method: string, path: string, body?: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      const begin = performance.now();
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const headers = sent === undefined ? {} : { 'content-type': 'application/json' };
      const outgoing = request(
        { agent, hostname, port, method, path, headers, timeout: TIMEOUT_MS },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const ms = performance.now() - begin;
            const whole = Buffer.concat(parts);
            resolve({ status: incoming.statusCode ?? 0, bytes: whole.length, text: whole.toString(), ms });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer within ${TIMEOUT_MS} ms: ${path}`)));
      outgoing.on('error', reject);
      outgoing.end(sent);
    });
  return {
    get: (path) => ask('GET', path),
    send: (method, path, body) => ask(method, path, body),
    close: () => agent.destroy(),
  };
}

/** Asks for one path after the other. Throws when one is not answered with 200. */
export async function askEach(client: HttpClient, paths: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const path of paths) {
    const answer = await client.get(path);
    if (answer.status !== 200) throw new Error(`${answer.status} for ${path}: ${answer.text.slice(0, 300)}`);
    answers.push(answer);
  }
  return answers;
}
