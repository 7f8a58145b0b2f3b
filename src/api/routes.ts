import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context, TypedResponse } from 'hono';
import { problem } from './answers.ts';

/** The kind of app that every resource adds its routes to. */
export type Api = OpenAPIHono<{ Bindings: Partial<HttpBindings> }>;

/** A JSON answer in the OpenAPI document. */
export const answers = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

/** An answer that is JSON in UTF-8 already; `Answer` is what it was made of. */
export interface JsonOf<Answer> {
  json: Uint8Array<ArrayBuffer> | string;
  /** Never there: it keeps the types of different answers apart. */
  of?: Answer;
}

/** Sends an answer that is JSON already. */
export function sendJson<Answer>(c: Context, { json }: JsonOf<Answer>): TypedResponse<Answer, 200, 'json'> {
  const response: Response = c.body(json, 200, { 'content-type': 'application/json' });
  // What a typed response adds to a response is for the type checker alone.
  return response as Response & TypedResponse<Answer, 200, 'json'>;
}

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

const PROBLEM_ANSWERS = {
  400: problemAnswer('Invalid input: `errors` says what was expected where.'),
  401: problemAnswer('A key is configured and the request does not carry it.'),
  403: problemAnswer('Sent by another web site, or to another name than this machine has.'),
  404: problemAnswer('There is no such paper, or nothing else that the request names.'),
  409: problemAnswer('Conflict with another change.'),
  413: problemAnswer('The body is larger than this route allows.'),
  415: problemAnswer('The body is of another type than this route reads.'),
  429: problemAnswer('Too many requests from this client; `retry-after` says how many seconds to wait.'),
  503: problemAnswer('Not available now: starting, stopping, or too much waiting.'),
} as const;

/** The problems that a route can answer with, for its OpenAPI description. */
export function problems<Status extends keyof typeof PROBLEM_ANSWERS>(...statuses: Status[]) {
  const picked = [400, 401, 403, 429, ...statuses] as const;
  return Object.fromEntries(picked.map((status) => [status, PROBLEM_ANSWERS[status]])) as Pick<
    typeof PROBLEM_ANSWERS,
    Status | 400 | 401 | 403 | 429
  >;
}

/** An answer that is written piece by piece, described by a component's name or a schema: nothing checks its type. */
export const streamed = (description: string, content: Record<string, object>) => ({
  description,
  content: withSchemas(content),
});

const withSchemas = (content: Record<string, object>) =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));

/** A JSON request body that its handler reads itself (see body.ts), described by a component's name or a schema. */
export const describedBody = (description: string, content: Record<string, object>) => ({
  required: true,
  description,
  content: withSchemas(content),
});

export const component = (name: string) => ({ $ref: `#/components/schemas/${name}` });
