import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type ErrorCode, type FieldError } from '../errors.ts';

/** The one place where an error code becomes a status. Codes of the last group are told without their details. */
const PROBLEMS: Record<ErrorCode, { status: ContentfulStatusCode; title: string; inside?: true }> = {
  invalid_input: { status: 400, title: 'Invalid input' },
  unauthorized: { status: 401, title: 'Not authorised' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  rate_limited: { status: 429, title: 'Too many requests' },
  timeout: { status: 504, title: 'Time limit exceeded' },
  unavailable: { status: 503, title: 'Not available now' },
  model_missing: { status: 503, title: 'The embedding model is missing' },
  model_damaged: { status: 503, title: 'The embedding model is damaged' },
  model_failed: { status: 500, title: 'The embedding model failed', inside: true },
  config_invalid: { status: 500, title: 'Invalid settings', inside: true },
  store_failed: { status: 500, title: 'The store failed', inside: true },
  index_failed: { status: 500, title: 'The index failed', inside: true },
  source_failed: { status: 502, title: 'A source could not be read' },
};

/** An RFC 9457 problem, with the stable `code` and, for invalid input, what was wrong where. */
export interface Problem {
  type: string;
  title: string;
  status: ContentfulStatusCode;
  detail: string;
  instance: string;
  code: string;
  errors?: readonly FieldError[];
}

/** A problem+json response for anything thrown. What is not an AppError, or is our own fault, is told to `log`. */
export function problemResponse(c: Context, thrown: unknown, log: (error: unknown) => void): Response {
  const error = asAppError(thrown);
  if (!error || PROBLEMS[error.code].inside) log(thrown);
  const body = problemOf(error, c.req.url);
  c.header('content-type', PROBLEM_TYPE);
  if (body.code === 'unauthorized') c.header('www-authenticate', 'Bearer realm="paperwise"');
  return c.body(JSON.stringify(body), body.status);
}

export const PROBLEM_TYPE = 'application/problem+json';

/** The problem that tells of an error, or of one that is not ours (null), at an address. */
export function problemOf(error: AppError | null, url: string): Problem {
  const known = error ? PROBLEMS[error.code] : null;
  const code = error?.code ?? 'internal';
  return {
    type: `urn:paperwise:problem:${code}`,
    title: known?.title ?? 'Internal error',
    status: known?.status ?? 500,
    detail:
      error && !known?.inside ? error.message : 'Something went wrong inside Paperwise; its log says what.',
    instance: new URL(url).pathname,
    code,
    ...(error && error.errors.length > 0 && { errors: error.errors }),
  };
}

function asAppError(thrown: unknown): AppError | null {
  if (thrown instanceof AppError) return thrown;
  // Hono's own refusals: malformed requests that never reached a handler.
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new AppError('invalid_input', thrown.message || 'The request is malformed.', { cause: thrown });
  }
  return null;
}
