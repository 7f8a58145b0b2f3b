import type { z } from '@hono/zod-openapi';
import { expect } from 'vitest';
import { problem } from '../../src/api/answers.ts';
import type { Api } from '../../src/api/routes.ts';

interface Answer {
  status: number;
  // Bodies are checked by the schema or by matchers at the place of use.
  body: Record<string, unknown>;
  headers: Headers;
}

/** Sends one request to an app without a socket. A `body` that is no string goes as JSON. */
export async function send(
  app: Api,
  request: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = 'GET', path = '/'] = request.split(/ (.*)/);
  const hasBody = body !== undefined;
  const response = await app.request(path, {
    method,
    headers: { ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    ...(hasBody && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    body: isJson && text !== '' ? JSON.parse(text) : { text },
    headers: response.headers,
  };
}

/** Expects a 2xx answer of exactly the documented shape, and gives it back typed. */
export function answered<Schema extends z.ZodType>(
  { status, body }: Answer,
  schema: Schema,
): z.output<Schema> {
  expect({ status, body }).toMatchObject({
    status: expect.toSatisfy((code: number) => code >= 200 && code < 300),
  });
  return schema.parse(body);
}

/** Expects a problem of the documented shape with this status and code, and gives it back. */
export function refused(
  { status, body, headers }: Answer,
  expected: number,
  code: string,
): z.output<typeof problem> {
  expect({ status, code: body.code, detail: body.detail }).toMatchObject({ status: expected, code });
  expect(headers.get('content-type')).toBe('application/problem+json');
  return problem.parse(body);
}
